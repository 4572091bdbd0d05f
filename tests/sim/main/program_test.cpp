#include <fstream>
#include <sstream>

#include "bench.hpp"
#include "sim/main/progress_line.hpp"
#include "sim/measure/catalogue.hpp"

using namespace wh;
using namespace wh::sim;
namespace fs = std::filesystem;

TEST_CASE("a scenario that holds ends with its summary and its report and 0") {
  bench b;
  CHECK(b({"run", "one"}) == 0);
  CHECK(b.said("the one expectation holds"));
  CHECK(b.said("report " + (b.folder / "out" / "report.json").string()));
  CHECK(b.file("report.json").find("\"scenario\": \"one\"") != std::string::npos);
  CHECK(b.errors.str().empty());
  CHECK(b.seen.seed == 1);
}

TEST_CASE("a broken expectation ends with 1 and the command that replays it") {
  bench b;
  CHECK(b({"run", "one", "--seed", "3", "--set", "duration_s=20"}) == 1);
  CHECK(b.said("BROKEN  paths.connected_ratio = 0, exactly 1 expected"));
  CHECK(b.said("replay wh-sim run " + (b.folder / "scenarios" / "one.toml").string() +
               " --set duration_s=20 --seed 3"));
}

TEST_CASE("a bad scenario ends with 2 and is shown") {
  bench b;
  CHECK(b({"run", "one", "--set", "duration=20"}) == 2);
  CHECK(b.complained("did you mean `duration_s`?"));
  CHECK(b({"run", "one", "--set", "expect.0.metric=paths.connected"}) == 2);
  CHECK(b.complained("did you mean \"paths.connected_ratio\"?"));
  CHECK(b({"run", "oen"}) == 2);
  CHECK(b.complained("did you mean one?"));
  CHECK(b({"run", "no/such.toml"}) == 2);
  CHECK(b({"run", "one", "--flow", "a,nobody"}) == 2);
  CHECK(b.complained("there is no peer \"nobody\""));
  CHECK(b.out.str().empty());
}

TEST_CASE("a folder of a scenario's name does not hide the scenario") {
  bench b;
  const auto before = fs::current_path();
  fs::create_directories(b.folder / "reports" / "one");
  fs::current_path(b.folder / "reports");
  const int code = b({"run", "one"});
  const int folder = b({"run", "./one"});
  fs::current_path(before);
  CHECK(code == 0);
  CHECK(b.said("the one expectation holds"));
  CHECK(folder == 2);
  CHECK(b.complained("not a file"));
}

TEST_CASE("bad usage ends with 2 but help and version with 0") {
  bench b;
  CHECK(b({}) == 2);
  CHECK(b({"rnu"}) == 2);
  CHECK(b({"run"}) == 2);
  CHECK(b({"run", "one", "--flow", "a"}) == 2);
  CHECK(b({"run", "one", "--seed", "x"}) == 2);
  CHECK(b({"run", "one", "--json", "--trace-hash"}) == 2);
  CHECK(b.out.str().empty());
  CHECK(b({"--help"}) == 0);
  CHECK(b({"run", "--help"}) == 0);
  CHECK(b.said("wh-sim run pair_cone"));
  b.out.str("");
  CHECK(b({"metrics", "--help"}) == 0);
  CHECK_FALSE(b.said("wh-sim run"));  // examples of other commands
  CHECK(b({"--version"}) == 0);
  CHECK(b.said("wh-sim 0."));
}

TEST_CASE("a mistyped command is named with the nearest that there is") {
  bench b;
  CHECK(b({"scenarioss"}) == 2);
  CHECK(b.errors.str().find("no command `scenarioss`; did you mean `scenarios`?") !=
        std::string::npos);
}

TEST_CASE("a seed is a number of 64 bits and no other is taken for one") {
  for (const char* wrong : {"-1", "18446744073709551616", "1x", "0x10", "1.0", " 1"}) {
    bench b;
    INFO(wrong);
    CHECK(b({"run", "one", "--seed", wrong}) == 2);
    CHECK(b.errors.str().find("--seed") != std::string::npos);
  }
  for (const char* open : {"1-", "-3", "2,1-"}) {
    bench b;
    INFO(open);
    CHECK(b({"run", "one", "--seeds", open}) == 2);
    CHECK(b.complained("lacks an end"));
  }
  bench b;
  CHECK(b({"run", "one", "--seed", "18446744073709551615"}) == 0);
  CHECK(b.seen.seed == 18446744073709551615u);
}

TEST_CASE("a flow is between two peers") {
  bench b;
  CHECK(b({"run", "one", "--flow", "a,a"}) == 2);
  CHECK(b.errors.str().find("not one twice") != std::string::npos);
}

