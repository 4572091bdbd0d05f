#include "sim/compare/series.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace wh::sim::compare {

void zero_uncounted(std::vector<reading>& values, const std::vector<run_figures>& runs) {
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (!values[i] && !runs[i].metrics.empty()) values[i] = 0;
}

std::vector<series> series_of(const std::vector<run_figures>& runs) {
  std::set<std::string> names;
  for (const auto& r : runs)
    for (const auto& [name, m] : r.metrics) names.insert(name);
  std::vector<series> all;
  for (const auto& name : names) {
    const auto add = [&](std::string_view statistic) {
      series s{name, std::string(statistic), {}, {}};
      bool any = false;
      for (const auto& r : runs) {
        s.values.emplace_back();
        const auto m = r.metrics.find(name);
        if (m == r.metrics.end()) continue;
        s.what = m->second.what;
        const auto v = m->second.values.find(statistic);
        if (v == m->second.values.end()) continue;
        s.values.back() = v->second;
        any = true;
      }
      if (!any) return;
      if (s.what.kind == metric_kind::counter) zero_uncounted(s.values, runs);
      all.push_back(std::move(s));
    };
    add(plain);
    for (const auto statistic : statistics) add(statistic);
  }
  return all;
}

spread spread_of(const std::vector<reading>& values) {
  spread s;
  s.seeds = values.size();
  std::vector<double> there;
  for (const auto& v : values) {
    if (!v) ++s.missing;
    if (v && std::isinf(*v)) ++s.never;
    if (v) there.push_back(*v);
  }
  if (there.empty()) return s;
  if (s.never > 0) {
    s.mean = std::numeric_limits<double>::infinity();
  } else {
    const auto e = mean_of(there);
    s.mean = e.mean;
    s.range = e.range;
  }
  std::sort(there.begin(), there.end());
  const std::size_t n = there.size();
  s.min = there.front();
  s.max = there.back();
  const double a = there[(n - 1) / 2], b = there[n / 2];
  s.median = a == b ? a : (a + b) / 2;
  return s;
}

}  // namespace wh::sim::compare
