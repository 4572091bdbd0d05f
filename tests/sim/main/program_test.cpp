#include "sim/main/program.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <sstream>

#include "sim/main/names.hpp"
#include "sim/main/progress_line.hpp"
#include "sim/measure/catalogue.hpp"

using namespace wh;
using namespace wh::sim;
namespace fs = std::filesystem;

namespace {

constexpr ratio_metric connected_ratio{"paths.connected_ratio", "Connected pairs."};

/// A folder of its own per test, and a world that answers by the seed: 1 and 2 hold, 3 does not,
/// 4 cannot run, 5 dies.
struct bench {
  fs::path folder = fs::temp_directory_path() / ("wh_program_test_" + std::to_string(getpid()));
  std::ostringstream out, errors;
  run_options seen;

  bench() {
    fs::remove_all(folder);
    fs::create_directories(folder / "scenarios");
    std::ofstream(folder / "scenarios" / "one.toml") << R"(name = "one"
question = "Does it run?"
duration_s = 10
[[peers]]
group = "a"
boot = true
[[peers]]
group = "b"
[[expect]]
metric = "paths.connected_ratio"
equals = 1
because = "it must"
)";
  }
  ~bench() { fs::remove_all(folder); }

  int operator()(std::vector<const char*> words) {
    words.insert(words.begin(), "wh-sim");
    const auto parsed = parse_command_line(static_cast<int>(words.size()), words.data());
    if (const auto* end = std::get_if<command_line_end>(&parsed)) {
      (end->code == 0 ? out : errors) << end->text;
      return end->code;
    }
    auto what = std::get<command>(parsed);
    if (auto* c = std::get_if<run_command>(&what); c && c->out.empty()) c->out = folder / "out";
    const program_host host{out,
                            errors,
                            false,
                            false,
                            {folder / "scenarios"},
                            [this](const scenario& s, const run_options& o) { return world(s, o); },
                            names_of_this_build(event_kinds()),
                            {}};
    return run_program(what, host);
  }

  expected<report, std::string> world(const scenario& s, const run_options& o) {
    seen = o;
    if (o.seed == 4) return unexpected(std::string("no such world"));
    if (o.seed == 5) {
      std::signal(SIGTERM, SIG_DFL);
      std::raise(SIGTERM);
    }
    o.on_progress({s.length, s.length, 10, "run"});
    report r;
    r.peers = s.peer_count();
    r.virtual_time = s.length;
    r.events = 10;
    r.trace_hash = "hash" + std::to_string(o.seed);
    r.metrics.set(connected_ratio, ratio{o.seed == 3 ? 0u : 1u, 1});
    if (o.flow) r.flow.push_back({1ms, o.flow->first, o.flow->second, "hello", false});
    return r;
  }
  std::string file(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder / "out" / name).rdbuf();
    return text.str();
  }
  bool said(const std::string& text) const { return out.str().find(text) != std::string::npos; }
  bool complained(const std::string& text) const {
    return errors.str().find(text) != std::string::npos;
  }
};

}  // namespace

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
                                                {"scenarios", "--help"},
                                                {"metrics", "--help"},
                                                {"keys", "--help"},
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
  CHECK(b({"run", "one", "--pcap", "--trace", "--flow", "a,b"}) == 0);
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