TEST_CASE("help fits a terminal of 80 columns") {
  for (const std::vector<const char*>& words : {std::vector{"--help"},
                                                {"run", "--help"},
                                                {"replay", "--help"},
                                                {"oracle", "--help"},
                                                {"check", "--help"},
                                                {"matrix", "--help"},
                                                {"scenarios", "--help"},
                                                {"metrics", "--help"},
                                                {"keys", "--help"},
                                                {"tables", "--help"},
                                                {"nats", "--help"}}) {
    bench b;
    REQUIRE(b(words) == 0);
    std::istringstream text(b.out.str());
    for (std::string line; std::getline(text, line);) {
      INFO(line);
      CHECK(line.size() <= 80);
    }
  }
}

TEST_CASE("a world that cannot run ends with 2 and its reason") {
  bench b;
  CHECK(b({"run", "one", "--seed", "4"}) == 2);
  CHECK(b.complained("seed 4: no such world"));
}

TEST_CASE("several seeds run in processes of their own and are printed in order") {
  bench b;
  CHECK(b({"run", "one", "--seed", "2", "--seed", "3", "--seed", "1", "--jobs", "2"}) == 1);
  const auto text = b.out.str();
  CHECK(text.find("one, seed 2") < text.find("one, seed 3"));
  CHECK(text.find("one, seed 3") < text.find("one, seed 1"));
  CHECK(b.said("2 of 3 runs held every expectation; one seed 3 did not"));
  CHECK(b.file("seed-3/report.json").find("\"seed\": 3") != std::string::npos);
}

TEST_CASE("a seed whose process dies is named with its replay and the others are not lost") {
  bench b;
  CHECK(b({"run", "one", "--seed", "5", "--seed", "1"}) == 1);
  CHECK(b.complained("one: seed 5 died: Terminated; replay: wh-sim run"));
  CHECK(b.said("one, seed 1"));
}

TEST_CASE("trace hashes are printed alone one line a seed") {
  bench b;
  CHECK(b({"run", "one", "--trace-hash", "--seed", "1", "--seed", "2"}) == 0);
  CHECK(b.out.str() == "1 hash1\n2 hash2\n");
}

TEST_CASE("JSON is one report or a list of them") {
  bench b;
  CHECK(b({"run", "one", "--json"}) == 0);
  CHECK(b.out.str().starts_with("{\n"));
  b.out.str("");
  CHECK(b({"run", "one", "--json", "--seed", "1", "--seed", "2"}) == 0);
  CHECK(b.out.str().starts_with("[\n{\n"));
  CHECK(b.out.str().ends_with("}\n]\n"));
}

TEST_CASE("options reach the world and a flow its file") {
  bench b;
  CHECK(b({"run", "one", "--pcap", "--trace", "--invariants", "--flow", "a,b"}) == 0);
  CHECK(b.seen.pcap);
  CHECK(b.seen.trace);
  CHECK(b.file("flow.mmd").find("p0->>p1: 1.0 ms hello") != std::string::npos);
}

TEST_CASE("scenarios are listed with their questions - bad ones as mistakes") {
  bench b;
  CHECK(b({"scenarios"}) == 0);
  CHECK(b.said("one       Does it run?"));
  std::ofstream(b.folder / "scenarios" / "two.toml") << "nam = 1\n";
  CHECK(b({"scenarios"}) == 2);
  CHECK(b.complained("did you mean `name`?"));
}

TEST_CASE("metrics are listed with their definitions") {
  bench b;
  CHECK(b({"metrics"}) == 0);
  CHECK(b.said("paths.direct_ratio"));
  CHECK(b({"metrics", "--json"}) == 0);
}

TEST_CASE("progress tells how far and how fast and how long still") {
  CHECK(progress_text({30s, 120s, 1'000'000, "run"}, std::chrono::duration<double>(2)) ==
        "run  30 s of 2 min  25 %  15 times real time  500 k events/s  6 s left");
  CHECK(progress_text({0s, 120s, 0, "keys"}, std::chrono::duration<double>(0)) ==
        "keys  0 s of 2 min  0 %");
  CHECK(progress_text({0s, 0s, 0, ""}, std::chrono::duration<double>(1)).starts_with("run  "));
}

TEST_CASE("progress is drawn where it is wanted and wiped at the end") {
  std::ostringstream silent, loud;
  { progress_line(silent, false).show({1s, 2s, 1, "run"}); }
  { progress_line(loud, true).show({1s, 2s, 1, "run"}); }
  CHECK(silent.str().empty());
  CHECK(loud.str().starts_with("\rrun  1 s of 2 s"));
  CHECK(loud.str().ends_with("\r\x1b[K"));
}

TEST_CASE("every scenario of the project is a good one") {
  auto context = names_of_this_build(event_kinds());
  context.roots = {WH_SOURCE_DIR "/scenarios"};
  unsigned found = 0;
  for (const auto& entry : fs::directory_iterator(WH_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".toml") continue;
    ++found;
    const auto s = load_scenario(entry.path(), {}, context);
    CHECK((s ? std::string{} : s.error().render()) == "");
    if (s) CHECK(s->name == entry.path().stem().string());
  }
  CHECK(found >= 9);
}
