#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "sim/main/program.hpp"

namespace wh::sim {

/// A scenario that is to run, and how a person would ask for it again.
struct planned {
  scenario what;
  std::filesystem::path folder;
  std::string again;  ///< the command, without the seed
};

/// Runs one seed, writes its files into `folder`, prints the result. The exit code.
int run_one(const planned& p, std::uint64_t seed, const std::filesystem::path& folder,
            const run_command& c, const program_host& host);

/// Runs each seed of each scenario in a process of its own, as many at once as `c.jobs` says, in
/// folders seed-N of the scenario's, and prints the results in their order.
int run_many(const std::vector<planned>& all, const run_command& c, const program_host& host);

}  // namespace wh::sim
