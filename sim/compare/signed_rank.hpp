#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "sim/compare/student.hpp"

namespace wh::sim::compare {

/// More pairs than this are not tested: the exact distribution takes time with their cube.
inline constexpr std::size_t pairs_max = 200;

/// Wilcoxon's signed rank test of paired values, exact, with ties and zeros (after Pratt), and what
/// it says of the size of the difference. README.md argues why this one.
struct signed_rank {
  std::size_t pairs = 0;
  std::size_t differing = 0;
  /// Two-sided: of all ways to swap the two values of a pair, the share that tells as much or more
  /// against "no difference".
  double p = 1;
  /// The least p that any signs of these differences could have given.
  double p_least = 1;
  /// Now less before, after Hodges and Lehmann: the median of the mean of any two differences.
  /// Infinite when most of what is now never comes, or the other way round.
  double difference = 0;
  /// Of 95 % at least, by the same ranks; none of fewer than six pairs. A bound may be infinite.
  std::optional<interval> range;
};

/// Values are finite, or infinite for what never came; as many of each, `pairs_max` at most, and
/// one at least. Values that differ by less than 2^-40 of the largest count as equal.
signed_rank test(std::span<const double> before, std::span<const double> now);

}  // namespace wh::sim::compare
