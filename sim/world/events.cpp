#include <algorithm>
#include <cmath>

#include "actors/proto/dht/cache.hpp"
#include "actors/proto/record/record.hpp"
#include "sim/world/asker.hpp"
#include "sim/world/world.hpp"
#include "transport/saved_number.hpp"

namespace wh::sim {

namespace {

duration seconds(double s) { return duration{static_cast<std::int64_t>(s * 1e9)}; }

/// A draw by inversion; `-log1p(-u)` is exponential with mean 1.
duration draw(const session_config& c, rng& random) {
  const double e = -std::log1p(-random.unit());
  switch (c.model) {
    case session_model::weibull:
      return seconds(c.scale_s * std::pow(e, 1 / c.shape));
    case session_model::exponential:
      return seconds(c.scale_s * e);
    case session_model::constant:
      break;
  }
  return seconds(c.scale_s);
}

}  // namespace

// Who is there when

void world::schedule_arrivals() {
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    const host_plan& p = plan_.hosts[h];
    const peer_group& g = scenario_.peers[p.group];
    if (g.start_from_cache) save_earlier_life(h);
    sim_->at(sim_->epoch() + p.arrive, [this, h] { arrive(h); });
  }
}

void world::save_earlier_life(std::size_t h) {
  // Whoever has a public address would have been met; 32 of them, as an endpoint cache holds.
  std::vector<wire::contact> met;
  for (unsigned tries = 0; met.size() < 32 && tries < 1000; ++tries) {
    const std::size_t other = choices_.below(hosts_.size());
    const host_plan& o = plan_.hosts[other];
    if (other == h || o.box || scenario_.peers[o.group].boot) continue;
    const wire::contact c{keys_[other], o.where};
    if (std::find(met.begin(), met.end(), c) == met.end()) met.push_back(c);
  }
  hosts_[h]->disk().save(actors::endpoint_cache_name, dht::encode_cache(met));
}

void world::arrive(std::size_t h) {
  if (dead_[h]) return;
  start(h);
  if (scenario_.peers[plan_.hosts[h].group].churn) churn(h);
}

void world::churn(std::size_t h) {
  const churn_config& c = *scenario_.peers[plan_.hosts[h].group].churn;
  sim_->after(draw(c.online, churn_rng_), [this, h, &c] {
    stop(h);
    sim_->after(draw(c.offline, churn_rng_), [this, h, &c] {
      if (c.replace && !hosts_[h]->running()) replace(h);
      arrive(h);
    });
  });
}

void world::replace(std::size_t h) {
  make_identity(h);
  hosts_[h]->become(keys_[h]);
  by_key_.emplace(
      std::upper_bound(by_key_.begin(), by_key_.end(), std::pair{keys_[h], std::uint32_t{0}}),
      keys_[h], static_cast<std::uint32_t>(h));
}

void world::start(std::size_t h) {
  if (hosts_[h]->running()) return;
  hosts_[h]->start(config_for(h));
  metrics_.add("peers.started");
  for (pair& p : pairs_)
    if ((p.from == h || p.to == h) && p.traffic && hosts_[p.from]->running() &&
        hosts_[p.to]->running())
      p.traffic->resumed(sim_->now());
}

void world::stop(std::size_t h) {
  if (!hosts_[h]->running()) return;
  hosts_[h]->stop();
  for (pair& p : pairs_)
    if ((p.from == h || p.to == h) && p.traffic) p.traffic->interrupted(sim_->now());
}

// What users do

void world::schedule_workload() {
  for (const workload_item& w : scenario_.workload)
    if (w.lookups) sim_->at(sim_->epoch() + w.from, [this, &w] { look_up(w); });
  for (std::size_t p = 0; p < pairs_.size(); ++p) {
    const workload_item& w = scenario_.workload[pairs_[p].item];
    // Spread over one interval, so that a thousand pairs are not one burst.
    const duration offset{static_cast<std::int64_t>(
        choices_.below(static_cast<std::uint64_t>(w.ping_interval.count())))};
    sim_->at(sim_->epoch() + w.from + offset, [this, p] { send_request(p); });
  }
}

