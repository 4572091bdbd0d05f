#include "sim/world/world.hpp"

#include <algorithm>
#include <set>

#include "actors/proto/wire/codec.hpp"
#include "sim/nat/oracle.hpp"

namespace wh::sim {

namespace {

/// Peers that were settled for less are no evidence of what idling costs.
constexpr duration idle_sample_min = 60s;

}  // namespace

expected<report, std::string> run(const scenario& s, const run_options& options) {
  world w(s, options);
  return w.run();
}

expected<report, std::string> world::run() {
  if (auto built = build(); !built) return unexpected(built.error());
  if (options_.pcap) net_->capture_internet((options_.out / "internet.pcap").string());
  asker_ = spawn_asker(*sim_);
  schedule_arrivals();
  schedule_workload();
  schedule_events();
  for (duration t = 0s; t < scenario_.length;) {
    t = std::min<duration>(t + 1s, scenario_.length);
    sim_->run_until(sim_->epoch() + t);
    if (options_.on_progress)
      options_.on_progress({t, scenario_.length, sim_->stats().events, "run"});
  }
  return finish();
}

std::vector<std::size_t> world::hosts_of(std::string_view group) const {
  const auto at = groups_.find(group);
  return at == groups_.end() ? std::vector<std::size_t>{} : at->second;
}

std::optional<std::size_t> world::index_of(const public_key& k) const {
  const auto at = std::lower_bound(by_key_.begin(), by_key_.end(), std::pair{k, std::uint32_t{0}});
  if (at == by_key_.end() || at->first != k) return std::nullopt;
  return at->second;
}

std::string world::name_of(const public_key& k) const {
  const auto h = index_of(k);
  return h ? plan_.hosts[*h].name : short_name(k);
}

void world::on_note(const public_key& self, time_point now, const note& what) {
  ++notes_[static_cast<std::size_t>(what.what)];
  const auto h = index_of(self);
  if (!h) return;
  trace_.record(now, "note", hosts_[*h]->id().value, to_string(what.what), what.where, what.value);
  if (what.what == note_kind::dht_joined && !joined_after_[*h]) {
    joined_after_[*h] = now - hosts_[*h]->started();
    metrics_.observe("dht.time_to_join_s", to_seconds(*joined_after_[*h]));
  }
}

void world::on_path(const public_key& self, time_point now, const punch::status& what) {
  const auto from = index_of(self), to = index_of(what.peer);
  if (!from || !to) return;
  paths_[{*from, *to}] = what;
  trace_.record(now, "path", hosts_[*from]->id().value, *to, static_cast<int>(what.state),
                punch::code(what.why));
  if (watched(*from, *to)) {
    std::string text = what.state == punch::path_state::direct    ? "path: direct"
                       : what.state == punch::path_state::relayed ? "path: relayed"
                                                                  : "path: none";
    if (what.why != punch::reason::none) text += ", " + std::string(punch::code(what.why));
    flow(plan_.hosts[*from].name, plan_.hosts[*from].name, std::move(text));
  }
}

void world::on_message(const public_key& self, time_point, const public_key& other,
                       const wire::route& via, const wire::message& what, bool sent) {
  // What was sent is drawn by whoever sent it; whether it came is seen from the answer.
  if (!flow_hosts_ || !sent) return;
  const auto a = index_of(self), b = index_of(other);
  if (!a || !b || (!flow_host(*a) && !flow_host(*b))) return;
  // The DHT's chatter with everybody else would bury the pair's story.
  if (!(flow_host(*a) && flow_host(*b)) && !is_about_paths(what)) return;
  std::string label(wire::name_of(what));
  if (via.relay) label += " via " + name_of(*via.relay);
  flow(plan_.hosts[*a].name, plan_.hosts[*b].name, std::move(label));
}

bool world::is_about_paths(const wire::message& m) {
  const auto c = wire::concern_of(m);
  return c == wire::concern::relay || c == wire::concern::path ||
         std::holds_alternative<wire::store>(m) || std::holds_alternative<wire::find_record>(m) ||
         std::holds_alternative<wire::records>(m);
}

bool world::flow_host(std::size_t h) const {
  return flow_hosts_ && (flow_hosts_->first == h || flow_hosts_->second == h);
}

bool world::watched(std::size_t a, std::size_t b) const { return flow_host(a) && flow_host(b); }

void world::flow(const std::string& from, const std::string& to, std::string label, bool dropped) {
  if (!flow_hosts_) return;
  if (flow_.size() >= flow_max) {
    flow_cut_ = true;
    return;
  }
  flow_.push_back({sim_->now() - sim_->epoch(), from, to, std::move(label), dropped});
}

void world::measure_peers() {
  ratio joined;
  for (const auto& h : hosts_) {
    if (h->starts() == 0) continue;
    const duration online = h->time_online();
    if (h->running()) metrics_.add("peers.online");
    if (online >= 30s) {
      ++joined.whole;
      if (joined_after_[h->number()]) ++joined.part;
    }
    metrics_.add("wireguard.handshakes", h->wireguard_handshakes());
    if (online >= host::settling)
      metrics_.observe("join.sent_bytes",
                       static_cast<double>(h->joining().bytes) / static_cast<double>(h->starts()));
    const duration settled = h->time_settled();
    if (settled < idle_sample_min) continue;
    const auto per_s = [&](std::uint64_t n) {
      return static_cast<double>(n) / to_seconds(settled);
    };
    metrics_.observe("idle.sent_bytes_per_s", per_s(h->settled().bytes));
    metrics_.observe("idle.sent_packets_per_s", per_s(h->settled().datagrams));
  }
  metrics_.set("dht.joined_ratio", joined);
}

void world::measure_network() {
  const net_stats& n = net_->stats();
  const auto dropped = [&](drop d) { return n.dropped[static_cast<std::size_t>(d)]; };
  metrics_.add("network.datagrams", n.sent);
  metrics_.add("network.lost", dropped(drop::lost));
  metrics_.add("network.oversized", dropped(drop::too_big));
  metrics_.add("network.undeliverable",
               dropped(drop::no_route) + dropped(drop::offline) + dropped(drop::no_socket));
  metrics_.add("nat.drops", dropped(drop::box));
  // Those that were replaced stand in nobody's way any more.
  std::set<std::size_t> in_use;
  for (std::size_t h = 0; h < hosts_.size(); ++h)
    for (const std::size_t b : chain_of(h)) in_use.insert(b);
  metrics_.add("nat.boxes", in_use.size());
  for (const std::size_t b : in_use)
    metrics_.observe("nat.mappings",
                     static_cast<double>(net_->box(boxes_[b]).mappings(sim_->now())));
  std::uint64_t rejected = 0;
  for (const note_kind k : rejections()) rejected += notes_[static_cast<std::size_t>(k)];
  metrics_.add("session.rejected", rejected);
}

std::span<const note_kind> world::rejections() {
  static constexpr note_kind all[] = {
      note_kind::session_malformed,    note_kind::session_bad_version,
      note_kind::session_bad_mac1,     note_kind::session_bad_initiation,
      note_kind::session_bad_key,      note_kind::session_low_workbit,
      note_kind::session_undecodable,  note_kind::session_old_timestamp,
      note_kind::session_not_early,    note_kind::session_replay,
      note_kind::session_bad_response, note_kind::session_bad_packet,
      note_kind::session_rate_limited, note_kind::session_overloaded,
      note_kind::session_bad_cookie};
  return all;
}

nat::side world::side_of(std::size_t h) const {
  nat::side s;
  for (auto b = plan_.hosts[h].box; b; b = plan_.boxes[*b].outer)
    s.chain.push_back(plan_.boxes[*b].behaviour.get());
  return s;
}

nat::common_boxes world::common(std::size_t a, std::size_t b) const {
  // Hosts share either their whole chain or nothing: a shared_nat group sits on one LAN.
  nat::common_boxes c;
  if (plan_.hosts[a].box && plan_.hosts[a].box == plan_.hosts[b].box)
    c.count = side_of(a).chain.size();
  return c;
}

void world::measure_pairs(report& r) {
  ratio connected, direct, relayed, none, of_o1, of_o3;
  const time_point end = sim_->now();
  for (pair& p : pairs_) {
    if (p.traffic) p.traffic->finish(end, metrics_);
    if (!hosts_[p.from]->running() || !hosts_[p.to]->running()) continue;
    const path_kind kind = p.traffic ? p.traffic->path(end) : path_kind::unreachable;
    const auto count = [&](ratio& x, bool hit) { ++x.whole, x.part += hit ? 1 : 0; };
    count(connected, kind != path_kind::unreachable);
    count(direct, kind == path_kind::direct);
    count(relayed, kind == path_kind::relayed);
    count(none, kind == path_kind::unreachable);
    const auto shared = common(p.from, p.to);
    if (nat::direct_possible(side_of(p.from), side_of(p.to), shared))
      count(of_o1, kind == path_kind::direct);
    if (nat::clairvoyant_possible(side_of(p.from), side_of(p.to), shared))
      count(of_o3, kind == path_kind::direct);
    pair_row row;
    row.from = plan_.hosts[p.from].name;
    row.to = plan_.hosts[p.to].name;
    row.from_nat = plan_.hosts[p.from].nat_label;
    row.to_nat = plan_.hosts[p.to].nat_label;
    row.path = kind;
    if (kind != path_kind::direct) row.reason = reason_of(p);
    if (p.traffic) {
      row.time_to_first_payload = p.traffic->time_to_first();
      row.time_to_direct = p.traffic->time_to_direct();
      row.round_trip = p.traffic->round_trip();
    }
    r.pairs.push_back(std::move(row));
  }
  metrics_.add("paths.pairs", pairs_.size());
  if (pairs_.empty()) return;
  metrics_.set("paths.connected_ratio", connected);
  metrics_.set("paths.direct_ratio", direct);
  metrics_.set("paths.relayed_ratio", relayed);
  metrics_.set("paths.unreachable_ratio", none);
  metrics_.set("traversal.direct_ratio_of_o1", of_o1);
  metrics_.set("traversal.direct_ratio_of_o3", of_o3);
  metrics_.add("paths.changes", 0);
}

std::string world::reason_of(const pair& p) const {
  // Either side may know why; the one that asked first.
  for (const auto& key : {std::pair{p.from, p.to}, std::pair{p.to, p.from}}) {
    const auto s = paths_.find(key);
    if (s != paths_.end() && s->second.why != punch::reason::none)
      return std::string(punch::code(s->second.why));
  }
  return paths_.count({p.from, p.to}) ? "no_payload" : "not_wanted";
}

report world::finish() {
  report r;
  r.scenario = scenario_.name;
  r.question = scenario_.question;
  r.seed = options_.seed;
  r.peers = static_cast<unsigned>(hosts_.size());
  r.virtual_time = scenario_.length;
  r.events = sim_->stats().events;
  measure_peers();
  measure_network();
  measure_pairs(r);
  r.trace_hash = trace_.hash_text();
  r.metrics = std::move(metrics_);
  r.flow = std::move(flow_);
  r.flow_cut = flow_cut_;
  return r;
}

}  // namespace wh::sim
