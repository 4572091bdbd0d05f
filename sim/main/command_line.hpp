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
  /// A file, or the name of one in the scenarios folder.
  std::string scenario;
  std::vector<std::uint64_t> seeds;  ///< empty: the file's
  std::vector<std::string> set;
  std::filesystem::path out;  ///< empty: out/<name of the scenario>
  bool json = false;
  bool pcap = false;
  bool trace = false;
  bool trace_hash = false;
  bool progress = false;  ///< also when stderr is no terminal
  unsigned jobs = 0;      ///< 0: one per core
  std::optional<std::pair<std::string, std::string>> flow;
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
using command = std::variant<run_command, scenarios_command, metrics_command, keys_command>;

/// What to do, or what to print and the exit code: 0 help and version, 2 wrong usage.
struct command_line_end {
  std::string text;
  int code = 0;
};
std::variant<command, command_line_end> parse_command_line(int argc, const char* const* argv);

}  // namespace wh::sim
