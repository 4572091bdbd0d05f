#include "sim/world/invariants.hpp"

#include "actors/proto/session/packet.hpp"
#include "tests/sim/world/scene.hpp"

namespace {

using namespace wh;
using namespace wh::sim;
using namespace wh::sim::test;
using session::packet::type;

constexpr time_point t0{1000s};
const endpoint place{ip_address::v4(192, 0, 2, 1), 4000},
    other_place{ip_address::v4(192, 0, 2, 2), 4000};

bytes packet(type t, std::size_t size, std::uint32_t index = 7, std::uint64_t counter = 0) {
  bytes d(size, 0x5a);
  d[0] = session::packet::magic;
  d[1] = 1;
  d[2] = static_cast<std::uint8_t>(t);
  d[3] = 0;
  store_be(d.data() + 4, index);
  if (size >= 16) store_be(d.data() + 8, counter);
  return d;
}

/// How often each was broken, once something was planted.
struct watched {
  invariants it{{[](host_number h) { return "host-" + std::to_string(h); }, true}};

  std::uint64_t broken(invariant i) const { return row(i).broken; }
  const invariant_row& row(invariant i) const { return it.rows()[static_cast<std::size_t>(i)]; }
  /// Only this one, and once.
  bool only(invariant i) const {
    for (std::size_t n = 0; n < invariant_texts.size(); ++n)
      if (it.rows()[n].broken != (n == static_cast<std::size_t>(i) ? 1U : 0U)) return false;
    return row(i).first.find("host-") != std::string::npos;
  }
};

TEST_CASE("a counter that is used twice is seen and one of another session is not") {
  watched w;
  w.it.sent(t0, 0, place, packet(type::transport, 60, 7, 1), false);
  w.it.sent(t0, 0, place, packet(type::transport, 60, 7, 2), false);
  w.it.sent(t0, 0, place, packet(type::transport, 60, 8, 2), false);
  w.it.sent(t0, 1, place, packet(type::transport, 60, 7, 2), false);
  w.it.came(0, other_place, packet(type::response, 92, 7));  // a session of its own
  w.it.sent(t0, 0, place, packet(type::transport, 60, 7, 1), false);
  CHECK(w.broken(invariant::counter) == 0);
  w.it.sent(t0, 0, place, packet(type::transport, 60, 7, 1), false);
  CHECK(w.only(invariant::counter));
  w.it.life_over(0);
  w.it.sent(t0, 0, place, packet(type::transport, 60, 7, 1), false);
  CHECK(w.only(invariant::counter));
}

TEST_CASE("a record that becomes older is seen") {
  watched w;
  w.it.noted(t0, 0, {}, {note_kind::record_signed, {}, {}, 10});
  w.it.noted(t0, 0, {}, {note_kind::record_signed, {}, {}, 11});
  w.it.noted(t0, 1, 0, {note_kind::dht_record_held, {}, {}, 11});
  w.it.noted(t0, 1, 0, {note_kind::dht_record_held, {}, {}, 11});  // again, as it was
  CHECK(w.broken(invariant::forward) == 0);
  SECTION("a holder's") { w.it.noted(t0, 1, 0, {note_kind::dht_record_held, {}, {}, 10}); }
  SECTION("its own") { w.it.noted(t0, 0, {}, {note_kind::record_signed, {}, {}, 11}); }
  CHECK(w.only(invariant::forward));
}

TEST_CASE("a message that nobody said is seen") {
  watched w;
  const wire::message ping = wire::ping{{42}};
  w.it.said(t0, 0, 1, wire::direct(place), ping);
  w.it.heard(t0, 0, 1, ping);
  w.it.heard(t0, 0, 1, ping);
  CHECK(w.broken(invariant::said) == 0);
  SECTION("another one") { w.it.heard(t0, 0, 1, wire::ping{{43}}); }
  SECTION("by another peer") { w.it.heard(t0, 2, 1, ping); }
  SECTION("to another peer") { w.it.heard(t0, 0, 2, ping); }
  CHECK(w.only(invariant::said));
}

TEST_CASE("payload that comes to somebody else or twice or from nowhere is seen") {
  watched w;
  const echo e{echo::kind::request, false, 0, 1, t0};
  echo back = e;
  back.what = echo::kind::reply;
  w.it.payload_sent(e);
  w.it.payload_came(t0, 0, 1, e, {0, 1});
  CHECK(w.broken(invariant::payload) == 0);
  SECTION("twice") { w.it.payload_came(t0, 0, 1, e, {0, 1}); }
  SECTION("to another") { w.it.payload_came(t0, 1, 2, back, {0, 1}); }
  SECTION("as if from another") { w.it.payload_came(t0, 2, 0, back, {0, 1}); }
  SECTION("never sent") {
    echo forged = back;
    forged.sent += 1ns;
    w.it.payload_came(t0, 1, 0, forged, {0, 1});
  }
  CHECK(w.only(invariant::payload));
}

TEST_CASE("a key and payload in clear are seen wherever they stand") {
  watched w;
  public_key k;
  for (std::size_t i = 0; i < k.value.size(); ++i) k.value[i] = static_cast<std::uint8_t>(100 + i);
  w.it.key(k);
  const echo e{echo::kind::request, false, 0, 1, time_point{1735689600123456789ns}};
  w.it.payload_sent(e);
  bytes d = packet(type::initiation, 401);
  w.it.sent(t0, 0, place, d, false);
  CHECK(w.broken(invariant::clear) == 0);
  SECTION("a key") { std::copy(k.value.begin(), k.value.end(), d.end() - 32); }
  SECTION("payload") {
    const bytes payload = encode(e, echo_size);
    std::copy(payload.begin(), payload.end(), d.begin() + 101);
  }
  w.it.sent(t0, 0, place, d, false);
  CHECK(w.only(invariant::clear));
}

TEST_CASE("more than three bytes for one are seen until the address has shown itself") {
  watched w;
  w.it.came(0, place, packet(type::initiation, 401));
  w.it.sent(t0, 0, place, packet(type::response, 1203), false);
  // Where we spoke first nothing is an answer.
  w.it.sent(t0, 0, other_place, packet(type::initiation, 401), false);
  w.it.sent(t0, 0, other_place, packet(type::transport, 1400, 9, 1), false);
  CHECK(w.broken(invariant::threefold) == 0);
  SECTION("not yet") {
    w.it.sent(t0, 0, place, packet(type::transport, 60, 7, 1), true);
    w.it.sent(t0, 0, place, packet(type::transport, 111, 7, 2), false);
    CHECK(w.broken(invariant::threefold) == 0);  // a ping, and a question of our own
    w.it.sent(t0, 0, place, packet(type::transport, 112, 7, 3), false);
    CHECK(w.only(invariant::threefold));
  }
  SECTION("what it read there comes from elsewhere") {
    w.it.came(0, other_place, packet(type::transport, 60, 7, 1));
    w.it.sent(t0, 0, place, packet(type::transport, 1400, 9, 1), false);
    CHECK(w.broken(invariant::threefold) == 0);
  }
  SECTION("another's index proves nothing") {
    w.it.came(0, other_place, packet(type::transport, 60, 8, 1));
    w.it.sent(t0, 0, place, packet(type::transport, 1400, 9, 1), false);
    CHECK(w.only(invariant::threefold));
  }
  SECTION("it has") {
    w.it.came(0, place, packet(type::transport, 60, 7, 1));
    w.it.sent(t0, 0, place, packet(type::transport, 1400, 7, 1), false);
    CHECK(w.broken(invariant::threefold) == 0);
  }
}

TEST_CASE("pings without end are seen and those over a relay are not counted") {
  watched w;
  for (std::uint32_t i = 0; i < 80; ++i)
    w.it.said(t0 + i * 10ms, 0, 1, wire::direct(place), wire::ping{{i}});
  for (std::uint32_t i = 0; i < 80; ++i)
    w.it.said(t0 + 6s + i * 10ms, 0, 1, wire::direct(place), wire::ping{{i}});
  w.it.said(t0 + 7s, 0, 1, wire::through(public_key{}), wire::ping{{99}});
  w.it.said(t0 + 7s, 0, 2, wire::direct(place), wire::ping{{99}});
  CHECK(w.broken(invariant::opening) == 0);
  w.it.said(t0 + 7s, 0, 1, wire::direct(place), wire::ping{{99}});
  CHECK(w.only(invariant::opening));
}

TEST_CASE("a peer that outgrows its bounds is seen") {
  watched w;
  peer_state s;
  s.gateway.sessions = 1024;
  s.dht.contacts = 200;
  s.dht.stored_records = 2048;
  s.relay.guests = 512;
  w.it.state(t0, 0, s);
  CHECK(w.broken(invariant::bounds) == 0);
  SECTION("records") { s.dht.stored_records = 2049; }
  SECTION("guests") { s.relay.guests = 513; }
  SECTION("lookups") { s.dht.running_lookups = 100; }
  SECTION("memory") { s.dht.memory_bytes = 100U << 20; }
  w.it.state(t0, 0, s);
  CHECK(w.only(invariant::bounds));
}

TEST_CASE("a run holds all of them and each was looked at") {
  const auto s = text(R"(name = "held"
question = "Does all hold?"
duration_s = 60
[[peers]]
group = "boot"
count = 2
role = "node"
boot = true
relay = true
[[peers]]
group = "a"
count = 2
nat = "linux_masquerade"
[[workload]]
connect = { }
[[events]]
at_s = 20
restart = { group = "boot", ratio = 0.5, lasts_s = 1 }
)");
  run_options o;
  o.invariants = true;
  const report held = play(s, 1, o), plain = play(s);
  REQUIRE(held.invariants);
  CHECK_FALSE(plain.invariants);
  CHECK(held.trace_hash == plain.trace_hash);
  for (std::size_t i = 0; i < invariant_texts.size(); ++i) {
    INFO(invariant_texts[i].name << ": " << (*held.invariants)[i].first);
    CHECK((*held.invariants)[i].checked > 0);
    CHECK((*held.invariants)[i].broken == 0);
  }
}

}  // namespace
