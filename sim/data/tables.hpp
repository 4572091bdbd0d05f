#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/report/report.hpp"
#include "transport/words.hpp"

/// A report as tables, for analysis elsewhere: one row a pair, an outage, a host, a lookup, a step
/// of time and an event. One list of columns makes the CSV files, the SQLite database and the page
/// that describes them.
namespace wh::sim::data {

/// As in SQLite, whose flags are the integers 0 and 1.
enum class column_type : std::uint8_t { integer, real, text, flag };
inline constexpr std::array<std::string_view, 4> column_type_words{"integer", "real", "text",
                                                                   "flag"};
constexpr words words_of(column_type) { return column_type_words; }

/// A value; none where there is none, or where a time never came. Text lives as long as the report.
using cell =
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string_view>;

struct column {
  std::string_view name;
  column_type type;
  std::string_view unit;  ///< "s", "bytes"; empty for counts and words
  std::string_view sentence;
};

using row_sink = std::function<void(std::span<const cell>)>;

struct table {
  std::string_view name;
  std::string_view sentence;  ///< what a row is
  std::vector<column> columns;
  /// Every row of a report, a cell for each column.
  std::function<void(const report&, const row_sink&)> rows;
};

/// All tables. Each begins with the columns `scenario` and `seed`, so that the rows of many runs
/// can be put together.
const std::vector<table>& tables();

}  // namespace wh::sim::data
