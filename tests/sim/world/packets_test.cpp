#include <catch2/catch.hpp>

#include "tests/sim/world/scene.hpp"

namespace {

using namespace wh::sim::test;

std::uint64_t sent(const wh::sim::report& r, std::string_view kind) {
  for (const auto& p : r.packets)
    if (p.kind == kind) return p.sent;
  return 0;
}

TEST_CASE("where nobody has a tunnel every datagram is a packet of a kind") {
  const auto r = play(text(R"(name = "nodes"
question = "What is sent?"
duration_s = 118
crypto = "modelled"
[network]
latency = "constant"
latency_ms = 20
jitter_ms = 0
[[peers]]
group = "boot"
role = "node"
boot = true
[[peers]]
group = "nodes"
role = "node"
count = 9
)"));
  std::uint64_t all = 0;
  for (const auto& p : r.packets) all += p.sent;
  CHECK(static_cast<double>(all) == metric(r, "network.datagrams"));
  // Nothing is lost, and at the end, between two rounds of upkeep, little is under way.
  CHECK(sent(r, "find_node") > 0);
  CHECK(sent(r, "nodes") <= sent(r, "find_node"));
  CHECK(sent(r, "nodes") + 2 >= sent(r, "find_node"));
  CHECK(sent(r, "initiation_find_node") > 0);
  CHECK(sent(r, "confirmation") > 0);
}

TEST_CASE("payload is no session packet but for the frames of a relay") {
  const auto direct = play(text(pair_scene{"90", "", "", "", ""}.toml()));
  CHECK(sent(direct, "relay_to") == 0);
  std::uint64_t all = 0;
  for (const auto& p : direct.packets) all += p.sent;
  CHECK(static_cast<double>(all) + 60 < metric(direct, "network.datagrams"));
  const auto relayed =
      play(text(pair_scene{"90", "", "mobile_symmetric", "mobile_symmetric", ""}.toml()));
  CHECK(sent(relayed, "relay_to") > 60);
  CHECK(sent(relayed, "relayed") > 60);
}

}  // namespace
