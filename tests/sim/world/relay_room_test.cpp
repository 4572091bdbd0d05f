#include "tests/sim/world/scene.hpp"

namespace {

using namespace wh::sim::test;
using wh::sim::path_kind;

/// Two relays with room for so many homes, members behind symmetric NATs who need them, and events.
wh::sim::report play_relays(const std::string& guests, const std::string& events) {
  return play(text(R"(name = "rooms"
question = "Who finds room?"
crypto = "modelled"
duration_s = 60
[network]
latency = "constant"
latency_ms = 25
[[peers]]
group = "relays"
count = 2
role = "node"
boot = true
relay = true
relay_guests = )" + guests +
                   R"(
[[peers]]
group = "a"
nat = "symmetric"
arrive_at_s = 20
[[peers]]
group = "b"
nat = "symmetric"
arrive_at_s = 20
[[workload]]
from_s = 30
connect = { from = "a", to = "b" }
[[expect]]
pair = ["a", "b"]
path = "connected"
because = "the test says so"
)" + events));
}

TEST_CASE("a relay with room for nobody leaves those who need one alone") {
  CHECK(path(play_relays("8", "")) == path_kind::relayed);
  CHECK(path(play_relays("0", "")) == path_kind::unreachable);
}

TEST_CASE("an event gives relays room and takes it from whoever comes later") {
  const auto room = [](const char* at, const char* guests) {
    return std::string("[[events]]\nat_s = ") + at +
           "\nrelay_room = { group = \"relays\", guests = " + guests + " }\n";
  };
  CHECK(path(play_relays("0", room("10", "8"))) == path_kind::relayed);
  CHECK(path(play_relays("8", room("10", "0"))) == path_kind::unreachable);
  // Who is a guest stays one.
  CHECK(path(play_relays("8", room("40", "0"))) == path_kind::relayed);
}

TEST_CASE("an event makes a relay carry less") {
  const auto delivered = [](const char* event) {
    return metric(play_relays("8", event), "paths.payload_delivered_ratio");
  };
  CHECK(delivered("") == 1);
  CHECK(delivered("[[events]]\nat_s = 40\nrelay_room = { bytes_per_s = 1 }\n") < 0.9);
}

TEST_CASE("an event that changes no room is a mistake") {
  const auto s = wh::sim::parse_scenario(
      pair_scene{"60", "", "", "", "[[events]]\nat_s = 1\nrelay_room = { group = \"a\" }\n"}.toml(),
      "test.toml", {}, names());
  REQUIRE_FALSE(s);
  CHECK(s.error().render().find("nothing changes") != std::string::npos);
}

}  // namespace
