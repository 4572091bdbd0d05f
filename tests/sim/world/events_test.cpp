#include "actors/proto/wire/mtu.hpp"
#include "tests/sim/world/scene.hpp"

namespace {

using namespace wh;
using namespace wh::sim::test;
using wh::sim::path_kind;

/// `a` is public unless said.
wh::sim::scenario two(const std::string& duration_s, const std::string& events,
                      const std::string& nat_of_a = "") {
  return text(pair_scene{duration_s, "latency = \"constant\"\nlatency_ms = 25", nat_of_a,
                         "cone_port_restricted", events}
                  .toml());
}

constexpr const char* partition = R"([[events]]
at_s = 60
partition = { group = "a", lasts_s = 30 }
)";

TEST_CASE("during a partition the group and the rest do not hear each other") {
  CHECK(path(play(two("80", ""))) == path_kind::direct);
  CHECK(path(play(two("80", partition))) == path_kind::unreachable);
}

TEST_CASE("after a partition those who were apart find each other again") {
  const auto r = play(two("160", partition));
  CHECK(path(r) == path_kind::direct);
  CHECK(metric(r, "paths.outage_s.max") >= 29);
}

TEST_CASE("of two partitions that overlap the shorter one's end does not end the longer one") {
  const std::string both = std::string(partition) + R"([[events]]
at_s = 62
partition = { group = "nodes", lasts_s = 5 }
)";
  CHECK(path(play(two("85", both))) == path_kind::unreachable);
}

