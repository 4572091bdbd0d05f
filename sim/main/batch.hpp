#pragma once

#include <string>
#include <vector>

#include "sim/compare/comparison.hpp"
#include "sim/main/jobs.hpp"
#include "sim/main/run_one.hpp"

namespace wh::sim {

/// A scenario's runs, and how each of them ended.
struct batch {
  compare::record figures;  ///< of the runs that ended by themselves, partial ones too
  std::vector<compare::run_outcome> runs;
  /// Of the runs that ended: what is odd about them, once each.
  std::vector<std::string> warnings;
  /// Somebody asked to stop: a run is partial, or was not begun.
  bool stopped = false;
};

/// What the runs of a scenario left in their folders, with how their processes ended. A run without
/// a report is among the outcomes only.
batch collect(const planned& p, const run_command& c, const std::vector<job_end>& ends);

/// Where the figures of these runs come from.
compare::origin origin_of(const planned& p, const run_command& c);

/// Runs all seeds of all scenarios, each in a process of its own and each scenario as its `how`
/// says, and prints nothing but how far it is.
std::vector<batch> run_batches(const std::vector<planned>& all, const std::vector<run_command>& how,
                               const program_host& host);

}  // namespace wh::sim
