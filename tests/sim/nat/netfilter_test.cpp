// What a Linux router did when asked (kernel 6.18, nftables masquerade, source port 51820,
// observers on the outside): the classes of behaviour, since the ports it draws are random.
#include <catch2/catch.hpp>

#include "sim/nat/box.hpp"
#include "sim/nat/profiles.hpp"

using namespace wh;
using namespace wh::sim::nat;

namespace {

const ip_address home = ip_address::v4(203, 0, 113, 1);
const endpoint a{ip_address::v4(192, 168, 1, 2), 51820};
const endpoint a2{ip_address::v4(192, 168, 1, 3), 51820};
const endpoint o0{ip_address::v4(198, 51, 100, 1), 1000};
const endpoint o1{ip_address::v4(198, 51, 100, 1), 1001};
const endpoint o2{ip_address::v4(198, 51, 100, 2), 1000};
const time_point t0{1000s};

box make(const char* name, std::uint64_t s = 1, const ip_address& external = home) {
  return box{borrow(*profile(name)), external, seed{s}};
}
std::uint16_t port_towards(box& b, const endpoint& from, const endpoint& to, time_point now = t0) {
  const verdict v = b.outbound({from, to}, now);
  REQUIRE(v.kind == verdict::fate::forward);
  REQUIRE(v.out.src.address == b.pool()[0]);
  REQUIRE(v.out.dst == to);
  return v.out.src.port();
}

}  // namespace

TEST_CASE("T1: masquerade keeps the port towards every observer") {
  box b = make("linux_masquerade");
  for (const auto& o : {o0, o1, o2}) CHECK(port_towards(b, a, o) == 51820);
}

TEST_CASE("T2: fully-random masquerade shows each observer another port") {
  box b = make("linux_fully_random");
  const auto p0 = port_towards(b, a, o0), p1 = port_towards(b, a, o1), p2 = port_towards(b, a, o2);
  CHECK(p0 != p1);
  CHECK(p0 != p2);
  CHECK(p1 != p2);
  CHECK(port_towards(b, a, o0, t0 + 1s) == p0);
}

TEST_CASE("T3: a second host with the same port gets another and keeps it for every remote") {
  box b = make("linux_masquerade");
  CHECK(port_towards(b, a, o0) == 51820);
  const auto moved = port_towards(b, a2, o0);
  CHECK(moved != 51820);
  CHECK(moved >= 1024);
  CHECK(port_towards(b, a2, o1) == moved);
  CHECK(port_towards(b, a2, o2) == moved);
}

TEST_CASE("T3b: two hosts share a port towards different remotes until they meet at one") {
  box b = make("linux_masquerade");
  CHECK(port_towards(b, a, o0, t0) == 51820);
  CHECK(port_towards(b, a2, o2, t0 + 1ms) == 51820);
  const auto second = port_towards(b, a2, o0, t0 + 2ms);
  CHECK(second != 51820);
  CHECK(port_towards(b, a2, o1, t0 + 3ms) == second);  // the newest mapping is the one that sticks
  const auto third = port_towards(b, a, o2, t0 + 4ms);
  CHECK(third != 51820);
  CHECK(third != second);
}

TEST_CASE(
    "T4: after a packet that came too early the flow to its sender leaves from another port") {
  box b = make("linux_input_accept");
  CHECK(port_towards(b, a, o0) == 51820);
  const verdict early = b.inbound({o2, {home, 51820}}, t0 + 1s);
  CHECK(early.reason == drop_reason::accepted_locally);
  CHECK(early.icmp == icmp_error::port_unreachable);
  const auto moved = port_towards(b, a, o2, t0 + 2s);
  CHECK(moved != 51820);
  SECTION("on every retry, as long as either side keeps sending, though the early entry is gone") {
    time_point t = t0 + 2s;
    for (int i = 0; i < 20; ++i) CHECK(port_towards(b, a, o2, t += 25s) == moved);
  }
  SECTION("while a flow that was there stays where it is") {
    CHECK(port_towards(b, a, o0, t0 + 2s) == 51820);
  }
  SECTION("until both have been silent for longer than the timeout") {
    CHECK(port_towards(b, a, o2, t0 + 2s + 31s) == 51820);
  }
}

TEST_CASE("T4': a router that drops or rejects what comes too early keeps no trace of it") {
  const char* name = GENERATE("linux_masquerade", "openwrt");
  box b = make(name);
  CHECK(port_towards(b, a, o0) == 51820);
  const verdict early = b.inbound({o2, {home, 51820}}, t0 + 1s);
  CHECK_FALSE(early.passed());
  CHECK(early.reason == drop_reason::filtered);
  CHECK((early.icmp == icmp_error::port_unreachable) == (std::string{name} == "openwrt"));
  CHECK(b.mappings(t0 + 1s) == 1);
  CHECK(port_towards(b, a, o2, t0 + 2s) == 51820);
}

