#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/report/report.hpp"

namespace wh::sim {

struct summary_options {
  bool colour = false;
  /// Rows of the pair table; the worst paths come first, and how many are left out is said.
  std::size_t pairs_max = 20;
};
/// For a terminal: what was run, pairs, metrics, expectations. ASCII but for names; ends in a
/// newline.
std::string summary(const report& r, const summary_options& options = {});

/// Everything, keys in a fixed order, every metric with its definition; no trailing newline.
/// Without `with_host` it leaves out what depends on the machine (wall time, speed, memory), so
/// that equal runs give equal text.
std::string to_json(const report& r, bool with_host = true);
/// Metrics' definitions, as JSON.
std::string definitions_to_json(std::span<const metric_definition* const> all);
/// [{"name": ..., "question": ...}, ...]
std::string names_to_json(const std::vector<std::pair<std::string, std::string>>& rows);

/// A Mermaid sequence diagram of the report's flow; lines of times are virtual.
std::string to_mermaid(const report& r);

/// Replaces the file as a whole or not at all. Empty when it worked, else what is wrong.
std::string write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace wh::sim
