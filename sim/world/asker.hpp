#pragma once

#include <functional>

#include "actors/interfaces.hpp"
#include "actors/shell.hpp"
#include "sim/runtime/simulation.hpp"

namespace wh::sim {

/// A lookup that a user wants of some peer, and what to do with the answer; without one when the
/// peer ended before it had any.
struct question {
  actors::dht_actor whom;
  dht::lookup what;
  std::function<void(const dht::finished*)> then;
};

}  // namespace wh::sim

WH_ACTOR_MESSAGE(wh::sim::question)

namespace wh::sim {

using asker_actor = actors::actor_if<actors::result<void>(question)>;

/// The one actor of the simulator itself: asks peers on behalf of the scenario's users.
asker_actor spawn_asker(simulation& sim);

void ask_dht(simulation& sim, const asker_actor& asker, const actors::dht_actor& whom,
             const dht::lookup& what, std::function<void(const dht::finished*)> then);

}  // namespace wh::sim
