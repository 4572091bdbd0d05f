#pragma once

#include <string>
#include <vector>

#include "sim/compare/record.hpp"
#include "sim/compare/student.hpp"

namespace wh::sim::compare {

/// One statistic over the seeds.
struct series {
  std::string metric, statistic;
  metric_info what;
  std::vector<reading> values;  ///< of each run, in the runs' order

  /// As an expectation names it: "paths.direct_ratio", "paths.rtt_s.p95".
  std::string name() const { return statistic == plain ? metric : metric + "." + statistic; }
};

/// Every statistic that some run has, by metric, a distribution's in the order of reports.
std::vector<series> series_of(const std::vector<run_figures>& runs);

/// A counter that a run did not touch is 0 there.
void zero_uncounted(std::vector<reading>& values, const std::vector<run_figures>& runs);

/// What values came to over seeds. Nothing is dropped without a word: `missing` seeds have no
/// value, and of `never` seeds it is infinite, which the mean then is too.
struct spread {
  std::size_t seeds = 0, never = 0, missing = 0;
  reading mean, min, median, max;
  /// Of the mean, 95 %, after Student; none where one value is infinite or only one is there.
  std::optional<interval> range;
};
spread spread_of(const std::vector<reading>& values);

}  // namespace wh::sim::compare