TEST_CASE("peers inside of one group hear each other through a partition") {
  const auto r = play(two("85", R"([[events]]
at_s = 60
partition = { group = "nodes", lasts_s = 30 }
)"));
  // Both members are of the rest, and need nobody else once their path is direct.
  CHECK(path(r) == path_kind::direct);
}

TEST_CASE(
    "a full packet of the tunnel passes a relay in one piece and one byte less would not do") {
  const auto relayed = [](const std::string& mtu) {
    return play(text(pair_scene{"60", "mtu_bytes = " + mtu, "symmetric", "symmetric",
                                "payload_bytes = " + std::to_string(wh::wire::tunnel_mtu)}
                         .toml()));
  };
  // 28 bytes of IPv4 and UDP; over IPv6 it were 20 more, and 1491 pass any line that takes 1492.
  const auto size =
      wh::wire::tunnel_mtu + wh::wire::wireguard_overhead + wh::wire::relay_overhead + 28;
  const auto fits = relayed(std::to_string(size));
  CHECK(path(fits) == path_kind::relayed);
  CHECK(metric(fits, "network.oversized") == 0);
  const auto tight = relayed(std::to_string(size - 1));
  CHECK(path(tight) == path_kind::unreachable);
  CHECK(metric(tight, "network.oversized") > 0);
}

TEST_CASE("a member whose network lets no UDP out knows it and says so") {
  for (const char* nat : {"udp_blocked", "udp_blocked_except_dns"}) {
    const auto r = play(two("120", "", nat));
    CHECK(outcomes(r) == std::vector<std::string>{"a-b unreachable (udp_blocked)"});
  }
}

TEST_CASE("a kill is for good - a restart brings back even the dead") {
  const std::string kill = "[[events]]\nat_s = 50\nkill = { group = \"a\" }\n";
  const auto dead = play(two("150", kill));
  CHECK(metric(dead, "peers.online") == dead.peers - 1);
  // What it was when both still ran.
  CHECK(path(dead) == path_kind::direct);
  CHECK_FALSE(dead.pairs.front().online);
  const auto back = play(two("150", kill + R"([[events]]
at_s = 60
restart = { group = "a", lasts_s = 10 }
)"));
  CHECK(metric(back, "peers.online") == back.peers);
  CHECK(metric(back, "peers.started") == back.peers + 1);
  CHECK(path(back) == path_kind::direct);
}

TEST_CASE("a restart that lasts keeps the peer away for so long") {
  const std::string restart = "[[events]]\nat_s = 60\nrestart = { group = \"a\", lasts_s = 30 }\n";
  CHECK(metric(play(two("80", restart)), "peers.online") == 14);
  const auto r = play(two("160", restart));
  CHECK(metric(r, "peers.online") == 15);
  CHECK(path(r) == path_kind::direct);
}

TEST_CASE("a public host and one behind a box get another address and are reached at it") {
  for (const char* nat : {"", "cone_port_restricted"}) {
    INFO("a behind: " << nat);
    const auto r =
        play(two("180", "[[events]]\nat_s = 60\naddress_change = { group = \"a\" }\n", nat));
    CHECK(path(r) != path_kind::unreachable);
    CHECK(metric(r, "nat.boxes") == (nat[0] ? 2 : 1));
  }
}

TEST_CASE("a restart while the other side's address changes is over in seconds") {
  // What is left of each other is stale on both sides: the sessions of one, the record of the
  // other.
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    for (const char* first : {"a", "b"}) {
      const std::string second = first[0] == 'a' ? "b" : "a";
      const auto r =
          play(two("150",
                   std::string("[[events]]\nat_s = 60\naddress_change = { group = \"") + first +
                       "\" }\n[[events]]\nat_s = 62\nrestart = { group = \"" + second + "\" }\n",
                   "symmetric"),
               seed);
      INFO("seed " << seed << ", " << first << " moved");
      CHECK(path(r) != path_kind::unreachable);
      // Not ours are 15 s: so long WireGuard waits until it doubts a session of its own.
      CHECK(metric(r, "paths.outage_s.max") <= 18);
    }
}

TEST_CASE("a changed NAT is what the row of the pair and the oracle speak of") {
  const std::string to_symmetric =
      "[[events]]\nat_s = 60\nnat_change = { group = \"a\", nat = \"symmetric\" }\n";
  const auto before = play(two("120", "", "cone_port_restricted"));
  CHECK(path(before) == path_kind::direct);
  CHECK(metric(before, "traversal.direct_ratio_of_o1") == 1);
  const auto after = play(two("240", to_symmetric, "cone_port_restricted"));
  CHECK(path(after) == path_kind::relayed);
  // Nothing is possible without a guess, so there is nothing to have a share of.
  CHECK(!after.metrics.read("traversal.direct_ratio_of_o1"));
  CHECK(after.pairs.front().from_nat == "symmetric");
}

TEST_CASE("a firewall is replaced by a NAT and a NAT by a firewall and either by a chain") {
  const auto change = [](const std::string& to) {
    return "[[events]]\nat_s = 60\nnat_change = { group = \"a\", nat = " + to + " }\n";
  };
  const struct {
    const char *before, *after, *label;
    unsigned boxes;
  } changes[] = {
      {"stateful_firewall", "\"openwrt\"", "openwrt", 2},
      {"openwrt", "\"stateful_firewall\"", "stateful_firewall", 2},
      {"openwrt", "[\"openwrt\", \"cgn_eim\"]", "openwrt + cgn_eim", 3},
      {"", "\"openwrt\"", "openwrt", 2},
  };
  for (const auto& c : changes)
    for (const std::string detail : {"cloud", "packets"}) {
      INFO(c.before << " to " << c.after << ", " << detail);
      const auto r = play(text(pair_scene{"170", "detail = \"" + detail + "\"", c.before,
                                          "cone_port_restricted", change(c.after)}
                                   .toml()));
      CHECK(path(r) == path_kind::direct);
      CHECK(r.pairs.front().from_nat == c.label);
      CHECK(metric(r, "nat.boxes") == c.boxes);
      // Its address did change: that costs a pair its path for a while.
      CHECK(metric(r, "paths.outage_s.max") + metric(r, "paths.changes") > 0);
    }
}

TEST_CASE("hosts on one network move together when their box is replaced") {
  const auto r = play(text(R"(name = "lan"
question = "Do those who share a box share the new one?"
duration_s = 200
crypto = "modelled"
[[peers]]
group = "boot"
role = "node"
boot = true
relay = true
[[peers]]
group = "nodes"
count = 12
role = "node"
relay = true
publish = false
[[peers]]
group = "lan"
count = 3
nat = "stateful_firewall"
shared_nat = true
[[workload]]
from_s = 20
connect = { from = "lan", to = "lan" }
[[events]]
at_s = 60
nat_change = { group = "lan", nat = "openwrt" }
)"));
  CHECK(metric(r, "nat.boxes") == 1);
  REQUIRE(r.pairs.size() == 3);
  for (const auto& p : r.pairs) {
    CHECK(p.path == path_kind::direct);
    CHECK(p.to_nat == "openwrt");
  }
}

wh::sim::scenario coming_and_going(bool replace) {
  return text(std::string(R"(name = "replace"
question = "Do keys stay when peers come and go?"
duration_s = 600
crypto = "modelled"
[[peers]]
group = "boot"
role = "node"
boot = true
[[peers]]
group = "nodes"
count = 10
role = "node"
churn = { session = "constant", scale_s = 100, offline = "constant", offline_scale_s = 5, replace = )") +
              (replace ? "true" : "false") + R"( }
[[workload]]
from_s = 100
lookups = { per_s = 1, to = "nodes" }
)");
}

TEST_CASE("who comes back as somebody else is found by the new key and has nothing saved") {
  const auto same = play(coming_and_going(false)), other = play(coming_and_going(true));
  CHECK(metric(same, "peers.started") == metric(other, "peers.started"));
  CHECK(same.trace_hash != other.trace_hash);
  CHECK(metric(other, "dht.lookup_success_ratio") > 0.95);
  CHECK(play(coming_and_going(true)).trace_hash == other.trace_hash);
}

}  // namespace
