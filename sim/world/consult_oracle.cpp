#include "sim/measure/verdict.hpp"
#include "sim/world/plan.hpp"
#include "sim/world/run.hpp"
#include "sim/world/streams.hpp"

namespace wh::sim {

expected<std::vector<oracle_row>, std::string> consult_oracle(const scenario& s,
                                                              std::uint64_t number) {
  const seed root{number};
  const auto layout = make_plan(s, root);
  if (!layout) return unexpected(layout.error());
  seeded_rng random(root.derive(pairs_stream));
  std::vector<oracle_row> rows;
  for (const wanted_pair& p : draw_pairs(s, group_index(s, *layout), random)) {
    const host_plan& a = layout->hosts[p.from];
    const host_plan& b = layout->hosts[p.to];
    rows.push_back({number, a.name, b.name, a.nat_label, b.nat_label, static_cast<unsigned>(p.item),
                    verdict_of(layout->sides_of(p.from), layout->sides_of(p.to),
                               layout->common(p.from, p.to))});
  }
  return rows;
}

}  // namespace wh::sim
