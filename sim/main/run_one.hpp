#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/main/program.hpp"

namespace wh::sim {

/// A scenario that is to run, and how a person would ask for it again.
struct planned {
  scenario what;
  std::filesystem::path folder;
  std::string again;        ///< the command, without the seed
  bool names_seed = false;  ///< `again` says which seed, as a replay does
  /// Its figures have the cells of its matrix too.
  bool cells = false;
};

/// Where it writes, and how it is asked for again.
planned plan_of(scenario s, std::filesystem::path folder, const run_command& c);

/// Whether memory will do for so many at once; at need it takes fewer, or says that it will not.
bool fits(const std::vector<planned>& all, run_command& c, const program_host& host);

/// The command that runs one of the seeds again.
std::string again_of(const planned& p, std::uint64_t seed);

/// Runs one seed, writes its files into `folder`, prints the result. The exit code.
int run_one(const planned& p, std::uint64_t seed, const std::filesystem::path& folder,
            const run_command& c, const program_host& host);

/// The same in a process of its own: what it prints goes to summary.txt and errors.txt in `folder`,
/// so that the parent prints in order, whoever ends first.
int run_quietly(const planned& p, std::uint64_t seed, const std::filesystem::path& folder,
                const run_command& c, const program_host& host);

/// The folder of one of the seeds: the scenario's, or one in it where there are several.
std::filesystem::path folder_of(const planned& p, std::uint64_t seed);

/// Runs each seed of each scenario in a process of its own, as many at once as `c.jobs` says, in
/// folders seed-N of the scenario's, and prints the results in their order.
int run_many(const std::vector<planned>& all, const run_command& c, const program_host& host);

}  // namespace wh::sim
