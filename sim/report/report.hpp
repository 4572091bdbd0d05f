#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/report/metrics.hpp"
#include "sim/scenario/scenario.hpp"
#include "transport/time.hpp"

namespace wh::sim {

/// A pair of members at the end of the run.
struct pair_row {
  std::string from, to;
  std::string from_nat, to_nat;  ///< profile, or "public"; a chain with " + "
  path_kind path = path_kind::unreachable;
  /// Why the path is not direct (`wh why`); empty when it is.
  std::string reason;
  /// Since the pair was asked for.
  std::optional<duration> time_to_first_payload;
  std::optional<duration> time_to_direct;
  /// Last round trip of payload.
  std::optional<duration> round_trip;
};

struct expectation_result {
  expectation what;
  bool held = false;
  /// What was measured; empty when nothing was.
  std::optional<double> measured;
  /// One line for people: "paths.direct_ratio = 0.93, at least 0.97 expected".
  std::string message;
};

/// A message between two peers (or hosts, or boxes), for the sequence diagram of a pair.
struct flow_message {
  duration at{};
  std::string from, to;
  std::string label;
  bool dropped = false;
};

struct report {
  std::string scenario;
  std::string question;
  std::uint64_t seed = 0;
  /// Hexadecimal; empty when no trace was asked for.
  std::string trace_hash;
  unsigned peers = 0;
  duration virtual_time{};
  std::uint64_t events = 0;
  class metrics metrics;
  std::vector<pair_row> pairs;
  /// Bounded by the world at `flow_max`; `flow_cut` tells that there was more.
  std::vector<flow_message> flow;
  bool flow_cut = false;
  /// Filled by `judge`.
  std::vector<expectation_result> expectations;
  /// Filled by the program: the world has no wall clock.
  double wall_s = 0;
  std::uint64_t memory_peak_bytes = 0;
};
inline constexpr std::size_t flow_max = 2000;

/// Holds the report against the scenario's expectations. True when all held.
bool judge(report& r, const std::vector<expectation>& expect);

}  // namespace wh::sim
