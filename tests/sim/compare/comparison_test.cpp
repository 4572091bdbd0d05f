#include "sim/compare/comparison.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "sim/compare/baseline.hpp"
#include "sim/compare/tell.hpp"
#include "sim/compare/writers.hpp"
#include "sim/report/writers.hpp"

using namespace wh::sim;
using namespace wh::sim::compare;

namespace {

constexpr double never = std::numeric_limits<double>::infinity();

metric_figures number(double v, better direction) {
  return {{metric_kind::gauge, direction, "s", "A sentence."}, {}, {{std::string(plain), v}}};
}

/// Seeds 1, 2, ... with one metric each.
record sample(const std::vector<double>& values, better direction = better::less) {
  record r;
  r.scenario = "one";
  r.from.version = "0.1.0";
  r.from.commit = "abc";
  r.from.inputs = {{"one.toml", "00"}};
  for (const double v : values) {
    run_figures f;
    f.seed = r.runs.size() + 1;
    f.trace_hash = "h" + std::to_string(v);
    f.metrics.emplace("time_s", number(v, direction));
    r.runs.push_back(std::move(f));
  }
  return r;
}

std::vector<double> about(double middle) {
  std::vector<double> v;
  for (int i = 0; i < 20; ++i) v.push_back(middle + 0.01 * ((i * 7) % 20));
  return v;
}

check compared(const record& before, const record& now) {
  std::vector<run_outcome> outcomes;
  for (const auto& r : now.runs) {
    outcomes.emplace_back();
    outcomes.back().seed = r.seed;
  }
  return judge({beside(before, now, std::move(outcomes))});
}

verdict only_verdict(const check& c) {
  REQUIRE(c.scenarios.size() == 1);
  REQUIRE(c.scenarios[0].statistics.size() == 1);
  return c.scenarios[0].statistics[0].what;
}

}  // namespace

TEST_CASE("more of what should be less is worse and less is better") {
  const auto before = sample(about(1));
  CHECK(only_verdict(compared(before, sample(about(1.2)))) == verdict::worse);
  CHECK(compared(before, sample(about(1.2))).regression());
  CHECK(only_verdict(compared(before, sample(about(0.8)))) == verdict::better);
  CHECK_FALSE(compared(before, sample(about(0.8))).regression());
}

TEST_CASE("a metric that is good neither way can move and is no regression") {
  const auto c = compared(sample(about(1), better::neither), sample(about(1.2), better::neither));
  CHECK(only_verdict(c) == verdict::moved);
  CHECK_FALSE(c.regression());
}

TEST_CASE("a certain difference that matters to nobody is negligible") {
  CHECK(only_verdict(compared(sample(about(1)), sample(about(1.001)))) == verdict::negligible);
}

TEST_CASE("the same values in another order are noise") {
  auto values = about(1);
  std::reverse(values.begin(), values.end());
  CHECK(only_verdict(compared(sample(about(1)), sample(values))) == verdict::noise);
}

TEST_CASE("two seeds prove nothing and the check says so") {
  const auto c = compared(sample({1, 1}), sample({9, 9}));
  CHECK(only_verdict(c) == verdict::noise);
  const auto notes = caveats(c);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("so few seeds") != std::string::npos);
  CHECK(notes[0].find("1 statistic with a good direction") != std::string::npos);
}

TEST_CASE("a time that no longer comes is worse") {
  const auto c = compared(sample(about(1)), sample(std::vector<double>(20, never)));
  CHECK(only_verdict(c) == verdict::worse);
  CHECK(check_table(c).find("never now") != std::string::npos);
}

TEST_CASE("the same runs are identical") {
  const auto c = compared(sample(about(1)), sample(about(1)));
  CHECK(c.scenarios[0].identical());
  CHECK(check_table(c).find("identical to the baseline") != std::string::npos);
}

TEST_CASE("an expectation that breaks anew is a regression and one that broke before is none") {
  auto before = sample(about(1)), now = before;
  before.runs[2].broken = {"x at most 1"};
  now.runs[2].broken = {"x at most 1"};
  CHECK_FALSE(compared(before, now).regression());
  now.runs[3].broken = {"x at most 1"};
  const auto c = compared(before, now);
  CHECK(c.regression());
  CHECK(check_table(c).find("BROKEN  seed 4 breaks `x at most 1`") != std::string::npos);
}

TEST_CASE("a metric that is gone is told and no regression by itself") {
  const auto before = sample(about(1));
  auto now = before;
  for (auto& r : now.runs) r.metrics = {{"other_s", number(1, better::less)}};
  const auto c = compared(before, now);
  CHECK(c.scenarios[0].count(verdict::gone) == 1);
  CHECK(c.scenarios[0].count(verdict::appeared) == 1);
  CHECK_FALSE(c.regression());
}

TEST_CASE("a counter that a run did not touch is 0 there") {
  const auto counted = [](double n) {
    metric_figures f = number(n, better::less);
    f.what.kind = metric_kind::counter;
    return f;
  };
  auto before = sample(about(1)), now = before;
  for (auto& r : now.runs) r.metrics.emplace("failures", counted(3));
  const auto c = compared(before, now);
  REQUIRE(c.scenarios[0].statistics.size() == 2);
  CHECK(c.scenarios[0].statistics[0].now.metric == "failures");
  CHECK(c.scenarios[0].statistics[0].what == verdict::worse);
}

