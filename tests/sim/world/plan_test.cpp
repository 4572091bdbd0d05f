#include "sim/world/plan.hpp"

#include <set>

#include "tests/sim/world/scene.hpp"

namespace {

using namespace wh;
using namespace wh::sim;

plan lay_out(const std::string& rest) {
  auto p = make_plan(test::text(R"(name = "plan"
question = "Where is everybody?"
duration_s = 60
[[peers]]
group = "boot"
boot = true
)" + rest),
                     seed{1});
  if (!p) FAIL(p.error());
  return std::move(*p);
}

std::uint32_t network_24(const ip_address& a) {
  REQUIRE(a.is_v4());
  return a.v4_value() >> 8;
}

TEST_CASE("every host and outermost box has a network of its own unless the group says otherwise") {
  const auto apart = lay_out("[[peers]]\ngroup = \"g\"\ncount = 6\n");
  const auto four = lay_out("[[peers]]\ngroup = \"g\"\ncount = 6\nper_24 = 4\n");
  const auto networks = [](const plan& p) {
    std::multiset<std::uint32_t> all;
    for (const auto& h : p.hosts) all.insert(network_24(h.v4->address));
    return all;
  };
  const auto a = networks(apart), b = networks(four);
  CHECK(std::set<std::uint32_t>(a.begin(), a.end()).size() == 7);
  CHECK(std::set<std::uint32_t>(b.begin(), b.end()).size() == 3);
  std::set<ip_address> addresses;
  for (const auto& h : four.hosts) addresses.insert(h.v4->address);
  CHECK(addresses.size() == 7);
}

TEST_CASE("a box with several addresses has them in one network and no other box has one of them") {
  const auto p = lay_out(R"([[nats]]
name = "wide"
like = "symmetric"
external_addresses = 4
[[peers]]
group = "g"
count = 3
nat = "wide"
per_24 = 2
)");
  std::set<ip_address> all;
  for (const auto& b : p.boxes) {
    CHECK(b.external.size() == 4);
    for (const auto& a : b.external) {
      CHECK(all.insert(a).second);
      CHECK(network_24(a) == network_24(b.external.front()));
    }
  }
  CHECK(network_24(p.boxes[0].external[0]) == network_24(p.boxes[1].external[0]));
  CHECK(network_24(p.boxes[0].external[0]) != network_24(p.boxes[2].external[0]));
}

TEST_CASE("homes of one carrier have the carrier's box in common and addresses inside of it") {
  const std::string homes =
      "[[peers]]\ngroup = \"g\"\ncount = 2\nnat = \"openwrt\"\ncarrier = \"c\"\n";
  for (const bool isolated : {false, true}) {
    const auto p =
        lay_out(std::string("[[carriers]]\nname = \"c\"\nnat = \"cgn_eim\"\nisolated = ") +
                (isolated ? "true\n" : "false\n") + homes);
    CHECK(p.chain_of(1).size() == 2);
    CHECK(p.chain_of(1).back() == p.chain_of(2).back());
    CHECK(p.chain_of(1).front() != p.chain_of(2).front());
    CHECK(p.common(1, 2).v4.count == 1);
    CHECK(p.common(1, 2).v4.inner_route == !isolated);
    CHECK(!p.boxes[p.chain_of(1).front()].external.front().is_global());
    CHECK(p.boxes[p.chain_of(1).back()].external.front().is_global());
  }
}

TEST_CASE(
    "homes of one carrier have addresses of their own inside of it though firewalls stand "
    "between") {
  const std::string carrier = "[[carriers]]\nname = \"c\"\nnat = \"cgn_eim\"\n";
  for (const char* chain : {"\"stateful_firewall\"", "[\"openwrt\", \"stateful_firewall\"]",
                            "[\"stateful_firewall\", \"openwrt\"]"}) {
    CAPTURE(chain);
    std::string text = carrier;
    for (const char* group : {"g", "h"})
      text += std::string("[[peers]]\ngroup = \"") + group + "\"\ncount = 2\nnat = " + chain +
              "\ncarrier = \"c\"\n";
    const auto p = lay_out(text);
    std::set<ip_address> inside;
    for (std::size_t h = 1; h < p.hosts.size(); ++h) {
      ip_address a = p.hosts[h].v4->address;
      for (const std::size_t b : p.chain_of(h))
        if (!p.boxes[b].external.empty() && !p.boxes[b].external.front().is_global())
          a = p.boxes[b].external.front();
      CHECK(inside.insert(a).second);
    }
  }
}

TEST_CASE("a host has the families that its group has and IPv6 addresses are public") {
  const auto p = lay_out(R"([[peers]]
group = "both"
family = "dual"
nat = "openwrt"
nat6 = "ipv6_firewall"
[[peers]]
group = "six"
family = "ipv6"
)");
  CHECK((p.hosts[0].v4 && !p.hosts[0].v6));
  REQUIRE((p.hosts[1].v4 && p.hosts[1].v6));
  CHECK((!p.hosts[2].v4 && p.hosts[2].v6));
  CHECK(!p.hosts[1].v4->address.is_global());
  CHECK(p.hosts[1].v6->address.is_global());
  CHECK(p.chain_of(1, false).size() == 1);
  // A firewall lets nobody in unasked; without one, everybody.
  CHECK(!p.open_endpoint(1));
  CHECK(p.open_endpoint(2) == endpoint{p.hosts[2].v6->address, p.hosts[2].port});
}

TEST_CASE("a forwarded port is open and one that a router lies about is not") {
  const auto p = lay_out(R"([[nats]]
name = "liar"
port_mapping = "lying"
[[peers]]
group = "honest"
nat = "symmetric"
forwarded = true
port = 443
[[peers]]
group = "deceived"
nat = "liar"
forwarded = true
)");
  const auto honest = p.open_endpoint(1);
  REQUIRE(honest);
  CHECK(*honest == endpoint{p.boxes[p.chain_of(1).front()].external.front(), 443});
  CHECK(p.sides_of(1).v4->port_mapped);
  CHECK(p.servers);
  CHECK(!p.open_endpoint(2));
  CHECK(!p.sides_of(2).v4->port_mapped);
}

}  // namespace
