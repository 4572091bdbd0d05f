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
  /// Empty: out/NAME of each scenario; of several, they have folders NAME in it.
  std::filesystem::path out;
  bool json = false;
  bool pcap = false;
  bool trace = false;
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
/// NAT profiles and populations.
struct nats_command {
  std::string name;  ///< empty: all
  bool json = false;
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
using command = std::variant<run_command, replay_command, oracle_command, scenarios_command,
                             metrics_command, keys_command, nats_command>;

/// What to do, or what to print and the exit code: 0 help and version, 2 wrong usage.
struct command_line_end {
  std::string text;
  int code = 0;
};
std::variant<command, command_line_end> parse_command_line(int argc, const char* const* argv);

}  // namespace wh::sim
