#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sim/compare/record.hpp"
#include "transport/expected.hpp"

namespace wh::sim::compare {

/// Of a baseline file; it grows when keys change their meaning or go.
inline constexpr int baseline_format = 1;

/// What scenarios came to once, to hold later builds against. README.md draws the file.
struct baseline {
  std::map<std::string, record, std::less<>> scenarios;
};

/// Of a metric's statistics, those that a baseline keeps and `compare` looks at.
bool is_kept(std::string_view statistic);

/// JSON in a fixed order, a line a statistic, for people to read the differences of; ends in a
/// newline.
std::string to_json(const baseline& b);
/// Reads what `to_json` writes; or what is wrong with the text. A metric's direction, unit and
/// sentence are not in it.
expected<baseline, std::string> baseline_from_json(std::string_view text);

}  // namespace wh::sim::compare
