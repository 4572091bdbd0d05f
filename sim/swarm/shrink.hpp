#pragma once

#include <functional>
#include <string>

#include "sim/swarm/document.hpp"

namespace wh::sim::swarm {

/// What became of a world: the rule that it broke first, or nothing; "" too for one that cannot be
/// read or built.
using trial = std::function<std::string(const document&)>;

struct shrunk {
  document what;
  unsigned trials = 0;
};

/// The smallest world found that breaks the same `rule` as `from`: fewer events, peers, boxes and
/// keys, smaller numbers, a shorter run. It tries at most `trials_max` worlds.
shrunk shrink(const document& from, const std::string& rule, const trial& fails,
              unsigned trials_max);

}  // namespace wh::sim::swarm
