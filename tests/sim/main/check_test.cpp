#include <nlohmann/json.hpp>

#include "bench.hpp"

using namespace wh;
using namespace wh::sim;
namespace fs = std::filesystem;

namespace {

/// A bench with a baseline of seeds 11 to 30, which all hold.
struct checked : bench {
  std::string baseline = (folder / "base.json").string();

  checked() {
    REQUIRE((*this)({"check", "one", "--baseline", baseline.c_str(), "--seeds", "11-30",
                     "--update"}) == 0);
    out.str("");
  }
  int check(std::vector<const char*> words = {}) {
    words.insert(words.begin(), {"check", "--baseline", baseline.c_str()});
    return (*this)(words);
  }
  std::string text(const fs::path& name) const {
    std::ostringstream all;
    all << std::ifstream(folder / name).rdbuf();
    return all.str();
  }
  void rewrite_scenario() {
    std::ofstream(folder / "scenarios" / "one.toml", std::ios::app) << "# a remark\n";
  }
};

}  // namespace

TEST_CASE("several seeds are put together in a table and in a file") {
  bench b;
  CHECK(b({"run", "one", "--seeds", "11-14"}) == 0);
  CHECK(b.said("one, 4 seeds together"));
  CHECK(b.said("aggregate.json"));
  const auto j = nlohmann::json::parse(b.file("aggregate.json"));
  CHECK(j["kind"] == "aggregate");
  CHECK(j["runs"].size() == 4);
  const auto& times = j["metrics"]["paths.time_to_first_payload_s"]["statistics"]["mean"];
  CHECK(times["values"] == nlohmann::json({1.04, 1.05, 1.06, 1.0}));
  CHECK(times["mean"].get<double>() == Approx(1.0375));
  CHECK(times["range"][0].get<double>() < 1.0375);
  CHECK(j["metrics"]["paths.connected_ratio"]["whole"] == nlohmann::json({1, 1, 1, 1}));
}

TEST_CASE("the aggregate names the seeds that broke and leaves out the one that died") {
  bench b;
  CHECK(b({"run", "one", "--seed", "1", "--seed", "3", "--seed", "5"}) == 1);
  const auto j = nlohmann::json::parse(b.file("aggregate.json"));
  REQUIRE(j["runs"].size() == 2);
  CHECK(j["runs"][1]["seed"] == 3);
  CHECK(j["runs"][1]["broken"] == nlohmann::json({"paths.connected_ratio exactly 1.0"}));
}

TEST_CASE("several scenarios have folders of their own") {
  bench b;
  std::ifstream one(b.folder / "scenarios" / "one.toml");
  std::string text((std::istreambuf_iterator<char>(one)), {});
  text.replace(text.find("\"one\""), 5, "\"two\"");
  std::ofstream(b.folder / "scenarios" / "two.toml") << text;
  CHECK(b({"run", "one", "two", "--seeds", "11-12"}) == 0);
  CHECK(b.said("4 of 4 runs held every expectation"));
  CHECK(fs::exists(b.folder / "out" / "one" / "aggregate.json"));
  CHECK(fs::exists(b.folder / "out" / "two" / "seed-12" / "report.json"));
  CHECK(b({"run", "one", "one"}) == 2);
  CHECK(b.complained("one is asked for twice"));
}

TEST_CASE("what has not changed is identical to its baseline") {
  checked b;
  CHECK(b.check() == 0);
  CHECK(b.said("no regression: identical to the baseline"));
  CHECK(nlohmann::json::parse(b.file("check.json"))["regression"] == false);
}

TEST_CASE("what got slower is a regression and is told in every form") {
  checked b;
  b.late_s = 0.5;
  const auto xml = (b.folder / "c.xml").string(), md = (b.folder / "c.md").string();
  CHECK(b.check({"--junit", xml.c_str(), "--markdown", md.c_str()}) == 1);
  CHECK(b.said("WORSE  paths.time_to_first_payload_s"));
  CHECK(b.said("REGRESSION: 1 statistic worse"));
  CHECK(b.text("c.xml").find("failures=\"1\"") != std::string::npos);
  CHECK(b.text("c.md").find("**worse**") != std::string::npos);
  const auto j = nlohmann::json::parse(b.file("check.json"));
  CHECK(j["scenarios"][0]["verdicts"]["worse"] == 1);
  CHECK(j["scenarios"][0]["statistics"].size() > 1);
}

TEST_CASE("what got faster is none and an update makes it the measure") {
  checked b;
  b.late_s = -0.5;
  CHECK(b.check() == 0);
  CHECK(b.said("no regression; 1 statistic better"));
  CHECK(b.check({"--update"}) == 0);
  CHECK(b.check() == 0);
  CHECK(b.said("identical to the baseline"));
}

TEST_CASE("a run that dies is a regression and makes no baseline") {
  checked b;
  CHECK(b({"check", "one", "--baseline", b.baseline.c_str(), "--update", "--seed", "5"}) == 1);
  CHECK(b.complained("the baseline stays as it is: one, seed 5: died: Terminated; replay: "));
  CHECK(b.check() == 0);
}

TEST_CASE("a baseline of another text proves nothing unless one insists") {
  checked b;
  b.rewrite_scenario();
  CHECK(b.check() == 2);
  CHECK(b.complained("one is not what the baseline was made of: one.toml changed"));
  CHECK(b.check({"--changed"}) == 0);
  CHECK(b.said("one is another text than the baseline's"));
}

TEST_CASE("a check that cannot be made says why") {
  checked b;
  CHECK(b({"check", "--baseline", "/no/such.json"}) == 2);
  CHECK(b.complained("there is no baseline /no/such.json; --update makes one"));
  CHECK(b({"check", "one"}) == 2);
  CHECK(b.check({"--seed", "7"}) == 2);
  CHECK(b.complained("the baseline of one has no seed 7"));
  CHECK(b.check({"--update", "--salt", "x"}) == 2);
  CHECK(b.complained("--update and --salt: one of them"));
  std::ofstream(b.baseline) << "{}";
  CHECK(b.check() == 2);
  CHECK(b.complained("no baseline of wh-sim check"));
}

TEST_CASE("a file that cannot be written ends a check before anything is run") {
  bench b;
  const auto base = (b.folder / "base.json").string();
  for (const auto& [option, file] :
       {std::pair{"--junit", "/no/such/x.xml"}, {"--markdown", "/no/such/x.md"}}) {
    CHECK(b({"check", "one", "--baseline", base.c_str(), "--update", option, file}) == 2);
    CHECK(b.complained(std::string("cannot write ") + file + ": /no/such: No such file"));
  }
  CHECK(b({"check", "one", "--baseline", "/no/such/b.json", "--update"}) == 2);
  CHECK(b({"matrix", "one", "--baseline", "/no/such/c.json", "--update"}) == 2);
  CHECK(b.complained("cannot write /no/such/c.json"));
  CHECK_FALSE(fs::exists(b.folder / "out"));
}

TEST_CASE("a salt reaches the world and the report") {
  bench b;
  CHECK(b({"run", "one", "--salt", "third"}) == 0);
  CHECK(b.seen.salt == "third");
  CHECK(nlohmann::json::parse(b.file("report.json"))["source"]["salt"] == "third");
}
