#include "sim/scenario/limits.hpp"
#include "sim/world/events/happening.hpp"

namespace wh::sim {

extern const event_kind clock_kind;

namespace {

class clock final : public group_happening {
  const event_kind& kind() const override { return clock_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.number("off_s", off_s_, {-length_max_s, length_max_s},
             {"how far it is ahead from then on; below 0: behind"});
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
    make_event<clock>};

}  // namespace wh::sim
