// The contract of datagram_port. Included by one file per program, after
//   #define WH_PORT_WORLDS kind_of_world, other_kind
// with kinds derived from port_world that can be made without arguments.

#include <catch2/catch.hpp>

#include "tests/support/port_contract.hpp"
#include "transport/rng.hpp"

namespace {

using namespace wh;
using namespace wh::test;
using side = port_world::side;
constexpr auto left = port_world::left, right = port_world::right;
constexpr auto any_ttl = ttl::host_default;

TEMPLATE_TEST_CASE("a datagram comes with its source and its bytes", "", WH_PORT_WORLDS) {
  TestType w;
  w.port(left).send(w.where(right), {0xff, 1, 2, 3}, any_ttl);
  const auto got = w.wait(right, 1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].from == w.where(left));
  CHECK(got[0].payload == bytes{0xff, 1, 2, 3});
}

TEMPLATE_TEST_CASE("an answer to the source gets back", "", WH_PORT_WORLDS) {
  TestType w;
  w.port(left).send(w.where(right), ours(20), any_ttl);
  const auto question = w.wait(right, 1);
  REQUIRE(question.size() == 1);
  w.port(right).send(question[0].from, ours(30), any_ttl);
  const auto answer = w.wait(left, 1);
  REQUIRE(answer.size() == 1);
  CHECK(answer[0].from == w.where(right));
  CHECK(answer[0].payload.size() == 30);
}

TEMPLATE_TEST_CASE("IPv6 carries datagrams both ways", "", WH_PORT_WORLDS) {
  TestType w;
  if (w.where(right, false).is_unspecified()) return;  // a world without IPv6 says so
  w.port(left).send(w.where(right, false), ours(100), any_ttl);
  const auto question = w.wait(right, 1);
  REQUIRE(question.size() == 1);
  CHECK(question[0].from == w.where(left, false));
  w.port(right).send(question[0].from, ours(101), any_ttl);
  const auto answer = w.wait(left, 1);
  REQUIRE(answer.size() == 1);
  CHECK(answer[0].from == w.where(right, false));
  CHECK(answer[0].payload == ours(101));
}

TEMPLATE_TEST_CASE("datagrams come in the order in which they were sent", "", WH_PORT_WORLDS) {
  TestType w;
  for (unsigned i = 0; i < 200; ++i)
    w.port(left).send(w.where(right), ours(40 + i % 7, static_cast<std::uint8_t>(i)), any_ttl);
  const auto got = w.wait(right, 200);
  REQUIRE(got.size() == 200);
  for (unsigned i = 0; i < 200; ++i) CHECK(got[i].payload[1] == i);
}

TEMPLATE_TEST_CASE("a datagram with a TTL of 1 dies at the first router", "", WH_PORT_WORLDS) {
  TestType w;
  w.port(left).send(w.where(right), ours(20, 1), ttl{1});
  w.port(left).send(w.where(right), ours(20, 64), ttl{64});
  w.port(left).send(w.where(right), ours(20, 1), ttl{1});
  w.port(left).send(w.where(right), ours(20, 0), any_ttl);
  // One that gets through comes after what was sent before it.
  const auto got = w.wait(right, 2);
  REQUIRE(got.size() == 2);
  CHECK(got[0].payload[1] == 64);
  CHECK(got[1].payload[1] == 0);
}

TEMPLATE_TEST_CASE("a hop limit of 1 dies at the first router over IPv6", "", WH_PORT_WORLDS) {
  TestType w;
  if (w.where(right, false).is_unspecified()) return;
  w.port(left).send(w.where(right, false), ours(20, 1), ttl{1});
  w.port(left).send(w.where(right, false), ours(20, 64), ttl{64});
  const auto got = w.wait(right, 1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].payload[1] == 64);
}

TEMPLATE_TEST_CASE("all sizes up to the MTU come whole", "", WH_PORT_WORLDS) {
  TestType w;
  const std::vector<std::size_t> sizes{1, 2, 3, 7, 8, 9, 511, 1232, 1452, 1471, 1472};
  for (const std::size_t n : sizes) w.port(left).send(w.where(right), ours(n, 7), any_ttl);
  const auto got = w.wait(right, sizes.size());
  REQUIRE(got.size() == sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) CHECK(got[i].payload == ours(sizes[i], 7));
}

