#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/compare/writers.hpp"

namespace wh::sim::compare {
namespace {

// Keys in the order they are written.
using json = nlohmann::ordered_json;

/// A number, null without a value, "never" for what is infinite: "-never" for less than nothing.
json value(const reading& v) {
  if (!v) return nullptr;
  if (std::isinf(*v)) return *v > 0 ? "never" : "-never";
  return *v;
}

json column(const std::vector<reading>& values) {
  json j = json::array();
  for (const auto& v : values) j.push_back(value(v));
  return j;
}

json range_of(const std::optional<interval>& r) {
  return r ? json::array({value(r->low), value(r->high)}) : json(nullptr);
}

json spread_json(const spread& s) {
  return {{"seeds", s.seeds},          {"missing", s.missing},       {"never", s.never},
          {"mean", value(s.mean)},     {"range", range_of(s.range)}, {"min", value(s.min)},
          {"median", value(s.median)}, {"max", value(s.max)}};
}

json origin_json(const origin& o) {
  json j = {{"version", o.version}, {"commit", o.commit}};
  auto& inputs = j["inputs"] = json::array();
  for (const auto& i : o.inputs) inputs.push_back({{"name", i.name}, {"blake2b_256", i.hash}});
  j["set"] = o.set;
  if (!o.salt.empty()) j["salt"] = o.salt;
  return j;
}

json definition(const metric_info& m) {
  return {{"kind", to_string(m.kind)},
          {"unit", m.unit},
          {"better", to_string(m.direction)},
          {"definition", m.sentence}};
}

/// Names come from files: what is not UTF-8 is replaced, not thrown at.
std::string dump(const json& j) { return j.dump(2, ' ', false, json::error_handler_t::replace); }

json hashes(const std::vector<std::string>& all) {
  json j = json::array();
  for (const auto& h : all) j.push_back(h.empty() ? json(nullptr) : json(h));
  return j;
}

json run_json(const run_outcome& r) {
  return {{"seed", r.seed},
          {"end", to_string(r.end)},
          {"why", r.why.empty() ? json(nullptr) : json(r.why)},
          {"replay", r.replay},
          {"regression", r.regression()},
          {"newly_broken", r.newly_broken},
          {"still_broken", r.still_broken},
          {"mended", r.mended}};
}

json statistic_json(const statistic_comparison& c) {
  json j = {{"metric", c.now.metric}, {"statistic", c.now.statistic}};
  j.update(definition(c.now.what));
  j["verdict"] = to_string(c.what);
  j["same_as"] = c.same_as.empty() ? json(nullptr) : json(c.same_as);
  auto& before = j["before"] = spread_json(spread_of(c.before));
  before["values"] = column(c.before);
  auto& now = j["now"] = spread_json(spread_of(c.now.values));
  now["values"] = column(c.now.values);
  j["compared"] = c.test ? c.test->pairs : 0;
  j["differing"] = c.test ? c.test->differing : 0;
  j["difference"] = c.test ? value(c.test->difference) : json(nullptr);
  j["range"] = c.test ? range_of(c.test->range) : json(nullptr);
  j["p"] = c.test ? json(c.test->p) : json(nullptr);
  j["p_corrected"] = c.test ? json(c.p_corrected) : json(nullptr);
  j["threshold"] = c.threshold;
  return j;
}

json scenario_json(const scenario_comparison& s) {
  json j = {{"scenario", s.scenario},
            {"question", s.question},
            {"regression", s.regression()},
            {"identical", s.identical()},
            {"changed_scenario", s.changed_scenario},
            {"before", origin_json(s.before)},
            {"now", origin_json(s.now)},
            {"seeds", s.seeds},
            {"trace_hash", {{"before", hashes(s.hash_before)}, {"now", hashes(s.hash_now)}}}};
  auto& counts = j["verdicts"] = json::object();
  for (std::size_t i = 0; i < verdict_words.size(); ++i)
    counts[std::string(verdict_words[i])] = s.count(static_cast<verdict>(i));
  auto& runs = j["runs"] = json::array();
  for (const auto& r : s.runs) runs.push_back(run_json(r));
  auto& statistics = j["statistics"] = json::array();
  for (const auto& c : s.statistics) statistics.push_back(statistic_json(c));
  return j;
}

json family_json(const family& f) {
  return {{"statistics", f.statistics}, {"hypotheses", f.hypotheses}, {"testable", f.testable}};
}

}  // namespace

std::string aggregate_to_json(const record& r) {
  json j = {{"format", aggregate_format}, {"kind", "aggregate"}, {"scenario", r.scenario}};
  j["source"] = origin_json(r.from);
  j["interval"] = 0.95;
  auto& runs = j["runs"] = json::array();
  for (const auto& run : r.runs)
    runs.push_back({{"seed", run.seed},
                    {"trace_hash", run.trace_hash.empty() ? json(nullptr) : json(run.trace_hash)},
                    {"partial", run.partial},
                    {"broken", run.broken}});
  auto& metrics = j["metrics"] = json::object();
  for (const series& s : series_of(r.runs)) {
    auto& m = metrics[s.metric];
    if (m.is_null()) {
      m = definition(s.what);
      if (s.what.kind == metric_kind::ratio) {
        auto& part = m["part"] = json::array();
        auto& whole = m["whole"] = json::array();
        for (const auto& run : r.runs) {
          const auto of = run.metrics.find(s.metric);
          part.push_back(of == run.metrics.end() ? 0 : of->second.share.part);
          whole.push_back(of == run.metrics.end() ? 0 : of->second.share.whole);
        }
      }
    }
    auto& x = m["statistics"][s.statistic] = spread_json(spread_of(s.values));
    x["values"] = column(s.values);
  }
  return dump(j);
}

std::string check_to_json(const check& c) {
  json j = {{"format", check_format},
            {"kind", "check"},
            {"regression", c.regression()},
            {"level", level},
            {"interval", 0.95},
            {"families",
             {{"directed", family_json(c.directed)}, {"undirected", family_json(c.undirected)}}}};
  auto& scenarios = j["scenarios"] = json::array();
  for (const auto& s : c.scenarios) scenarios.push_back(scenario_json(s));
  return dump(j);
}

}  // namespace wh::sim::compare
