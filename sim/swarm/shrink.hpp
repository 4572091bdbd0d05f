#pragma once

#include <functional>

#include "sim/swarm/document.hpp"

namespace wh::sim::swarm {

/// Whether a world still fails in the same way. One that cannot be read or built does not.
using trial = std::function<bool(const document&)>;

struct shrunk {
  document what;
  unsigned trials = 0;
};

/// The smallest world found that fails as `from` does: fewer events, peers, boxes and keys, smaller
/// numbers, a shorter run. It tries at most `trials_max` worlds.
shrunk shrink(const document& from, const trial& fails, unsigned trials_max);

}  // namespace wh::sim::swarm
