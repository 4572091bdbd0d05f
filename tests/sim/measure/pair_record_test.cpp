#include "sim/measure/pair_record.hpp"

#include <catch2/catch.hpp>

using namespace wh;
using namespace wh::sim;
using punch::path_state;
using side = pair_record::side;

namespace {

constexpr time_point t0{1000s};

/// A pair whose users send every second; what is sent comes back 50 ms later unless it is lost.
struct pair {
  pair_record record;
  std::uint32_t sequence = 0;

  pair() {
    record.up(t0);
    paths(0s, path_state::relayed);
  }
  void paths(duration at, path_state s) {
    record.path(t0 + at, side::from, s);
    record.path(t0 + at, side::to, s);
  }
  void ping(duration at, bool direct = false) {
    lost(at);
    record.answered(t0 + at + 50ms, sequence, t0 + at, direct);
  }
  void lost(duration at) { record.sent(t0 + at, ++sequence); }
  /// From second `from` to `until`, excluded.
  void pings(int from, int until, bool direct = false) {
    for (int s = from; s < until; ++s) ping(std::chrono::seconds{s}, direct);
  }
  std::vector<std::pair<duration, std::string_view>> stays() const {
    std::vector<std::pair<duration, std::string_view>> v;
    for (const auto& s : record.stays()) v.emplace_back(s.from - t0, to_string(s.state));
    return v;
  }
};
using stay = std::pair<duration, std::string_view>;

}  // namespace

TEST_CASE("the first payload that comes back connects a pair") {
  pair p;
  CHECK_FALSE(p.record.time_to_first());
  p.lost(0s);
  p.lost(1s);
  p.ping(2s);
  CHECK(p.record.time_to_first() == 2050ms);
  CHECK(p.stays() == std::vector<stay>{{0s, "unreachable"}, {2050ms, "relayed"}});
  // What was lost before it is not counted as lost.
  p.pings(3, 5);
  p.record.end(t0 + 10s);
  CHECK(p.record.settled() == 2);
  CHECK(p.record.delivered() == 2);
  CHECK(p.record.outages().empty());
}

TEST_CASE("a path is direct from the moment both sides took it if the next payload goes that way") {
  pair p;
  p.ping(0s);
  p.record.path(t0 + 300ms, side::from, path_state::direct);
  p.record.path(t0 + 400ms, side::to, path_state::direct);
  p.ping(60s, true);
  CHECK(p.record.time_to_direct() == 400ms);
}

TEST_CASE("a path's word alone makes nothing direct") {
  pair p;
  p.ping(0s);
  p.paths(300ms, path_state::direct);
  p.ping(1s, false);
  CHECK_FALSE(p.record.time_to_direct());
  // Payload that goes straight without a word counts from itself.
  p.paths(1500ms, path_state::relayed);
  p.ping(2s, true);
  CHECK(p.record.time_to_direct() == 2050ms);
}

TEST_CASE("one lost packet is loss and two in a row are an outage") {
  pair p;
  p.pings(0, 5);
  p.lost(5s);
  p.pings(6, 10);
  CHECK(p.record.outages().empty());
  p.lost(10s);
  p.lost(11s);
  p.pings(12, 15);
  REQUIRE(p.record.outages().size() == 1);
  CHECK(p.record.outages()[0].from == t0 + 10s);
  CHECK(p.record.outages()[0].until == t0 + 12050ms);
  p.record.end(t0 + 20s);
  // The first packet of all connects; after it 14 were sent and three of them lost.
  CHECK(p.record.settled() == 14);
  CHECK(p.record.delivered() == 11);
}

TEST_CASE("with packets closer than the patience an outage is as fine as they are") {
  pair p;
  for (int i = 0; i < 20; ++i) p.ping(i * 50ms);
  for (int i = 20; i < 30; ++i) p.lost(i * 50ms);
  for (int i = 30; i < 80; ++i) p.ping(i * 50ms);
  p.record.end(t0 + 10s);
  REQUIRE(p.record.outages().size() == 1);
  CHECK(p.record.outages()[0].from == t0 + 1000ms);
  CHECK(p.record.outages()[0].until == t0 + 1550ms);
}

TEST_CASE("an outage begins with what befell the pair and ends when both sides had a path again") {
  pair p;
  p.pings(0, 60);
  p.record.struck(t0 + 59500ms);
  p.record.path(t0 + 61s, side::from, path_state::none);
  p.record.path(t0 + 62s, side::from, path_state::relayed);
  p.lost(60s);
  p.ping(120s);
  p.record.end(t0 + 130s);
  REQUIRE(p.record.outages().size() == 1);
  CHECK(p.record.outages()[0].from == t0 + 59500ms);
  CHECK(p.record.outages()[0].until == t0 + 62s);
}

TEST_CASE("an outage that payload never saw is told by the paths") {
  pair p;
  p.ping(0s);
  p.paths(10s, path_state::none);
  p.paths(14s, path_state::relayed);
  p.ping(60s);
  REQUIRE(p.record.outages().size() == 1);
  CHECK(p.record.outages()[0].from == t0 + 10s);
  CHECK(p.record.outages()[0].until == t0 + 14s);
}

