#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/compare/baseline.hpp"
#include "sim/main/batch.hpp"

namespace wh::sim {

/// Reads a baseline file; an absent one is empty where one is to be made. An error says what to do.
expected<compare::baseline, std::string> load_baseline(const std::filesystem::path& file,
                                                       bool may_be_absent);

/// The seeds and --set that a scenario runs with against a baseline, given what was asked for.
struct baseline_terms {
  std::vector<std::uint64_t> seeds;
  std::vector<std::string> set;
};
expected<baseline_terms, std::string> terms_of(const compare::record* before,
                                               const baseline_options& o, const run_command& how);
/// Why the scenario cannot be compared: its text is another than the baseline's. Empty when it can.
std::string why_another(const compare::record& before, const compare::origin& now,
                        const baseline_options& o);

/// Compares, prints, and writes DIR/check.json and what else is asked for; with `update` the
/// baseline too. The exit code: 0, 1 a regression, 2 it could not be told.
int hold_against(compare::baseline& b, const std::vector<planned>& all, std::vector<batch> batches,
                 const baseline_options& o, const run_command& how, const program_host& host);

}  // namespace wh::sim
