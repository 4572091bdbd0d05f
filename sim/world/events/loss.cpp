#include "sim/world/events/disturbing.hpp"

namespace wh::sim {

extern const event_kind loss_kind;

namespace {

class loss final : public group_happening {
 public:
  static bool draw(event_draw& d) {
    d.number("loss_ratio", 0.02, 0.9);
    d.number("lasts_s", 1, 60);
    trouble::draw_traffic(d);
    return d.target(any_group);
  }

 private:
  const event_kind& kind() const override { return loss_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.number("loss_ratio", what_.loss_ratio, {0, 1, true}, {"datagrams lost, each by itself"});
    what_.traffic_key(v);
    what_.time_keys(v);
  }
  duration lasts() const override { return what_.lasts; }
  std::vector<std::size_t> happen(stage& s) const override {
    auto hit = drawn(group_hosts(s), s.chance);
    what_.begin(s, hit);
    return hit;
  }

  trouble what_{.loss_ratio = 0.3};
};

}  // namespace

const event_kind loss_kind{
    "loss",
    "the peers lose datagrams on the internet for `lasts_s`, on top of what is lost anyway",
    make_event<loss>,
    loss::draw,
    {30s, 60s}};

}  // namespace wh::sim
