#include "actors/proto/relay/guest.hpp"

#include "tests/support/actions.hpp"
#include "tests/support/relay_world.hpp"

using namespace wh;
using namespace wh::relay;
using test::all;
using test::key;
using test::notes;
using test::relay_world;
using test::t0;

namespace {

/// The times at which somebody asked this relay.
std::vector<time_point> asked(const relay_world& w, std::uint32_t relay) {
  std::vector<time_point> t;
  for (const auto& q : w.questions)
    if (q.relay == key(relay)) t.push_back(q.when);
  return t;
}

std::vector<public_key> homes_of(const relay_world::guest_host& g) {
  const auto told = all<homes>(g.did);
  std::vector<public_key> keys;
  if (!told.empty())
    for (const wire::contact& c : told.back().relays) keys.push_back(c.key);
  return keys;
}

}  // namespace

TEST_CASE("two homes are kept - the longest known candidates first") {
  relay_world w(4);
  auto& g = w.add_guest();
  for (std::uint32_t n : {2U, 1U, 3U, 4U}) w.tell(g, candidate{w.relay(n)});
  CHECK(w.questions.empty());
  w.tell(g, want_homes{true});
  w.run(1s);
  CHECK(homes_of(g) == std::vector{key(2), key(1)});
  CHECK(all<attached>(g.did).size() == 2);
  CHECK(all<attached>(g.did)[0].rtt == 2 * w.latency);
  CHECK(w.questions.size() == 2);
  CHECK(g.it.is_attached(key(2)));
  CHECK_FALSE(g.it.is_attached(key(3)));
}

TEST_CASE("homes are renewed before the strictest NAT forgets and not all at once") {
  relay_world w(2);
  auto& g = w.add_guest();
  for (std::uint32_t n : {1U, 2U}) w.tell(g, candidate{w.relay(n)});
  w.tell(g, want_homes{true});
  w.run(1h);
  for (std::uint32_t n : {1U, 2U}) {
    const auto t = asked(w, n);
    REQUIRE(t.size() > 100);
    duration least = 1h;
    for (std::size_t i = 1; i < t.size(); ++i) {
      CHECK(t[i] - t[i - 1] <= 25s + 2 * w.latency);
      CHECK(t[i] - t[i - 1] >= 22s);
      least = std::min(least, t[i] - t[i - 1]);
    }
    CHECK(least < 24s);
  }
  CHECK(all<attached>(g.did).size() == 2);
  CHECK(all<homes>(g.did).size() == 2);  // the first, then both; renewals are no news
}

TEST_CASE("a home that dies is asked three times and replaced by the next candidate") {
  relay_world w(3);
  auto& g = w.add_guest();
  for (std::uint32_t n : {1U, 2U, 3U}) w.tell(g, candidate{w.relay(n)});
  w.tell(g, want_homes{true});
  w.run(10s);
  w.kill(1);
  const auto before = asked(w, 1).size();
  w.run(30s);
  CHECK(asked(w, 1).size() == before + 3);
  CHECK(notes(g.did, note_kind::relay_silent) == 1);
  CHECK(all<detached>(g.did).size() == 1);
  CHECK(homes_of(g) == std::vector{key(2), key(3)});
  // A grudge of two minutes, although it is a candidate again.
  w.revive(1);
  w.kill(2);
  w.tell(g, candidate{w.relay(1)});
  w.run(30s);
  CHECK(homes_of(g) == std::vector{key(3)});
  CHECK(all<need_candidates>(g.did).size() >= 1);
  w.run(2min);
  CHECK(homes_of(g) == std::vector{key(3), key(1)});
}

TEST_CASE("without any home a candidate that was silent is asked again after ten seconds") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.kill(1);
  w.tell(g, want_homes{true});
  w.tell(g, candidate{w.relay(1)});
  w.tell(g, candidates_end{});
  w.run(5s);
  CHECK(asked(w, 1).size() == 3);
  w.run(5s);
  CHECK(asked(w, 1).size() == 3);
  w.revive(1);
  w.run(5s);
  CHECK(homes_of(g) == std::vector{key(1)});
  w.run(1h);
  CHECK(notes(g.did, note_kind::relay_silent) == 1);
}

