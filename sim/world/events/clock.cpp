#include <algorithm>
#include <cmath>

#include "sim/scenario/limits.hpp"
#include "sim/world/events/happening.hpp"

namespace wh::sim {

extern const event_kind clock_kind;

namespace {

class clock final : public group_happening {
 public:
  static bool draw(event_draw& d) {
    const std::string off = d.chance().chance(0.7) ? "20" : "3000";
    d.put("off_s", d.chance().chance(0.5) ? off : "-" + off);
    return d.target(any_group);
  }

 private:
  const event_kind& kind() const override { return clock_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.number("off_s", off_s_, {-length_max_s, length_max_s},
             {"how far it is ahead from then on; below 0: behind"});
  }
  void leaves(const peer_group& g, condition& c) const override {
    if (may_hit(g)) c.clock_off_s = std::max(c.clock_off_s, std::abs(off_s_));
  }
  std::vector<std::size_t> happen(stage& s) const override {
    auto hit = drawn(group_hosts(s), s.chance);
    for (const std::size_t h : hit)
      s.hosts[h]->set_clock_off(duration{static_cast<std::int64_t>(off_s_ * 1e9)});
    return hit;
  }

  double off_s_ = 0;
};

}  // namespace

const event_kind clock_kind{
    "clock",
    "the hosts' wall clocks are set. A peer reads its host's clock when it starts: one that runs "
    "takes it up with its next `restart`",
    make_event<clock>,
    clock::draw,
    {30s, 60s}};

}  // namespace wh::sim
