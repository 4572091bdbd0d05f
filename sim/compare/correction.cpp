#include "sim/compare/correction.hpp"

#include <algorithm>

namespace wh::sim::compare {

correction correct(std::span<const hypothesis> all, double level) {
  const auto passes = [&](const hypothesis& h, std::size_t among) {
    return h.p_least <= level / static_cast<double>(among);
  };
  // Tarone: the smallest number that no more than itself can pass.
  std::size_t among = 1;
  while (std::count_if(all.begin(), all.end(), [&](const auto& h) { return passes(h, among); }) >
         static_cast<std::ptrdiff_t>(among))
    ++among;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (passes(all[i], among)) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return all[a].p < all[b].p; });

  correction c{std::vector<double>(all.size(), 1.0), order.size()};
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double p = all[order[i]].p * static_cast<double>(order.size() - i);
    largest = std::max(largest, std::min(1.0, p));
    c.p[order[i]] = largest;
  }
  return c;
}

}  // namespace wh::sim::compare
