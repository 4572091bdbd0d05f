#pragma once

#include "actors/runtime/coordinator.hpp"
#include "sim/runtime/timeline.hpp"

namespace wh::sim {

/// The actors' scheduler on ns-3's time.
using coordinator = actors::coordinator_on<timeline>;

}  // namespace wh::sim

extern template class wh::actors::coordinator_on<wh::sim::timeline>;
