#include <algorithm>

#include "sim/scenario/limits.hpp"
#include "sim/world/events/happening.hpp"

namespace wh::sim {

extern const event_kind relay_room_kind;

namespace {

class relay_room final : public group_happening {
 public:
  static bool draw(event_draw& d) {
    d.put("guests", std::to_string(d.chance().below(4)));
    return d.target([](const drawn_group& g) { return g.relays; });
  }

 private:
  const event_kind& kind() const override { return relay_room_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.optional("guests", guests_, [&](unsigned& n) {
      v.whole("guests", n, 0, relay_guests_max,
              {"guests that they take as a home from then on", "as many as before"});
    });
    v.optional("bytes_per_s", bytes_per_s_, [&](std::uint64_t& n) {
      v.whole("bytes_per_s", n, 1, relay_bytes_max,
              {"what one guest may send from then on", "as much as before"});
    });
  }
  void check(event_site& s) const override {
    group_happening::check(s);
    if (!guests_ && !bytes_per_s_)
      s.wrong("relay_room", "nothing changes", "say `guests`, or `bytes_per_s`");
  }
  void leaves(const peer_group& g, condition& c) const override {
    if (guests_ && may_hit(g)) c.relay_guests = std::min(c.relay_guests, *guests_);
  }
  std::vector<std::size_t> happen(stage& s) const override {
    auto hit = drawn(group_hosts(s), s.chance);
    std::erase_if(hit, [&](std::size_t h) { return !s.life.running(h); });
    for (const std::size_t h : hit)
      s.sim.post(s.hosts[h]->peer()->all->relay, actors::relay_room{guests_, bytes_per_s_});
    return hit;
  }

  std::optional<unsigned> guests_;
  std::optional<std::uint64_t> bytes_per_s_;
};

}  // namespace

const event_kind relay_room_kind{
    "relay_room",
    "running peers take more or fewer guests, or carry more or less for each; who is a guest stays "
    "one. A peer that starts anew has what its group says",
    make_event<relay_room>,
    relay_room::draw,
    {30s, 60s}};

}  // namespace wh::sim
