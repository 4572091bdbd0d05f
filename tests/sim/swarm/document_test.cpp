#include "sim/swarm/document.hpp"

#include <catch2/catch.hpp>

using namespace wh::sim::swarm;

TEST_CASE("a document is written as a person types a scenario") {
  document d;
  d.comment = {"why"};
  d.top = {{"name", "\"x\"", {}}, {"duration_s", "5", {}}};
  d.sections = {{"network", false, {{"loss_ratio", "0.1", {}}}},
                {"events", true, {{"at_s", "3", {}}, {"kill", {}, {{"group", "\"a\"", {}}}}}},
                {"workload", true, {{"connect", {}, {}}}}};
  CHECK(d.text() ==
        "# why\n"
        "name = \"x\"\n"
        "duration_s = 5\n"
        "\n[network]\n"
        "loss_ratio = 0.1\n"
        "\n[[events]]\n"
        "at_s = 3\n"
        "kill = { group = \"a\" }\n"
        "\n[[workload]]\n"
        "connect = { }\n");
  CHECK(find(d.top, "duration_s")->value == "5");
  CHECK(find(d.top, "seeds") == nullptr);
}
