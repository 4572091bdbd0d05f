#include "sim/report/format.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "transport/check.hpp"

namespace wh::sim {
namespace {

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string significant(double v, int digits) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*g", digits, v);
  std::string text = buffer;
  if (text.find('e') == std::string::npos) return text;
  std::snprintf(buffer, sizeof buffer, "%.0f", v);
  return std::fabs(v) >= 1 && std::fabs(v) < 1e9 ? std::string(buffer) : text;
}

}  // namespace

std::string format_number(double v) { return significant(v, 4); }

std::string format_exact(double v) {
  char buffer[64];
  const auto [end, bad] = std::to_chars(buffer, buffer + sizeof buffer, v);
  return bad == std::errc{} ? std::string(buffer, end) : std::string("?");
}

std::string format_duration(duration d) {
  const double s = to_seconds(d);
  if (s < 0) return "-" + format_duration(-d);
  if (s == 0) return "0 s";
  if (s < 0.001) return significant(s * 1e6, 3) + " us";
  if (s < 1) return significant(s * 1e3, 3) + " ms";
  if (s < 120) return significant(s, 3) + " s";
  const auto total = static_cast<std::int64_t>(std::llround(s));
  const auto pair = [](std::int64_t big, std::string_view unit, std::int64_t small,
                       std::string_view small_unit) {
    auto text = std::to_string(big) + " " + std::string(unit);
    if (small > 0) text += " " + std::to_string(small) + " " + std::string(small_unit);
    return text;
  };
  if (total < 7200) return pair(total / 60, "min", total % 60, "s");
  if (total < 172'800) return pair(total / 3600, "h", total % 3600 / 60, "min");
  return pair(total / 86'400, "d", total % 86'400 / 3600, "h");
}

std::string format_bytes(std::uint64_t n) {
  if (n < 1000) return std::to_string(n) + " B";
  double v = static_cast<double>(n);
  for (const auto* unit : {"kB", "MB", "GB"}) {
    v /= 1000;
    if (v < 999.5) return significant(v, 3) + " " + unit;
  }
  return significant(v / 1000, 3) + " TB";
}

std::string format_count(double n) {
  if (n < 999.5) return significant(n, 3);
  for (const auto* unit : {"k", "M"}) {
    n /= 1000;
    if (n < 999.5) return significant(n, 3) + " " + unit;
  }
  return significant(n / 1000, 3) + " G";
}

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
