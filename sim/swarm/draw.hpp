#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/scenario/event.hpp"
#include "sim/swarm/document.hpp"

namespace wh::sim::swarm {

/// A world of chance.
struct drawn_world {
  document what;
  /// What it has of all that a world can have, in the order of `feature_names`.
  std::vector<std::string> features;
};

/// The world of a number: small, with most features left out (swarm testing: Groce, Zhang, Eide,
/// Chen and Regehr, ISSTA 2012), and a schedule of faults from `kinds`. The same number and kinds
/// give the same world on every build.
drawn_world draw(std::uint64_t number, std::span<const event_kind* const> kinds);

/// Every feature that a world may have, in the order in which they are drawn.
std::vector<std::string> feature_names(std::span<const event_kind* const> kinds);

}  // namespace wh::sim::swarm
