#pragma once

#include "sim/scenario/scenario.hpp"

namespace wh::sim {

/// The NAT profiles, populations and metrics that this build has, and a reader of network files.
scenario_context names_of_this_build(std::span<const event_kind* const> events);

}  // namespace wh::sim
