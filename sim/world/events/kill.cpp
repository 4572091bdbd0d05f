#include <algorithm>
#include <array>

#include "sim/world/events/happening.hpp"

namespace wh::sim {

extern const event_kind kill_kind;

namespace {

enum class victim : std::uint8_t { any, relay_in_use };
constexpr std::array<std::string_view, 2> victim_words{"any", "relay_in_use"};
constexpr words words_of(victim) { return victim_words; }

class kill final : public group_happening {
 public:
  static bool draw(event_draw& d) {
    if (d.chance().chance(0.3)) d.word("role", "relay_in_use");
    return d.target([](const drawn_group& g) { return !g.boots; });
  }

 private:
  const event_kind& kind() const override { return kill_kind; }
  void fields(field_visitor& v) override {
    target(v);
    v.one_of("role", role_,
             {"`\"relay_in_use\"`: of the group, those that carry payload for others at that "
              "moment"});
  }
  std::vector<std::size_t> happen(stage& s) const override {
    auto all = group_hosts(s);
    if (role_ == victim::relay_in_use) {
      const auto in_use = s.seen.relays_in_use();
      std::erase_if(
          all, [&](std::size_t h) { return !std::binary_search(in_use.begin(), in_use.end(), h); });
    }
    auto hit = drawn(std::move(all), s.chance);
    std::erase_if(hit, [&](std::size_t h) { return !s.life.kill(h); });
    return hit;
  }

  victim role_ = victim::any;
};

}  // namespace

const event_kind kill_kind{"kill",
                           "the peers stop without a goodbye: for good, but for `restart` and "
                           "`churn`. Those that have not "
                           "arrived yet are not hit",
                           make_event<kill>,
                           kill::draw,
                           {30s, 60s}};

}  // namespace wh::sim
