#include "sim/world/events/disturbing.hpp"

namespace wh::sim {

extern const event_kind delay_kind;

namespace {

class slowing final : public group_happening {
  const event_kind& kind() const override { return delay_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.milliseconds("extra_ms", what_.delay, {0.001, 60'000},
                   {"one way", {}, "how much longer datagrams take"});
    what_.traffic_key(v);
    what_.time_keys(v);
  }
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
                            make_event<slowing>};

}  // namespace wh::sim
