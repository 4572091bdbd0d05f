#include "sim/swarm/draw.hpp"

#include <map>
#include <set>

#include "tests/sim/world/scene.hpp"

namespace {

using namespace wh;
using namespace wh::sim;
using namespace wh::sim::test;

std::string world(std::uint64_t n) { return swarm::draw(n, event_kinds()).what.text(); }

TEST_CASE("a number draws the same world each time and another number another one") {
  CHECK(world(7) == world(7));
  std::set<std::string> all;
  for (std::uint64_t n = 1; n <= 200; ++n) all.insert(world(n));
  CHECK(all.size() == 200);
}

TEST_CASE("every drawn world is a scenario") {
  for (std::uint64_t n = 1; n <= 1500; ++n) {
    const auto s = parse_scenario(world(n), "world " + std::to_string(n), {}, names());
    INFO(world(n));
    if (!s) FAIL(s.error().render());
    CHECK(s->seeds == std::vector<std::uint64_t>{n});
  }
}

TEST_CASE("drawn worlds are small and leave most features out") {
  unsigned few = 0;
  std::size_t with = 0;
  constexpr std::uint64_t worlds = 1000;
  for (std::uint64_t n = 1; n <= worlds; ++n) {
    const auto w = swarm::draw(n, event_kinds());
    const auto s = parse_scenario(w.what.text(), "world", {}, names());
    REQUIRE(s);
    CHECK(s->peer_count() >= 2);
    CHECK(s->peer_count() <= 60);
    few += s->peer_count() < 12 ? 1 : 0;
    with += w.features.size();
  }
  CHECK(few > worlds / 2);
  CHECK(with < worlds * swarm::feature_names(event_kinds()).size() / 4);
}

TEST_CASE("every feature and every kind of event is drawn") {
  std::map<std::string, unsigned> seen;
  std::set<std::string_view> events;
  for (std::uint64_t n = 1; n <= 600; ++n) {
    const auto w = swarm::draw(n, event_kinds());
    for (const std::string& f : w.features) ++seen[f];
    const auto s = parse_scenario(w.what.text(), "world", {}, names());
    REQUIRE(s);
    for (const event_item& e : s->events) events.insert(e.what->kind().name);
  }
  for (const std::string& f : swarm::feature_names(event_kinds())) {
    INFO(f);
    CHECK(seen[f] >= 10);
  }
  for (const event_kind* k : event_kinds()) {
    INFO(k->name);
    CHECK(events.contains(k->name));
  }
}

TEST_CASE("names of features are all different") {
  const auto all = swarm::feature_names(event_kinds());
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == all.size());
}

TEST_CASE("a kind of event says how soon all is well and when it is over") {
  for (const event_kind* k : event_kinds()) {
    INFO(k->name);
    CHECK(k->heals.connected > wh::duration{});
    CHECK(k->heals.direct >= k->heals.connected);
  }
  const auto s = text(R"(name = "t"
question = "When is it over?"
duration_s = 100
[[peers]]
group = "a"
boot = true
relay = true
[[peers]]
group = "b"
clock_off_s = 3
[[events]]
at_s = 3
partition = { group = "a", lasts_s = 7 }
[[events]]
at_s = 5
relay_room = { group = "a", guests = 1 }
[[events]]
at_s = 6
clock = { off_s = -9 }
)");
  CHECK(s.events[0].what->lasts() == 7s);
  CHECK(s.events[1].what->lasts() == 0s);
  condition a{0, 128}, b{3, 128};
  for (const event_item& e : s.events) {
    e.what->leaves(s.peers[0], a);
    e.what->leaves(s.peers[1], b);
  }
  CHECK(a.relay_guests == 1);
  CHECK(a.clock_off_s == 9);
  CHECK(b.relay_guests == 128);
}

}  // namespace
