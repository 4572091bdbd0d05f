#include "sim/compare/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/compare/baseline.hpp"
#include "sim/compare/correction.hpp"
#include "transport/check.hpp"

namespace wh::sim::compare {
namespace {

bool any(const std::vector<reading>& values) {
  return std::any_of(values.begin(), values.end(), [](const reading& v) { return v.has_value(); });
}

const run_figures* find(const record& r, std::uint64_t seed) {
  const auto at = std::find_if(r.runs.begin(), r.runs.end(),
                               [&](const run_figures& f) { return f.seed == seed; });
  return at == r.runs.end() ? nullptr : &*at;
}

/// How many samples a distribution has is no result; the other statistics are of them.
bool is_compared(const series& s) { return is_kept(s.statistic) && s.statistic != "n"; }

/// Fewer times that never came are better wherever less time is.
bool has_direction(const series& s) { return s.what.direction != better::neither; }

void test_one(statistic_comparison& c) {
  std::vector<double> before, now;
  for (std::size_t i = 0; i < c.before.size(); ++i) {
    if (!c.before[i] || !c.now.values[i]) continue;
    before.push_back(*c.before[i]);
    now.push_back(*c.now.values[i]);
  }
  c.threshold = negligible_below(c.now.what.kind, c.now.statistic, spread_of(c.before).median);
  if (!now.empty()) c.test = test(before, now);
}

verdict verdict_of(const statistic_comparison& c) {
  if (c.before == c.now.values) return verdict::identical;
  if (!any(c.now.values)) return verdict::gone;
  if (!any(c.before)) return verdict::appeared;
  if (!c.test || c.p_corrected > level) return verdict::noise;
  const double d = c.test->difference;
  if (d == 0 || std::fabs(d) < c.threshold) return verdict::negligible;
  switch (c.now.what.direction) {
    case better::less:
      return d < 0 ? verdict::better : verdict::worse;
    case better::more:
      return d > 0 ? verdict::better : verdict::worse;
    case better::neither:
      break;
  }
  return verdict::moved;
}

/// Corrects those of one family. Statistics of the same numbers, such as the mean and the maximum
/// of one sample, are one hypothesis, whatever they are called.
family correct_family(std::vector<scenario_comparison>& scenarios, bool directed) {
  family f;
  std::map<std::pair<std::vector<reading>, std::vector<reading>>, std::size_t> known;
  std::vector<hypothesis> all;
  std::vector<std::pair<statistic_comparison*, std::size_t>> users;
  for (auto& s : scenarios)
    for (auto& c : s.statistics) {
      if (!c.test || has_direction(c.now) != directed) continue;
      ++f.statistics;
      if (c.test->differing == 0) continue;
      const auto [at, fresh] = known.try_emplace({c.before, c.now.values}, all.size());
      if (fresh) all.push_back({c.test->p, c.test->p_least});
      users.emplace_back(&c, at->second);
    }
  const auto corrected = correct(all, level);
  for (const auto& [c, i] : users) c->p_corrected = corrected.p[i];
  f.hypotheses = all.size();
  f.testable = corrected.testable;
  return f;
}

}  // namespace

bool scenario_comparison::identical() const {
  const auto known = [](const std::string& h) { return !h.empty(); };
  return hash_before == hash_now && std::all_of(hash_now.begin(), hash_now.end(), known) &&
         std::all_of(statistics.begin(), statistics.end(),
                     [](const statistic_comparison& c) { return c.what == verdict::identical; });
}

bool scenario_comparison::regression() const {
  return count(verdict::worse) > 0 ||
         std::any_of(runs.begin(), runs.end(), [](const run_outcome& r) { return r.regression(); });
}

std::size_t scenario_comparison::count(verdict v) const {
  return static_cast<std::size_t>(std::count_if(
      statistics.begin(), statistics.end(),
      [&](const statistic_comparison& c) { return c.what == v && c.same_as.empty(); }));
}

bool check::regression() const {
  return std::any_of(scenarios.begin(), scenarios.end(),
                     [](const scenario_comparison& s) { return s.regression(); });
}

scenario_comparison beside(const record& before, const record& now,
                           std::vector<run_outcome> outcomes) {
  scenario_comparison s;
  s.scenario = now.scenario;
  s.before = before.from;
  s.now = now.from;
  std::vector<run_figures> were, are;
  for (run_outcome& o : outcomes) {
    const run_figures* a = find(before, o.seed);
    const run_figures* b = find(now, o.seed);
    WH_CHECK(a != nullptr);
    s.seeds.push_back(o.seed);
    s.hash_before.push_back(a->trace_hash);
    s.hash_now.push_back(b ? b->trace_hash : "");
    were.push_back(*a);
    are.push_back(b ? *b : run_figures{});
    if (!b) continue;
    const auto in = [](const std::vector<std::string>& all, const std::string& x) {
      return std::find(all.begin(), all.end(), x) != all.end();
    };
    for (const auto& x : b->broken)
      (in(a->broken, x) ? o.still_broken : o.newly_broken).push_back(x);
    for (const auto& x : a->broken)
      if (!in(b->broken, x)) o.mended.push_back(x);
  }
  s.runs = std::move(outcomes);

  std::map<std::string, statistic_comparison> all;
  const std::vector<reading> none(s.seeds.size());
  const auto counted = [](statistic_comparison& c, std::vector<reading>& values,
                          const std::vector<run_figures>& runs) {
    if (c.now.what.kind == metric_kind::counter) zero_uncounted(values, runs);
  };
  for (series& x : series_of(are)) {
    if (!is_compared(x)) continue;
    const std::string name = x.name();
    all[name].now = std::move(x);
    all[name].before = none;
  }
  for (series& x : series_of(were)) {
    if (!is_compared(x)) continue;
    statistic_comparison& c = all[x.name()];
    c.before = std::move(x.values);
    if (!c.now.metric.empty()) continue;
    c.now = {x.metric, x.statistic, x.what, none};
  }
  for (auto& [name, c] : all) {
    counted(c, c.before, were);
    counted(c, c.now.values, are);
    if (!any(c.before) && !any(c.now.values)) continue;
    for (const auto& earlier : s.statistics)
      if (earlier.now.metric == c.now.metric && earlier.same_as.empty() &&
          earlier.before == c.before && earlier.now.values == c.now.values)
        c.same_as = earlier.now.statistic;
    s.statistics.push_back(std::move(c));
  }
  return s;
}

check judge(std::vector<scenario_comparison> scenarios) {
  check c;
  for (auto& s : scenarios)
    for (auto& x : s.statistics) test_one(x);
  c.directed = correct_family(scenarios, true);
  c.undirected = correct_family(scenarios, false);
  for (auto& s : scenarios)
    for (auto& x : s.statistics) x.what = verdict_of(x);
  c.scenarios = std::move(scenarios);
  return c;
}

double negligible_below(metric_kind kind, std::string_view statistic, const reading& before) {
  if (!before || !std::isfinite(*before)) return 0;
  constexpr double points = 0.005, of_the_rest = 0.2, share = 0.02;
  if (kind == metric_kind::ratio && statistic == plain)
    return std::min(points, of_the_rest * std::min(*before, 1 - *before));
  return share * std::fabs(*before);
}

}  // namespace wh::sim::compare
