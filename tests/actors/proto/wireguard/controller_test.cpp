#include "actors/proto/wireguard/controller.hpp"

#include "tests/support/actions.hpp"
#include "transport/rng.hpp"

using namespace wh;
using namespace wh::wireguard;
using test::all;
using test::at;
using test::key;
using test::notes;
using test::t0;

namespace {

const endpoint tunnel = at("127.0.0.1:40001");
const endpoint far = at("203.0.113.7:51820");
const endpoint elsewhere = at("192.0.2.1:1");
const wire::route relayed = wire::through(key(50));
const public_key bob = key(2);
const bytes response = [] {
  bytes b(92);
  b[0] = 2;
  return b;
}();
bytes initiation(std::uint8_t which) {
  bytes b(148, which);
  b[0] = 1;
  b[1] = b[2] = b[3] = 0;
  return b;
}

struct device {
  device() { it.add_member(now, {bob, {}, {}}, tunnel, out); }
  void sends(std::uint8_t what) { it.handle(now, from_tunnel{bob, bytes{what}}, out); }
  void initiates(std::uint8_t which) { it.handle(now, from_tunnel{bob, initiation(which)}, out); }
  void goes(std::optional<wire::route> via) { it.handle(now, path{bob, via}, out); }
  void polls(std::optional<endpoint> where, std::uint64_t sent = 0, std::uint64_t received = 0) {
    wireguard_peer_status s;
    s.key = bob;
    s.where = where;
    s.sent_bytes = sent;
    s.received_bytes = received;
    s.last_handshake = handshaken;
    it.handle(now, polled{{s}}, out);
  }
  /// Where the last `set_peer` points.
  endpoint pointed() const {
    const auto set = all<set_peer>(out);
    REQUIRE(!set.empty());
    REQUIRE(set.back().what.where);
    return *set.back().what.where;
  }

  controller it{{}};
  time_point now = t0;
  std::optional<time_point> handshaken;
  actions out;
};

}  // namespace

TEST_CASE("a member begins at its tunnel with what the network file allows it") {
  device d;
  const std::vector<allowed_ip> allowed{{ip_address::v4(10, 7, 0, 3), 32}};
  d.it.add_member(t0, {key(3), allowed, {}}, tunnel, d.out);
  const auto set = all<set_peer>(d.out);
  REQUIRE(set.size() == 2);
  CHECK(set[1].what == wireguard_peer{key(3), allowed, tunnel, 0s});
}

TEST_CASE("without a path datagrams wait and a path is wanted") {
  device d;
  for (std::uint8_t i = 0; i < 3; ++i) d.sends(i);
  CHECK(all<want_path>(d.out).size() == 3);
  CHECK(all<carry>(d.out).empty());
  d.out.clear();
  d.goes(relayed);
  const auto carried = all<carry>(d.out);
  REQUIRE(carried.size() == 3);
  for (std::uint8_t i = 0; i < 3; ++i) {
    CHECK(carried[i].datagram == bytes{i});
    CHECK(carried[i].via == relayed);
  }
  CHECK(all<set_peer>(d.out).empty());  // relayed traffic leaves through the tunnel, as before
  d.out.clear();
  d.goes(std::nullopt);
  d.goes(relayed);
  CHECK(all<carry>(d.out).empty());
}

TEST_CASE("of many waiting datagrams the eight newest are kept") {
  device d;
  for (std::uint8_t i = 0; i < 20; ++i) d.sends(i);
  CHECK(notes(d.out, note_kind::wireguard_held_dropped) == 12);
  d.goes(relayed);
  const auto carried = all<carry>(d.out);
  REQUIRE(carried.size() == 8);
  CHECK(carried.front().datagram == bytes{12});
  CHECK(carried.back().datagram == bytes{19});
}

TEST_CASE("a direct path is WireGuard's endpoint and any other is the tunnel") {
  device d;
  d.goes(relayed);
  d.goes(wire::direct(far));
  CHECK(d.pointed() == far);
  d.goes(wire::direct(elsewhere));
  CHECK(d.pointed() == elsewhere);
  d.goes(relayed);
  CHECK(d.pointed() == tunnel);
  const auto before = all<set_peer>(d.out).size();
  d.goes(wire::through(key(51)));  // another relay is no other endpoint
  d.goes(wire::through(key(51)));
  CHECK(all<set_peer>(d.out).size() == before);
  d.goes(wire::direct(far));
  d.goes(std::nullopt);
  CHECK(d.pointed() == tunnel);
}

