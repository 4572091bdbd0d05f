#pragma once

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>

#include "sim/page/page.hpp"

/// What pages count of a report's rows, as the JSON that their modules read.
namespace wh::sim::page {

/// Keys in the order of the text they come from.
using json = nlohmann::ordered_json;

/// Of what sim/compare writes, the formats that pages read.
inline constexpr int aggregate_format = 1, check_format = 1, matrix_format = 1;

json context_of(const page_context& c);
json glossary_of();
/// On one line; what is not UTF-8 is replaced.
std::string dump(const json& j);

/// What became of pairs by their NATs, of one run or of many. Pairs that never ran at the same time
/// are left out, as in the metrics `paths.*`.
class traversal {
 public:
  /// `pairs` of a report.
  void count(const json& pairs);
  /// [{key, title, view: {kinds: [{name, about}], cells: [{from, to, direct, relayed, unreachable,
  /// o1, o3, missed}]}}], coarse first. A `missed` pair is not direct though O1 says that it can
  /// be.
  json matrix() const;
  /// [{reason, path, oracle, count}] of pairs that are not direct.
  json reasons() const;

 private:
  struct cell {
    std::uint64_t direct = 0, relayed = 0, unreachable = 0, o1 = 0, o3 = 0, missed = 0;
  };
  using cells = std::map<std::pair<std::string, std::string>, cell>;
  static json view_of(const cells& all, const std::map<std::string, std::string>& class_of);

  cells by_class_, by_nat_;
  std::map<std::string, std::string> class_of_nat_;
  std::map<std::tuple<std::string, std::string, std::optional<std::string>>, std::uint64_t>
      reasons_;
};

}  // namespace wh::sim::page