TEST_CASE("a baseline reads back as it was written") {
  baseline b;
  auto r = sample({1, 2.5, never});
  r.runs[1].broken = {"x at most 1"};
  for (auto& run : r.runs) {
    metric_figures share;
    share.what.kind = metric_kind::ratio;
    share.share = {run.seed == 1 ? 0U : 3U, run.seed == 1 ? 0U : 4U};
    share.values.emplace(plain, run.seed == 1 ? reading{} : reading{0.75});
    run.metrics.emplace("direct_ratio", share);
  }
  b.scenarios.emplace("one", r);
  const auto text = to_json(b);
  const auto again = baseline_from_json(text);
  REQUIRE(again);
  CHECK(to_json(*again) == text);
  const auto& runs = again->scenarios.at("one").runs;
  CHECK(runs[2].metrics.at("time_s").values.at(std::string(plain)) == reading{never});
  CHECK(runs[1].metrics.at("direct_ratio").share.part == 3);
  CHECK_FALSE(runs[0].metrics.at("direct_ratio").values.at(std::string(plain)));
  CHECK(runs[1].broken == std::vector<std::string>{"x at most 1"});
}

TEST_CASE("a counter in a baseline is one number and statistics that it has not are passed over") {
  baseline b;
  auto r = sample({1, 2});
  for (auto& run : r.runs)
    run.metrics = {
        {"lost",
         {{metric_kind::counter, better::neither, "1", "."}, {}, {{std::string(plain), 3}}}}};
  b.scenarios.emplace("one", r);
  auto text = to_json(b);
  CHECK(text.find("p50") == std::string::npos);
  text.replace(text.find("\"count\""), 7, "\"p50\": null, \"count\"");
  const auto again = baseline_from_json(text);
  REQUIRE(again);
  const auto& lost = again->scenarios.at("one").runs[0].metrics.at("lost");
  CHECK(lost.what.kind == metric_kind::counter);
  CHECK(lost.values.size() == 1);
  const auto c = compared(again->scenarios.at("one"), r);
  REQUIRE(c.scenarios[0].statistics.size() == 1);
  CHECK(c.scenarios[0].statistics[0].now.statistic == plain);
}

TEST_CASE("a broken expectation is known by its slice too and a stopped run breaks none") {
  const auto broken = [](const std::string& partial) {
    const auto figures = figures_of_report(
        R"({"format":)" + std::to_string(report_format) + R"(,"partial":)" + partial +
        R"(,"seed":1,"trace_hash":null,"metrics":{},"expectations":[
            {"metric":"x","slice":"late","min":1.0,"held":false},
            {"metric":"x","slice":"early","min":1.0,"held":true},
            {"metric":"x","min":1.0,"held":false}]})");
    REQUIRE(figures);
    return figures->broken;
  };
  CHECK(broken("false") == std::vector<std::string>{"x of late at least 1.0", "x at least 1.0"});
  CHECK(broken("true").empty());
}

TEST_CASE("a file that is no baseline is refused with what is wrong") {
  const auto why = [](const std::string& text) {
    const auto b = baseline_from_json(text);
    return b ? std::string("read") : b.error();
  };
  CHECK(why("{") == "not JSON");
  CHECK(why("{}") == "no baseline of wh-sim check");
  CHECK(why(R"({"kind":"baseline","format":99})").find("format 99") != std::string::npos);
  baseline b;
  b.scenarios.emplace("one", sample({1, 2}));
  auto text = to_json(b);
  text.replace(text.find("[1,2]"), 5, "[1,1]");
  CHECK(why(text) == "one: a seed is there twice");
}

TEST_CASE("JUnit and Markdown escape what names bring along") {
  auto before = sample(about(1)), now = sample(about(1.2));
  before.scenario = now.scenario = "a|b<c&\"\x01";
  const auto c = compared(before, now);
  const auto xml = check_to_junit(c), text = check_to_markdown(c);
  CHECK(xml.find("name=\"a|b&lt;c&amp;&quot;?\"") != std::string::npos);
  CHECK(xml.find("failures=\"1\"") != std::string::npos);
  CHECK(text.find("| a\\|b\\<c&") != std::string::npos);
  CHECK(text.find("**REGRESSION: 1 statistic worse**") != std::string::npos);
  CHECK(text.find("| **worse** |") != std::string::npos);
}

TEST_CASE("an aggregate counts what never came instead of leaving it out") {
  const auto table = aggregate_table(sample({1, 2, never}));
  CHECK(table.find("one, 3 seeds together") == 0);
  CHECK(table.find("never") != std::string::npos);
  const auto s = spread_of({reading{1}, reading{3}, reading{}});
  CHECK(s.missing == 1);
  CHECK(s.mean == reading{2});
  CHECK(spread_of({reading{1}, reading{never}}).mean == reading{never});
  CHECK_FALSE(spread_of({reading{1}, reading{never}}).range);
}