TEST_CASE("while the other side still relays our datagrams take the direct path all the same") {
  device d;
  d.goes(wire::direct(far));
  d.out.clear();
  for (std::uint8_t i = 0; i < 100; ++i) {
    d.it.handle(d.now, from_relay{bob, bytes{9}}, d.out);
    d.sends(i);
    d.now += 10ms;
  }
  CHECK(all<inject>(d.out).size() == 100);
  const auto carried = all<carry>(d.out);
  REQUIRE(carried.size() == 100);
  for (const carry& c : carried) CHECK(c.via == wire::direct(far));
  // WireGuard is led back, though not for every packet.
  CHECK(d.pointed() == far);
  CHECK(all<set_peer>(d.out).size() == 10);
}

TEST_CASE("an endpoint that WireGuard roamed to is set right at the next poll") {
  device d;
  d.polls(elsewhere);
  CHECK(notes(d.out, note_kind::wireguard_roamed) == 1);
  CHECK(d.pointed() == tunnel);
  d.goes(wire::direct(far));
  d.out.clear();
  d.polls(far);
  CHECK(all<set_peer>(d.out).empty());
  d.polls(elsewhere);
  CHECK(d.pointed() == far);
  d.out.clear();
  d.polls(tunnel);
  CHECK(d.pointed() == far);
  d.goes(relayed);
  d.out.clear();
  d.polls(tunnel);
  d.polls(std::nullopt);
  CHECK(d.out.empty());
}

TEST_CASE("payload is told once a second whichever way it goes") {
  device d;
  d.goes(relayed);
  for (int i = 0; i < 50; ++i) {
    d.sends(1);
    d.it.handle(d.now, from_relay{bob, bytes{1}}, d.out);
    d.now += 100ms;
  }
  CHECK(all<payload_seen>(d.out).size() == 5);
  d.goes(wire::direct(far));
  d.out.clear();
  d.now += 2s;
  d.polls(far, 100, 0);
  d.now += 2s;
  d.polls(far, 100, 0);
  d.now += 2s;
  d.polls(far, 100, 32);
  CHECK(all<payload_seen>(d.out).size() == 2);
}

TEST_CASE(
    "of the handshakes that wait only the newest goes and keeps its place among the packets") {
  device d;
  for (std::uint8_t n = 0; n < 3; ++n) d.initiates(n);
  d.sends(9);
  d.goes(relayed);
  const auto carried = all<carry>(d.out);
  REQUIRE(carried.size() == 2);
  CHECK(carried[0].datagram == initiation(2));
  CHECK(carried[1].datagram == bytes{9});
}

TEST_CASE("a handshake without answer goes by the next path too while it is WireGuard's newest") {
  device d;
  d.goes(relayed);
  d.initiates(1);
  d.out.clear();
  SECTION("at once") {
    d.now += 4s;
    d.goes(wire::direct(far));
    const auto carried = all<carry>(d.out);
    REQUIRE(carried.size() == 1);
    CHECK(carried[0].datagram == initiation(1));
    CHECK(carried[0].via == wire::direct(far));
  }
  SECTION("not when WireGuard has begun another") {
    d.goes(std::nullopt);
    d.initiates(2);
    d.goes(wire::direct(far));
    REQUIRE(all<carry>(d.out).size() == 1);
    CHECK(all<carry>(d.out)[0].datagram == initiation(2));
  }
  SECTION("not when it may have") {
    d.now += 5s;
    d.goes(wire::direct(far));
    CHECK(all<carry>(d.out).empty());
  }
  SECTION("not when it was answered") {
    d.it.handle(d.now, from_relay{bob, response}, d.out);
    d.out.clear();
    d.goes(wire::direct(far));
    CHECK(all<carry>(d.out).empty());
  }
}

