#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/main/names.hpp"
#include "sim/report/report.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/run.hpp"

/// Words for tests of whole worlds: a scenario by name or as text, and what came out of it.
namespace wh::sim::test {

inline scenario_context names() {
  scenario_context c = names_of_this_build(event_kinds());
  c.roots = {std::filesystem::path(WH_SOURCE_DIR) / "scenarios"};
  return c;
}

/// One of scenarios/, with `--set` options.
inline scenario named(const std::string& name, const std::vector<std::string>& set = {}) {
  const auto file = std::filesystem::path(WH_SOURCE_DIR) / "scenarios" / (name + ".toml");
  auto s = load_scenario(file, set, names());
  if (!s) FAIL(s.error().render());
  return std::move(*s);
}

inline scenario text(const std::string& toml, const std::vector<std::string>& set = {}) {
  auto s = parse_scenario(toml, "test.toml", set, names());
  if (!s) FAIL(s.error().render());
  return std::move(*s);
}

/// Two members, `a` and `b`, with relays and a boot node around them, who talk from second 30 on.
struct pair_scene {
  std::string duration_s;
  /// Lines of [network].
  std::string network;
  /// Profiles; empty: a public address.
  std::string nat_of_a, nat_of_b;
  /// Whole tables.
  std::string events;

  std::string toml() const {
    const auto member = [](const char* group, const std::string& nat) {
      return std::string("[[peers]]\ngroup = \"") + group + "\"\narrive_at_s = 5\n" +
             (nat.empty() ? "" : "nat = \"" + nat + "\"\n");
    };
    return R"(name = "pair"
question = "Which path does a pair have in the end?"
crypto = "modelled"
duration_s = )" +
           duration_s + "\n[network]\n" + network + R"(
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
)" + member("a", nat_of_a) +
           member("b", nat_of_b) + R"([[workload]]
from_s = 30
connect = { from = "a", to = "b" }
)" + events;
  }
};

inline report play(const scenario& s, std::uint64_t seed = 1, run_options options = {}) {
  options.seed = seed;
  auto r = run(s, options);
  if (!r) FAIL(r.error());
  return std::move(*r);
}

/// The report, after a check that every expectation of the file held.
inline report hold(const scenario& s, std::uint64_t seed = 1) {
  report r = play(s, seed);
  judge(r, s.expect);
  INFO(s.name << ", seed " << seed);
  for (const expectation_result& e : r.expectations) {
    INFO(e.message);
    CHECK(e.held);
  }
  return r;
}

/// How pairs ended and why, without times.
inline std::vector<std::string> outcomes(const report& r) {
  std::vector<std::string> v;
  for (const pair_row& p : r.pairs)
    v.push_back(p.from + "-" + p.to + " " + std::string(to_string(p.path)) +
                (p.reason.empty() ? "" : " (" + p.reason + ")"));
  return v;
}

/// The path of the one pair that the scenario has.
inline path_kind path(const report& r) {
  REQUIRE(r.pairs.size() == 1);
  return r.pairs.front().path;
}

inline double metric(const report& r, std::string_view name) {
  INFO(name);
  const auto v = r.metrics.read(name);
  REQUIRE(v);
  return *v;
}

}  // namespace wh::sim::test
