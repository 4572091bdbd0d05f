#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sim/main/run_one.hpp"

namespace wh::sim {

/// Writes the page of a run beside its report, whose text `json` is. What went wrong; empty when it
/// is written.
std::string write_report_page(const planned& p, std::uint64_t seed, const std::string& json,
                              const std::filesystem::path& folder, const run_command& c);

/// Writes the page beside a check.json or a matrix.json; `again` is the command that made it. The
/// check of a matrix is `check.html`, beside the matrix's own page. What went wrong; empty when it
/// is written.
std::string write_check_page(const std::filesystem::path& page, const std::string& again);
std::string write_matrix_page(const std::filesystem::path& folder, const std::string& again);

/// The page over the seeds of a scenario, from the reports in their folders, and from the
/// aggregate.json in the scenario's where there is one. The seeds without one
/// are said to have none, and `died` tells why, empty where the run itself said so.
std::string write_seeds_page(const planned& p, const std::vector<std::string>& died,
                             const run_command& c);

}  // namespace wh::sim
