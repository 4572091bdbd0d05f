#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "sim/report/report.hpp"
#include "sim/report/writers.hpp"
#include "sim/scenario/scenario.hpp"
#include "transport/expected.hpp"
#include "transport/time.hpp"

namespace wh::sim {

struct progress {
  duration virtual_now{};
  duration virtual_total{};
  std::uint64_t events = 0;
  std::string phase;  ///< one word: "keys", "join", "run"
};

struct run_options {
  std::uint64_t seed = 1;
  /// Renames every stream of chance, so that the same seed draws as if it were another one. For
  /// measuring noise: what differs between two salts and nothing else differs by chance.
  std::string salt;
  /// Exists and is writable; pcap files and `trace` go there.
  std::filesystem::path out;
  bool pcap = false;
  bool trace = false;  ///< write DIR/trace; the hash is computed either way
  /// Hold the run to what must never be: `report::invariants`. Remembers much of each datagram.
  bool invariants = false;
  /// Names of two peers (`peer_name`) whose messages go into `report::flow`.
  std::optional<std::pair<std::string, std::string>> flow;
  /// Called at least once a virtual second, if set; it may be called far more often.
  std::function<void(const progress&)> on_progress;
  /// Asked as often, if set: whether to end here, with a partial report.
  std::function<bool()> stop;
};

/// What the oracle says of the pairs that a run of this seed would begin with.
expected<std::vector<oracle_row>, std::string> consult_oracle(const scenario& s,
                                                              std::uint64_t seed);

/// Every kind of [[events]] that a world knows: the scenario must have been read with these.
std::span<const event_kind* const> event_kinds();

/// Runs a scenario once, to its end. A report, or why it could not be run. It reads no wall clock:
/// the caller fills in the report's wall time and memory. ns-3's simulator is one per process, so a
/// process runs one scenario at a time.
expected<report, std::string> run(const scenario& s, const run_options& options);

}  // namespace wh::sim
