#pragma once

#include <span>
#include <vector>

namespace wh::sim::compare {

/// A hypothesis of "no difference" and what was found against it.
struct hypothesis {
  double p = 1;
  double p_least = 1;  ///< the least that it could have been
};

struct correction {
  /// Of each hypothesis: at most `level` when it is rejected, where the chance to reject any true
  /// one of all together is at most `level`.
  std::vector<double> p;
  /// How many could have been rejected at all, which is what the others' p are multiplied by.
  std::size_t testable = 0;
};

/// After Holm (1979), among those whose least p can pass (Tarone, 1990).
correction correct(std::span<const hypothesis> all, double level);

}  // namespace wh::sim::compare
