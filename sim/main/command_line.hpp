#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace wh::sim {

struct run_command {
  /// Files, or names of those in the scenarios folder.
  std::vector<std::string> scenarios;
  std::vector<std::uint64_t> seeds;  ///< empty: the file's
  std::vector<std::string> set;
  std::string salt;  ///< of the streams of chance, to measure noise
  /// Empty: out/NAME of each scenario; of several, they have folders NAME in it.
  std::filesystem::path out;
  bool json = false;
  bool pcap = false;
  bool trace = false;
  bool invariants = false;
  bool data = false;  ///< tables as CSV and SQLite
  bool trace_hash = false;
  bool progress = false;  ///< also when stderr is no terminal
  unsigned jobs = 0;      ///< 0: one per core
  std::optional<std::pair<std::string, std::string>> flow;
  bool force = false;  ///< although memory will not do
};
/// A run again, from its report.
struct replay_command {
  std::filesystem::path report;  ///< or the folder that it stands in
  run_command how;               ///< what else to write, and where: out/replay unless said
};
/// What is possible for a scenario's pairs, without a run.
struct oracle_command {
  std::string scenario;
  std::vector<std::uint64_t> seeds;
  std::vector<std::string> set;
  bool json = false;
};
/// The tables that a run writes with `data`.
struct tables_command {
  bool markdown = false;
};
/// NAT profiles and populations.
struct nats_command {
  std::string name;  ///< empty: all
  bool json = false;
};
/// What a check is held against, and where it is told.
struct baseline_options {
  std::filesystem::path baseline, junit, markdown;
  bool update = false;   ///< the baseline becomes what was measured
  bool changed = false;  ///< compare though the scenario's text is another
};
/// Scenarios held against what they came to once.
struct check_command {
  std::vector<std::string> scenarios;  ///< empty: all of the baseline
  baseline_options against;
  run_command how;    ///< seeds, --set, folder (out/check), jobs
  std::string again;  ///< the same command as it was typed
};
/// The traversal matrix of a scenario's groups; against a baseline where one is given.
struct matrix_command {
  std::string scenario = "matrix";
  baseline_options against;
  run_command how;    ///< seeds, --set, folder (out/matrix), jobs
  std::string again;  ///< the same command as it was typed
};
/// Worlds of chance, held to what is true of every world.
struct swarm_command {
  std::vector<std::string> files;  ///< worlds to be judged instead of drawn ones
  std::uint64_t first = 1, last = 200;
  double lasts_s = 0;   ///< no world is begun after so long; 0: no limit
  unsigned shrink = 3;  ///< worlds made small of each rule
  unsigned jobs = 0;    ///< 0: one per core
  bool show = false;    ///< print the worlds instead
  bool features = false;
  std::filesystem::path out;  ///< empty: out/swarm
};
struct scenarios_command {
  bool json = false;
};
struct metrics_command {
  bool json = false;
};
/// Every key of the scenario file.
struct keys_command {
  std::string table;  ///< empty: all
  bool markdown = false;
};
using command = std::variant<run_command, replay_command, oracle_command, check_command,
                             matrix_command, swarm_command, scenarios_command, metrics_command,
                             keys_command, tables_command, nats_command>;

/// What to do, or what to print and the exit code: 0 help and version, 2 wrong usage.
struct command_line_end {
  std::string text;
  int code = 0;
};
std::variant<command, command_line_end> parse_command_line(int argc, const char* const* argv);

}  // namespace wh::sim