TEST_CASE("a path that says it is gone while payload passes is not believed") {
  pair p;
  p.pings(0, 3);
  p.record.path(t0 + 3500ms, side::to, path_state::none);
  p.ping(4s);
  CHECK(p.record.outages().empty());
  CHECK(p.record.state_at(t0 + 5s) == pair_state::relayed);
}

TEST_CASE("an outage that does not end is open") {
  pair p;
  p.pings(0, 5);
  for (int s = 5; s < 20; ++s) p.lost(std::chrono::seconds{s});
  p.record.end(t0 + 20s);
  REQUIRE(p.record.outages().size() == 1);
  CHECK_FALSE(p.record.outages()[0].until);
  CHECK(p.record.last_state(t0, t0 + 20s) == pair_state::unreachable);
}

TEST_CASE("what is under way at the end is neither lost nor delivered") {
  pair p;
  p.pings(0, 5);
  p.lost(5s);
  p.record.end(t0 + 5500ms);
  CHECK(p.record.settled() == 4);
  CHECK(p.record.last_state(t0, t0 + 5500ms) == pair_state::relayed);
}

TEST_CASE("an answer that comes late ends the outage and counts as delivered once") {
  pair p;
  p.pings(0, 3);
  p.lost(3s);
  p.lost(4s);
  p.lost(9s);
  CHECK(p.record.outages().size() == 1);
  p.record.answered(t0 + 9500ms, 4, t0 + 3s, false);
  p.record.answered(t0 + 9600ms, 4, t0 + 3s, false);
  CHECK(p.record.outages()[0].until == t0 + 9500ms);
  CHECK(p.record.delivered() == 3);
}

TEST_CASE("while one of the two does not run nothing is lost and both are waited for after it") {
  pair p;
  p.pings(0, 5);
  p.lost(5s);
  p.record.down(t0 + 5500ms);
  p.record.up(t0 + 10s);
  p.ping(13s);
  p.record.end(t0 + 20s);
  CHECK(p.stays() == std::vector<stay>{{0s, "unreachable"},
                                       {0s, "relayed"},
                                       {5500ms, "offline"},
                                       {10s, "unreachable"},
                                       {13050ms, "relayed"}});
  REQUIRE(p.record.outages().size() == 1);
  CHECK(p.record.outages()[0].from == t0 + 10s);
  CHECK(p.record.outages()[0].until == t0 + 13050ms);
  CHECK(p.record.last_state(t0, t0 + 7s) == pair_state::relayed);
  CHECK(p.record.settled() == 5);
}

TEST_CASE("an outage that is cut short by a stop says so") {
  pair p;
  p.pings(0, 3);
  p.lost(3s);
  p.lost(4s);
  p.lost(6s);
  p.record.down(t0 + 8s);
  REQUIRE(p.record.outages().size() == 1);
  CHECK(p.record.outages()[0].until == t0 + 8s);
  CHECK(p.record.outages()[0].interrupted);
}

TEST_CASE("a failover is over with payload that was sent after the relay's death") {
  pair p;
  p.pings(0, 3);
  p.lost(3s);
  p.record.relay_died(t0 + 3020ms);
  // It had passed the relay before.
  p.record.answered(t0 + 3050ms, p.sequence, t0 + 3s, false);
  CHECK_FALSE(p.record.failovers()[0].over);
  p.lost(4s);
  p.lost(5s);
  p.ping(6s);
  p.record.end(t0 + 10s);
  CHECK(p.record.failovers()[0].over == t0 + 6050ms);
}

TEST_CASE("a failover that the paths finished before payload is dated to them") {
  pair p;
  p.ping(0s);
  p.record.relay_died(t0 + 10s);
  p.record.path(t0 + 11s, side::from, path_state::none);
  p.record.path(t0 + 11500ms, side::from, path_state::relayed);
  p.ping(60s);
  CHECK(p.record.failovers()[0].over == t0 + 11500ms);
}

TEST_CASE("a failover that never was is open") {
  pair p;
  p.ping(0s);
  p.record.relay_died(t0 + 10s);
  p.lost(11s);
  p.record.end(t0 + 60s);
  REQUIRE(p.record.failovers().size() == 1);
  CHECK_FALSE(p.record.failovers()[0].over);
}

TEST_CASE("changes are counted between the states that users notice") {
  pair p;
  p.pings(0, 3);
  p.pings(3, 6, true);
  p.lost(6s);
  p.lost(7s);
  p.pings(8, 10, true);
  p.pings(10, 12);
  p.record.end(t0 + 20s);
  // relayed, direct, unreachable, direct, relayed.
  CHECK(p.record.changes() ==
        std::vector<time_point>{t0 + 3050ms, t0 + 6s, t0 + 8050ms, t0 + 10050ms});
}

