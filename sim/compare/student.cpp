#include "sim/compare/student.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "transport/check.hpp"

namespace wh::sim::compare {
namespace {

/// The normal distribution's 0.975 quantile.
constexpr double z = 1.959963984540054;

/// For 1 to 30 degrees of freedom, as `qt(0.975, 1:30)` of R 4.2 gives them.
constexpr std::array<double, 30> first{
    12.706204736, 4.3026527297, 3.1824463053, 2.7764451052, 2.5705818356, 2.4469118511,
    2.3646242516, 2.3060041352, 2.2621571628, 2.2281388520, 2.2009851601, 2.1788128297,
    2.1603686565, 2.1447866879, 2.1314495456, 2.1199052992, 2.1098155778, 2.1009220402,
    2.0930240544, 2.0859634473, 2.0796138447, 2.0738730679, 2.0686576104, 2.0638985616,
    2.0595385528, 2.0555294386, 2.0518305165, 2.0484071418, 2.0452296421, 2.0422724563};

}  // namespace

double t_quantile(std::size_t degrees) {
  WH_CHECK(degrees > 0);
  if (degrees <= first.size()) return first[degrees - 1];
  // Abramowitz and Stegun, 26.7.5: four terms, and no function of a library.
  const double n = static_cast<double>(degrees), z2 = z * z;
  const double g1 = z * (z2 + 1) / 4;
  const double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
  const double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  const double g4 = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
  return z + (g1 + (g2 + (g3 + g4 / n) / n) / n) / n;
}

mean_estimate mean_of(std::span<const double> values) {
  WH_CHECK(!values.empty());
  const double n = static_cast<double>(values.size());
  double sum = 0;
  for (const double v : values) sum += v;
  mean_estimate e{sum / n, {}};
  // The mean of equal values is that value, not one that rounding made of it.
  if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; }))
    e.mean = values[0];
  if (values.size() == 1) return e;
  double squares = 0;
  for (const double v : values) squares += (v - e.mean) * (v - e.mean);
  const double half = t_quantile(values.size() - 1) * std::sqrt(squares / (n - 1) / n);
  e.range = interval{e.mean - half, e.mean + half};
  return e;
}

interval wilson(double share, std::size_t of) {
  WH_CHECK(of > 0 && share >= 0 && share <= 1);
  const double n = static_cast<double>(of), p = share;
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt((p * (1 - p) + z * z / (4 * n)) / n);
  const double scale = 1 + z * z / n;
  interval i{(centre - half) / scale, (centre + half) / scale};
  // Where rounding would leave a sliver.
  if (p == 0) i.low = 0;
  if (p == 1) i.high = 1;
  return i;
}

}  // namespace wh::sim::compare
