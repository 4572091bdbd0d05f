#include "transport/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <vector>

namespace wh {
namespace {

constexpr std::size_t name_size_max = 128;  // the table below is quadratic

/// Optimal string alignment: insertion, deletion, change, swap of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto w = b.size() + 1;
  std::vector<std::size_t> d((a.size() + 1) * w);
  for (std::size_t j = 0; j < w; ++j) d[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    d[i * w] = i;
    for (std::size_t j = 1; j < w; ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      auto best =
          std::min({d[(i - 1) * w + j] + 1, d[i * w + j - 1] + 1, d[(i - 1) * w + j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = std::min(best, d[(i - 2) * w + j - 2] + 1);
      d[i * w + j] = best;
    }
  }
  return d.back();
}

/// Names that differ only in a unit at the end: "x" and "x_s", "x_ms" and "x_s".
std::string_view without_unit(std::string_view name) {
  static constexpr std::string_view units[] = {"_s", "_ms", "_bytes", "_ratio", "_per_s"};
  for (const auto unit : units)
    if (name.size() > unit.size() && name.ends_with(unit)) name.remove_suffix(unit.size());
  return name;
}

/// Whether `part` is one or more whole words of `name`: "restricted" of "cone_port_restricted".
bool has_words(std::string_view name, std::string_view part) {
  const auto at = name.find(part);
  if (at == std::string_view::npos) return false;
  const auto is_edge = [](char c) { return c == '_' || c == '-' || c == '.'; };
  const auto end = at + part.size();
  return (at == 0 || is_edge(name[at - 1])) && (end == name.size() || is_edge(name[end]));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

template <class Name>
std::string nearest(std::string_view typed, std::span<const Name> known) {
  if (typed.empty() || typed.size() > name_size_max) return {};
  const std::string wrong = lower(typed);
  for (const std::string_view name : known)
    if (without_unit(name) == without_unit(wrong)) return std::string(name);
  std::string_view best;
  auto best_distance = std::max<std::size_t>(1, wrong.size() / 3) + 1;
  for (const std::string_view name : known) {
    if (name.size() > name_size_max) continue;
    const auto distance = edit_distance(wrong, name);
    if (distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  if (!best.empty()) return std::string(best);
  for (const std::string_view name : known)
    if (has_words(name, wrong) && (best.empty() || name.size() < best.size())) best = name;
  return std::string(best);
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

std::string nearest_name(std::string_view wrong, std::span<const std::string> known) {
  return nearest(wrong, known);
}
std::string nearest_name(std::string_view wrong, std::span<const std::string_view> known) {
  return nearest(wrong, known);
}

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

std::string printable(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7f) c = '?';
  return out;
}

}  // namespace wh
