#include "sim/world/world.hpp"

#include <algorithm>

#include "sim/crypto/modelled.hpp"
#include "sim/world/streams.hpp"
#include "transport/check.hpp"
#include "transport/text.hpp"

namespace wh::sim {

namespace {

const crypto_suite& crypto_of(const scenario& sc) {
  return sc.crypto == crypto_kind::real ? sodium_crypto() : modelled_crypto();
}

duration ms(double v) { return duration{static_cast<std::int64_t>(v * 1e6)}; }

latency_model latency_of(const scenario& sc, seed s) {
  const network_config& c = sc.network;
  switch (c.latency) {
    case latency_kind::king_like:
      break;
    case latency_kind::constant:
      return latency_model::constant(ms(c.latency_ms.value_or(50)));
    case latency_kind::matrix: {
      auto m = latency_model::matrix(sc.input(c.matrix_file), c.matrix_file, s);
      WH_CHECK(m.has_value());
      return std::move(*m);
    }
  }
  return latency_model::king_like(s, ms(c.latency_ms.value_or(0)));
}

path_options options_of(const scenario& sc, seed root) {
  const network_config& c = sc.network;
  path_options o;
  o.latency = latency_of(sc, root.derive("latency"));
  if (c.detour_ratio > 0) o.latency.add_detours(c.detour_ratio, c.detour_factor);
  o.loss_ratio = c.loss_ratio;
  o.jitter_max = ms(c.jitter_ms);
  o.reorder_ratio = c.reorder_ratio;
  o.duplicate_ratio = c.duplicate_ratio;
  o.mtu = static_cast<std::uint16_t>(c.mtu_bytes);
  return o;
}

access_link line_of(const peer_group& g, const network_config& n) {
  const line_config c = g.line.value_or(line_config{});
  access_link l;
  l.up_bps = std::uint64_t{c.up_kbps} * 1000;
  l.down_bps = std::uint64_t{c.down_kbps} * 1000;
  l.delay = ms(c.delay_ms);
  l.jitter_max = ms(c.jitter_ms);
  l.queue_max = ms(c.queue_ms);
  l.loss_ratio = c.loss_ratio;
  if (c.burst) l.burst = {c.burst->enter_ratio, c.burst->leave_ratio, c.burst->loss_ratio};
  l.mtu = static_cast<std::uint16_t>(c.mtu_bytes.value_or(n.mtu_bytes));
  return l;
}

/// Rows of the world's state that a report has, about.
constexpr std::int64_t steps_wanted = 300;

constexpr duration inspected_every = 10s;

}  // namespace

expected<report, std::string> run(const scenario& s, const run_options& options) {
  world w(s, options);
  return w.run();
}

world::world(const scenario& sc, const run_options& options)
    : scenario_(sc),
      options_(options),
      root_(root_of(options.seed, options.salt)),
      crypto_(crypto_of(sc)),
      events_rng_(root_.derive(events_stream)),
      lookups_rng_(root_.derive(lookups_stream)),
      trace_(options.trace ? trace{(options.out / "trace").string()} : trace{}) {}

world::~world() {
  // Actors use the hosts' ports, hosts use the network.
  asker_ = nullptr;
  if (sim_) sim_->shut_down();
}

expected<void, std::string> world::build() {
  auto layout = make_plan(scenario_, root_);
  if (!layout) return unexpected(layout.error());
  auto who = roster::make(scenario_, *layout, root_, crypto_, [&] {
    if (options_.on_progress) options_.on_progress({{}, scenario_.length, 0, "keys"});
  });
  if (!who) return unexpected(who.error());
  who_ = std::move(*who);
  seeded_rng pairs_rng(root_.derive(pairs_stream));
  who_->set_pairs(draw_pairs(scenario_, who_->groups(), pairs_rng));
  for (const wanted_pair& p : who_->pairs())
    pairs_.push_back({static_cast<host_number>(p.from), static_cast<host_number>(p.to),
                      static_cast<std::uint32_t>(p.item)});

  sim_ = std::make_unique<simulation>();
  const auto options = options_of(scenario_, root_);
  const seed root = root_.derive("network");
  net_ = scenario_.network.detail == network_detail::packets
             ? make_packets(*sim_, options, root, &trace_)
             : make_cloud(*sim_, options, root, &trace_);
  where_.emplace(std::move(*layout), *scenario_.boxes, *net_, root_);
  results_.emplace(slices());
  log_.emplace(static_cast<const truth&>(*this), *results_, trace_);
  flow_.emplace(*who_, sim_->epoch());
  if (auto found = find_flow(); !found) return found;
  seen_.emplace(*who_, *log_, *flow_);
  if (options_.invariants) {
    never_.emplace(invariants::about{[this](host_number h) { return who_->name_of(h); },
                                     scenario_.crypto == crypto_kind::real, sim_->epoch()});
    for (std::size_t h = 0; h < who_->size(); ++h) never_->key(who_->key_of(h));
    seen_->hold(*never_);
    sim_->together([&] { asker_ = sim_->system().spawn<actors::asker_shell>(sim_->clock()); });
  }
  around_ = std::make_unique<surroundings>(
      surroundings{*sim_, *net_, crypto_, root_.derive("hosts"), &*seen_, &*seen_});
  for (std::size_t h = 0; h < who_->size(); ++h) {
    const peer_group& g = who_->group_of(h);
    hosts_.push_back(std::make_unique<host>(*around_, h, who_->key_of(h),
                                            where_->spec_of(h, line_of(g, scenario_.network)),
                                            host::machine{who_->is_member(h), g.work}));
  }
  where_->settle(hosts_);
  life_.emplace(lives::around{scenario_, *sim_, *who_, *where_, hosts_, *seen_, *log_},
                root_.derive(churn_stream));
  payload_.emplace(payload_users::around{scenario_, *sim_, *who_, hosts_, *log_, *flow_,
                                         never_ ? &*never_ : nullptr});
  lookups_.emplace(lookup_users::around{scenario_, *sim_, *who_, *where_, hosts_, crypto_, *log_},
                   lookups_rng_);
  seen_->connect(*sim_, *payload_, *lookups_);
  stage_.emplace(stage{*sim_, *net_, *who_, *where_, *life_, *seen_, hosts_, events_rng_});
  return {};
}

expected<void, std::string> world::find_flow() {
  if (!options_.flow) return {};
  const auto a = who_->host_called(options_.flow->first);
  const auto b = who_->host_called(options_.flow->second);
  if (!a || !b)
    return unexpected("there is no peer `" + (a ? options_.flow->second : options_.flow->first) +
                      "`; names are a group's, group-0, group-1, ... or the network file's");
  flow_->watch(*a, *b);
  return {};
}

std::vector<slice> world::slices() const {
  const time_point start = sim_->epoch();
  std::vector<slice> all{{"", std::nullopt, std::nullopt, start, start + scenario_.length}};
  for (const slice_config& c : scenario_.slices) {
    const time_point until = c.until < scenario_.length ? start + c.until : time_point::max();
    slice s{c.name, std::nullopt, std::nullopt, start + c.from, until};
    for (std::uint32_t g = 0; g < scenario_.peers.size(); ++g)
      if (scenario_.peers[g].group == c.group) s.group = g;
    for (std::uint32_t i = 0; i < scenario_.workload.size(); ++i)
      if (!c.workload.empty() && scenario_.workload[i].name == c.workload) s.item = i;
    all.push_back(std::move(s));
  }
  return all;
}

expected<report, std::string> world::run() {
  if (auto built = build(); !built) return unexpected(built.error());
  if (options_.pcap) net_->capture_internet((options_.out / "internet.pcap").string());
  log_->introduce(sim_->now());
  seeded_rng caches_rng(root_.derive(caches_stream)), payload_rng(root_.derive(payload_stream));
  life_->schedule(caches_rng);
  lookups_->schedule();
  payload_->schedule(payload_rng);
  schedule_events();
  // Whole seconds, a few hundred of them.
  const auto step = std::max<std::int64_t>(1, scenario_.length / 1s / steps_wanted);
  std::int64_t ticks = 0;
  for (duration t = 0s; t < scenario_.length;) {
    t = std::min<duration>(t + 1s, scenario_.length);
    sim_->run_until(sim_->epoch() + t);
    if (never_ && t % inspected_every == 0ns) inspect();
    if (++ticks % step == 0) log_->tell(sim_->now(), step_due{});
    if (options_.on_progress)
      options_.on_progress({t, scenario_.length, sim_->stats().events, "run"});
    if (options_.stop && options_.stop()) break;
  }
  return finish();
}

/// Actors take no time: what they are asked they have answered when `post` returns.
void world::inspect() {
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    const actors::peer* p = hosts_[h]->peer();
    if (p == nullptr) continue;
    peer_state s;
    const auto ask = [&]<class Answer>(const auto& whom, Answer& into) {
      sim_->post(asker_,
                 actors::question_to<Answer>(whom, actors::ask_status{}, [&into](const Answer* a) {
                   into = a != nullptr ? *a : Answer{};
                 }));
    };
    ask(p->all->gateway, s.gateway);
    ask(p->all->dht, s.dht);
    ask(p->all->relay, s.relay);
    ask(p->all->punch, s.punch);
    never_->state(sim_->now(), static_cast<host_number>(h), s);
  }
}