TEST_CASE("a suspected relay is asked at once and found dead by its own round trip") {
  relay_world w(2);
  auto& g = w.add_guest();
  for (std::uint32_t n : {1U, 2U}) w.tell(g, candidate{w.relay(n)});
  w.tell(g, want_homes{true});
  w.run(10s);
  w.kill(1);
  const auto suspected = w.now;
  w.tell(g, suspect{key(1)});
  for (int i = 0; i < 20; ++i) w.tell(g, suspect{key(1)});  // one question at a time
  w.run(740ms);
  CHECK(all<detached>(g.did).empty());
  w.run(20ms);
  REQUIRE(all<detached>(g.did).size() == 1);
  CHECK(w.now - suspected < 800ms);
  CHECK(asked(w, 1).size() == 4);
}

TEST_CASE("a suspected relay that lives stays") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.tell(g, candidate{w.relay(1)});
  w.tell(g, want_homes{true});
  w.run(1s);
  for (int i = 0; i < 50; ++i) {
    w.tell(g, suspect{key(1)});
    w.run(100ms);
  }
  CHECK(all<detached>(g.did).empty());
  CHECK(all<attached>(g.did).size() == 1);
}

TEST_CASE("a way that became longer than our patience does not kill a living relay") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.tell(g, candidate{w.relay(1)});
  w.tell(g, want_homes{true});
  w.run(1s);
  w.latency = 300ms;  // there and back 600 ms; we ask again every 250
  w.run(5min);
  CHECK(all<detached>(g.did).empty());
}

TEST_CASE("a relay that refuses or is full gives way to another") {
  for (const bool full : {false, true}) {
    relay_world w(0);
    w.add_relay(full ? host_config{.guests_max = 0} : host_config{.consents = false});
    w.add_relay({});
    w.add_relay({});
    auto& g = w.add_guest();
    for (std::uint32_t n : {1U, 2U, 3U}) w.tell(g, candidate{w.relay(n)});
    w.tell(g, want_homes{true});
    w.run(1s);
    CHECK(homes_of(g) == std::vector{key(2), key(3)});
    CHECK(notes(g.did, note_kind::relay_refused) == 1);
    w.tell(g, candidate{w.relay(1)});
    w.run(1min);
    CHECK(asked(w, 1).size() == 1);
  }
}

TEST_CASE("without candidates more are asked for - every half minute") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.tell(g, want_homes{true});
  w.run(65s);
  CHECK(all<need_candidates>(g.did).size() == 3);
  w.tell(g, candidate{w.relay(1)});
  w.run(1s);
  CHECK(homes_of(g) == std::vector{key(1)});
}

TEST_CASE("homes are complete when they are two or when nobody else is known") {
  relay_world two(2);
  auto& a = two.add_guest();
  for (std::uint32_t n : {1U, 2U}) two.tell(a, candidate{two.relay(n)});
  two.tell(a, want_homes{true});
  two.run(1s);
  REQUIRE(all<homes>(a.did).size() == 2);
  CHECK_FALSE(all<homes>(a.did)[0].complete);
  CHECK(all<homes>(a.did)[1].complete);

  for (const bool answer_first : {false, true}) {
    relay_world one(1);
    auto& b = one.add_guest();
    one.tell(b, want_homes{true});
    one.tell(b, candidate{one.relay(1)});
    if (answer_first) one.run(1s);
    one.tell(b, candidates_end{});
    if (!answer_first) CHECK(all<homes>(b.did).empty());  // the one that is asked may yet be one
    one.run(1s);
    CHECK(all<homes>(b.did).size() == (answer_first ? 2 : 1));
    CHECK(all<homes>(b.did).back().relays == std::vector{one.relay(1)});
    CHECK(all<homes>(b.did).back().complete);
    // Asked for again every half minute, the same answer is no news.
    one.run(31s);
    one.tell(b, candidates_end{});
    CHECK(all<homes>(b.did).size() == (answer_first ? 2 : 1));
  }
}

