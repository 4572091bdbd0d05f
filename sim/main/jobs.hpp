#pragma once

#include <functional>
#include <string>
#include <vector>

namespace wh::sim {

/// Work for a process of its own: ns-3 has one simulator a process, and a crash takes no other run
/// with it.
struct job {
  /// In the child, which ends with what it returns.
  std::function<int()> work;
};

struct job_end {
  int code = 2;
  /// Of what the process died; empty when it ended by itself.
  std::string died;
  /// It was never begun, because somebody asked to stop.
  bool skipped = false;
};

/// Does all of them, `at_once` at a time (0: one per core). `ended` is told of each in the order of
/// the list, as soon as those before it have ended too. When a signal asks to stop, those that run
/// are told to, and no others begin.
std::vector<job_end> do_jobs(const std::vector<job>& all, unsigned at_once,
                             const std::function<void(std::size_t, const job_end&)>& ended);

}  // namespace wh::sim
