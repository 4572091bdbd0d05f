#include "sim/scenario/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace wh::sim {
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

}  // namespace

std::string nearest_name(std::string_view wrong, std::span<const std::string> known) {
  if (wrong.empty() || wrong.size() > name_size_max) return {};
  for (const auto& name : known)
    if (without_unit(name) == without_unit(wrong)) return name;
  const std::string* best = nullptr;
  auto best_distance = std::max<std::size_t>(1, wrong.size() / 3) + 1;
  for (const auto& name : known) {
    if (name.size() > name_size_max) continue;
    const auto distance = edit_distance(wrong, name);
    if (distance < best_distance) {
      best = &name;
      best_distance = distance;
    }
  }
  if (best) return *best;
  for (const auto& name : known)
    if (has_words(name, wrong) && (!best || name.size() < best->size())) best = &name;
  return best ? *best : std::string{};
}

}  // namespace wh::sim
