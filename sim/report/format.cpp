#include "sim/report/format.hpp"

#include <algorithm>

#include "transport/check.hpp"

namespace wh::sim {
namespace {

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

void text_table::row(std::vector<std::string> cells) {
  WH_CHECK(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::string text_table::print(std::string_view indent) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& r : rows_)
    for (std::size_t i = 0; i < r.size(); ++i) widths[i] = std::max(widths[i], width_of(r[i]));
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (widths[i] > 0) widths[i] = std::max(widths[i], width_of(columns_[i].title));
  std::string out;
  const auto line = [&](auto cell) {
    std::string text(indent);
    bool first = true;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] == 0) continue;
      const std::string word = cell(i);
      const std::string fill(widths[i] - std::min(widths[i], width_of(word)), ' ');
      text += (first ? "" : "  ") + (columns_[i].side == align::right ? fill + word : word + fill);
      first = false;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line([&](std::size_t i) { return columns_[i].title; });
  line([&](std::size_t i) { return std::string(widths[i], '-'); });
  for (const auto& r : rows_) line([&](std::size_t i) { return r[i]; });
  return out;
}

}  // namespace wh::sim
