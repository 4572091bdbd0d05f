#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "sim/world/run.hpp"

namespace wh::sim {

/// One line that says how far a run is: "run  120 s of 900 s  13 %  240 times real time  1.2 M
/// events/s  3 s left". Pure: the wall clock is an argument.
std::string progress_text(const progress& p, std::chrono::duration<double> wall);

/// Draws that line on a terminal, at most five times a second, and wipes it at the end. This file
/// and run_one.cpp are the only ones of the simulator that read a wall clock: what they learn goes
/// to the person, never into the run.
class progress_line {
 public:
  /// Silent when not `enabled`.
  progress_line(std::ostream& out, bool enabled);
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  void show(const progress& p);

 private:
  using wall_clock = std::chrono::steady_clock;
  std::ostream& out_;
  bool enabled_;
  bool drawn_ = false;
  wall_clock::time_point start_, next_;
};

}  // namespace wh::sim