void world::schedule_events() {
  hits_.resize(scenario_.events.size());
  for (const event_item& e : scenario_.events)
    static_cast<const happening&>(*e.what).prepare(*stage_);
  for (std::size_t i = 0; i < scenario_.events.size(); ++i)
    sim_->at(sim_->epoch() + scenario_.events[i].at, [this, i] { happen(i); });
}

void world::happen(std::size_t number) {
  const event_item& e = scenario_.events[number];
  if (e.every > 0ns) sim_->after(e.every, [this, number] { happen(number); });
  const auto& what = static_cast<const happening&>(*e.what);
  const auto hit = what.happen(*stage_);
  hits_[number] += hit.size();
  log_->tell(sim_->now(),
             fault_happened{static_cast<std::uint32_t>(number), what.kind().name, hit});
}

void world::warn(report& r) const {
  for (std::size_t i = 0; i < hits_.size(); ++i)
    if (const event_item& e = scenario_.events[i]; hits_[i] == 0 && e.at < r.virtual_time)
      r.warnings.push_back("event " + std::to_string(i) + ", `" + std::string(e.what->kind().name) +
                           "` at " + format_duration(e.at) + ", hit nobody");
  for (auto& w : lookups_->warnings()) r.warnings.push_back(std::move(w));
  if (!r.invariants) return;
  for (std::size_t i = 0; i < invariant_texts.size(); ++i)
    if (const invariant_row& row = (*r.invariants)[i]; row.broken > 0)
      r.warnings.push_back("broken " + std::to_string(row.broken) + " times of " +
                           std::to_string(row.checked) + ": " +
                           std::string(invariant_texts[i].about) + " First: " + row.first);
}

report world::finish() {
  report r;
  r.scenario = scenario_.name;
  r.question = scenario_.question;
  r.seed = options_.seed;
  r.peers = static_cast<unsigned>(hosts_.size());
  r.virtual_time = sim_->now() - sim_->epoch();
  r.partial = r.virtual_time < scenario_.length;
  r.events = sim_->stats().events;
  log_->finish(sim_->now(), r);
  flow_->finish(r);
  if (never_) r.invariants = never_->rows();
  warn(r);
  r.trace_hash = trace_.hash_text();
  auto parts = results_->take();
  r.metrics = std::move(parts.front().values);
  for (std::size_t i = 1; i < parts.size(); ++i)
    r.slices.push_back({parts[i].which.name, std::move(parts[i].values)});
  return r;
}

}  // namespace wh::sim