TEST_CASE("a handshake that a path did not carry is begun anew and the device is asked in time") {
  device d;
  d.goes(relayed);
  d.now += 300ms;
  d.initiates(1);
  CHECK(d.it.next_poll() == t0 + 300ms + 1500ms);
  d.now += 1499ms;
  d.polls(tunnel);
  CHECK(all<remove_peer>(d.out).empty());
  d.now += 1ms;
  d.out.clear();
  d.polls(tunnel);
  // Removed, added with a keepalive, which makes it handshake at once, and the keepalive taken
  // away.
  REQUIRE(d.out.size() == 4);
  CHECK(notes(d.out, note_kind::wireguard_kicked) == 1);
  CHECK(std::get<remove_peer>(d.out[1]).peer == bob);
  CHECK(std::get<set_peer>(d.out[2]).what == wireguard_peer{bob, {}, tunnel, 25s});
  CHECK(std::get<set_peer>(d.out[3]).what == wireguard_peer{bob, {}, tunnel, 0s});
  SECTION("once more after twice as long, and then not again: a silent peer is left to WireGuard") {
    d.initiates(3);
    d.now += 2999ms;
    d.polls(tunnel);
    CHECK(notes(d.out, note_kind::wireguard_kicked) == 1);
    CHECK(d.it.next_poll() == d.now + 1ms);
    d.now += 1ms;
    d.polls(tunnel);
    CHECK(notes(d.out, note_kind::wireguard_kicked) == 2);
    for (int i = 0; i < 100; ++i) {
      if (i % 5 == 0) d.initiates(4);
      d.now += 1s;
      d.polls(tunnel);
    }
    CHECK(notes(d.out, note_kind::wireguard_kicked) == 2);
  }
  SECTION("after a session that ended the count begins anew") {
    d.initiates(3);
    d.now += 3s;
    d.polls(tunnel);
    d.handshaken = d.now;
    d.now += 10s;
    d.polls(tunnel);
    d.now += 300s;
    d.initiates(4);
    d.now += 2s;
    d.polls(tunnel);
    CHECK(notes(d.out, note_kind::wireguard_kicked) == 3);
  }
  SECTION("and on another path, however often the path changes meanwhile") {
    d.initiates(3);
    for (std::uint32_t n = 51; n < 54; ++n) {
      d.goes(wire::through(key(n)));
      d.now += 500ms;
    }
    d.out.clear();
    d.polls(tunnel);
    CHECK(all<remove_peer>(d.out).size() == 1);
  }
}

TEST_CASE(
    "a handshake without answer is sent again as it is after two and after four round trips") {
  device d;
  d.it.handle(d.now, path{bob, relayed, 200ms}, d.out);
  d.initiates(1);
  CHECK(d.it.next_poll() == t0 + 400ms);
  d.now += 399ms;
  d.polls(tunnel);
  CHECK(all<carry>(d.out).size() == 1);
  d.now += 1ms;
  d.polls(tunnel);
  REQUIRE(all<carry>(d.out).size() == 2);
  CHECK(all<carry>(d.out)[1].datagram == initiation(1));
  CHECK(all<carry>(d.out)[1].via == relayed);
  CHECK(d.it.next_poll() == t0 + 800ms);
  SECTION("then it is begun anew") {
    d.now += 400ms;
    d.polls(tunnel);
    CHECK(all<carry>(d.out).size() == 3);
    CHECK(d.it.next_poll() == t0 + 1500ms);
    d.now += 700ms;
    d.polls(tunnel);
    CHECK(all<carry>(d.out).size() == 3);
    CHECK(notes(d.out, note_kind::wireguard_kicked) == 1);
  }
  SECTION("not once it is answered") {
    d.it.handle(d.now, from_relay{bob, response}, d.out);
    d.now += 400ms;
    d.polls(tunnel);
    CHECK(all<carry>(d.out).size() == 2);
  }
}

