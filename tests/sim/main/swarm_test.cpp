#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/main/apart.hpp"
#include "sim/main/folder.hpp"
#include "sim/main/names.hpp"
#include "sim/main/program.hpp"

namespace {

using namespace wh;
using namespace wh::sim;

/// A folder of its own, and a world that is broken by what its scenario has: a kill makes a host
/// loud, a restart ends the process, a reload makes a second run differ.
struct den {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("wh_swarm_test_" + std::to_string(getpid()));
  std::ostringstream out, errors;
  unsigned runs = 0;

  den() { std::filesystem::remove_all(folder); }
  ~den() { std::filesystem::remove_all(folder); }

  int operator()(std::vector<std::string> words) {
    words.insert(words.begin(), "wh-sim");
    words.insert(words.end(), {"--out", (folder / "out").string()});
    std::vector<const char*> argv;
    for (const std::string& w : words) argv.push_back(w.c_str());
    const auto parsed = parse_command_line(static_cast<int>(argv.size()), argv.data());
    if (const auto* end = std::get_if<command_line_end>(&parsed)) {
      errors << end->text;
      return end->code;
    }
    const program_host host{out,
                            errors,
                            false,
                            false,
                            {folder},
                            [this](const scenario& s, const run_options&) { return world(s); },
                            names_of_this_build(event_kinds()),
                            {}};
    return run_program(std::get<command>(parsed), host);
  }

  expected<report, std::string> world(const scenario& s) {
    report r;
    r.virtual_time = s.length;
    r.trace_hash = "the same";
    for (const peer_group& g : s.peers)
      for (unsigned i = 0; i < g.count; ++i) {
        host_row h;
        h.name = peer_name(g, i);
        h.group = g.group;
        h.online = true;
        h.began = 0s;
        h.joined = 1s;
        h.homes = 1;
        h.nat_class = "PUB";
        h.own.resize(12);
        r.hosts.push_back(std::move(h));
      }
    for (const event_item& e : s.events) {
      const auto kind = e.what->kind().name;
      if (kind == "kill") r.hosts.front().own.back().packets = 1'000'000;
      if (kind == "restart") std::raise(SIGSEGV);
      if (kind == "reload") r.trace_hash = std::to_string(++runs);
    }
    return r;
  }

  std::string file(const std::string& name) const { return text_of(folder / "out" / name); }
  bool said(const std::string& text) const { return out.str().find(text) != std::string::npos; }
  /// The first number of a world that broke the rule.
  std::string seed_of(const std::string& rule) const {
    std::istringstream lines(out.str());
    std::string seed;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("seed ")) seed = line.substr(5);
      if (line.starts_with("  " + rule + ": ")) return seed;
    }
    return {};
  }
};

}  // namespace

TEST_CASE("a swarm finds what breaks and makes it small") {
  den d;
  CHECK(d({"swarm", "--seeds", "1-150", "--shrink", "1"}) == 1);
  CHECK(d.said("150 worlds in "));
  const std::string loud = d.seed_of("idle"), dead = d.seed_of("crash"), odd = d.seed_of("repeat");
  REQUIRE_FALSE(loud.empty());
  REQUIRE_FALSE(dead.empty());
  REQUIRE_FALSE(odd.empty());
  const std::string small = d.file("swarm-" + loud + ".toml");
  INFO(small);
  CHECK(small.starts_with("# Broken: idle: "));
  CHECK(small.find("kill = {") != std::string::npos);
  CHECK(small.find("[network]") == std::string::npos);
  std::size_t tables = 0;
  for (std::size_t at = 0; (at = small.find("\n[", at)) != std::string::npos; ++at) ++tables;
  CHECK(tables <= 3);
  CHECK(d.file("swarm-" + loud + ".drawn.toml").size() > small.size());
  CHECK(d.file("swarm-" + dead + ".toml").find("restart = {") != std::string::npos);
  CHECK(d.file("swarm-" + odd + ".toml").find("reload = {") != std::string::npos);
  // What is left fails again, and says so.
  std::filesystem::copy(d.folder / "out" / ("swarm-" + loud + ".toml"), d.folder / "loud.toml");
  CHECK(d({"swarm", (d.folder / "loud.toml").string()}) == 1);
  CHECK(d.said("BROKEN  swarm-" + loud));
}

TEST_CASE("worlds that keep every rule end well and leave nothing") {
  den d;
  std::ofstream(std::filesystem::path(d.folder.string() + ".toml")) << R"(name = "quiet"
question = "Is all well?"
duration_s = 200
[[peers]]
group = "a"
boot = true
[[peers]]
group = "b"
)";
  const std::string file = d.folder.string() + ".toml";
  CHECK(d({"swarm", file}) == 0);
  CHECK(d.said("1 held, 0 broke a rule"));
  // One that cannot be read any more is said and counted, and the rest is judged.
  std::ofstream(d.folder.string() + ".old.toml") << "name = \"old\"\nnothing = 1\n";
  CHECK(d({"swarm", file, d.folder.string() + ".old.toml"}) == 2);
  CHECK(d.said("1 held, 0 broke a rule, 1 could not be run"));
  std::filesystem::remove(file);
  std::filesystem::remove(d.folder.string() + ".old.toml");
}

TEST_CASE("a swarm shows the world of a seed") {
  den d, again;
  CHECK(d({"swarm", "--seeds", "17", "--show"}) == 0);
  CHECK(again({"swarm", "--seeds", "17-17", "--show"}) == 0);
  CHECK(d.out.str() == again.out.str());
  CHECK(d.said("name = \"swarm-17\""));
}

TEST_CASE("a swarm ends when its time is over") {
  den d;
  d({"swarm", "--for", "0.2s", "--shrink", "0"});
  CHECK(d.said(" worlds in "));
}

TEST_CASE("a swarm that was asked for wrongly says what is expected") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--seeds", "5-1"},
                                                {"--seeds", "x"},
                                                {"--for", "8"},
                                                {"--for", "-1h"},
                                                {"--for", "8h", "--seeds", "1-2"},
                                                {"a.toml", "--seeds", "1-2"},
                                                {"a.toml", "--show"}}) {
    den d;
    std::vector<std::string> all{"swarm"};
    all.insert(all.end(), words.begin(), words.end());
    INFO(words[0] << " " << words.back());
    CHECK(d(all) == 2);
    CHECK(d.errors.str().starts_with("wh-sim: "));
  }
}

TEST_CASE("work apart says what it told or how it ended") {
  CHECK(apart([] { return std::string(100'000, 'x'); }, 5).told.size() == 100'000);
  CHECK(apart([]() -> std::string { std::abort(); }, 5).died == "Aborted");
  const auto late = apart(
      []() -> std::string {
        volatile unsigned long n = 0;
        for (;;) {
          const unsigned long next = n + 1;
          n = next;
        }
      },
      1);
  CHECK(late.too_long);
  CHECK(late.told.empty());
}
