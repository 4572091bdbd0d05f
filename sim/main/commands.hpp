#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/main/program.hpp"
#include "sim/main/run_one.hpp"

/// What each command does: a file for each, of the same name. All return the exit code.
namespace wh::sim {

int run_scenarios(const run_command& c, const program_host& host);
int replay(const replay_command& c, const program_host& host);
int ask_oracle(const oracle_command& c, const program_host& host);
int check(const check_command& c, const program_host& host);
int make_matrix(const matrix_command& c, const program_host& host);
int run_swarm(const swarm_command& c, const program_host& host);
int list_scenarios(const scenarios_command& c, const program_host& host);
int list_metrics(const metrics_command& c, const program_host& host);
int list_keys(const keys_command& c, const program_host& host);
int list_tables(const tables_command& c, const program_host& host);
int list_nats(const nats_command& c, const program_host& host);

/// A scenario by its name or file, read with `set`; says what is wrong with it and returns nothing.
std::optional<scenario> find_scenario(const std::string& wanted,
                                      const std::vector<std::string>& set,
                                      const program_host& host);
/// Scenario files by name, of the first folder that has one of that name.
std::map<std::string, std::filesystem::path> scenarios_in(
    const std::vector<std::filesystem::path>& folders);
/// For a shell: quoted where it has to be.
std::string shell_word(const std::string& text);

}  // namespace wh::sim
