#include <catch2/catch.hpp>

#include "tests/real/net/host/real_world.hpp"

namespace {

using namespace wh;
using namespace wh::test;
constexpr auto left = port_world::left, right = port_world::right;

ip_address ip(const char* text) { return *ip_address::parse(text); }

/// The port of the socket that nftables leads to.
std::uint16_t own_port(const machine& m) {
  std::uint16_t r = 0;
  m.space.within([&] {
    FILE* p = popen(
        "PATH=$PATH:/usr/sbin nft list table inet wirehub_51820 | "
        "sed -n 's/.*tproxy to :\\([0-9]*\\).*/\\1/p'",
        "r");
    if (std::fscanf(p, "%hu", &r) != 1) r = 0;
    pclose(p);
  });
  return r;
}

TEST_CASE("the rules go with the port") {
  nft_world w;
  w.at(right).space.run("nft list table inet wirehub_51820");
  w.at(right).close();
  CHECK_THROWS(w.at(right).space.run("nft list table inet wirehub_51820"));
}

TEST_CASE("rules of others are left alone") {
  nft_world w;
  machine& host = w.at(right);
  host.space.run("nft 'table inet other { chain c { }; }; table inet wirehub_4 { chain c { }; }'");
  host.close();
  host.open(capture::nft);
  host.close();
  host.space.run("nft list table inet other && nft list table inet wirehub_4");
}

TEST_CASE("what a killed process left behind is taken over") {
  nft_world w;
  machine& host = w.at(right);
  host.close();
  host.space.run(
      "nft 'table inet wirehub_51820 { chain old { type filter hook prerouting priority "
      "-350; udp dport 51820 drop; }; }'");
  host.open(capture::nft);
  w.at(left).send(w.where(right), ours(20));
  CHECK(w.wait(right, 1).size() == 1);
}

TEST_CASE("nobody reaches the socket behind the rules directly") {
  nft_world w;
  const std::uint16_t port = own_port(w.at(right));
  REQUIRE(port != 0);
  w.at(left).send({ip("198.51.100.2"), port}, ours(20, 1));
  w.at(left).send({ip("2001:db8:2::2"), port}, ours(20, 1));
  const plain_socket local(w.at(right).space, {ip_address::v4(0), 0});
  local.send({ip("127.0.0.1"), port}, ours(20, 1));
  w.at(left).send(w.where(right), ours(20, 2));
  const auto got = w.wait(right, 1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].payload[1] == 2);
}

TEST_CASE("rules that somebody removed are put back") {
  nft_world w;
  machine& host = w.at(right);
  host.space.run("nft flush ruleset");
  host.wait(0, 1000);
  for (int i = 0; i < 20 && host.port->stats().rules_restored == 0; ++i) host.turn(100);
  CHECK(host.port->stats().rules_restored == 1);
  w.at(left).send(w.where(right), ours(20));
  const auto got = w.wait(right, 1);
  REQUIRE(got.size() == 1);
  host.send(got[0].from, ours(21));
  const auto answer = w.wait(left, 1);
  REQUIRE(answer.size() == 1);
  CHECK(answer[0].from == w.where(right));
  // Its own doing, and that of others, leads to nothing.
  host.space.run("nft 'table inet other { }' && nft delete table inet other");
  host.wait(0);
  CHECK(host.port->stats().rules_restored == 1);
}

TEST_CASE("an interface's name cannot bring rules of its own") {
  const net_space n("alone");
  n.within([] {
    CHECK_THROWS_WITH(nft_table({1, 2}, "a\" drop; #"), Catch::Contains("interface"));
  });
}

TEST_CASE("nft's own words say what is wrong") {
  const net_space n("alone");
  n.within([] {
    try {
      nft_table t({1, 2}, "a-name-that-is-much-too-long");
      FAIL("no error");
    } catch (const std::runtime_error& e) {
      CHECK_THAT(e.what(), Catch::Contains("too long") || Catch::Contains("Error"));
    }
  });
}

}  // namespace
