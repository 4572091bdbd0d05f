#pragma once

#include <memory>
#include <vector>

#include "sim/measure/meter.hpp"
#include "sim/runtime/trace.hpp"

namespace wh::sim {

/// Where everything that happens in a run goes: into the trace, and to every meter.
///
/// The trace's lines, with what stands behind time and kind: the first number is the host's, times
/// are nanoseconds.
///
///   begin HOST LIFE
///   end HOST WHY
///   note HOST NAME ENDPOINT VALUE
///   path HOST OTHER STATE REASON RELAY
///   ping HOST PAIR SEQUENCE
///   payload HOST PAIR LEG SEQUENCE OTHER WAY
///   pong HOST PAIR SEQUENCE SENT WAY
///   over HOST PAIR
///   lookup HOST NUMBER ITEM SOUGHT
///   looked HOST NUMBER OUTCOME SEQUENCE WANTED REQUESTS TIMEOUTS TOOK
///   skipped HOST ITEM WHY
///   carries HOST
///   event NUMBER KIND HOST...
///
/// and, before the first, `host HOST NAME GROUP CLASS UDP` and `pair FROM TO ITEM NUMBER O1 O3`.
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
  void write(time_point now, const noted& e);
  void write(time_point now, const path_told& e);
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

  const truth& truth_;
  trace& trace_;
  std::vector<std::unique_ptr<meter>> meters_;
};

}  // namespace wh::sim
