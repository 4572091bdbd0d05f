#include <catch2/catch.hpp>

#include <netinet/udp.h>

#include "tests/real/net/host/real_world.hpp"

namespace {

using namespace wh;
using namespace wh::test;
constexpr auto left = port_world::left, right = port_world::right;

ip_address ip(const char* text) { return *ip_address::parse(text); }

TEMPLATE_TEST_CASE("the own endpoint that a datagram came to is told", "", plain_world, raw_world,
                   pcap_world, nft_world) {
  TestType w;
  w.at(right).space.ip("addr add 198.51.100.3/24 dev eth0");
  w.at(right).space.ip("addr add 2001:db8:2::3/64 dev eth0 nodad");
  const endpoint to[] = {{ip("198.51.100.2"), 51820},
                         {ip("198.51.100.3"), 51820},
                         {ip("2001:db8:2::2"), 51820},
                         {ip("2001:db8:2::3"), 51820}};
  for (const endpoint& e : to) {
    w.at(left).send(e, ours(20));
    REQUIRE(w.wait(right, 1).size() == 1);
    CHECK(w.at(right).got_at.back() == e);
  }
}

TEMPLATE_TEST_CASE("a program on the same host is heard once", "", plain_world, raw_world,
                   pcap_world, nft_world) {
  TestType w;
  machine& host = w.at(left);
  const plain_socket v4(host.space, {ip_address::v4(0), 0}), v6(host.space, {ip_address{}, 0});
  for (const char* to : {"127.0.0.1", "203.0.113.2", "::1", "2001:db8:1::2"}) {
    const plain_socket& from = ip(to).is_v4() ? v4 : v6;
    from.send({ip(to), 51820}, ours(20));
    const auto got = host.wait(1);
    REQUIRE(got.size() == 1);
    CHECK(got[0].from.port() == from.where().port());
    // And gets its answer from where it wrote to.
    host.send(got[0].from, ours(21));
    CHECK(from.receive() == ours(21));
  }
}

TEMPLATE_TEST_CASE("a router does not take what it passes on", "", plain_world, raw_world,
                   pcap_world, nft_world) {
  TestType w;
  const bool shared = !std::is_same_v<TestType, plain_world>;
  using kind = std::optional<capture>;
  w.middle().open(std::is_same_v<TestType, raw_world>    ? kind{capture::raw}
                  : std::is_same_v<TestType, pcap_world> ? kind{capture::pcap}
                  : shared                               ? kind{capture::nft}
                                                         : kind{});
  w.at(left).send(w.where(right), ours(20, 1));
  w.at(left).send(w.where(right, false), ours(20, 1));
  REQUIRE(w.wait(right, 2).size() == 2);
  w.at(left).send({ip("203.0.113.1"), 51820}, ours(20, 2));
  w.at(left).send({ip("2001:db8:1::1"), 51820}, ours(20, 3));
  const auto got = w.middle().wait(2);
  REQUIRE(got.size() == 2);
  CHECK(got[0].payload[1] + got[1].payload[1] == 2 + 3);
}

TEMPLATE_TEST_CASE("WireGuard gets its own datagrams", "", raw_world, pcap_world, nft_world) {
  TestType w;
  for (const bool v4 : {true, false}) {
    w.at(left).send(w.where(right, v4), ours(99));
    for (std::uint8_t type = 1; type <= 4; ++type)
      w.at(left).send(w.where(right, v4), bytes(100, type));
    const plain_socket& wireguard = *(v4 ? w.at(right).wireguard_v4 : w.at(right).wireguard_v6);
    // nftables keeps ours from it; the others take a copy, and it drops its own.
    if (!std::is_same_v<TestType, nft_world>) CHECK(wireguard.receive() == ours(99));
    for (std::uint8_t type = 1; type <= 4; ++type) CHECK(wireguard.receive() == bytes(100, type));
    CHECK(w.wait(right, 1).size() == 1);
  }
}

TEMPLATE_TEST_CASE("what was fragmented comes whole or is counted", "", plain_world, raw_world,
                   pcap_world, nft_world) {
  TestType w;
  for (const bool v4 : {true, false}) {
    w.at(left).send(w.where(right, v4), ours(4000, 9));
    w.at(left).send(w.where(right, v4), ours(20));
    const bool whole = !std::is_same_v<TestType, pcap_world>;
    const auto got = w.wait(right, whole ? 2 : 1);
    REQUIRE(got.size() == (whole ? 2 : 1));
    if (whole) CHECK(got[0].payload == ours(4000, 9));
    CHECK(got.back().payload == ours(20));
  }
  const auto counted = w.at(right).port->stats().refusals(refusal::fragment);
  CHECK(counted == (std::is_same_v<TestType, pcap_world> ? 2 : 0));
}

TEMPLATE_TEST_CASE("a datagram out of a WireGuard interface is not taken", "", raw_world,
                   pcap_world, nft_world) {
  TestType w;
  // Two tunnels, and neither is made yet when the port is opened.
  machine &host = w.at(right), &far = w.middle();
  far.space.ip("link add tunnel type veth peer name wg0 netns right");
  far.space.ip("link set dev tunnel up");
  host.space.ip("link set dev wg0 up");
  far.space.ip("addr add 10.9.0.1/24 dev tunnel");
  host.space.ip("addr add 10.9.0.2/24 dev wg0");
  host.wait(0);
  const plain_socket from(far.space, {ip_address::v4(0), 0});
  from.send({ip("10.9.0.2"), 51820}, ours(20, 1));
  from.send({ip("198.51.100.2"), 51820}, ours(20, 2));
  const auto got = host.wait(1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].payload[1] == 2);
  if (!std::is_same_v<TestType, nft_world>)  // there the rules leave it to WireGuard
    CHECK(host.port->stats().refusals(refusal::tunnel) == 1);
  CHECK(host.port->local_endpoints() ==
        std::vector<endpoint>{w.where(right), w.where(right, false)});
}

