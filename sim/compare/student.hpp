#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace wh::sim::compare {

/// The 0.975 quantile of Student's t distribution: half the width of a 95 % interval, in standard
/// errors. `degrees` is 1 at least. Correct to seven digits.
double t_quantile(std::size_t degrees);

struct interval {
  double low = 0, high = 0;
};

struct mean_estimate {
  double mean = 0;
  /// Of 95 %, after Student; none of a single value.
  std::optional<interval> range;
};
/// Of finite values, one at least, added in their order.
mean_estimate mean_of(std::span<const double> values);

/// Wilson's 95 % interval of a share of so many independent trials (JASA, 1927), one at least. It
/// is sensible where all or none of a few trials hit; the textbook's interval has no width there.
interval wilson(double share, std::size_t of);

}  // namespace wh::sim::compare
