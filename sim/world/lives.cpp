#include "sim/world/lives.hpp"

#include <algorithm>
#include <cmath>

#include "actors/proto/dht/cache.hpp"

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

lives::lives(around a, seed s) : around_(a), random_(s), states_(a.who.size()) {}

void lives::schedule(rng& caches) {
  for (std::size_t h = 0; h < states_.size(); ++h) {
    if (around_.who.group_of(h).start_from_cache) save_earlier_life(h, caches);
    around_.sim.at(around_.sim.epoch() + around_.where.layout().hosts[h].arrive, [this, h] {
      states_[h].arrived = true;
      start(h);
    });
  }
}

void lives::save_earlier_life(std::size_t h, rng& random) {
  // Whoever has a public address would have been met; 32 of them, as an endpoint cache holds.
  std::vector<wire::contact> met;
  const std::size_t n = states_.size();
  for (unsigned tries = 0; met.size() < 32 && tries < 1000; ++tries) {
    const std::size_t other = random.below(n);
    if (other == h || around_.where.behind_box(other) || around_.who.group_of(other).boot) continue;
    const wire::contact c{around_.who.key_of(other), around_.where.layout().hosts[other].where};
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
  if (!c) return;
  around_.sim.after(draw(c->online, random_), [this, h, session = states_[h].session] {
    if (states_[h].session != session) return;
    stop(h, life_end::churn);
    plan_return(h);
  });
}

void lives::plan_return(std::size_t h) {
  const auto& c = churn_of(h);
  if (!c) return;
  around_.sim.after(draw(c->offline, random_), [this, h, session = states_[h].session] {
    if (states_[h].session != session) return;
    if (churn_of(h)->replace) {
      around_.who.replace(h);
      around_.hosts[h]->become(around_.who.key_of(h));
    }
    start(h);
  });
}

bool lives::kill(std::size_t h) {
  if (!states_[h].arrived) return false;
  stop(h, life_end::killed);
  plan_return(h);
  return true;
}

bool lives::restart(std::size_t h, duration after) {
  if (!states_[h].arrived) return false;
  stop(h, life_end::restarted);
  around_.sim.after(after, [this, h, session = states_[h].session] {
    if (states_[h].session == session) start(h);
  });
  return true;
}

}  // namespace wh::sim
