#include "sim/scenario/limits.hpp"
#include "sim/world/events/happening.hpp"

namespace wh::sim {

extern const event_kind partition_kind;

namespace {

class partition final : public group_happening {
  const event_kind& kind() const override { return partition_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.seconds("lasts_s", lasts_, {0.001, length_max_s},
              {"how long", {}, "how long the partition lasts"});
  }
  std::vector<std::size_t> happen(stage& s) const override {
    auto hit = drawn(group_hosts(s), s.chance);
    std::vector<host_id> inside;
    for (const std::size_t h : hit) inside.push_back(s.hosts[h]->id());
    const std::size_t number = s.net.cut(std::move(inside));
    s.sim.after(lasts_, [&net = s.net, number] { net.heal(number); });
    return hit;
  }

  duration lasts_{};
};

}  // namespace

const event_kind partition_kind{"partition",
                                "the group and the rest do not hear each other for `lasts_s`, but "
                                "for those behind a common box",
                                make_event<partition>};

}  // namespace wh::sim
