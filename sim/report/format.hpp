#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "transport/text.hpp"

namespace wh::sim {

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
