#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/report/report.hpp"
#include "transport/expected.hpp"

namespace wh::sim {

struct summary_options {
  bool colour = false;
  /// Rows of the pair table; the worst paths come first, and how many are left out is said.
  std::size_t pairs_max = 20;
};
/// For a terminal: what was run, pairs, metrics, expectations. ASCII but for names; ends in a
/// newline.
std::string summary(const report& r, const summary_options& options = {});

/// Of the JSON of a report; it grows when keys change their meaning or go.
inline constexpr int report_format = 2;

/// Everything but the lookups, keys in a fixed order, every metric with its definition; no trailing
/// newline. Times count from the start of the run; what never came is null. Without `with_host` it
/// leaves out what depends on the machine (wall time, speed, memory), so that equal runs give equal
/// text.
std::string to_json(const report& r, bool with_host = true);
/// In the place of a report: why there is none.
std::string error_to_json(std::string_view scenario, std::optional<std::uint64_t> seed,
                          std::string_view error);
/// Metrics' definitions, as JSON.
std::string definitions_to_json(std::span<const metric_definition* const> all);
/// [{"name": ..., "question": ...}, ...]
std::string names_to_json(const std::vector<std::pair<std::string, std::string>>& rows);

/// Where a report came from, as its JSON tells: enough to run it again.
struct report_origin {
  std::string commit;
  std::vector<std::string> set;
  std::string salt;
  std::vector<provenance::input> inputs;  ///< the scenario first
  std::uint64_t seed = 0;
  std::string trace_hash;
  bool partial = false;  ///< stopped before its end: the hash is of that part
};
expected<report_origin, std::string> origin_from_json(std::string_view text);

/// NAT profiles and populations, for programs.
struct nat_listing {
  struct profile {
    std::string name, about, source, nat_class;
    std::vector<std::pair<std::string, std::string>> parameters;
  };
  struct kind {
    std::string context, boxes;
    double share = 0, port_mapping_ratio = 0, ipv6_ratio = 0;
  };
  struct population {
    std::string name;
    std::vector<kind> rows;
  };
  std::vector<profile> profiles;
  std::vector<population> populations;
};
std::string nats_to_json(const nat_listing& all);

/// A pair and what the oracle says of it.
struct oracle_row {
  std::uint64_t seed = 0;
  std::string from, to, from_nat, to_nat;
  unsigned item = 0;
  oracle_verdict verdict;
};
std::string oracle_to_json(const std::vector<oracle_row>& rows);

/// Mermaid sequence diagrams of the report's flow, in the order of time, each no longer than
/// Mermaid takes; times are virtual. At least one.
std::vector<std::string> to_mermaid(const report& r);

/// Replaces the file as a whole or not at all. Empty when it worked, else what is wrong.
std::string write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace wh::sim
