#include "sim/world/events/happening.hpp"

namespace wh::sim {

extern const event_kind nat_change_kind;

namespace {

class nat_change final : public group_happening {
 public:
  static bool draw(event_draw& d) {
    const drawn_group* const g = d.group("group", [](const drawn_group& of) { return of.members; });
    if (g == nullptr) return false;
    d.put("nat", g->another_nat);
    return true;
  }

 private:
  const event_kind& kind() const override { return nat_change_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.words("nat", nat_,
            {"a profile or a chain, inside first", {}, "the profile that replaces the boxes"});
  }
  void check(event_site& s) const override {
    group_happening::check(s);
    s.nat_chain("nat", nat_);
  }
  std::vector<std::size_t> happen(stage& s) const override {
    auto hit = drawn(group_hosts(s), s.chance);
    const std::size_t before = s.where.boxes_built();
    for (const std::size_t h : hit) {
      // Who shares its boxes with one that was hit before has the new ones already.
      const auto box = s.where.innermost(h);
      if (!box || *box < before) s.where.replace_boxes(h, nat_);
    }
    return hit;
  }

  std::vector<std::string> nat_;
};

}  // namespace

const event_kind nat_change_kind{
    "nat_change",
    "the boxes are replaced by `nat`. Where NATs and firewalls stay NATs and firewalls, addresses "
    "stay; else all behind the old boxes move behind new ones and have other addresses",
    make_event<nat_change>,
    nat_change::draw,
    {30s, 90s}};

}  // namespace wh::sim