TEST_CASE("an answer that was lost is sent again when the same handshake comes once more") {
  device d;
  d.goes(relayed);
  d.it.handle(d.now, from_relay{bob, initiation(1)}, d.out);
  d.it.handle(d.now, from_relay{bob, initiation(1)}, d.out);  // WireGuard has not answered yet
  CHECK(all<inject>(d.out).size() == 2);
  d.it.handle(d.now, from_tunnel{bob, response}, d.out);
  REQUIRE(all<carry>(d.out).size() == 1);
  d.now += 1s;
  SECTION("the same") {
    d.it.handle(d.now, from_relay{bob, initiation(1)}, d.out);
    REQUIRE(all<carry>(d.out).size() == 2);
    CHECK(all<carry>(d.out)[1].datagram == response);
    CHECK(all<inject>(d.out).size() == 2);
  }
  SECTION("another one is WireGuard's to answer") {
    d.it.handle(d.now, from_relay{bob, initiation(2)}, d.out);
    CHECK(all<carry>(d.out).size() == 1);
    CHECK(all<inject>(d.out).size() == 3);
  }
  SECTION("nor is one answered so after the other side went on") {
    d.it.handle(d.now, from_relay{bob, bytes{4, 0, 0, 0}}, d.out);
    d.it.handle(d.now, from_relay{bob, initiation(1)}, d.out);
    CHECK(all<carry>(d.out).size() == 1);
  }
  SECTION("nor after WireGuard will have given it up") {
    d.now += 4s;
    d.it.handle(d.now, from_relay{bob, initiation(1)}, d.out);
    CHECK(all<carry>(d.out).size() == 1);
  }
}

TEST_CASE("a peer that has a session or has answered or has no path is never removed") {
  device d;
  d.goes(relayed);
  d.initiates(1);
  SECTION("a session") {
    d.now += 100s;
    d.handshaken = d.now - 179s;
  }
  SECTION("an answer") { d.it.handle(d.now, from_relay{bob, response}, d.out); }
  SECTION("no path") {
    d.goes(std::nullopt);
    d.initiates(2);
  }
  for (int i = 0; i < 20; ++i) {
    d.now += 2s;
    if (d.handshaken) d.handshaken = d.now - 179s;
    d.polls(tunnel);
  }
  CHECK(all<remove_peer>(d.out).empty());
}

TEST_CASE("a member that leaves leaves nothing behind") {
  device d;
  d.sends(1);
  d.out.clear();
  d.it.drop_member(bob, d.out);
  CHECK(all<remove_peer>(d.out).size() == 1);
  CHECK(d.it.members() == 0);
  CHECK_FALSE(d.it.next_poll());
  d.out.clear();
  d.it.drop_member(bob, d.out);
  d.goes(relayed);
  d.sends(1);
  d.polls(elsewhere);
  CHECK(d.out.empty());
  CHECK_FALSE(d.it.next_poll());
  d.it.handle(d.now, from_relay{bob, bytes{1}}, d.out);
  CHECK(notes(d.out, note_kind::wireguard_relayed_stranger) == 1);
  CHECK(all<inject>(d.out).empty());
}

TEST_CASE("a reload keeps a member's path and brings its addresses") {
  device d;
  d.goes(wire::direct(far));
  d.out.clear();
  const std::vector<allowed_ip> allowed{{ip_address::v4(10, 7, 0, 9), 32}};
  d.it.add_member(d.now, {bob, allowed, {}}, tunnel, d.out);
  const auto set = all<set_peer>(d.out);
  REQUIRE(set.size() == 1);
  CHECK(set[0].what == wireguard_peer{bob, allowed, far, 0s});
  CHECK(d.it.members() == 1);
}

TEST_CASE("the device is polled every two seconds while there are members") {
  controller c{{}};
  actions out;
  CHECK_FALSE(c.next_poll());
  c.add_member(t0, {bob, {}, {}}, tunnel, out);
  for (int i = 1; i <= 5; ++i) {
    REQUIRE(c.next_poll());
    CHECK(*c.next_poll() == t0 + i * 2s);
    c.handle(*c.next_poll(), polled{}, out);
  }
}

