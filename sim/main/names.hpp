#pragma once

#include "sim/scenario/scenario.hpp"

namespace wh::sim {

/// The NAT profiles and populations that this build has, and a reader of network files.
scenario_context names_of_this_build();

}  // namespace wh::sim
