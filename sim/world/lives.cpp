#include "sim/world/lives.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "actors/proto/dht/cache.hpp"
#include "sim/scenario/churn_trace.hpp"
#include "sim/scenario/limits.hpp"
#include "transport/check.hpp"

namespace wh::sim {

namespace {

duration seconds(double s) { return duration{static_cast<std::int64_t>(s * 1e9)}; }

duration scaled(duration d, double by) {
  return seconds(std::min(std::chrono::duration<double>(d).count() * by, length_max_s));
}

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

/// What a session's length is multiplied by at `t`, and an absence's divided by.
double busy(const std::optional<day_config>& day, duration t) {
  if (!day) return 1;
  const double since = std::chrono::duration<double>(t).count() - day->busiest_s;
  return std::pow(1 + day->swing, std::cos(2 * std::numbers::pi * since / day->period_s));
}

}  // namespace

lives::lives(around a, seed s) : around_(a), random_(s), states_(a.who.size()) {}

void lives::schedule(rng& caches) {
  for (std::size_t h = 0; h < states_.size(); ++h) {
    const peer_group& g = around_.who.group_of(h);
    if (g.start_from_cache) save_earlier_life(h, caches);
    around_.hosts[h]->set_clock_off(seconds(g.clock_off_s));
    if (!recorded(h))
      around_.sim.at(around_.sim.epoch() + around_.where.layout().hosts[h].arrive, [this, h] {
        states_[h].arrived = true;
        start(h);
      });
  }
  for (const peer_group& g : around_.script.peers)
    if (g.churn && !g.churn->trace_file.empty()) schedule_recorded(g);
}

void lives::schedule_recorded(const peer_group& g) {
  const auto& hosts = around_.who.hosts_of(g.group);
  const auto sessions = parse_churn_trace(around_.script.input(g.churn->trace_file),
                                          static_cast<unsigned>(hosts.size()));
  WH_CHECK(sessions.has_value());
  for (const recorded_session& s : *sessions) {
    const std::size_t h = hosts[s.peer];
    around_.sim.at(around_.sim.epoch() + s.from, [this, h] {
      if (states_[h].arrived) become_other(h);
      states_[h].arrived = true;
      start(h);
    });
    around_.sim.at(around_.sim.epoch() + s.until, [this, h] { stop(h, life_end::churn); });
  }
}

void lives::save_earlier_life(std::size_t h, rng& random) {
  // Whoever has a public address would have been met; 32 of them, as an endpoint cache holds.
  std::vector<wire::contact> met;
  const std::size_t n = states_.size();
  for (unsigned tries = 0; met.size() < 32 && tries < 1000; ++tries) {
    const std::size_t other = random.below(n);
    if (other == h || around_.who.group_of(other).boot) continue;
    const auto open = around_.where.layout().open_endpoint(other);
    if (!open) continue;
    const wire::contact c{around_.who.key_of(other), *open};
    if (std::find(met.begin(), met.end(), c) == met.end()) met.push_back(c);
  }
  around_.hosts[h]->disk().save(actors::endpoint_cache_name, dht::encode_cache(met));
}

void lives::start(std::size_t h) {
  if (running(h)) return;
  host& machine = *around_.hosts[h];
  around_.log.tell(around_.sim.now(),
                   life_began{static_cast<host_number>(h), machine.starts() + 1});
  machine.start(around_.who.config_for(h, around_.where.behind_box(h)));
  plan_end(h);
}

void lives::stop(std::size_t h, life_end why) {
  ++states_[h].session;
  if (!running(h)) return;
  around_.hosts[h]->stop();
  around_.seen.forget(h);
  around_.log.tell(around_.sim.now(), life_ended{static_cast<host_number>(h), why});
}

void lives::plan_end(std::size_t h) {
  const auto& c = churn_of(h);
  if (!c || recorded(h)) return;
  const double longer = busy(c->day, around_.sim.now() - around_.sim.epoch());
  around_.sim.after(scaled(draw(c->online, random_), longer),
                    [this, h, session = states_[h].session] {
                      if (states_[h].session != session) return;
                      stop(h, life_end::churn);
                      plan_return(h);
                    });
}

void lives::plan_return(std::size_t h) {
  const auto& c = churn_of(h);
  if (!c || recorded(h)) return;
  const double longer = busy(c->day, around_.sim.now() - around_.sim.epoch());
  around_.sim.after(scaled(draw(c->offline, random_), 1 / longer),
                    [this, h, session = states_[h].session] {
                      if (states_[h].session != session) return;
                      become_other(h);
                      start(h);
                    });
}

void lives::become_other(std::size_t h) {
  if (!churn_of(h)->replace || running(h)) return;
  around_.who.replace(h);
  around_.hosts[h]->become(around_.who.key_of(h));
  around_.log.tell(around_.sim.now(), identity_changed{static_cast<host_number>(h)});
}

bool lives::kill(std::size_t h) {
  if (!states_[h].arrived) return false;
  stop(h, life_end::killed);
  plan_return(h);
  return true;
}

bool lives::restart(std::size_t h, duration after, saved_state with) {
  if (!states_[h].arrived) return false;
  stop(h, life_end::restarted);
  if (with == saved_state::none) around_.hosts[h]->disk() = {};
  if (with == saved_state::old) around_.hosts[h]->restore_backup();
  around_.sim.after(after, [this, h, session = states_[h].session] {
    if (states_[h].session == session) start(h);
  });
  return true;
}

}  // namespace wh::sim
