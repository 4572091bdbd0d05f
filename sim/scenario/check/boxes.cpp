#include "sim/scenario/check/desk.hpp"

namespace wh::sim::detail {

namespace {

void add_profile(desk& d, const nat_config& n, const node& table) {
  if (!nat::profile(n.like))
    return d.unknown_name(desk::place_of(table, "like"), "NAT profile", n.like,
                          nat::book{}.profile_names());
  if (!is_plain_name(n.name))
    return d.wrong(table, "name", "a box's name holds letters, digits, - and _ only");
  if (d.boxes->profile(n.name))
    return d.wrong(table, "name", "there is a NAT profile \"" + n.name + "\" already");
  const nat::config& c = n.behaviour;
  if (c.port_lo > c.port_hi) return d.wrong(table, "port_lo", "`port_lo` is above `port_hi`");
  if (c.psid_offset_bits + c.psid_bits > 16)
    return d.wrong(table, "psid_bits",
                   "`psid_offset_bits` and `psid_bits` are more than 16 together");
  if (c.filtering == nat::filtering_kind::open && c.mapping != nat::mapping_kind::none)
    return d.wrong(
        table, "filtering",
        "`filtering = \"open\"` goes with `mapping = \"none\"`: what is translated needs "
        "state",
        "`\"eif\"` lets everybody in to a mapping");
  d.boxes->add(n.name, "like " + n.like, c);
}

/// A file with nothing but [[nats]].
void add_nat_file(desk& d) {
  if (d.s.nat_file.empty()) return;
  const auto& at = desk::place_of(d.tree, "nat_file");
  const auto found = d.find_input(at, "file of NATs", d.s.nat_file);
  if (!found) return;
  d.s.nat_file = found->string();
  const auto tree = parse_toml(d.s.input(*found), found->string());
  if (!tree) return d.wrong(at, "this file of NATs cannot be read: " + tree.error().render());
  mistakes inside;
  std::vector<nat_config> nats;
  const auto known = scenario_reference({});
  reader r(known, inside);
  for (const auto& member : tree->members)
    if (member.name != "nats" || member.kind != node_kind::list)
      return d.wrong(member.key, "a file of NATs holds [[nats]] tables and nothing else");
  if (const auto* list = tree->find("nats"))
    for (const auto& item : list->items) r.read(item, "nats", nats.emplace_back());
  if (!inside.none()) {
    const auto& first = inside.first();
    return d.wrong({first.file, first.line, first.column, first.width, first.line_text},
                   first.message, first.hint);
  }
  for (std::size_t i = 0; i < nats.size(); ++i)
    add_profile(d, nats[i], tree->find("nats")->items[i]);
}

/// A population by the name of a file.
void add_population(desk& d, std::string& name, const place& at) {
  if (d.boxes->population(name)) return;
  if (!name.ends_with(".csv"))
    return d.unknown_name(at, "population", name, d.boxes->population_names());
  const auto found = d.find_input(at, "population", name);
  if (!found) return;
  if (const auto bad = d.boxes->add_population(name, d.s.input(*found)); !bad)
    d.wrong({found->string(), static_cast<unsigned>(bad.error().line), 1, 1, {}},
            bad.error().message);
}

}  // namespace

void check_boxes(desk& d) {
  add_nat_file(d);
  for (std::size_t i = 0; i < d.s.nats.size(); ++i) add_profile(d, d.s.nats[i], d.item("nats", i));
  for (std::size_t i = 0; i < d.s.carriers.size(); ++i) {
    const auto& c = d.s.carriers[i];
    const auto& table = d.item("carriers", i);
    if (!is_plain_name(c.name))
      d.wrong(table, "name", "a carrier's name holds letters, digits, - and _ only");
    for (std::size_t j = 0; j < i; ++j)
      if (d.s.carriers[j].name == c.name)
        d.wrong(table, "name", "two carriers are called \"" + c.name + "\"");
    d.nat_chain(desk::place_of(table, "nat"), c.nat);
  }
  for (std::size_t i = 0; i < d.s.peers.size(); ++i)
    if (auto& g = d.s.peers[i]; !g.population.empty())
      add_population(d, g.population, desk::place_of(d.item("peers", i), "population"));
}

}  // namespace wh::sim::detail
