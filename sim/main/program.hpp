#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <vector>

#include "sim/main/command_line.hpp"
#include "sim/world/run.hpp"

namespace wh::sim {

/// What the program takes from its surroundings; a test gives its own.
struct program_host {
  std::ostream& out;
  std::ostream& errors;
  bool out_is_terminal = false;
  bool errors_are_terminal = false;
  /// Searched for scenarios by name and for what they refer to, in this order.
  std::vector<std::filesystem::path> scenario_folders;
  std::function<expected<report, std::string>(const scenario&, const run_options&)> run;
  /// NAT profiles, populations and network files that scenarios may name.
  scenario_context context;
  std::function<expected<std::vector<oracle_row>, std::string>(const scenario&, std::uint64_t)>
      oracle;
};

/// The exit code: 0 done, 1 an expectation is broken or a run died, 2 bad usage or a bad scenario.
int run_program(const command& what, const program_host& host);

}  // namespace wh::sim
