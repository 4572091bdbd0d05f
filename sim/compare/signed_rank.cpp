#include "sim/compare/signed_rank.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "transport/check.hpp"

namespace wh::sim::compare {
namespace {

/// Half of what is outside of an interval of 95 %.
constexpr double tail_max = 0.025;

constexpr std::int64_t never = std::int64_t{1} << 60;

/// The differences in steps of 2^-40 of the largest value, so that two which differ by a rounding
/// tie; `never` where the one value came and the other did not.
std::vector<std::int64_t> steps_between(std::span<const double> before,
                                        std::span<const double> now) {
  double largest = 0;
  for (const auto& side : {before, now})
    for (const double v : side)
      if (std::isfinite(v)) largest = std::max(largest, std::fabs(v));
  int exponent = 0;
  std::frexp(largest, &exponent);
  const auto steps = [&](double v) {
    return std::isfinite(v) ? std::llround(std::ldexp(v, 40 - exponent)) : never;
  };
  std::vector<std::int64_t> d;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::int64_t a = steps(before[i]), b = steps(now[i]);
    d.push_back(a == b ? 0 : b == never ? never : a == never ? -never : b - a);
  }
  return d;
}

/// Twice the rank of each difference's size, so that the mean of tied ranks is whole.
std::vector<std::size_t> double_ranks(const std::vector<std::int64_t>& d) {
  std::vector<std::int64_t> sizes;
  for (const auto x : d) sizes.push_back(std::llabs(x));
  std::sort(sizes.begin(), sizes.end());
  std::vector<std::size_t> ranks;
  for (const auto x : d) {
    const auto [first, last] = std::equal_range(sizes.begin(), sizes.end(), std::llabs(x));
    ranks.push_back(static_cast<std::size_t>((first - sizes.begin()) + (last - sizes.begin()) + 1));
  }
  return ranks;
}

/// The probability of each sum of the ranks that happen to be positive when each is so in half of
/// the cases. Up to 52 ranks it is exact.
std::vector<double> sums_of(const std::vector<std::size_t>& ranks) {
  std::vector<double> p{1.0};
  for (const auto r : ranks) {
    p.resize(p.size() + r, 0.0);
    for (std::size_t s = p.size(); s-- > 0;) p[s] = (p[s] + (s >= r ? p[s - r] : 0.0)) / 2;
  }
  return p;
}

double mean_of_two(double a, double b) {
  // One that came late and one that came early by as much as never.
  if (std::isinf(a) && std::isinf(b) && a != b) return 0;
  return (a + b) / 2;
}

/// The means of any two differences, each with itself too, in ascending order.
std::vector<double> walsh_averages(std::span<const double> before, std::span<const double> now) {
  std::vector<double> d, means;
  for (std::size_t i = 0; i < before.size(); ++i)
    d.push_back(before[i] == now[i] ? 0 : now[i] - before[i]);
  for (std::size_t i = 0; i < d.size(); ++i)
    for (std::size_t j = i; j < d.size(); ++j) means.push_back(mean_of_two(d[i], d[j]));
  std::sort(means.begin(), means.end());
  return means;
}

/// How many of the means lie outside of the interval on each side; 0: there is no interval.
std::size_t outside_of(std::size_t pairs) {
  std::vector<std::size_t> ranks(pairs);
  for (std::size_t i = 0; i < pairs; ++i) ranks[i] = i + 1;
  const auto p = sums_of(ranks);
  double below = 0;
  std::size_t k = 0;
  while (k < p.size() && below + p[k] <= tail_max) below += p[k++];
  return k;
}

}  // namespace

signed_rank test(std::span<const double> before, std::span<const double> now) {
  WH_CHECK(before.size() == now.size() && !now.empty() && now.size() <= pairs_max);
  signed_rank r;
  r.pairs = now.size();
  const auto d = steps_between(before, now);
  const auto all = double_ranks(d);
  std::vector<std::size_t> ranks;
  std::size_t positive = 0, total = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    if (d[i] == 0) continue;  // after Pratt: zeros take ranks, and no side
    ranks.push_back(all[i]);
    total += all[i];
    if (d[i] > 0) positive += all[i];
  }
  r.differing = ranks.size();
  const auto p = sums_of(ranks);
  double tail = 0;
  for (std::size_t s = total; s + 1 > std::max(positive, total - positive); --s) {
    tail += p[s];
    if (s == 0) break;
  }
  r.p = std::min(1.0, 2 * tail);
  r.p_least = std::min(1.0, std::ldexp(2.0, -static_cast<int>(r.differing)));

  const auto means = walsh_averages(before, now);
  const std::size_t n = means.size();
  r.difference = mean_of_two(means[(n - 1) / 2], means[n / 2]);
  if (const auto k = outside_of(r.pairs); k > 0) r.range = interval{means[k - 1], means[n - k]};
  return r;
}

}  // namespace wh::sim::compare
