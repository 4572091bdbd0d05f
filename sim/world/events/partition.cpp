#include <algorithm>

#include "sim/world/events/disturbing.hpp"

namespace wh::sim {

extern const event_kind partition_kind;

namespace {

class partition final : public group_happening {
 public:
  static bool draw(event_draw& d) {
    d.number("lasts_s", 0.5, 120);
    return d.target(any_group);
  }

 private:
  const event_kind& kind() const override { return partition_kind; }
  void fields(field_visitor& v) override {
    target(v);
    what_.time_keys(v);
  }
  duration lasts() const override { return what_.lasts; }
  std::vector<std::size_t> happen(stage& s) const override {
    const auto hit = drawn(group_hosts(s), s.chance);
    std::vector<bool> inside(s.hosts.size());
    for (const std::size_t h : hit) inside[h] = true;
    std::vector<std::size_t> rest;
    for (std::size_t h = 0; h < s.hosts.size(); ++h)
      if (!inside[h]) rest.push_back(h);
    what_.begin(s, hit, rest);
    return hit;
  }

  trouble what_{.loss_ratio = 1};
};

}  // namespace

const event_kind partition_kind{"partition",
                                "the group and the rest do not hear each other for `lasts_s`, but "
                                "for those behind a common box",
                                make_event<partition>,
                                partition::draw,
                                {30s, 60s}};

}  // namespace wh::sim
