#include <nlohmann/json.hpp>

#include "bench.hpp"

using namespace wh;
using namespace wh::sim;

TEST_CASE("a matrix is made of a scenario's groups") {
  bench b;
  CHECK(b({"matrix", "one", "--seeds", "11-13"}) == 0);
  CHECK(b.said("one, 3 seeds, 1 cell\n"));
  CHECK(b.said("Every cell is what the oracle (O1) says."));
  const auto j = nlohmann::json::parse(b.file("matrix.json"));
  CHECK(j["kind"] == "matrix");
  CHECK(j["runs"].size() == 3);
  CHECK(j["cells"][0]["direct"]["part"] == nlohmann::json({1, 1, 1}));
  CHECK(b.file("matrix.md").find("## Every cell") != std::string::npos);
}

TEST_CASE("a matrix tells of broken and dead runs as a run does") {
  bench b;
  CHECK(b({"matrix", "one", "--seed", "1", "--seed", "3"}) == 1);
  CHECK(b.complained("seed 3 breaks an expectation; replay: wh-sim run"));
  bench d;
  CHECK(d({"matrix", "one", "--seed", "1", "--seed", "5"}) == 1);
  CHECK(d.complained("seed 5 died: Terminated"));
  CHECK(nlohmann::json::parse(d.file("matrix.json"))["runs"].size() == 1);
}

TEST_CASE("a matrix is held against its baseline and check knows it for one") {
  bench b;
  const auto file = (b.folder / "base.json").string();
  CHECK(b({"matrix", "one", "--seeds", "11-30", "--baseline", file.c_str(), "--update"}) == 0);
  CHECK(b({"matrix", "one", "--baseline", file.c_str()}) == 0);
  CHECK(b.said("no regression: identical to the baseline"));
  b.late_s = 0.001;  // too little to matter, but relayed
  CHECK(b({"check", "--baseline", file.c_str()}) == 1);
  CHECK(b.said("WORSE       matrix.direct_ratio[a,b]"));
  CHECK(b({"matrix", "one", "--baseline", file.c_str()}) == 1);
}

TEST_CASE("options that need a baseline are refused without one") {
  bench b;
  CHECK(b({"matrix", "one", "--update"}) == 2);
  CHECK(b.complained("they go with --baseline"));
  CHECK(b({"matrix", "none"}) == 2);
}
