#include "real/net/source_table.hpp"

#include <catch2/catch.hpp>

#include "real/net/nft_table.hpp"
#include "real/net/pcap_receiver.hpp"

namespace {

using namespace wh;
using namespace wh::real;

const ip_address remote = ip_address::v4(127, 0, 0, 9);
const ip_address one = ip_address::v4(10, 0, 0, 1), two = ip_address::v4(10, 0, 0, 2);
const time_point start{std::chrono::seconds{1000}};

TEST_CASE("without an arrival the routes choose") {
  source_table t(0);
  CHECK(t.find(remote, start) == ip_address::v4(127, 0, 0, 1));
}

TEST_CASE("who wrote to an address is answered from it for half a minute") {
  source_table t(0);
  t.arrived(remote, one, start);
  CHECK(t.find(remote, start + 29s) == one);
  CHECK(t.find(remote, start + 30s) == ip_address::v4(127, 0, 0, 1));
}

TEST_CASE("a forged datagram does not move answers that are under way") {
  source_table t(0);
  t.arrived(remote, one, start);
  t.arrived(remote, two, start + 10s);
  CHECK(t.find(remote, start + 10s) == one);
  t.arrived(remote, one, start + 20s);
  t.arrived(remote, two, start + 40s);
  CHECK(t.find(remote, start + 49s) == one);
  // Silence from the old address makes room for the new one.
  t.arrived(remote, two, start + 51s);
  CHECK(t.find(remote, start + 51s) == two);
}

TEST_CASE("what was forgotten is looked up again") {
  source_table t(0);
  t.arrived(remote, one, start);
  t.forget(remote);
  CHECK(t.find(remote, start) == ip_address::v4(127, 0, 0, 1));
  t.arrived(remote, one, start);
  t.clear();
  CHECK(t.find(remote, start) == ip_address::v4(127, 0, 0, 1));
}

TEST_CASE("two remote addresses on one place do not get each other's source") {
  source_table t(0);
  // More than there are places.
  for (std::uint32_t i = 0; i < 20000; ++i)
    t.arrived(ip_address::v4(0x0a000000 + i), ip_address::v4(0x0b000000 + i), start);
  unsigned kept = 0;
  // Those that came last have the places.
  for (std::uint32_t i = 20000; i-- > 0;) {
    const auto s = t.find(ip_address::v4(0x0a000000 + i), start);
    if (s == ip_address::v4(0x0b000000 + i)) ++kept;
    // Else what the routes say here, which is none of those.
    else if (s)
      CHECK((s->v4_value() & 0xff000000) != 0x0b000000);
  }
  CHECK(kept > 0);
  CHECK(kept <= 4096);
}

TEST_CASE("the rules of nftables name the table after WireGuard's port") {
  const std::string rules = nft_rules({51820, 40000}, "wh0");
  CHECK_THAT(rules,
             Catch::StartsWith("add table inet wirehub_51820\ndelete table inet wirehub_51820"));
  CHECK_THAT(rules, Catch::Contains("tproxy to :40000"));
  CHECK_THAT(rules, Catch::Contains("iifname \"wh0\" return"));
}

TEST_CASE("the filter for captures asks for IPv6 by itself") {
  CHECK_THAT(pcap_filter(7), Catch::Contains("udp[8] = 0xff") && Catch::Contains("ip6[42:2] = 7") &&
                                 Catch::Contains("ip6[48] = 0xff"));
}

}  // namespace