TEST_CASE("long round trips are waited for") {
  pair_record r;
  r.up(t0);
  for (std::uint32_t i = 0; i < 20; ++i) r.sent(t0 + i * 1s, i);
  for (std::uint32_t i = 0; i < 20; ++i) r.answered(t0 + i * 1s + 20s, i, t0 + i * 1s, false);
  r.end(t0 + 60s);
  CHECK(r.patience() == 80s);
  CHECK(r.outages().empty());
}

TEST_CASE("a pair whose direct path is much longer than its relay's is direct all the same") {
  pair p;
  p.pings(0, 3);
  p.paths(3s, path_state::direct);
  // Sent each second, and back after 1.4 s: an answer comes after the next request has left,
  // and the first one later than was known to be possible.
  for (int s = 3; s < 20; ++s) {
    p.lost(std::chrono::seconds{s});
    if (s > 3)
      p.record.answered(t0 + std::chrono::seconds{s} + 400ms, p.sequence - 1,
                        t0 + std::chrono::seconds{s - 1}, true);
  }
  p.record.end(t0 + 20s);
  CHECK(p.stays() == std::vector<stay>{{0s, "unreachable"}, {0s, "relayed"}, {3s, "direct"}});
  CHECK(p.record.outages().empty());
}

TEST_CASE("an outage ends when both had the path that payload took and no earlier one") {
  pair p;
  for (const side s : {side::from, side::to}) p.record.path(t0, s, path_state::relayed, 1);
  p.pings(0, 3);
  p.record.relay_died(t0 + 2500ms);
  p.lost(3s);
  p.record.path(t0 + 3200ms, side::from, path_state::relayed, 2);
  p.record.path(t0 + 3400ms, side::to, path_state::relayed, 2);
  p.ping(4500ms);
  REQUIRE(p.record.outages().size() == 1);
  CHECK(p.record.outages()[0].from == t0 + 2500ms);
  CHECK(p.record.outages()[0].until == t0 + 3400ms);
  CHECK(p.record.failovers()[0].over == t0 + 3400ms);
}

TEST_CASE("answers behind one that is missing count when the pair ends") {
  pair p;
  p.pings(0, 2);
  p.lost(2s);
  p.ping(2100ms);
  p.record.end(t0 + 2500ms);
  CHECK(p.record.settled() == 2);
  CHECK(p.record.delivered() == 2);
}

TEST_CASE("whether an answer is late does not depend on what happens before it") {
  pair p;
  p.ping(0s);
  p.record.sent(t0 + 60s, 7);
  CHECK(p.record.answered(t0 + 65s, 7, t0 + 60s, false));
  p.record.struck(t0 + 100s);
  p.record.sent(t0 + 120s, 8);
  CHECK(p.record.answered(t0 + 135s, 8, t0 + 120s, false));
  REQUIRE(p.record.outages().size() == 1);
  CHECK(p.record.outages()[0].from == t0 + 100s);
  CHECK(p.record.outages()[0].until == t0 + 135s);
}

TEST_CASE("a path's last word at the end makes no outage") {
  pair p;
  p.pings(0, 3);
  p.paths(3500ms, path_state::none);
  p.record.end(t0 + 4s);
  CHECK(p.record.outages().empty());
  CHECK(p.record.last_state(t0, t0 + 4s) == pair_state::relayed);
}

TEST_CASE("a second event is not forgotten for a first one") {
  pair p;
  p.ping(0s);
  p.record.struck(t0 + 1s);
  p.record.sent(t0 + 2s, 50);
  p.record.struck(t0 + 2020ms);
  p.record.answered(t0 + 2050ms, 50, t0 + 2s, false);
  p.lost(60s);
  p.ping(120s);
  REQUIRE(p.record.outages().size() == 1);
  CHECK(p.record.outages()[0].from == t0 + 2020ms);
}

TEST_CASE("a relay that dies while one of the two is away had no pair") {
  pair p;
  p.ping(0s);
  p.record.down(t0 + 5s);
  p.record.relay_died(t0 + 6s);
  CHECK(p.record.failovers().empty());
}

TEST_CASE("an answer to what was sent before a stop ends the outage and is no copy") {
  pair p;
  p.ping(0s);
  p.lost(5s);
  p.record.down(t0 + 5500ms);
  p.record.up(t0 + 10s);
  CHECK(p.record.answered(t0 + 12s, p.sequence, t0 + 5s, false));
  CHECK_FALSE(p.record.answered(t0 + 13s, p.sequence, t0 + 5s, false));
  REQUIRE(p.record.outages().size() == 1);
  CHECK(p.record.outages()[0].until == t0 + 12s);
  CHECK(p.record.settled() == 0);
}

TEST_CASE("a pair has no state in a stretch in which it did not run") {
  pair p;
  p.ping(0s);
  p.record.down(t0 + 5s);
  p.record.end(t0 + 60s);
  CHECK(p.record.last_state(t0 + 10s, t0 + 20s) == pair_state::offline);
  CHECK(p.record.last_state(t0 + 4s, t0 + 20s) == pair_state::relayed);
}
