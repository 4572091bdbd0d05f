#pragma once

#include <caf/actor_system_config.hpp>

#include "sim/runtime/coordinator.hpp"

namespace wh::sim {

struct coordinator::system_config : caf::actor_system_config {
  explicit system_config(timeline& t) : time(&t) { load<coordinator>(); }
  timeline* time;
};

}  // namespace wh::sim