void world::draw_pairs() {
  for (std::size_t item = 0; item < scenario_.workload.size(); ++item) {
    const auto& load = scenario_.workload[item].connect;
    if (!load) continue;
    const auto eligible = [&](std::string_view group) {
      std::vector<std::size_t> v = hosts_of(group);
      std::erase_if(v, [&](std::size_t h) { return !is_member(h); });
      return v;
    };
    const auto from = eligible(load->from), to = eligible(load->to);
    const auto add = [&](std::size_t a, std::size_t b) {
      if (a == b || !pair_index_.emplace(std::minmax({a, b}), pairs_.size()).second) return;
      pairs_.push_back({a, b, item, std::nullopt, std::nullopt});
    };
    if (!load->pairs) {
      for (const std::size_t a : from)
        for (const std::size_t b : to) add(a, b);
    } else if (!from.empty() && !to.empty()) {
      const std::size_t want = pairs_.size() + *load->pairs;
      for (unsigned tries = 0; pairs_.size() < want && tries < 100 * *load->pairs; ++tries) {
        // One draw a statement: the order of a call's arguments is the compiler's.
        const std::size_t a = from[choices_.below(from.size())];
        const std::size_t b = to[choices_.below(to.size())];
        add(a, b);
      }
    }
  }
}

void world::send_request(std::size_t index) {
  pair& p = pairs_[index];
  const workload_item& w = scenario_.workload[p.item];
  const time_point now = sim_->now();
  if (now >= sim_->epoch() + (w.until > 0ns ? w.until : scenario_.length)) return;
  sim_->after(w.ping_interval, [this, index] { send_request(index); });
  if (!hosts_[p.from]->running() || !hosts_[p.to]->running()) return;
  if (!p.traffic) p.traffic.emplace(now, w.ping_interval);
  hosts_[p.from]->send_payload(keys_[p.to],
                               pair_traffic::encode(p.traffic->next(now), w.payload_bytes));
}

void world::on_payload(host& at, const public_key& from, byte_view payload, bool relayed) {
  auto packet = pair_traffic::decode(payload);
  const auto sender = index_of(from);
  if (!packet || !sender) return;
  trace_.record(sim_->now(), "payload", at.id().value, payload.first(6));
  flow(name_of(from), plan_.hosts[at.number()].name,
       std::string(packet->what == pair_traffic::kind::request ? "payload" : "payload back") +
           (relayed ? " (relayed)" : ""));
  if (packet->what == pair_traffic::kind::request) {
    packet->what = pair_traffic::kind::reply;
    packet->relayed = relayed;
    at.send_payload(from, pair_traffic::encode(*packet, payload.size()));
    return;
  }
  const auto found = pair_index_.find(std::minmax({at.number(), *sender}));
  if (found == pair_index_.end()) return;
  pair& p = pairs_[found->second];
  if (p.from != at.number() || !p.traffic) return;
  p.traffic->replied(sim_->now(), *packet, relayed, metrics_);
  if (!p.relay_died) return;
  metrics_.observe("relay.failover_time_s", to_seconds(sim_->now() - *p.relay_died));
  p.relay_died.reset();
}

void world::look_up(const workload_item& w) {
  const time_point now = sim_->now();
  if (now >= sim_->epoch() + (w.until > 0ns ? w.until : scenario_.length)) return;
  sim_->after(seconds(-std::log1p(-choices_.unit()) / w.lookups->per_s),
              [this, &w] { look_up(w); });
  const auto pick = [&](std::string_view group, auto suits) -> std::optional<std::size_t> {
    const auto& all = groups_.at(std::string(group));
    for (unsigned tries = 0; tries < 100 && !all.empty(); ++tries)
      if (const std::size_t h = all[choices_.below(all.size())]; suits(*hosts_[h])) return h;
    return std::nullopt;
  };
  // A minute is what a peer is given to be found after it came.
  const auto settled = [&](host& h) { return h.running() && now - h.started() >= 60s; };
  // Who hears nobody cannot ask: what is measured is the DHT, not the host's firewall.
  const auto asker = pick(w.lookups->from, [&](host& h) {
    return settled(h) && joined_after_[h.number()].has_value();
  });
  const auto sought = pick(w.lookups->to, [&](host& h) {
    return settled(h) && (!asker || h.number() != *asker) && h.disk().load(actors::sequence_name);
  });
  if (!asker || !sought) return;
  dht::lookup l;
  l.target = record::location_of(crypto_, keys_[*sought], name_space_);
  ask_dht(*sim_, asker_, hosts_[*asker]->peer()->all->dht, l,
          [this, sought = *sought, key = keys_[*sought]](const dht::finished* f) {
            if (key == keys_[sought]) on_found(sought, f);  // else it is somebody else by now
          });
}

