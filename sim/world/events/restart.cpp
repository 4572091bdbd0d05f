#include "sim/scenario/limits.hpp"
#include "sim/world/events/happening.hpp"

namespace wh::sim {

extern const event_kind restart_kind;

namespace {

class restart final : public group_happening {
 public:
  static bool draw(event_draw& d) {
    d.number("lasts_s", 0.1, 90);
    if (d.chance().chance(0.5)) d.word("state", d.chance().chance(0.5) ? "none" : "old");
    return d.target(any_group);
  }

 private:
  const event_kind& kind() const override { return restart_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.seconds("lasts_s", lasts_, {0, length_max_s}, {"time between stop and start"});
    v.one_of("state", state_,
             {"what they find on their disks: `\"kept\"`: what they saved; `\"none\"`: their keys "
              "alone; `\"old\"`: what was there when the life that ends began, as from a copy"});
  }
  duration lasts() const override { return lasts_; }
  /// Without what it kept it may begin with timestamps that others saw already, a minute's worth.
  healing heals() const override {
    return state_ == saved_state::kept ? healing{30s, 60s} : kind().heals;
  }
  void prepare(stage& s) const override {
    if (state_ != saved_state::old) return;
    for (const std::size_t h : group_hosts(s)) s.hosts[h]->keep_backups();
  }
  std::vector<std::size_t> happen(stage& s) const override {
    auto hit = drawn(group_hosts(s), s.chance);
    std::erase_if(hit, [&](std::size_t h) { return !s.life.restart(h, lasts_, state_); });
    return hit;
  }

  duration lasts_{};
  saved_state state_ = saved_state::kept;
};

}  // namespace

const event_kind restart_kind{
    "restart",
    "the peers stop, and start again `lasts_s` later; dead ones start too. "
    "Those that have not arrived yet are not hit",
    make_event<restart>,
    restart::draw,
    {75s, 105s}};

}  // namespace wh::sim
