#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "transport/time.hpp"

namespace wh::sim {

/// Up to four significant digits, no exponent between 0.0001 and a billion: "0.9731", "12.5",
/// "1200".
std::string format_number(double v);
/// The shortest form that reads back to the same value.
std::string format_exact(double v);
/// "84 ms", "1.32 s", "4 min 10 s", "2 h 5 min".
std::string format_duration(duration d);
/// "512 B", "1.5 MB": powers of 1000.
std::string format_bytes(std::uint64_t n);
/// "950", "12.3 k", "1.2 M".
std::string format_count(double n);

/// Columns as wide as their widest cell, two spaces apart. Numbers to the right, words to the left.
class text_table {
 public:
  enum class align : std::uint8_t { left, right };
  struct column {
    std::string title;
    align side = align::left;
  };
  explicit text_table(std::vector<column> columns) : columns_(std::move(columns)) {}
  /// As many cells as columns. A cell is plain text; its width counts UTF-8 characters.
  void row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  /// Each line starts with `indent`; the title line and a rule of dashes come first. Columns
  /// without any cell text are left out.
  std::string print(std::string_view indent) const;

 private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace wh::sim
