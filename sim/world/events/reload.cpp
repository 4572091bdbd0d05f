#include <algorithm>

#include "sim/scenario/limits.hpp"
#include "sim/world/events/happening.hpp"

namespace wh::sim {

extern const event_kind reload_kind;

namespace {

class reload final : public group_happening {
 public:
  static bool draw(event_draw& d) {
    const auto members = [](const drawn_group& g) { return g.members; };
    d.group("without", members);
    d.number("lasts_s", 0.5, 60);
    return d.target(members);
  }

 private:
  const event_kind& kind() const override { return reload_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.word("without", without_,
           {"a group that the file lists no more", {}, "which group the file lists no more"});
    v.seconds("lasts_s", lasts_, {0.001, length_max_s},
              {"until they read a file with all members again",
               {},
               "how long it is until they read a file with all members again"});
  }
  duration lasts() const override { return lasts_; }
  void check(event_site& s) const override {
    group_happening::check(s);
    if (!s.group("without", without_)) return;
    const auto members = [&](const std::string& name) {
      return std::any_of(s.whole().peers.begin(), s.whole().peers.end(), [&](const peer_group& g) {
        return (name == all_groups || g.group == name) && g.role == peer_role::member;
      });
    };
    for (const auto& [key, name] : {std::pair{"group", &group()}, std::pair{"without", &without_}})
      if (!members(*name))
        s.wrong(key, "\"" + *name + "\" has no member", "its `role` is \"node\"");
  }
  std::vector<std::size_t> happen(stage& s) const override {
    auto hit = drawn(group_hosts(s), s.chance);
    std::erase_if(hit, [&](std::size_t h) { return !s.who.is_member(h) || !s.life.running(h); });
    for (const std::size_t h : hit) {
      s.sim.post(s.hosts[h]->peer()->all->network,
                 actors::members_changed{s.who.members_of(h, without_)});
      // Whoever was started anew meanwhile has read the whole file.
      s.sim.after(lasts_, [&sim = s.sim, &who = s.who, &machine = *s.hosts[h], h] {
        if (const actors::peer* p = machine.peer())
          sim.post(p->all->network, actors::members_changed{who.members_of(h)});
      });
    }
    return hit;
  }

  std::string without_;
  duration lasts_{};
};

}  // namespace

const event_kind reload_kind{
    "reload",
    "running members read a network file that lists one group no more, and "
    "`lasts_s` later one that lists all",
    make_event<reload>,
    reload::draw,
    {30s, 60s}};

}  // namespace wh::sim
