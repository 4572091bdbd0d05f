#include <catch2/catch.hpp>

#include "tests/real/net/host/real_world.hpp"

namespace {

using namespace wh;
using namespace wh::test;
constexpr auto left = port_world::left, right = port_world::right;

ip_address ip(const char* text) { return *ip_address::parse(text); }

TEMPLATE_TEST_CASE("an answer leaves from the address that was written to", "", plain_world,
                   raw_world, pcap_world, nft_world) {
  TestType w;
  w.at(right).space.ip("addr add 198.51.100.3/24 dev eth0");
  w.at(right).space.ip("addr add 2001:db8:2::3/64 dev eth0 nodad");
  for (const char* address : {"198.51.100.3", "2001:db8:2::3", "198.51.100.2"}) {
    w.at(left).send({ip(address), 51820}, ours(20));
    const auto question = w.wait(right, 1);
    REQUIRE(question.size() == 1);
    w.at(right).send(question[0].from, ours(21));
    const auto answer = w.wait(left, 1);
    REQUIRE(answer.size() == 1);
    CHECK(answer[0].from.address.to_string() == address);
    // For so long the address that was written to first would be kept.
    w.at(right).now += 30s;
  }
}

TEMPLATE_TEST_CASE("a host that moved sends from its new address", "", plain_world, raw_world,
                   pcap_world, nft_world) {
  TestType w;
  machine& host = w.at(left);
  host.send(w.where(right), ours(20));
  REQUIRE(w.wait(right, 1).size() == 1);
  w.at(right).send(w.where(left), ours(20));
  REQUIRE(w.wait(left, 1).size() == 1);
  host.space.ip("addr del 203.0.113.2/24 dev eth0");
  host.space.ip("addr add 203.0.113.9/24 dev eth0");
  host.space.ip("route replace default via 203.0.113.1");
  host.wait(0);
  CHECK(host.changes >= 1);
  host.send(w.where(right), ours(20));
  const auto got = w.wait(right, 1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].from == endpoint{ip("203.0.113.9"), 51820});
}

TEMPLATE_TEST_CASE("errors are counted and stop nothing", "", plain_world, raw_world, pcap_world,
                   nft_world) {
  TestType w;
  machine& host = w.at(left);
  host.space.ip("route del default");
  host.send({ip("192.0.2.1"), 9}, ours(20));
  host.send({ip("203.0.113.1"), 51820}, ours(70000));
  host.space.run(
      "nft 'table inet fw { chain out { type filter hook output priority 0; "
      "ip daddr 203.0.113.77 drop; }; }'");
  host.send({ip("203.0.113.77"), 9}, ours(20));
  host.send({ip("203.0.113.1"), 0}, ours(20));
  host.send(w.where(left), ours(20));
  const port_stats& s = host.port->stats();
  CHECK(s.send_errors[ENETUNREACH] == 1);
  CHECK(s.send_errors[EMSGSIZE] == 1);
  CHECK(s.send_errors[EPERM] == 1);
  CHECK(s.send_errors[EINVAL] == 1);
  CHECK(s.send_errors[ELOOP] == 1);
  CHECK(s.send_errors_total() == 5);
  CHECK(s.sent == 0);
  CHECK_THAT(s.to_string(), Catch::Contains("Network is unreachable) 1"));
  const plain_socket neighbour(w.middle().space, {ip_address::v4(0), 5555});
  host.send({ip("203.0.113.1"), 5555}, ours(20));
  CHECK(neighbour.receive() == ours(20));
  CHECK(s.sent == 1);
}

TEMPLATE_TEST_CASE("one bad datagram in a batch takes no other with it", "", plain_world, raw_world,
                   nft_world) {
  TestType w;
  w.at(left).space.ip("route add unreachable 192.0.2.0/24");
  for (int i = 0; i < 40; ++i) {
    w.port(left).send(i % 4 == 3 ? endpoint{ip("192.0.2.1"), 9} : w.where(right), ours(20),
                      ttl::host_default);
  }
  CHECK(w.wait(right, 30).size() == 30);
  CHECK(w.at(left).port->stats().send_errors_total() == 10);
}

// A kernel that gets a datagram with a wrong checksum drops it; without one it does not look. So
// one that has a checksum is caught on the way and looked at.
TEST_CASE("what raw sockets send has UDP's checksum") {
  raw_world w;
  w.middle().space.run(
      "nft 'table inet look { chain c { type filter hook prerouting priority 0; "
      "udp sport 51820 udp checksum 0 drop; }; }'");
  for (const bool v4 : {true, false})
    for (const std::size_t size : {1U, 2U, 3U, 4U, 5U, 1000U, 1451U, 1452U}) {
      w.at(left).send(w.where(right, v4), ours(size, 0x5a));
      // WireGuard's socket gets it too: the kernel has checked it.
      const plain_socket& s = *(v4 ? w.at(right).wireguard_v4 : w.at(right).wireguard_v6);
      CHECK(s.receive() == ours(size, 0x5a));
    }
}

TEST_CASE("a sender's raw socket fills up with nothing") {
  raw_world w;
  const plain_socket stranger(w.middle().space, {ip_address::v4(0), 0});
  for (int i = 0; i < 100; ++i) stranger.send({ip("203.0.113.2"), 4000}, bytes(1000, 1));
  w.at(left).send(w.where(right), ours(20));
  REQUIRE(w.wait(right, 1).size() == 1);
  // Of all UDP sockets of this process none holds anything: /proc/net/raw has the queues.
  w.at(left).space.run(
      "! awk 'NR > 1 { split($5, q, \":\"); if (q[2] != \"00000000\") print }' "
      "/proc/net/raw | grep .");
}

TEMPLATE_TEST_CASE("a mark on what is sent chooses another route", "", plain_world, raw_world,
                   nft_world) {
  TestType w;
  machine& host = w.at(left);
  // As full tunnels do it: what is not marked goes elsewhere.
  host.space.ip("route add unreachable default table 7");
  host.space.ip("rule add not fwmark 51 table 7");
  const bool shared = !std::is_same_v<TestType, plain_world>;
  host.close();
  port_options o;
  o.mark = 51;
  using kind = std::optional<capture>;
  host.open(!shared                               ? kind{}
            : std::is_same_v<TestType, nft_world> ? kind{capture::nft}
                                                  : kind{capture::raw},
            o);
  host.send(w.where(right), ours(20));
  CHECK(w.wait(right, 1).size() == 1);
  CHECK(host.port->stats().send_errors_total() == 0);
}

}  // namespace
