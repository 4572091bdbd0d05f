#include "tests/sim/world/scene.hpp"

// `scenario_NAME` of ctest runs the files as they are, each seed in a process of its own. Here the
// same worlds stand in process, under whatever the test program is built with (sanitizers).

namespace {

using namespace wh;
using namespace wh::sim::test;

TEST_CASE("pairs of public peers and behind cones and behind symmetric NATs get what they can") {
  for (const char* name : {"pair_open", "pair_cone", "pair_symmetric"}) hold(named(name));
}

TEST_CASE("a pair outlives the reboot of a home router and another address") {
  hold(named("nat_reboot", {"crypto=modelled"}), 1);
}

TEST_CASE("a relayed pair outlives its relay") { hold(named("relay_lost"), 1); }

TEST_CASE("a network whose boot nodes are dead starts from what its peers saved") {
  hold(named("boot_nodes_dead", {"crypto=modelled"}), 1);
}

TEST_CASE("the members of the announcement's network reach one another") {
  hold(named("seed_network", {"crypto=modelled"}), 1);
}

TEST_CASE("what the events leave behind is counted: a run has as many pairs as were asked for") {
  const auto r = play(named("pair_cone"));
  CHECK(r.pairs.size() == 1);
  CHECK(metric(r, "paths.pairs") == 1);
  CHECK(metric(r, "peers.online") == r.peers);
  CHECK(metric(r, "dht.joined_ratio") == 1);
  CHECK(r.virtual_time == 90s);
}

TEST_CASE("a population that does not exist is an answer not an end") {
  auto s = named("pair_open");
  s.peers.front().population = "atlantis";
  const auto r = wh::sim::run(s, {});
  REQUIRE(!r);
  CHECK(r.error().find("atlantis") != std::string::npos);
}

}  // namespace
