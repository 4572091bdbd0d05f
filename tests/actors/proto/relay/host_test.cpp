#include "actors/proto/relay/host.hpp"

#include "tests/support/actions.hpp"
#include "tests/support/arbitrary.hpp"

using namespace wh;
using namespace wh::relay;
using test::all;
using test::at;
using test::key;
using test::notes;
using test::t0;

namespace {

const endpoint seen = at("203.0.113.7:40000");
const public_key alice = key(1), bob = key(2), carol = key(3);

struct relaying {
  explicit relaying(host_config c = {}) : it(c) {}
  void attaches(const public_key& who, std::uint32_t tx = 1) {
    it.handle(now, {who, seen, wire::relay_attach{wire::transaction{tx}}}, out);
  }
  void frame(const public_key& from, const public_key& to, std::size_t size) {
    it.handle(now, {from, seen, wire::relay_to{to, bytes(size, 7)}}, out);
  }
  /// What the relay sent since last asked.
  std::vector<host_send> sent() {
    auto s = all<host_send>(out);
    out.clear();
    return s;
  }
  /// How many of these frames, sent at a time apart, come through.
  std::size_t passes(int frames, std::size_t size, duration apart) {
    std::size_t n = 0;
    for (int i = 0; i < frames; ++i, now += apart) {
      frame(alice, bob, size);
      for (const host_send& s : sent()) n += std::holds_alternative<wire::relayed>(s.what);
    }
    return n;
  }

  host it;
  time_point now = t0;
  host_actions out;
};

bool unknown(const host_send& s, const public_key& who) {
  const auto* m = std::get_if<wire::relay_unknown>(&s.what);
  return m && m->to == who;
}

}  // namespace

TEST_CASE("a guest is told its lease and where it was seen") {
  relaying r;
  r.attaches(alice, 77);
  const auto sent = r.sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].to == alice);
  CHECK(sent[0].what == wire::message{wire::relay_attached{
                            wire::transaction{77}, wire::attach_result::granted, 75, seen}});
}

TEST_CASE("a frame is passed on between two guests - under its sender's authenticated key") {
  relaying r;
  r.attaches(alice);
  r.attaches(bob);
  r.sent();
  r.frame(alice, bob, 100);
  const auto sent = r.sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].to == bob);
  CHECK(sent[0].what == wire::message{wire::relayed{alice, bytes(100, 7)}});
  CHECK(r.it.forwarded_bytes() == 100);
}

TEST_CASE("nobody is sent frames that is no guest and nobody else's are taken") {
  relaying r;
  r.attaches(alice);
  r.sent();
  r.frame(alice, carol, 10);
  auto sent = r.sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].to == alice);
  CHECK(unknown(sent[0], carol));
  // A stranger learns that it is one itself: a guest that the relay forgot attaches again.
  r.frame(carol, alice, 10);
  sent = r.sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].to == carol);
  CHECK(unknown(sent[0], carol));
  CHECK(r.it.forwarded_bytes() == 0);
}

TEST_CASE("a lease that ran out takes the guest with it - a renewed one does not") {
  relaying r;
  r.attaches(alice);
  r.attaches(bob);
  r.now += 50s;
  r.attaches(alice);
  r.now = t0 + 75s;
  r.sent();
  r.frame(alice, bob, 10);  // before any timeout was handled
  auto sent = r.sent();
  REQUIRE(sent.size() == 1);
  CHECK(unknown(sent[0], bob));
  r.it.handle_timeout(r.now, r.out);
  CHECK(r.it.guests() == 1);
  REQUIRE(r.it.next_timeout());
  CHECK(*r.it.next_timeout() == t0 + 125s);
  r.it.handle_timeout(t0 + 125s, r.out);
  CHECK(r.it.guests() == 0);
  CHECK_FALSE(r.it.next_timeout());
}

