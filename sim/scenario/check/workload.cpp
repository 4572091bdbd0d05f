#include <algorithm>
#include <tuple>

#include "sim/scenario/check/desk.hpp"
#include "sim/scenario/limits.hpp"

namespace wh::sim::detail {

namespace {

void check_connect(desk& d, const node& table, const connect_load& c) {
  const auto& from_at = desk::place_of(table, "from");
  const auto& to_at = desk::place_of(table, "to");
  if (!d.group(from_at, c.from) || !d.group(to_at, c.to)) return;
  const auto from = d.members_in(c.from), to = d.members_in(c.to);
  for (const auto& [at, name, number] :
       {std::tuple(&from_at, &c.from, from), std::tuple(&to_at, &c.to, to)})
    if (number == 0)
      return d.wrong(*at, "\"" + *name + "\" has no member to connect",
                     "its `role` is \"node\", which has no WireGuard");
  const bool same = c.from == c.to;
  // Disjoint groups, one group with itself, or one inside all: there the pairs inside count once.
  const auto both = same ? from : c.from == all_groups ? to : c.to == all_groups ? from : 0;
  const auto possible = from * to - both - (both > 1 ? both * (both - 1) / 2 : 0);
  if (possible == 0) return d.wrong(table.value, "there is no pair to connect: one member alone");
  if (!c.pairs && possible > pairs_max)
    return d.wrong(
        table.value,
        "all " + std::to_string(possible) + " pairs are more than " + std::to_string(pairs_max),
        "say how many: pairs = 1000");
  if (c.pairs && *c.pairs > possible)
    d.wrong(table, "pairs", "there are only " + std::to_string(possible) + " pairs");
}

void check_lookups(desk& d, const node& table, const lookup_load& l) {
  d.group(desk::place_of(table, "from"), l.from);
  if (!d.group(desk::place_of(table, "to"), l.to) || l.absent_ratio >= 1) return;
  const bool published = std::any_of(d.s.peers.begin(), d.s.peers.end(), [&](const peer_group& g) {
    return (l.to == all_groups || g.group == l.to) && g.publish;
  });
  if (!published)
    d.wrong(table, "to", "nobody of \"" + l.to + "\" publishes a record that could be found",
            "their `publish` is false");
}

}  // namespace

void check_workload(desk& d) {
  for (std::size_t i = 0; i < d.s.workload.size(); ++i) {
    auto& w = d.s.workload[i];
    const auto& table = d.item("workload", i);
    if (!w.connect && !w.lookups)
      d.wrong(table.value, "[[workload]] asks for nothing",
              "give it `connect` = {...}, `lookups` = {...} or both");
    for (const char* key : {"ping_interval_s", "payload_bytes"})
      d.idle_key(table, key, w.connect.has_value(), "it is about `connect`");
    if (!table.find("until_s")) w.until = d.s.length;
    if (w.until > d.s.length)
      d.wrong(table, "until_s", "`until_s` is after the end of the run");
    else if (w.from >= w.until)
      d.wrong(table, "from_s", "`from_s` is not before the end of this workload");
    if (!w.name.empty())
      for (std::size_t j = 0; j < i; ++j)
        if (d.s.workload[j].name == w.name)
          d.wrong(table, "name", "two items of the workload are called \"" + w.name + "\"");
    if (w.connect) check_connect(d, *table.find("connect"), *w.connect);
    if (w.lookups) check_lookups(d, *table.find("lookups"), *w.lookups);
  }
}

}  // namespace wh::sim::detail