TEST_CASE("whatever comes WireGuard's endpoint is where the path leads") {
  for (std::uint64_t s = 1; s <= 40; ++s) {
    seeded_rng r{seed{s}};
    controller c{{}};
    actions out;
    time_point now = t0;
    std::vector<std::optional<wire::route>> via(4);
    std::vector<bool> in(4), led(4);
    for (int i = 0; i < 400; ++i) {
      out.clear();
      const auto n = static_cast<std::uint32_t>(r.below(4));
      const endpoint own_tunnel{ip_address::v4(127, 0, 0, 1), static_cast<std::uint16_t>(100 + n)};
      switch (r.below(7)) {
        case 0:
          c.add_member(now, {key(n), {}, {}}, own_tunnel, out);
          if (!in[n]) via[n].reset();
          in[n] = true;
          break;
        case 1:
          if (r.chance(0.3)) {
            c.drop_member(key(n), out);
            in[n] = false;
          }
          break;
        case 2: {
          std::optional<wire::route> to;
          if (r.chance(0.5)) to = r.chance(0.5) ? wire::direct(far) : relayed;
          c.handle(now, path{key(n), to}, out);
          if (in[n]) via[n] = to;
          break;
        }
        case 3:
          c.handle(now, from_tunnel{key(n), bytes{1}}, out);
          break;
        case 4:
          c.handle(now, from_relay{key(n), bytes{1}}, out);
          break;
        case 5: {
          wireguard_peer_status st;
          st.key = key(n);
          st.where = r.chance(0.5) ? far : elsewhere;
          st.sent_bytes = r.below(3);
          c.handle(now, polled{{st}}, out);
          break;
        }
        default:
          now += duration{static_cast<std::int64_t>(r.below(3'000'000'000))};
      }
      for (const set_peer& p : all<set_peer>(out)) {
        const bool direct = via[n] && !via[n]->relayed();
        REQUIRE(p.what.key == key(n));
        REQUIRE(*p.what.where == (direct ? via[n]->where : own_tunnel));
      }
      for (const carry& p : all<carry>(out)) REQUIRE(p.via == via[n]);
      REQUIRE(c.members() == static_cast<std::size_t>(std::count(in.begin(), in.end(), true)));
    }
  }
}

TEST_CASE("on a long path a handshake is not begun anew before its answer can have come") {
  device d;
  d.it.handle(d.now, path{bob, relayed, 4s}, d.out);
  d.initiates(1);
  for (int i = 0; i < 75; ++i) {
    d.now += 100ms;
    if (d.it.next_poll() && *d.it.next_poll() <= d.now) d.polls(tunnel);
  }
  CHECK(notes(d.out, note_kind::wireguard_kicked) == 0);
  d.now += 2s;
  d.polls(tunnel);
  CHECK(notes(d.out, note_kind::wireguard_kicked) == 1);
}

TEST_CASE("a handshake that WireGuard has given up while it waited is not sent") {
  device d;
  d.initiates(1);
  d.now += 5500ms;
  SECTION("not yet") {
    d.goes(relayed);
    CHECK(all<carry>(d.out).size() == 1);
  }
  SECTION("now") {
    d.now += 1ms;
    d.goes(relayed);
    CHECK(all<carry>(d.out).empty());
  }
}

TEST_CASE("where a path is back the larger key's handshake waits for the other one") {
  device d;
  SECTION("ours is the larger") { d.it = controller{{.self = key(3)}}; }
  SECTION("ours is the smaller") { d.it = controller{{.self = key(1)}}; }
  const bool larger = d.it.settings().self == key(3);
  d.it.add_member(d.now, {bob, {}, {}}, tunnel, d.out);
  d.initiates(1);
  d.goes(relayed);
  CHECK(all<carry>(d.out).size() == 1);  // the first time nobody waits
  d.goes({});
  d.initiates(2);
  d.goes(relayed);
  CHECK(all<carry>(d.out).size() == (larger ? 1 : 2));
  if (!larger) return;
  SECTION("it goes when none comes") {
    CHECK(d.it.next_poll() == d.now + 500ms);
    d.now += 500ms;
    d.polls(tunnel);
    REQUIRE(all<carry>(d.out).size() == 2);
    CHECK(all<carry>(d.out)[1].datagram == initiation(2));
  }
  SECTION("it is forgotten when the other one comes") {
    d.it.handle(d.now, from_relay{bob, initiation(7)}, d.out);
    d.now += 500ms;
    d.polls(tunnel);
    CHECK(all<carry>(d.out).size() == 1);
  }
  SECTION("or when there is a session") {
    d.now += 500ms;
    d.handshaken = d.now;
    d.polls(tunnel);
    CHECK(all<carry>(d.out).size() == 1);
  }
  SECTION("what WireGuard sends next takes its place") {
    d.initiates(3);
    d.now += 500ms;
    d.polls(tunnel);
    REQUIRE(all<carry>(d.out).size() == 2);
    CHECK(all<carry>(d.out)[1].datagram == initiation(3));
  }
}
