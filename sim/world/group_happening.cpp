#include <cmath>

#include "sim/world/events/happening.hpp"

namespace wh::sim {

std::vector<std::size_t> group_happening::drawn(std::vector<std::size_t> all, rng& chance) const {
  if (ratio_ >= 1) return all;
  // The first so many of a Fisher-Yates shuffle.
  const auto n = static_cast<std::size_t>(std::llround(ratio_ * static_cast<double>(all.size())));
  for (std::size_t i = 0; i < n; ++i) std::swap(all[i], all[i + chance.below(all.size() - i)]);
  all.resize(n);
  return all;
}

}  // namespace wh::sim
