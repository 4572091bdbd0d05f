#include "sim/scenario/event_draw.hpp"

#include <cmath>
#include <vector>

#include "sim/scenario/scenario.hpp"
#include "transport/text.hpp"

namespace wh::sim {

std::string drawn_number(rng& r, double lo, double hi) {
  return format_number(lo * std::pow(hi / lo, r.unit()));
}

double event_draw::number(std::string_view key, double lo, double hi) {
  const std::string text = drawn_number(chance(), lo, hi);
  put(key, text);
  return std::stod(text);
}

void event_draw::word(std::string_view key, std::string_view value) {
  put(key, "\"" + std::string(value) + "\"");
}

const drawn_group* event_draw::group(std::string_view key, bool (*fits)(const drawn_group&)) {
  std::vector<const drawn_group*> all;
  for (const drawn_group& g : groups())
    if (fits(g)) all.push_back(&g);
  if (all.empty()) return nullptr;
  const drawn_group* const one = all[chance().below(all.size())];
  word(key, one->name);
  return one;
}

std::string event_draw::peer() {
  const auto all = groups();
  const drawn_group& g = all[chance().below(all.size())];
  peer_group named;
  named.group = g.name;
  named.count = g.count;
  return peer_name(named, static_cast<unsigned>(chance().below(g.count)));
}

bool event_draw::target(bool (*fits)(const drawn_group&)) {
  const drawn_group* const one = group("group", fits);
  if (one == nullptr) return false;
  if (one->count > 1 && chance().chance(0.5)) put("ratio", "0.5");
  return true;
}

}  // namespace wh::sim