TEST_CASE("homes are not complete while a candidate is asked and are when it proves to be none") {
  for (const bool dead : {true, false}) {
    relay_world w(1);
    w.add_relay({.consents = false});
    if (dead) w.kill(2);
    auto& g = w.add_guest();
    w.tell(g, candidate{w.relay(1)});
    w.tell(g, want_homes{true});
    w.tell(g, candidate{w.relay(2)});
    w.tell(g, candidates_end{});
    w.run(dead ? 2900ms : 39ms);
    CHECK(std::none_of(g.did.begin(), g.did.end(), [](const guest_action& a) {
      const auto* h = std::get_if<homes>(&a);
      return h && h->complete;
    }));
    w.run(200ms);
    CHECK(homes_of(g) == std::vector{key(1)});
    CHECK(all<homes>(g.did).back().complete);
  }
}

TEST_CASE("a home that is lost with others to ask leaves the homes incomplete until they answer") {
  relay_world w(3);
  auto& g = w.add_guest();
  for (std::uint32_t n : {1U, 2U, 3U}) w.tell(g, candidate{w.relay(n)});
  w.tell(g, want_homes{true});
  w.tell(g, candidates_end{});
  w.run(1s);
  w.kill(1);
  w.tell(g, guest_failed{key(1)});
  CHECK(homes_of(g) == std::vector{key(2)});
  CHECK_FALSE(all<homes>(g.did).back().complete);
  w.run(1s);
  CHECK(homes_of(g) == std::vector{key(2), key(3)});
  CHECK(all<homes>(g.did).back().complete);
}

TEST_CASE("of many candidates sixteen are remembered - the newest") {
  relay_world w(40);
  auto& g = w.add_guest();
  for (std::uint32_t n = 1; n <= 40; ++n) w.tell(g, candidate{w.relay(n)});
  for (std::uint32_t n = 25; n <= 40; ++n) w.tell(g, candidate{w.relay(n)});  // known: no change
  w.tell(g, want_homes{true});
  w.run(1s);
  CHECK(homes_of(g) == std::vector{key(25), key(26)});
  for (std::uint32_t n = 1; n <= 40; ++n) w.kill(n);
  w.run(5min);
  CHECK(w.asked_relays() == 16);
}

TEST_CASE("who needs homes no longer says so of each and keeps those that others need") {
  relay_world w(2);
  auto& g = w.add_guest();
  for (std::uint32_t n : {1U, 2U}) w.tell(g, candidate{w.relay(n)});
  w.tell(g, want_homes{true});
  w.run(1s);
  w.tell(g, visit{w.relay(2), true});
  w.tell(g, want_homes{false});
  CHECK(homes_of(g).empty());
  REQUIRE(all<detached>(g.did).size() == 1);
  CHECK(all<detached>(g.did)[0].relay == key(1));
  CHECK(g.it.is_attached(key(2)));
  w.run(5min);
  CHECK(g.it.is_attached(key(2)));
  w.tell(g, visit{w.relay(2), false});
  CHECK_FALSE(g.it.next_timeout());
}

TEST_CASE("visits are counted: the last to leave ends the stay") {
  relay_world w(1);
  auto& g = w.add_guest();
  for (int i = 0; i < 3; ++i) w.tell(g, visit{w.relay(1), true});
  w.run(1s);
  CHECK(all<attached>(g.did).size() == 1);
  w.tell(g, visit{w.relay(1), true});  // already there: told at once
  CHECK(all<attached>(g.did).size() == 2);
  for (int i = 0; i < 3; ++i) w.tell(g, visit{w.relay(1), false});
  CHECK(g.it.is_attached(key(1)));
  w.tell(g, visit{w.relay(1), false});
  CHECK_FALSE(g.it.is_attached(key(1)));
  CHECK(all<detached>(g.did).size() == 1);
  w.tell(g, visit{w.relay(1), false});
  CHECK(all<detached>(g.did).size() == 1);
  CHECK_FALSE(g.it.next_timeout());
}

TEST_CASE("a visited relay is a home as good as any") {
  relay_world w(2);
  auto& g = w.add_guest();
  w.tell(g, visit{w.relay(1), true});
  w.run(1s);
  w.tell(g, candidate{w.relay(2)});
  w.tell(g, want_homes{true});
  w.run(1s);
  CHECK(homes_of(g) == std::vector{key(1), key(2)});
  w.tell(g, visit{w.relay(1), false});
  CHECK(g.it.is_attached(key(1)));
}

