#include "sim/page/document.hpp"
#include "sim/page/model.hpp"
#include "sim/page/page.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

using page::json;

/// What one seed has of a metric and the others of the same: a column each.
constexpr std::string_view columns[] = {"value", "part", "whole", "n",   "censored", "mean",
                                        "min",   "p50",  "p90",   "p95", "p99",      "max"};

json run_of(std::uint64_t seed, const std::string& folder, const json& report) {
  json run = {{"seed", seed}, {"folder", folder}, {"error", nullptr}};
  for (const char* key : {"held", "partial", "trace_hash", "events", "virtual_time_s", "warnings"})
    run[key] = report.at(key);
  run["host"] = report.contains("host") ? report["host"] : json(nullptr);
  auto& expectations = run["expectations"] = json::array();
  for (const auto& e : report.at("expectations")) {
    json x = {{"held", e.at("held")}, {"message", e.at("message")}};
    x["measured"] = e.contains("measured") ? e["measured"] : json(nullptr);
    x["never"] = e.contains("never") ? e["never"] : json(false);
    expectations.push_back(std::move(x));
  }
  return run;
}

}  // namespace

struct seeds_page::state {
  json head;  ///< what all runs have in common, of the first report
  json runs = json::array();
  json metrics = json::object();
  json intervals = nullptr;  ///< metric, statistic: {mean, range}
  page::traversal traversal;
  std::size_t reports = 0, held = 0, left_out = 0;

  void take_metrics(const json& report) {
    const std::size_t at = runs.size() - 1;
    for (const auto& [name, m] : report.at("metrics").items()) {
      auto& all = metrics[name];
      if (all.is_null())
        all = {{"kind", m.at("kind")}, {"unit", m.at("unit")}, {"definition", m.at("definition")}};
      for (const auto column : columns)
        if (m.contains(column)) {
          auto& values = all[std::string(column)];
          // A run before this one may lack the metric, or a report.
          while (values.size() < at) values.push_back(nullptr);
          values.push_back(m[std::string(column)]);
        }
      if (m.contains("cdf") && reports <= curves_max) all["cdf"].push_back(m["cdf"]);
    }
  }
};

seeds_page::seeds_page() : state_(std::make_unique<state>()) {}
seeds_page::~seeds_page() = default;

std::string seeds_page::add(std::uint64_t seed, const std::string& folder, std::string_view text) {
  state& s = *state_;
  const auto report = json::parse(text, nullptr, false);
  const auto refuse = [&](std::string why) {
    add_without(seed, why);
    return why;
  };
  if (report.is_discarded()) return refuse("its report is not JSON");
  try {
    if (report.at("format") != report_format) return refuse("its report has another format");
    json run = run_of(seed, folder, report);
    s.traversal.count(report.at("pairs"));
    ++s.reports;
    s.held += report.at("held").get<bool>() ? 1 : 0;
    if (s.head.is_null()) {
      s.head = json::object();
      for (const char* key : {"scenario", "question", "peers", "source", "expectations"})
        s.head[key] = report.at(key);
    }
    if (s.runs.size() >= runs_max) {
      ++s.left_out;
      return {};
    }
    s.runs.push_back(std::move(run));
    s.take_metrics(report);
  } catch (const json::exception& e) {
    return refuse(std::string("its report cannot be read: ") + e.what());
  }
  return {};
}

void seeds_page::add_without(std::uint64_t seed, const std::string& why) {
  state_->runs.push_back({{"seed", seed}, {"folder", nullptr}, {"error", why}, {"held", false}});
}

std::string seeds_page::add_aggregate(std::string_view text) {
  const auto aggregate = json::parse(text, nullptr, false);
  if (aggregate.is_discarded()) return "not JSON";
  try {
    if (aggregate.at("kind") != "aggregate" || aggregate.at("format") != page::aggregate_format)
      return "not an aggregate that this page knows";
    json all = json::object();
    for (const auto& [name, m] : aggregate.at("metrics").items())
      for (const auto& [statistic, s] : m.at("statistics").items())
        all[name][statistic] = {{"mean", s.at("mean")}, {"range", s.at("range")}};
    state_->intervals = std::move(all);
  } catch (const json::exception& e) {
    return std::string("not an aggregate of wh-sim: ") + e.what();
  }
  return {};
}

std::string seeds_page::text(const page_context& context) const {
  const state& s = *state_;
  json data = {{"kind", "seeds"}, {"head", s.head}, {"runs", s.runs}, {"metrics", s.metrics}};
  data["intervals"] = s.intervals;
  data["reports"] = s.reports;
  data["held"] = s.held;
  auto& own = data["page"] = page::context_of(context);
  own["matrix"] = s.traversal.matrix();
  own["reasons"] = s.traversal.reasons();
  own["glossary"] = page::glossary_of();
  own["left_out"] = s.left_out == 0 ? json(nullptr)
                                    : json(std::to_string(s.left_out) +
                                           " more seeds are in the sums only; each has a folder");
  own["curves_max"] = curves_max;
  return document_of(s.head.is_null() ? "WireHub" : s.head["scenario"].get<std::string>(),
                     page::dump(data));
}

}  // namespace wh::sim