TEST_CASE("T5: a punch between two routers that accept needs openers with a low TTL") {
  const ip_address other = ip_address::v4(203, 0, 113, 2);
  const endpoint b_inside{ip_address::v4(10, 0, 0, 2), 51820};
  const auto punch = [&](const char* name, bool openers) {
    box ra = make(name, 1), rb = make(name, 2, other);
    const endpoint a_public{home, 51820}, b_public{other, 51820};
    // Each knows the other's mapping from observers.
    ra.outbound({a, o0}, t0);
    rb.outbound({b_inside, o0}, t0);
    const auto send = [](box& from, box& to, const packet& p, time_point now) {
      const verdict out = from.outbound(p, now);
      if (!out.passed() || out.out.ttl <= 1) return false;  // dies between the routers
      packet on_the_way = out.out;
      --on_the_way.ttl;
      return to.inbound(on_the_way, now + 10ms).passed();
    };
    time_point t = t0 + 1s;
    if (openers) {
      send(ra, rb, {a, b_public, 2}, t);
      send(rb, ra, {b_inside, a_public, 2}, t + 30ms);
      t += 60ms;
    }
    send(ra, rb, {a, b_public}, t);
    bool to_a = send(rb, ra, {b_inside, a_public}, t + 30ms);
    bool to_b = false;
    for (int i = 1; i <= 5; ++i) {
      to_b = send(ra, rb, {a, b_public}, t + i * 200ms) || to_b;
      to_a = send(rb, ra, {b_inside, a_public}, t + i * 200ms + 30ms) || to_a;
    }
    return to_a && to_b;
  };
  CHECK_FALSE(punch("linux_input_accept", false));
  CHECK(punch("linux_input_accept", true));
  for (const char* name : {"linux_masquerade", "openwrt"}) {
    CHECK(punch(name, false));
    CHECK(punch(name, true));
  }
}

TEST_CASE("T6: masquerade does not turn packets round") {
  box b = make("linux_masquerade");
  port_towards(b, a, o0);
  const verdict v = b.outbound({a2, {home, 51820}}, t0);
  CHECK_FALSE(v.passed());
  CHECK(v.reason == drop_reason::hairpin_refused);
}

TEST_CASE("T7: a packet that dies of its TTL further on leaves a mapping that stays") {
  box b = make("linux_masquerade");
  const verdict v = b.outbound({a, o0, 2}, t0);
  CHECK(v.passed());
  CHECK(v.out.ttl == 1);
  CHECK(b.inbound({o0, {home, 51820}}, t0 + 29s).passed());
  SECTION("and one that dies in the router leaves none") {
    const verdict dead = b.outbound({a, o2, 1}, t0);
    CHECK(dead.reason == drop_reason::ttl_expired);
    CHECK(dead.icmp == icmp_error::time_exceeded);
    CHECK(b.inbound({o2, {home, 51820}}, t0 + 1s).reason == drop_reason::filtered);
  }
}

TEST_CASE("T8: neither another port of a host we wrote to nor another host comes in") {
  box b = make("linux_masquerade");
  port_towards(b, a, o0);
  CHECK(b.inbound({o0, {home, 51820}}, t0).out.dst == a);
  CHECK(b.inbound({o1, {home, 51820}}, t0).reason == drop_reason::filtered);
  CHECK(b.inbound({o2, {home, 51820}}, t0).reason == drop_reason::filtered);
  CHECK(b.inbound({o2, {home, 51821}}, t0).reason == drop_reason::no_mapping);
}

TEST_CASE("Linux draws a port of the same class when the port is taken") {
  box b = make("linux_masquerade");
  const std::uint16_t port = GENERATE(as<std::uint16_t>{}, 200, 800, 5000);
  endpoint x{a.address, port}, y{a2.address, port};
  CHECK(port_towards(b, x, o0) == port);
  const auto drawn = port_towards(b, y, o0);
  const std::uint16_t lo = port < 512 ? 1 : port < 1024 ? 600 : 1024;
  const std::uint16_t hi = port < 512 ? 511 : port < 1024 ? 1023 : 65535;
  CHECK(drawn >= lo);
  CHECK(drawn <= hi);
  CHECK(drawn != port);
}

TEST_CASE("a flow lives 30 s and 120 s once seen both ways and two seconds old") {
  box b = make("linux_masquerade");
  port_towards(b, a, o0);
  CHECK(b.mappings(t0 + 29s) == 1);
  CHECK(b.mappings(t0 + 30s) == 0);
  CHECK(b.inbound({o0, {home, 51820}}, t0 + 1s).passed());
  CHECK(b.mappings(t0 + 30s) == 1);
  CHECK(b.mappings(t0 + 31s) == 0);  // not yet a stream
  CHECK(b.inbound({o0, {home, 51820}}, t0 + 3s).passed());
  CHECK(b.mappings(t0 + 122s) == 1);
  CHECK(b.mappings(t0 + 123s) == 0);
}
