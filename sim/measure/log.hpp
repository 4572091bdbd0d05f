#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/measure/meter.hpp"
#include "sim/runtime/trace.hpp"

namespace wh::sim {

/// Where everything that happens in a run goes: into the trace, and to every meter.
///
/// README.md has the trace's lines. What is said of hosts, pairs, slices and boxes is written as
/// remarks, which are not in the hash.
class run_log {
 public:
  /// All outlive the log.
  run_log(const truth& t, results& out, trace& text);

  template <class Event>
  void tell(time_point now, const Event& e) {
    write(now, e);
    for (const auto& m : meters_) m->on(now, e);
  }
  /// Who is there; to be called once, when `truth` knows.
  void introduce(time_point now);
  void finish(time_point now, report& rows);

 private:
  void write(time_point now, const life_began& e);
  void write(time_point now, const life_ended& e);
  void write(time_point now, const identity_changed& e);
  void write(time_point now, const noted& e);
  void write(time_point now, const path_told& e);
  void write(time_point now, const message_sent& e);
  void write(time_point now, const payload_sent& e);
  void write(time_point now, const payload_came& e);
  void write(time_point now, const payload_answered& e);
  void write(time_point now, const pair_ended& e);
  void write(time_point now, const lookup_began& e);
  void write(time_point now, const lookup_ended& e);
  void write(time_point now, const lookup_skipped& e);
  void write(time_point, const datagram_sent&) {}  // the network's own line is enough
  void write(time_point now, const payload_carried& e);
  void write(time_point now, const fault_happened& e);
  void write(time_point, const step_due&) {}

  void remark_slices(time_point now);
  /// What is true of hosts and pairs, where it is another than before.
  void remark_truth(time_point now);

  const truth& truth_;
  results& results_;
  trace& trace_;
  std::vector<std::string> hosts_told_, pairs_told_;  // the last remark on each
  std::vector<std::unique_ptr<meter>> meters_;
};

}  // namespace wh::sim
