#include "sim/world/events/disturbing.hpp"

namespace wh::sim {

extern const event_kind delay_kind;

namespace {

class slowing final : public group_happening {
 public:
  static bool draw(event_draw& d) {
    d.number("extra_ms", 20, 2000);
    d.number("lasts_s", 1, 60);
    trouble::draw_traffic(d);
    return d.target(any_group);
  }

 private:
  const event_kind& kind() const override { return delay_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.milliseconds("extra_ms", what_.delay, {0.001, 60'000},
                   {"one way", {}, "how much longer datagrams take"});
    what_.traffic_key(v);
    what_.time_keys(v);
  }
  duration lasts() const override { return what_.lasts; }
  std::vector<std::size_t> happen(stage& s) const override {
    auto hit = drawn(group_hosts(s), s.chance);
    what_.begin(s, hit);
    return hit;
  }

  trouble what_;
};

}  // namespace

const event_kind delay_kind{"delay",
                            "the peers' datagrams take longer across the internet for "
                            "`lasts_s`",
                            make_event<slowing>,
                            slowing::draw,
                            {30s, 60s}};

}  // namespace wh::sim
