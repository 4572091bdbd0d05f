#include "sim/world/events/disturbing.hpp"

namespace wh::sim {

extern const event_kind loss_kind;

namespace {

class loss final : public group_happening {
  const event_kind& kind() const override { return loss_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.number("loss_ratio", what_.loss_ratio, {0, 1, true}, {"datagrams lost, each by itself"});
    what_.traffic_key(v);
    what_.time_keys(v);
  }
  std::vector<std::size_t> happen(stage& s) const override {
    auto hit = drawn(group_hosts(s), s.chance);
    what_.begin(s, hit);
    return hit;
  }

  trouble what_{.loss_ratio = 0.3};
};

}  // namespace

const event_kind loss_kind{
    "loss", "the peers lose datagrams on the internet for `lasts_s`, on top of what is lost anyway",
    make_event<loss>};

}  // namespace wh::sim
