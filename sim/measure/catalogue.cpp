#include "sim/measure/catalogue.hpp"

#include <algorithm>

#include "sim/measure/meter.hpp"
#include "transport/check.hpp"

namespace wh::sim {

std::span<const metric_definition* const> metric_definitions() {
  static const std::vector<const metric_definition*> all = [] {
    std::vector<const metric_definition*> v;
    for (const meter_kind* k : meter_kinds())
      v.insert(v.end(), k->metrics.begin(), k->metrics.end());
    std::sort(v.begin(), v.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    for (std::size_t i = 1; i < v.size(); ++i) WH_CHECK(v[i - 1]->name != v[i]->name);
    return v;
  }();
  return all;
}

const metric_definition* find_metric(std::string_view name) {
  const auto all = metric_definitions();
  const auto at = std::lower_bound(all.begin(), all.end(), name,
                                   [](const auto* d, std::string_view n) { return d->name < n; });
  return at != all.end() && (*at)->name == name ? *at : nullptr;
}

std::vector<known_metric> expectable_metrics() {
  std::vector<known_metric> out;
  for (const auto* d : metric_definitions()) {
    out.push_back({std::string(d->name)});
    if (d->kind == metric_kind::ratio) out.back().max = 1;
    if (d->kind != metric_kind::distribution) continue;
    for (const auto s : statistics) out.push_back({std::string(d->name) + "." + std::string(s)});
  }
  return out;
}

}  // namespace wh::sim
