#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/report/invariants.hpp"
#include "sim/report/metrics.hpp"
#include "sim/scenario/scenario.hpp"
#include "transport/time.hpp"

namespace wh::sim {

/// Times in a report count from the start of the run.

/// What the oracle says of a pair, from the configuration of the boxes between the two alone.
struct oracle_verdict {
  std::string from_class, to_class;  ///< words of the traversal matrix: "PUB", "APDF", "RND", ...
  bool o1 = false;                   ///< direct without guessing a port
  bool o3 = false;                   ///< direct for one who foresees every port
  std::string reason;                ///< why not O1; empty where it is
  bool operator==(const oracle_verdict&) const = default;
};

/// A pair of members that an item of the workload wanted to connect.
struct pair_row {
  std::string from, to;
  unsigned item = 0;             ///< of the workload
  std::string from_nat, to_nat;  ///< profile, or "public"; a chain with " + "
  /// At the last moment of the workload at which both ran.
  path_kind path = path_kind::unreachable;
  /// Both ran at that moment's end, which is also the workload's.
  bool online = false;
  /// Why the path is not direct (`wh why`); empty when it is.
  std::string reason;
  oracle_verdict oracle;
  /// Both ran for the first time while the users wanted the pair.
  std::optional<duration> asked;
  /// The users wanted it no more, or the run ended.
  std::optional<duration> until;
  /// What the two sides' boxes allowed when the pair was asked for: whether its time to the first
  /// payload and to a direct path is a sample of the metric.
  bool udp_when_asked = false, o1_when_asked = false;
  /// Since then.
  std::optional<duration> time_to_first_payload;
  std::optional<duration> time_to_direct;
  /// Last round trip of payload.
  std::optional<duration> round_trip;
  std::uint64_t payload_sent = 0, payload_delivered = 0;  ///< after the first
  /// Of the two inside their session, from `asked` until both took a direct path, or to the end.
  std::uint64_t messages = 0;
  std::uint64_t changes = 0;
  struct outage {
    duration from{};
    std::optional<duration> until;  ///< none: it lasted to the end
    bool interrupted = false;       ///< it ended because one of the two stopped
  };
  std::vector<outage> outages;
  struct stay {
    duration from{};
    std::string_view state;  ///< the text of a `pair_state`
  };
  std::vector<stay> stays;
};

/// One host, over all its lives.
struct host_row {
  std::string name, group, nat, nat_class;
  unsigned lives = 0;
  bool online = false;  ///< at the end
  /// The last life; without an end it runs on.
  std::optional<duration> began, stopped;
  std::optional<duration> joined;  ///< of the last life, since its start
  bool serves = false;
  /// What it takes its own NAT for at the end: the text of `wire::nat_class`.
  std::string verdict;
  unsigned homes = 0;  ///< relays that it is a guest of at the end
  struct traffic {
    std::uint64_t packets = 0, bytes = 0;
  };
  /// Sent, without and with payload of WireGuard, by window.
  std::vector<traffic> own, payload;
};

/// One lookup of the workload.
struct lookup_row {
  duration began{};
  std::string from, sought;  ///< `sought` is empty for a key that nobody has
  std::string outcome;
  duration took{};
  std::uint64_t sequence = 0, wanted = 0;
  unsigned requests = 0, timeouts = 0;
};

/// The world at one time.
struct step_row {
  duration at{};
  unsigned online = 0, joined = 0;
  unsigned direct = 0, relayed = 0, unreachable = 0;  ///< pairs
  std::uint64_t datagrams = 0, bytes = 0, lost = 0;   ///< since the step before
};

/// Session packets of one kind that all hosts sent straight to an endpoint.
struct packet_row {
  std::string kind;  ///< as `session::to_string` has it
  std::uint64_t sent = 0;
};

/// An event that took place.
struct fault_row {
  duration at{};
  std::string kind;
  std::size_t hosts = 0;  ///< how many it hit
};

struct expectation_result {
  expectation what;
  bool held = false;
  /// What was measured; empty when nothing was, infinite for a time that never came.
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

/// A part of the run whose metrics are counted by themselves.
struct report_slice {
  std::string name;
  class metrics metrics;
};

/// What a report must carry to be believed, and to be run again.
struct provenance {
  std::string version, commit, compiler;
  /// A file that the run depended on, the scenario first.
  struct input {
    std::string name;
    std::string hash;  ///< BLAKE2b-256 of the text, hexadecimal
    std::string text;
  };
  std::vector<input> inputs;
  std::vector<std::string> set;  ///< every --set
  std::string salt;              ///< of the streams of chance; empty but where noise is measured
  // Where and when it ran; none of this reaches the run.
  std::string host, kernel, processor;
  unsigned cores = 0;
  std::string started;  ///< UTC, ISO 8601
};

struct report {
  std::string scenario;
  std::string question;
  std::uint64_t seed = 0;
  std::string trace_hash;  ///< hexadecimal
  unsigned peers = 0;
  duration virtual_time{};
  std::uint64_t events = 0;
  class metrics metrics;
  std::vector<report_slice> slices;
  std::vector<pair_row> pairs;
  std::vector<host_row> hosts;
  std::vector<lookup_row> lookups;
  std::vector<step_row> steps;
  std::vector<fault_row> faults;
  std::vector<packet_row> packets;
  /// What is odd about the scenario or the run, in sentences.
  std::vector<std::string> warnings;
  /// It was stopped before its end: what is here is true up to then, and judges nothing.
  bool partial = false;
  /// Bounded by the world at `flow_max`; `flow_cut` tells that there was more.
  std::vector<flow_message> flow;
  bool flow_cut = false;
  /// Of a run that was held to them.
  std::optional<invariant_rows> invariants;
  /// Filled by `judge`.
  std::vector<expectation_result> expectations;
  /// Filled by the program: the world has no wall clock, and does not know what it runs on.
  provenance source;
  double wall_s = 0;
  std::uint64_t memory_peak_bytes = 0;
};
inline constexpr std::size_t flow_max = 2000;

/// Holds the report against the scenario's expectations. True when all held.
bool judge(report& r, const std::vector<expectation>& expect);

}  // namespace wh::sim
