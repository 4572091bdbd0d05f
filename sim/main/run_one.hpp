#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "sim/main/program.hpp"

namespace wh::sim {

/// Runs one seed, writes its files into `folder`, prints the result. The exit code.
int run_one(const scenario& s, std::uint64_t seed, const std::filesystem::path& folder,
            const run_command& c, const program_host& host, const std::string& replay);

/// Runs each seed in a process of its own, as many at once as `c.jobs` says (ns-3 has one simulator
/// a process), in folders seed-N of `folder`, and prints the results in the order of the seeds.
int run_many(const scenario& s, const std::filesystem::path& folder, const run_command& c,
             const program_host& host, const std::string& again);

}  // namespace wh::sim