TEMPLATE_TEST_CASE("a firewall that lets WireGuard's port in lets us in", "", plain_world,
                   raw_world, nft_world) {
  TestType w;
  for (const auto s : {left, right})
    w.at(s).space.run(
        R"(nft 'table inet fw { chain in { type filter hook input priority 0; policy drop;
        ct state established accept; udp dport 51820 accept; meta l4proto ipv6-icmp accept; }; chain out {
        type filter hook output priority 0; policy drop; ct state established accept;
        udp sport 51820 accept; meta l4proto ipv6-icmp accept; }; }')");
  for (const bool v4 : {true, false}) {
    w.at(left).send(w.where(right, v4), ours(20));
    const auto question = w.wait(right, 1);
    REQUIRE(question.size() == 1);
    w.at(right).send(question[0].from, ours(21));
    CHECK(w.wait(left, 1).size() == 1);
  }
}

TEMPLATE_TEST_CASE("behind a stateful firewall answers get in", "", plain_world, raw_world,
                   nft_world) {
  TestType w;
  w.at(left).space.run(
      R"(nft 'table inet fw { chain in { type filter hook input priority 0; policy drop;
      ct state established accept; meta l4proto ipv6-icmp accept; }; }')");
  w.at(right).send(w.where(left), ours(20, 1));
  w.at(left).send(w.where(right), ours(20, 2));
  const auto question = w.wait(right, 1);
  REQUIRE(question.size() == 1);
  w.at(right).send(question[0].from, ours(20, 3));
  const auto answer = w.wait(left, 1);
  REQUIRE(answer.size() == 1);
  CHECK(answer[0].payload[1] == 3);
}

TEST_CASE("libpcap sees past the host's own firewall") {
  pcap_world w;
  w.at(right).space.run(
      "nft 'table inet fw { chain in { type filter hook input priority 0; udp dport 51820 drop; }; "
      "}'");
  w.at(left).send(w.where(right), ours(20));
  CHECK(w.wait(right, 1).size() == 1);
}

TEMPLATE_TEST_CASE("a group's datagrams are not taken", "", plain_world, raw_world, pcap_world,
                   nft_world) {
  TestType w;
  const plain_socket from(w.middle().space, {ip_address::v4(0), 0});
  const int on = 1;
  REQUIRE(::setsockopt(from.fd(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0);
  from.send({ip("198.51.100.255"), 51820}, ours(20, 1));
  from.send({ip("198.51.100.2"), 51820}, ours(20, 2));
  const auto got = w.at(right).wait(1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].payload[1] == 2);
}

// A sender may give the kernel several datagrams as one (UDP_SEGMENT), and the receiving kernel may
// merge what came (UDP_GRO on WireGuard's socket). Sockets of our own get them apart. Copies do not
// tell where one ends: why nftables is the choice beside a WireGuard that asks for that.
TEMPLATE_TEST_CASE("datagrams sent as one come apart at a UDP socket of ours", "", plain_world,
                   nft_world) {
  TestType w;
  const plain_socket from(w.at(left).space, {ip_address::v4(0), 0});
  const int size = 100;
  REQUIRE(::setsockopt(from.fd(), SOL_UDP, UDP_SEGMENT, &size, sizeof size) == 0);
  bytes five(500, 0);
  for (std::size_t i = 0; i < 5; ++i) five[100 * i] = 0xff;
  from.send(w.where(right), five);
  const auto got = w.wait(right, 5);
  REQUIRE(got.size() == 5);
  for (const came& c : got) CHECK(c.payload == ours(100, 0));
}

TEST_CASE("no datagram is lost or reordered in a burst of thousands") {
  for (const auto how : {capture::raw, capture::pcap, capture::nft}) {
    real_world w(how);
    for (unsigned i = 0; i < 2000; ++i) {
      bytes b(1232, 0xff);
      store_be(b.data() + 1, i);
      w.at(left).port->send(w.where(right), b, ttl::host_default);
    }
    const auto got = w.wait(right, 2000);
    REQUIRE(got.size() == 2000);
    for (unsigned i = 0; i < 2000; ++i)
      REQUIRE(load_be<std::uint32_t>(got[i].payload.data() + 1) == i);
    CHECK(w.at(right).port->stats().received == 2000);
    CHECK(w.at(right).port->stats().received_bytes == 2000 * 1232);
    CHECK(w.at(left).port->stats().sent == 2000);
  }
}

}  // namespace