TEST_CASE("a relay whose owner does not consent is not asked again for an hour") {
  relay_world w(0);
  w.add_relay({.consents = false});
  auto& g = w.add_guest();
  w.tell(g, candidate{w.relay(1)});
  w.tell(g, want_homes{true});
  for (int i = 0; i < 59; ++i) {
    w.run(1min);
    w.tell(g, candidate{w.relay(1)});
  }
  CHECK(notes(g.did, note_kind::relay_refused) == 1);
  w.run(5min);
  CHECK(notes(g.did, note_kind::relay_refused) == 2);
}

TEST_CASE("a visit to a relay that failed as a home is tried all the same") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.kill(1);
  w.tell(g, candidate{w.relay(1)});
  w.tell(g, want_homes{true});
  w.run(10s);
  REQUIRE(all<detached>(g.did).size() == 1);
  w.revive(1);
  w.tell(g, visit{w.relay(1), true});
  w.run(1s);
  CHECK(g.it.is_attached(key(1)));
}

TEST_CASE("a relay that one visits in vain is told to be gone after three seconds") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.kill(1);
  w.tell(g, visit{w.relay(1), true});
  w.run(2900ms);
  CHECK(all<detached>(g.did).empty());
  w.run(200ms);
  CHECK(all<detached>(g.did).size() == 1);
}

TEST_CASE("visits are bounded: one too many is refused at once") {
  relay_world w(0);
  auto& g = w.add_guest();
  for (std::uint32_t n = 1; n <= 200; ++n) w.tell(g, visit{{key(n), w.address(n)}, true});
  CHECK(w.questions.size() == 66);
  CHECK(all<detached>(g.did).size() == 134);
}

TEST_CASE("a relay whose endpoint is not known is visited and named to nobody before it is") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.tell(g, want_homes{true});
  w.tell(g, visit{{key(1), {}}, true});
  w.run(1s);
  CHECK(g.it.is_attached(key(1)));
  CHECK(homes_of(g).empty());  // the answer came from nowhere in particular, too
  w.tell(g, visit{w.relay(1), true});
  w.tell(g, candidates_end{});
  CHECK(homes_of(g) == std::vector{key(1)});
}

TEST_CASE("who suspects a relay that carries for us no more is told so") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.tell(g, suspect{key(1)});
  REQUIRE(all<detached>(g.did).size() == 1);
  CHECK(all<detached>(g.did)[0].relay == key(1));
}

TEST_CASE("an answer to another question is ignored") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.kill(1);
  w.tell(g, visit{w.relay(1), true});
  wire::relay_attached a;
  a.lease_s = 75;
  a.tx = wire::transaction{w.questions[0].tx.value + 1};
  w.tell(g, guest_received{key(1), a});
  CHECK_FALSE(g.it.is_attached(key(1)));
  a.tx = w.questions[0].tx;
  w.tell(g, guest_received{key(2), a});  // nor is anybody else's
  CHECK_FALSE(g.it.is_attached(key(1)));
  w.tell(g, guest_received{key(1), a});
  CHECK(g.it.is_attached(key(1)));
  const auto due = g.it.next_timeout();
  w.tell(g, guest_received{key(1), a});  // again
  CHECK(g.it.next_timeout() == due);
}

TEST_CASE("a relay that grants leases of nothing does not set the guest's pace") {
  for (const std::uint16_t lease : {std::uint16_t{0}, std::uint16_t{3}, std::uint16_t{65535}}) {
    relay_world w(1);
    auto& g = w.add_guest();
    w.lease_s = lease;
    w.tell(g, visit{w.relay(1), true});
    w.run(10min);
    CHECK(w.questions.size() >= 24);
    CHECK(w.questions.size() <= 121);
  }
}

TEST_CASE("what the session layer gave up on is gone with a grudge") {
  relay_world w(2);
  auto& g = w.add_guest();
  for (std::uint32_t n : {1U, 2U}) w.tell(g, candidate{w.relay(n)});
  w.tell(g, want_homes{true});
  w.run(1s);
  w.tell(g, guest_failed{key(1)});
  w.tell(g, guest_failed{key(7)});
  CHECK(homes_of(g) == std::vector{key(2)});
  w.tell(g, candidate{w.relay(1)});
  w.run(10s);
  CHECK(asked(w, 1).size() == 1);
}

