#include "tests/sim/world/scene.hpp"

// Many behind one public address: an office, a laboratory, a carrier's NAT. What the DHT allows one
// /24 against Sybils must not stand in their way.

namespace {

using namespace wh;
using namespace wh::sim::test;
using wh::sim::path_kind;

/// `office` with these lines, in a network of 15 public nodes; one of outside connects to all of
/// it.
wh::sim::scenario office(const std::string& lines, const std::string& more = "") {
  return text(R"(name = "office"
question = "Are all found who are behind one address?"
duration_s = 240
crypto = "modelled"
[[peers]]
group = "boot"
role = "node"
count = 3
boot = true
relay = true
[[peers]]
group = "strangers"
count = 12
role = "node"
relay = true
[[peers]]
group = "office"
shared_nat = true
)" + lines + R"([[peers]]
group = "outside"
nat = "openwrt"
[[workload]]
from_s = 90
lookups = { per_s = 20, from = "strangers", to = "office" }
)" + more);
}

constexpr const char* visitor = R"([[workload]]
from_s = 90
connect = { from = "outside", to = "office" }
)";

TEST_CASE("sixty members behind one address are all found and reached") {
  for (const char* nat : {"\"linux_masquerade\"", "[\"openwrt\", \"cgn_eim\"]"})
    for (const char* start : {"arrive_over_s = 30\n", "arrive_at_s = 10\n"}) {
      INFO(nat << ", " << start);
      const auto r = play(office(std::string("count = 60\nnat = ") + nat + "\n" + start, visitor));
      CHECK(metric(r, "dht.joined_ratio") == 1);
      // Twenty a second: each of them is looked up some fifty times.
      CHECK(metric(r, "dht.lookups") > 2500);
      CHECK(metric(r, "dht.lookup_success_ratio") == 1);
      REQUIRE(r.pairs.size() == 60);
      for (const auto& p : r.pairs) CHECK(p.path == path_kind::direct);
    }
}

TEST_CASE("members that come back with new keys behind one address again and again are found") {
  const auto r = play(office(R"(count = 60
role = "node"
nat = "linux_masquerade"
churn = { session = "constant", scale_s = 80, offline = "constant", offline_scale_s = 1, replace = true }
)"));
  CHECK(metric(r, "peers.started") == 15 + 1 + 3 * 60);
  CHECK(metric(r, "dht.lookups") > 500);
  CHECK(metric(r, "dht.lookup_success_ratio") == 1);
}

}  // namespace