TEST_CASE("a full relay says so and keeps its guests and takes new ones when a lease ends") {
  relaying r({.guests_max = 3});
  for (std::uint32_t n = 1; n <= 3; ++n) {
    r.attaches(key(n));
    r.now += 10s;
  }
  r.sent();
  r.attaches(key(9));
  r.attaches(key(1));
  const auto sent = r.sent();
  REQUIRE(sent.size() == 2);
  CHECK(std::get<wire::relay_attached>(sent[0].what).result == wire::attach_result::full);
  CHECK(std::get<wire::relay_attached>(sent[1].what).result == wire::attach_result::granted);
  CHECK(r.it.guests() == 3);
  r.now = t0 + 10s + 75s;  // the second one's end
  r.attaches(key(9));
  CHECK(std::get<wire::relay_attached>(r.sent()[0].what).result == wire::attach_result::granted);
  CHECK(r.it.guests() == 3);
}

TEST_CASE("who does not consent refuses every guest") {
  relaying r({.consents = false});
  r.attaches(alice);
  CHECK(std::get<wire::relay_attached>(r.sent()[0].what).result == wire::attach_result::refused);
  CHECK(r.it.guests() == 0);
  CHECK_FALSE(r.it.next_timeout());
}

TEST_CASE("a guest sends its burst at once and its rate after that") {
  relaying r({.guest_bytes_per_s = 100'000, .guest_burst_bytes = 50'000});
  r.attaches(alice);
  r.attaches(bob);
  r.sent();
  CHECK(r.passes(100, 1000, 0ms) == 50);
  CHECK(r.passes(1000, 1000, 1ms) == 99);  // each is paid for by 10 ms; the first comes too early
  CHECK(notes(r.out, note_kind::relay_over_limit) == 0);
  r.frame(alice, bob, 50'001);
  CHECK(notes(r.out, note_kind::relay_over_limit) == 1);
}

TEST_CASE("a bucket fills to its burst and no further however long the pause") {
  relaying r({.guest_bytes_per_s = 1000, .guest_burst_bytes = 5000});
  r.attaches(alice);
  r.attaches(bob);
  CHECK(r.passes(6, 1000, 0ms) == 5);
  r.now += 60s;
  CHECK(r.passes(9, 1000, 0ms) == 5);
}

TEST_CASE("a slow limit loses nothing to rounding - at whatever pace frames come") {
  for (const duration apart : {duration{1500us}, duration{333us}, duration{1900ns}}) {
    relaying r({.guest_bytes_per_s = 1000, .guest_burst_bytes = 1000});
    r.attaches(alice);
    r.attaches(bob);
    r.sent();
    CHECK(r.passes(1, 1000, 0ms) == 1);
    const auto start = r.now;
    const auto frames = static_cast<int>(20s / apart);
    std::size_t passed = 0;
    for (int i = 0; i < std::min(frames, 15'000); ++i) passed += r.passes(1, 1, apart);
    const double earned = std::min<double>(to_seconds(r.now - start) * 1000, 15'000);
    CHECK(static_cast<double>(passed) <= earned + 1);
    CHECK(static_cast<double>(passed) >= std::min<double>(earned, frames) - 2);
  }
}

TEST_CASE("one guest's flood is not taken from another's bucket") {
  relaying r({.guest_bytes_per_s = 1000, .guest_burst_bytes = 3000});
  r.attaches(alice);
  r.attaches(bob);
  CHECK(r.passes(100, 1000, 0ms) == 3);
  r.frame(bob, alice, 1000);
  CHECK(std::holds_alternative<wire::relayed>(r.sent()[0].what));
}

TEST_CASE("whatever comes a relay sends at most one answer a message and keeps its bounds") {
  for (std::uint64_t s = 1; s <= 40; ++s) {
    seeded_rng random{seed{s}};
    test::arbitrary any{random};
    relaying r({.guests_max = 4, .lease = 20s});
    for (int i = 0; i < 300; ++i) {
      const public_key who = key(static_cast<std::uint32_t>(random.below(8)));
      if (random.chance(0.3))
        r.attaches(who);
      else if (random.chance(0.5))
        r.frame(who, key(static_cast<std::uint32_t>(random.below(8))), random.below(1400));
      else
        r.it.handle(r.now, {who, seen, any.message()}, r.out);
      REQUIRE(r.sent().size() <= 1);
      REQUIRE(r.it.guests() <= 4);
      if (random.chance(0.3)) {
        r.now += duration{static_cast<std::int64_t>(random.below(30'000'000'000))};
        r.it.handle_timeout(r.now, r.out);
        if (r.it.next_timeout()) REQUIRE(*r.it.next_timeout() > r.now);
        REQUIRE((r.it.guests() == 0) == !r.it.next_timeout());
      }
    }
  }
}

TEST_CASE("a full relay takes the visitors of its guests and nobody else") {
  relaying r({.guests_max = 1, .beside_max = 2});
  r.attaches(alice);
  r.sent();
  const auto result = [&](const public_key& who, std::optional<std::uint8_t> homes,
                          std::optional<public_key> meets) {
    wire::relay_attach m;
    m.homes = homes;
    m.meets = meets;
    r.it.handle(r.now, {who, seen, m}, r.out);
    const auto sent = r.sent();
    REQUIRE(sent.size() == 1);
    return std::get<wire::relay_attached>(sent[0].what);
  };
  CHECK(result(bob, {}, {}).result == wire::attach_result::full);
  CHECK(result(bob, 1, {}).result == wire::attach_result::full);
  CHECK(result(bob, {}, carol).result == wire::attach_result::full);  // who is no guest here
  CHECK(result(bob, {}, alice).result == wire::attach_result::granted);
  CHECK(r.it.guests() == 1);
  CHECK(r.it.guests_beside() == 1);
  SECTION("frames pass between the two") {
    r.frame(bob, alice, 10);
    const auto sent = r.sent();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].to == alice);
    CHECK(std::holds_alternative<wire::relayed>(sent[0].what));
  }
  SECTION("a visitor whose host has gone is no visitor") {
    r.now += 70s;
    r.now += 6s;
    CHECK(result(bob, {}, alice).result == wire::attach_result::granted);  // now one of the places
    CHECK(r.it.guests_beside() == 0);
  }
}

TEST_CASE("a peer without another home has a place where all are taken") {
  relaying r({.guests_max = 1, .beside_max = 4});
  r.attaches(alice);
  r.sent();
  wire::relay_attach m;
  m.homes = 0;
  r.it.handle(r.now, {bob, at("198.51.100.1:1"), m}, r.out);
  const auto answer = std::get<wire::relay_attached>(r.sent().at(0).what);
  CHECK(answer.result == wire::attach_result::granted);
  CHECK(answer.room == 0);
  CHECK(r.it.guests_beside() == 1);
}

TEST_CASE("of a full relay's places the network with the most gives one to another network") {
  relaying r({.guests_max = 3});
  for (std::uint32_t n = 1; n <= 3; ++n) r.attaches(key(n));
  r.it.handle(r.now, {key(9), at("198.51.100.1:1"), wire::relay_attach{}}, r.out);
  CHECK(std::get<wire::relay_attached>(r.sent().back().what).result ==
        wire::attach_result::granted);
  r.frame(key(9), key(3), 1);
  CHECK(unknown(r.sent().at(0), key(3)));  // its newest
  // One guest against two: the next of the new network takes no more than its share.
  r.it.handle(r.now, {key(10), at("198.51.100.2:1"), wire::relay_attach{}}, r.out);
  CHECK(std::get<wire::relay_attached>(r.sent().back().what).result == wire::attach_result::full);
}

TEST_CASE("an owner may change the room and guests stay guests") {
  relaying r({.guests_max = 2});
  for (std::uint32_t n = 1; n <= 2; ++n) r.attaches(key(n));
  CHECK(r.it.room() == 0);
  r.it.handle(r.now, set_room{5, {}}, r.out);
  CHECK(r.it.room() == 3);
  CHECK(notes(r.out, note_kind::relay_room_changed) == 1);
  r.it.handle(r.now, set_room{1, 1000}, r.out);
  CHECK(r.it.room() == 0);
  r.sent();
  r.attaches(key(2));
  CHECK(std::get<wire::relay_attached>(r.sent().at(0).what).result == wire::attach_result::granted);
  r.now += 76s;
  r.it.handle_timeout(r.now, r.out);
  CHECK(notes(r.out, note_kind::relay_guest_left) == 2);
  CHECK(r.it.room() == 1);
}
