#include <set>

#include "sim/world/events/happening.hpp"

namespace wh::sim {

extern const event_kind address_change_kind;

namespace {

class address_change final : public group_happening {
 public:
  /// Where boot nodes are is what everybody was told: none of them may be where nobody looks.
  static bool draw(event_draw& d) {
    return d.target([](const drawn_group& g) { return !g.boots; });
  }

 private:
  const event_kind& kind() const override { return address_change_kind; }
  void fields(field_visitor& v) override { target(v); }
  std::vector<std::size_t> happen(stage& s) const override {
    const auto hit = drawn(group_hosts(s), s.chance);
    // A box that several of them share gets one new address, not several.
    std::set<std::size_t> done;
    for (const std::size_t h : hit) {
      const auto box = s.where.outermost(h);
      if (!box || done.insert(*box).second) s.where.change_address(h);
    }
    return hit;
  }
};

}  // namespace

const event_kind address_change_kind{
    "address_change",
    "the outermost public address becomes another one, mappings are lost",
    make_event<address_change>,
    address_change::draw,
    {30s, 60s}};

}  // namespace wh::sim
