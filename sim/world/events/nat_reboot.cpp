#include "sim/world/events/happening.hpp"

namespace wh::sim {

extern const event_kind nat_reboot_kind;

namespace {

class nat_reboot final : public group_happening {
 public:
  static bool draw(event_draw& d) {
    return d.target([](const drawn_group& g) { return g.boxed; });
  }

 private:
  const event_kind& kind() const override { return nat_reboot_kind; }
  void fields(field_visitor& v) override { target(v); }
  std::vector<std::size_t> happen(stage& s) const override {
    auto hit = drawn(group_hosts(s), s.chance);
    std::erase_if(hit, [&](std::size_t h) { return !s.where.behind_box(h); });
    for (const std::size_t h : hit) s.where.reboot_boxes(h);
    return hit;
  }
};

}  // namespace

const event_kind nat_reboot_kind{"nat_reboot",
                                 "the boxes forget every mapping",
                                 make_event<nat_reboot>,
                                 nat_reboot::draw,
                                 {30s, 60s}};

}  // namespace wh::sim
