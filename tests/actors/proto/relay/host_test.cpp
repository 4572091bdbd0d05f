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
  r.it.handle_timeout(r.now);
  CHECK(r.it.guests() == 1);
  REQUIRE(r.it.next_timeout());
  CHECK(*r.it.next_timeout() == t0 + 125s);
  r.it.handle_timeout(t0 + 125s);
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
        r.it.handle_timeout(r.now);
        if (r.it.next_timeout()) REQUIRE(*r.it.next_timeout() > r.now);
        REQUIRE((r.it.guests() == 0) == !r.it.next_timeout());
      }
    }
  }
}
