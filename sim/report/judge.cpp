#include <algorithm>
#include <cmath>

#include "sim/report/format.hpp"
#include "sim/report/report.hpp"

namespace wh::sim {
namespace {

expectation_result judge_pair(const report& r, const expectation& e) {
  expectation_result result{e, false, {}, {}};
  const auto name = e.pair[0] + " - " + e.pair[1];
  const auto row = std::find_if(r.pairs.begin(), r.pairs.end(), [&](const pair_row& p) {
    return (p.from == e.pair[0] && p.to == e.pair[1]) || (p.from == e.pair[1] && p.to == e.pair[0]);
  });
  if (row == r.pairs.end()) {
    result.message =
        name + " was not asked to connect, " + std::string(to_string(e.path)) + " expected";
    return result;
  }
  result.held = row->path == e.path ||
                (e.path == path_kind::connected && row->path != path_kind::unreachable);
  result.message = name + " is " + std::string(to_string(row->path));
  if (!result.held) {
    result.message += ", " + std::string(to_string(e.path)) + " expected";
    if (!row->reason.empty()) result.message += " (" + row->reason + ")";
  }
  return result;
}

std::string wanted(const expectation& e) {
  if (e.equals) return "exactly " + format_number(*e.equals);
  if (e.min && e.max) return format_number(*e.min) + " to " + format_number(*e.max);
  return e.min ? "at least " + format_number(*e.min) : "at most " + format_number(*e.max);
}

/// Null where the report has no such part.
const metrics* part_of(const report& r, const std::string& slice) {
  if (slice.empty()) return &r.metrics;
  const auto at = std::find_if(r.slices.begin(), r.slices.end(),
                               [&](const report_slice& s) { return s.name == slice; });
  return at == r.slices.end() ? nullptr : &at->metrics;
}

expectation_result judge_metric(const report& r, const expectation& e) {
  expectation_result result{e, false, {}, {}};
  const metrics* part = part_of(r, e.slice);
  if (part) result.measured = part->read(e.metric);
  const std::string what = e.metric + (e.slice.empty() ? "" : " of " + e.slice);
  if (!result.measured) {
    result.message = what + " has no value: nothing was measured, " + wanted(e) + " expected";
    return result;
  }
  const double v = *result.measured;
  result.held = (!e.min || v >= *e.min) && (!e.max || v <= *e.max) && (!e.equals || v == *e.equals);
  // In full digits when it fails: "0.97 is below 0.97" helps nobody.
  const std::string shown = std::isinf(v) ? "never"
                            : result.held ? format_number(v)
                                          : format_exact(v);
  result.message = what + " = " + shown +
                   (result.held ? " (" + wanted(e) + ")" : ", " + wanted(e) + " expected");
  return result;
}

}  // namespace

bool judge(report& r, const std::vector<expectation>& expect) {
  r.expectations.clear();
  bool all = !r.partial;
  for (const auto& e : expect) {
    r.expectations.push_back(e.pair.size() == 2 ? judge_pair(r, e) : judge_metric(r, e));
    all = all && r.expectations.back().held;
  }
  return all;
}

}  // namespace wh::sim
