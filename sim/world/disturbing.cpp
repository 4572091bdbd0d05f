#include "sim/world/events/disturbing.hpp"

#include "sim/scenario/limits.hpp"

namespace wh::sim {

namespace {

std::vector<bool> marked(const stage& s, const std::vector<std::size_t>& hosts) {
  std::vector<bool> m(s.hosts.size());
  for (const std::size_t h : hosts) m[s.hosts[h]->id().value] = true;
  return m;
}

}  // namespace

void trouble::time_keys(field_visitor& v) {
  v.seconds("lasts_s", lasts, {0.001, length_max_s}, {"how long", {}, "how long it lasts"});
}

void trouble::traffic_key(field_visitor& v) {
  v.one_of("traffic", which,
           {"`\"out\"`: what they send; `\"in\"`: what is sent to them; `\"both\"`"});
}

void trouble::draw_traffic(event_draw& d) {
  if (d.chance().chance(0.3)) d.word("traffic", d.chance().chance(0.5) ? "out" : "in");
}

void trouble::begin(stage& s, const std::vector<std::size_t>& hit) const {
  const std::vector<bool> all(s.hosts.size(), true);
  const std::vector<bool> here = marked(s, hit);
  if (which == traffic::out) return add(s, here, all);
  if (which == traffic::in) return add(s, all, here);
  // What goes from one of them to another is hit once.
  std::vector<bool> rest = here;
  rest.flip();
  add(s, here, all);
  add(s, std::move(rest), here);
}

void trouble::begin(stage& s, const std::vector<std::size_t>& hit,
                    const std::vector<std::size_t>& others) const {
  if (which != traffic::in) add(s, marked(s, hit), marked(s, others));
  if (which != traffic::out) add(s, marked(s, others), marked(s, hit));
}

void trouble::add(stage& s, std::vector<bool> from, std::vector<bool> to) const {
  const std::size_t number = s.net.disturb({std::move(from), std::move(to), loss_ratio, delay});
  s.sim.after(lasts, [&net = s.net, number] { net.calm(number); });
}

}  // namespace wh::sim