TEST_CASE("six guests and five relays that come and go end with two homes each") {
  for (std::uint64_t s = 1; s <= 5; ++s) {
    relay_world w(5, s);
    seeded_rng r{seed{s}.derive("faults")};
    for (int i = 0; i < 6; ++i) {
      auto& g = w.add_guest();
      for (std::uint32_t n = 1; n <= 5; ++n) w.tell(g, candidate{w.relay(n)});
      w.tell(g, want_homes{true});
    }
    for (int minute = 0; minute < 20; ++minute) {
      const auto n = static_cast<std::uint32_t>(r.between(1, 5));
      w.kill(n);
      w.run(1min);
      w.revive(n);
      for (auto& g : w.guests()) w.tell(g, candidate{w.relay(n)});
    }
    w.run(5min);
    for (auto& g : w.guests()) {
      CHECK(homes_of(g).size() == 2);
      for (const public_key& k : homes_of(g)) CHECK(w.host_of(k).guests() >= 1);
    }
  }
}

TEST_CASE("whatever comes a guest keeps its bounds and never works twice at one instant") {
  for (std::uint64_t s = 1; s <= 60; ++s) {
    seeded_rng random{seed{s}};
    guest g({}, random);
    seeded_rng r{seed{s}.derive("inputs")};
    time_point now = t0;
    guest_actions out;
    std::vector<std::pair<public_key, wire::transaction>> open;
    for (int i = 0; i < 600; ++i) {
      out.clear();
      const auto n = static_cast<std::uint32_t>(r.below(100));
      const wire::contact c{key(n), {ip_address::v4(0xc6336400U + n), 1}};
      switch (r.below(9)) {
        case 0:
          g.handle(now, candidate{c}, out);
          break;
        case 1:
          g.handle(now, want_homes{r.chance(0.7)}, out);
          break;
        case 2:
          g.handle(now, visit{c, r.chance(0.7)}, out);
          break;
        case 3:
          g.handle(now, suspect{c.key}, out);
          break;
        case 4:
          g.handle(now, guest_failed{c.key}, out);
          break;
        case 5:
        case 6:
          if (!open.empty()) {
            const auto q = open[r.below(open.size())];
            wire::relay_attached a;
            a.tx = q.second;
            a.result = static_cast<wire::attach_result>(r.chance(0.8) ? 0 : r.below(3));
            a.lease_s = static_cast<std::uint16_t>(r.below(200));
            g.handle(now, guest_received{q.first, a}, out);
          }
          break;
        default: {
          now += duration{static_cast<std::int64_t>(r.below(5'000'000'000))};
          g.handle_timeout(now, out);
          if (g.next_timeout()) REQUIRE(*g.next_timeout() > now);
        }
      }
      const auto sends = all<guest_send>(out);
      REQUIRE(sends.size() <= 70);
      for (const guest_send& q : sends)
        open.emplace_back(q.to.key, std::get<wire::relay_attach>(q.what).tx);
      if (open.size() > 100) open.erase(open.begin(), open.end() - 100);
      if (const auto told = all<homes>(out); !told.empty()) {
        REQUIRE(told.back().relays.size() <= 2);
        for (const wire::contact& x : told.back().relays) REQUIRE(g.is_attached(x.key));
      }
      for (const attached& a : all<attached>(out)) REQUIRE(a.rtt >= 0ns);
    }
  }
}

TEST_CASE("a relay farther away than our patience becomes a home when its answer has come") {
  relay_world w(2);
  w.latency = 1900ms;
  auto& g = w.add_guest();
  for (std::uint32_t n : {1U, 2U}) w.tell(g, candidate{w.relay(n)});
  w.tell(g, want_homes{true});
  w.run(3100ms);
  CHECK(homes_of(g).empty());
  CHECK(notes(g.did, note_kind::relay_silent) == 2);
  w.run(10s);
  CHECK(homes_of(g).size() == 2);
  const auto asked_then = w.questions.size();
  w.run(10min);
  CHECK(notes(g.did, note_kind::relay_silent) == 2);
  CHECK(w.questions.size() - asked_then < 60);  // once for each renewal
}

TEST_CASE("a peer that lost all its homes finds them again when it is heard again") {
  relay_world w(2);
  auto& g = w.add_guest();
  for (std::uint32_t n : {1U, 2U}) w.tell(g, candidate{w.relay(n)});
  w.tell(g, want_homes{true});
  w.run(10s);
  w.tell(g, candidates_end{});
  w.kill(1);
  w.kill(2);
  w.run(4min);
  CHECK(homes_of(g).empty());
  w.revive(1);
  w.revive(2);
  SECTION("both of them as one that answers shows that it was itself whom nobody heard") {
    w.run(5s);
    CHECK(homes_of(g).size() == 2);
  }
  SECTION("not once homes are not wanted") {
    w.tell(g, want_homes{false});
    const auto before = w.questions.size();
    w.run(5s);
    CHECK(w.questions.size() == before);
  }
}

TEST_CASE("the longer the homes are lost the more seldom they are asked") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.tell(g, candidate{w.relay(1)});
  w.tell(g, want_homes{true});
  w.run(10s);
  w.tell(g, candidates_end{});
  w.kill(1);
  w.run(24h);
  // Three questions a try, one a minute at last.
  const auto before = w.questions.size();
  w.run(1h);
  CHECK(w.questions.size() - before <= 3 * 60);
  CHECK(w.questions.size() - before >= 3 * 50);
}

TEST_CASE("a candidate with room comes before one with little and a full one is for who has none") {
  relay_world w(3);
  auto& g = w.add_guest();
  w.tell(g, candidate{w.relay(1), 0});
  w.tell(g, candidate{w.relay(2), 3});
  w.tell(g, candidate{w.relay(3), 90});
  w.tell(g, want_homes{true});
  CHECK(w.questions.size() == 1);
  CHECK(w.questions.back().relay == key(3));
  w.run(1s);
  CHECK(homes_of(g) == std::vector{key(3)});
  SECTION("the one with little is asked when nobody else is known") {
    w.tell(g, candidates_end{});
    w.run(1s);
    CHECK(homes_of(g) == std::vector{key(3), key(2)});
  }
  SECTION("or after two seconds") {
    w.run(2s);
    CHECK(homes_of(g) == std::vector{key(3), key(2)});
  }
}

TEST_CASE("a full relay is asked by who has no home and knows no other") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.tell(g, candidate{w.relay(1), 0});
  w.tell(g, want_homes{true});
  w.tell(g, candidates_end{});
  w.run(3s);
  CHECK(homes_of(g) == std::vector{key(1)});
}

TEST_CASE("what others say of relays never takes the place of one that answered us") {
  relay_world w(3);
  auto& g = w.add_guest();
  w.tell(g, candidate{w.relay(1)});
  w.tell(g, candidate{w.relay(2)});
  for (std::uint32_t n = 0; n < 100; ++n)
    w.tell(g, candidate{{key(5000 + n), {ip_address::v4(0x14000000U + (n << 8)), 1}}, 500, false});
  w.tell(g, want_homes{true});
  w.run(1s);
  CHECK(homes_of(g) == std::vector{key(1), key(2)});
}

TEST_CASE("a home that moved is asked where it answers from") {
  relay_world w(1);
  auto& g = w.add_guest();
  w.tell(g, candidate{w.relay(1)});
  w.tell(g, want_homes{true});
  w.tell(g, candidates_end{});
  w.run(1min);
  REQUIRE(homes_of(g) == std::vector{key(1)});
  const auto there = w.move(1, w.address(9));
  w.run(2min);  // it is asked where it was, and resented
  REQUIRE(homes_of(g).empty());
  // Hearsay changes nothing.
  w.tell(g, candidate{.who = there, .proven = false});
  w.run(5s);
  CHECK(homes_of(g).empty());
  w.tell(g, candidate{there});
  w.run(1s);
  CHECK(homes_of(g) == std::vector{key(1)});
  CHECK(all<homes>(g.did).back().relays.front().where == there.where);
}
