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

/// The first of the files to write that has no folder to be written into, in a sentence that says
/// so, before anything is run; empty: none.
std::string without_folder(const baseline_options& o);

/// A scenario that is to be held against a baseline: with the seeds and --set that it has there,
/// those that are asked for besides, and whether its figures have cells there.
struct contender {
  planned what;
  run_command how;
};
/// Or why it cannot be compared: it is not in the baseline, or its text is another one. What is
/// wrong with the scenario itself goes to `host.errors`.
expected<contender, std::string> contender_of(const std::string& word, const compare::baseline& b,
                                              const baseline_options& o, const run_command& how,
                                              const program_host& host);

/// The page of a check: its file, and the command that made it.
struct page_of_check {
  std::filesystem::path file;
  std::string again;
};

/// Compares, prints, and writes DIR/check.json, its page and what else is asked for; with `update`
/// the baseline too. The exit code: 0, 1 a regression, 2 it could not be told.
int hold_against(compare::baseline& b, const std::vector<planned>& all, std::vector<batch> batches,
                 const baseline_options& o, const run_command& how, const page_of_check& page,
                 const program_host& host);

}  // namespace wh::sim
