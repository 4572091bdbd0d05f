#include "sim/compare/tell.hpp"

#include <algorithm>
#include <cmath>

#include "sim/compare/writers.hpp"
#include "transport/text.hpp"

namespace wh::sim::compare {
namespace {

std::string count_text(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string side_text(const std::vector<reading>& values) {
  const spread s = spread_of(values);
  std::string text = s.never > 0 ? "never in " + std::to_string(s.never) : value_text(s.mean);
  if (s.missing > 0 && s.missing < s.seeds) text += " (" + std::to_string(s.missing) + " without)";
  return text;
}

std::string signed_text(double v) {
  if (std::isinf(v)) return v > 0 ? "never now" : "never before";
  return (v > 0 ? "+" : "") + value_text(v);
}

std::string p_text(double p) { return p < 1e-6 ? "< 0.000001" : format_number(p); }

int urgency(verdict v) {
  switch (v) {
    case verdict::worse:
      return 0;
    case verdict::gone:
      return 1;
    case verdict::better:
      return 2;
    case verdict::moved:
      return 3;
    case verdict::appeared:
      return 4;
    case verdict::negligible:
      return 5;
    case verdict::noise:
    case verdict::identical:
      break;
  }
  return 6;
}

}  // namespace

std::string version_of(const origin& o) {
  return o.version + " (" +
         (o.commit.size() > 40 ? o.commit.substr(0, 7) + o.commit.substr(40)
                               : o.commit.substr(0, 7)) +
         ")";
}

std::string value_text(const reading& v) {
  if (!v) return "-";
  if (std::isinf(*v)) return *v > 0 ? "never" : "-never";
  return format_number(*v);
}

told tell(const statistic_comparison& c, const scenario_comparison& s) {
  std::string name = c.now.name();
  for (const auto& other : s.statistics)
    if (other.now.metric == c.now.metric && other.same_as == c.now.statistic)
      name += " ." + other.now.statistic;
  told t{std::move(name),
         side_text(c.before),
         side_text(c.now.values),
         "",
         "",
         "",
         std::string(to_string(c.what))};
  if (!c.test) return t;
  t.difference = signed_text(c.test->difference);
  if (c.test->range)
    t.range = value_text(c.test->range->low) + " .. " + value_text(c.test->range->high);
  t.p = p_text(c.p_corrected);
  return t;
}

std::vector<const statistic_comparison*> worth_telling(const scenario_comparison& s) {
  std::vector<const statistic_comparison*> v;
  for (const auto& c : s.statistics)
    if (c.what != verdict::noise && c.what != verdict::identical && c.same_as.empty())
      v.push_back(&c);
  std::stable_sort(v.begin(), v.end(), [](const auto* a, const auto* b) {
    return urgency(a->what) < urgency(b->what);
  });
  return v;
}

std::vector<run_told> tell(const run_outcome& r) {
  std::vector<run_told> all;
  const std::string seed = "seed " + std::to_string(r.seed);
  if (r.end == run_end::died) all.push_back({true, seed + " " + r.why, r.replay});
  if (r.end == run_end::failed)
    all.push_back({true, seed + " could not be run: " + r.why, r.replay});
  for (const auto& x : r.newly_broken)
    all.push_back({true, seed + " breaks `" + x + "`", r.replay});
  for (const auto& x : r.still_broken)
    all.push_back({false, seed + " breaks `" + x + "`, as in the baseline", r.replay});
  for (const auto& x : r.mended)
    all.push_back({false, seed + " holds `" + x + "`, which broke in the baseline", r.replay});
  return all;
}

std::string tally(const scenario_comparison& s) {
  if (s.identical()) return "identical: every event of every run is the same";
  std::string loud, quiet;
  for (const verdict v : {verdict::worse, verdict::better, verdict::moved, verdict::gone,
                          verdict::appeared, verdict::negligible})
    if (const auto n = s.count(v); n > 0)
      loud += (loud.empty() ? "" : ", ") + std::to_string(n) + " " + std::string(to_string(v));
  quiet = std::to_string(s.count(verdict::noise)) + " within noise, " +
          std::to_string(s.count(verdict::identical)) + " identical";
  return loud.empty() ? quiet : loud + "; " + quiet;
}

std::string conclusion(const check& c) {
  std::size_t worse = 0, better = 0, moved = 0, runs = 0;
  bool identical = true;
  for (const auto& s : c.scenarios) {
    worse += s.count(verdict::worse);
    better += s.count(verdict::better);
    moved += s.count(verdict::moved);
    identical = identical && s.identical();
    for (const auto& r : s.runs) runs += r.regression() ? 1 : 0;
  }
  if (c.regression()) {
    std::string text = "REGRESSION: ";
    if (worse > 0) text += count_text(worse, "statistic") + " worse";
    if (runs > 0) text += (worse > 0 ? ", " : "") + count_text(runs, "run") + " broken or dead";
    return text;
  }
  if (identical) return "no regression: identical to the baseline";
  std::string text = "no regression";
  if (better > 0) text += "; " + count_text(better, "statistic") + " better";
  if (moved > 0) text += "; " + count_text(moved, "statistic") + " moved";
  return text;
}

std::vector<std::string> caveats(const check& c) {
  std::vector<std::string> v;
  for (const auto& s : c.scenarios) {
    if (s.changed_scenario)
      v.push_back(s.scenario +
                  " is another text than the baseline's; differences may come of that");
    if (s.now.set != s.before.set || s.now.salt != s.before.salt) {
      std::string text = s.scenario + " ran with";
      for (const auto& x : s.now.set)
        if (std::find(s.before.set.begin(), s.before.set.end(), x) == s.before.set.end())
          text += " --set " + x;
      if (!s.now.salt.empty()) text += " --salt " + s.now.salt;
      v.push_back(text + ", which the baseline has not");
    }
  }
  for (const auto& [f, name] : {std::pair{&c.directed, "with"}, {&c.undirected, "without"}}) {
    if (f->hypotheses > 0 && f->testable == 0)
      v.push_back(
          "with so few seeds, or so few that differ, no difference could be told from noise (" +
          std::to_string(f->hypotheses) + (f->hypotheses == 1 ? " statistic " : " statistics ") +
          name + " a good direction)");
  }
  return v;
}

}  // namespace wh::sim::compare