TEMPLATE_TEST_CASE("a datagram above the MTU comes whole or not at all", "", WH_PORT_WORLDS) {
  TestType w;
  for (const std::size_t n : {1473U, 1519U, 2000U, 4000U, 65507U, 65508U, 70000U})
    w.port(left).send(w.where(right), ours(n, 7), any_ttl);
  w.port(left).send(w.where(right), ours(10, 8), any_ttl);
  bool end = false;
  while (!end) {
    const auto got = w.wait(right, 1);
    REQUIRE_FALSE(got.empty());
    for (const came& c : got) {
      end = end || c.payload == ours(10, 8);
      CHECK((c.payload == ours(10, 8) || c.payload == ours(c.payload.size(), 7)));
    }
  }
}

TEMPLATE_TEST_CASE("what is not ours is not handed on", "", WH_PORT_WORLDS) {
  TestType w;
  for (const int type : {0, 1, 2, 3, 4, 0x7f, 0xfe})
    w.port(left).send(w.where(right), bytes(148, static_cast<std::uint8_t>(type)), any_ttl);
  w.port(left).send(w.where(right), bytes{}, any_ttl);
  w.port(left).send(w.where(right), bytes{1, 0xff}, any_ttl);
  w.port(left).send(w.where(right), ours(33), any_ttl);
  const auto got = w.wait(right, 1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].payload == ours(33));
}

TEMPLATE_TEST_CASE("garbage behind the first byte is handed on as it is", "", WH_PORT_WORLDS) {
  TestType w;
  seeded_rng random{seed{1}.derive("garbage")};
  std::vector<bytes> sent;
  for (int i = 0; i < 100; ++i) {
    bytes b(1 + random.below(1400));
    random.fill(b);
    b[0] = 0xff;
    sent.push_back(b);
    w.port(left).send(w.where(right), b, any_ttl);
  }
  const auto got = w.wait(right, sent.size());
  REQUIRE(got.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) CHECK(got[i].payload == sent[i]);
}

TEMPLATE_TEST_CASE("nothing comes back from one's own endpoint", "", WH_PORT_WORLDS) {
  TestType w;
  w.port(left).send(w.where(left), ours(20, 1), any_ttl);
  w.port(right).send(w.where(left), ours(20, 2), any_ttl);
  const auto got = w.wait(left, 1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].payload == ours(20, 2));
}

TEMPLATE_TEST_CASE("what goes nowhere leaves the port as it was", "", WH_PORT_WORLDS) {
  TestType w;
  const ip_address nobody = *ip_address::parse("198.51.100.77");
  for (const endpoint& to :
       {endpoint{}, endpoint{nobody, 9}, endpoint{w.where(right).address, 0},
        endpoint{w.where(right).address, 9}, endpoint{*ip_address::parse("2001:db8:77::1"), 9},
        endpoint{ip_address::v4(0), 5}, endpoint{ip_address::v4(255, 255, 255, 255), 5}})
    w.port(left).send(to, ours(20, 1), any_ttl);
  w.port(left).send(w.where(right), ours(20, 2), any_ttl);
  const auto got = w.wait(right, 1);
  REQUIRE(got.size() == 1);
  CHECK(got[0].payload == ours(20, 2));
}

TEMPLATE_TEST_CASE("the local endpoints are the host's own with the port", "", WH_PORT_WORLDS) {
  TestType w;
  for (const side s : {left, right}) {
    const auto all = w.port(s).local_endpoints();
    CHECK(all.size() <= 8);
    REQUIRE_FALSE(all.empty());
    CHECK(std::find(all.begin(), all.end(), w.where(s)) != all.end());
    for (const endpoint& e : all) {
      CHECK(e.port() == w.where(s).port());
      CHECK_FALSE(e.address.is_loopback());
    }
  }
}

}  // namespace