void world::on_found(std::size_t sought, const dht::finished* f) {
  if (!f || !hosts_[sought]->running()) return;  // one of the two left meanwhile
  const auto newest = load_number(hosts_[sought]->disk(), actors::sequence_name).value_or(0);
  // A record that was signed within the last half minute may not have reached its holders yet.
  const bool young = newest + 30 > unix_seconds(sim_->now());
  const bool hit = f->found && (f->found->sequence == newest || young);
  metrics_.add("dht.lookups");
  metrics_.tally("dht.lookup_success_ratio", hit);
  if (hit) metrics_.observe("dht.lookup_time_s", to_seconds(f->took));
  metrics_.observe("dht.lookup_requests", f->requests);
  metrics_.observe("dht.lookup_timeouts", f->timeouts);
}

// What goes wrong

void world::schedule_events() {
  for (const event_item& e : scenario_.events)
    sim_->at(sim_->epoch() + e.at, [this, &e] { happen(e); });
}

std::vector<std::size_t> world::hit_by(const event_item& e) {
  std::vector<std::size_t> v = hosts_of(e.group);
  if (e.kind == event_kind::kill && e.role == kill_role::relay_in_use) {
    const auto in_use = relays_in_use();
    std::erase_if(
        v, [&](std::size_t h) { return !std::binary_search(in_use.begin(), in_use.end(), h); });
  }
  if (e.ratio >= 1) return v;
  // The first so many of a Fisher-Yates shuffle.
  const auto n = static_cast<std::size_t>(std::llround(e.ratio * static_cast<double>(v.size())));
  for (std::size_t i = 0; i < n; ++i) std::swap(v[i], v[i + choices_.below(v.size() - i)]);
  v.resize(n);
  return v;
}

std::vector<std::size_t> world::relays_in_use() const {
  std::vector<std::size_t> v;
  for (const auto& [who, s] : paths_)
    if (s.state == punch::path_state::relayed && s.via.relay)
      if (const auto r = index_of(*s.via.relay)) v.push_back(*r);
  std::sort(v.begin(), v.end());
  v.erase(std::unique(v.begin(), v.end()), v.end());
  return v;
}

void world::happen(const event_item& e) {
  if (e.every > 0ns) sim_->after(e.every, [this, &e] { happen(e); });
  const auto hit = hit_by(e);
  if (e.kind == event_kind::partition) cut_off(hit, e.lasts);
  const std::size_t boxes_before = boxes_.size();
  for (const std::size_t h : hit) {
    switch (e.kind) {
      case event_kind::kill:
        for (pair& p : pairs_)
          if (uses_relay(p, h)) p.relay_died = sim_->now();
        dead_[h] = true;
        stop(h);
        break;
      case event_kind::restart:
        dead_[h] = false;
        stop(h);
        sim_->after(e.lasts, [this, h] { start(h); });
        break;
      case event_kind::nat_reboot:
        for (auto b = plan_.hosts[h].box; b; b = plan_.boxes[*b].outer)
          net_->reboot_box(boxes_[*b]);
        break;
      case event_kind::address_change:
        change_address(h);
        break;
      case event_kind::nat_change:
        // Who shares its boxes with one that was hit before has the new ones already.
        if (const auto box = plan_.hosts[h].box; !box || *box < boxes_before)
          replace_boxes(h, e.nat);
        break;
      case event_kind::partition:
        break;
    }
  }
}

bool world::uses_relay(const pair& p, std::size_t relay) const {
  const auto through = [&](std::size_t a, std::size_t b) {
    const auto s = paths_.find({a, b});
    return s != paths_.end() && s->second.state == punch::path_state::relayed &&
           s->second.via.relay == keys_[relay];
  };
  return through(p.from, p.to) || through(p.to, p.from);
}

}  // namespace wh::sim
