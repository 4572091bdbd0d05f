#include "sim/report/writers.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/report/format.hpp"

using namespace wh;
using namespace wh::sim;

namespace {

constexpr ratio_metric direct_ratio{"paths.direct_ratio", better::more, "Direct pairs."};
constexpr counter_metric datagrams{"network.datagrams", better::less, "Datagrams."};
constexpr distribution_metric rtt{"paths.rtt_s", better::less, "s", "Round trips."};

pair_row row(std::string to, std::string to_nat, path_kind path) {
  pair_row p;
  p.from = "a";
  p.to = std::move(to);
  p.from_nat = "openwrt";
  p.to_nat = std::move(to_nat);
  p.path = path;
  p.time_to_first_payload = 420ms;
  return p;
}

report sample() {
  report r;
  r.scenario = "sample";
  r.question = "What comes out?";
  r.seed = 7;
  r.trace_hash = "00ff";
  r.peers = 3;
  r.virtual_time = 120s;
  r.events = 12'345;
  r.wall_s = 0.5;
  r.memory_peak_bytes = 12'300'000;
  r.metrics.set(direct_ratio, ratio{1, 2});
  r.metrics.add(datagrams, 99);
  r.metrics.observe(rtt, 0.25);
  r.pairs.push_back(row("b", "symmetric", path_kind::direct));
  r.pairs.back().time_to_direct = 900ms;
  r.pairs.back().round_trip = 84ms;
  r.pairs.push_back(row("c", "public", path_kind::relayed));
  r.pairs.back().reason = "random_ports";
  return r;
}

expectation metric(std::string name, std::optional<double> min, std::optional<double> max,
                   std::optional<double> equals = {}) {
  return {std::move(name), {}, min, max, equals, {}, path_kind::connected, "so it is"};
}
expectation pair(std::string a, std::string b, path_kind p) {
  return {"", {}, {}, {}, {}, {std::move(a), std::move(b)}, p, "so it is"};
}
std::string verdict(const expectation& e) {
  auto r = sample();
  const bool held = judge(r, {e});
  return (held ? "held: " : "broken: ") + r.expectations.at(0).message;
}

}  // namespace

TEST_CASE("an expectation of a slice is held against that part alone") {
  auto e = metric("paths.direct_ratio", 0.9, {});
  e.slice = "late";
  CHECK(verdict(e) ==
        "broken: paths.direct_ratio of late has no value: nothing was measured, at "
        "least 0.9 expected");
  auto r = sample();
  r.slices.push_back({"late", {}});
  r.slices.back().metrics.set(direct_ratio, ratio{95, 100});
  CHECK(judge(r, {e}));
  CHECK(r.expectations[0].message == "paths.direct_ratio of late = 0.95 (at least 0.9)");
  CHECK(nlohmann::json::parse(to_json(r))["expectations"][0]["slice"] == "late");
}

TEST_CASE("an expectation says what was measured and what was expected") {
  CHECK(verdict(metric("paths.direct_ratio", 0.5, {})) ==
        "held: paths.direct_ratio = 0.5 (at least 0.5)");
  CHECK(verdict(metric("paths.direct_ratio", 0.97, {})) ==
        "broken: paths.direct_ratio = 0.5, at least 0.97 expected");
  CHECK(verdict(metric("paths.rtt_s.max", {}, 0.2)) ==
        "broken: paths.rtt_s.max = 0.25, at most 0.2 expected");
  CHECK(verdict(metric("network.datagrams", 99, 99)) == "held: network.datagrams = 99 (99 to 99)");
  CHECK(verdict(metric("network.datagrams", {}, {}, 98)) ==
        "broken: network.datagrams = 99, exactly 98 expected");
}

TEST_CASE("what was not measured breaks its expectation") {
  CHECK(verdict(metric("dht.lookups", {}, 5)) ==
        "broken: dht.lookups has no value: nothing was measured, at most 5 expected");
}

TEST_CASE("a pair is expected by its path in either order") {
  CHECK(verdict(pair("a", "b", path_kind::direct)) == "held: a - b is direct");
  CHECK(verdict(pair("c", "a", path_kind::connected)) == "held: c - a is relayed");
  CHECK(verdict(pair("a", "c", path_kind::direct)) ==
        "broken: a - c is relayed, direct expected (random_ports)");
  CHECK(verdict(pair("a", "b", path_kind::unreachable)) ==
        "broken: a - b is direct, unreachable expected");
  CHECK(verdict(pair("b", "c", path_kind::direct)) ==
        "broken: b - c was not asked to connect, direct expected");
}

TEST_CASE("one broken expectation breaks the run") {
  auto r = sample();
  CHECK(judge(r, {}));
  CHECK_FALSE(judge(r, {metric("paths.direct_ratio", 0.5, {}), metric("dht.lookups", 1, {})}));
  CHECK(r.expectations.size() == 2);
  CHECK(judge(r, {metric("paths.direct_ratio", 0.5, {})}));
  CHECK(r.expectations.size() == 1);
}

TEST_CASE("the summary is a page to read") {
  auto r = sample();
  judge(r, {metric("paths.direct_ratio", 0.97, {}), pair("a", "b", path_kind::direct)});
  CHECK(
      summary(r) ==
      "sample, seed 7\n"
      "  What comes out?\n"
      "  3 peers, 2 min of simulated time, 12.3 k events; took 500 ms (240 times real time, 24.7 k "
      "events/s), 12.3 MB of memory\n"
      "\n"
      "  from  to  NAT of from  NAT of to  path     first payload  direct after  round trip  why "
      "not "
      "direct\n"
      "  ----  --  -----------  ---------  -------  -------------  ------------  ----------  "
      "--------------\n"
      "  a     b   openwrt      symmetric  direct          420 ms        900 ms       84 ms\n"
      "  a     c   openwrt      public     relayed         420 ms             -           -  "
      "random_ports\n"
      "\n"
      "  metric              value   of\n"
      "  ------------------  -----  ---\n"
      "  network.datagrams      99\n"
      "  paths.direct_ratio    0.5  1/2\n"
      "\n"
      "  distribution  n  mean   p50   p90   p95   p99   max\n"
      "  ------------  -  ----  ----  ----  ----  ----  ----\n"
      "  paths.rtt_s   1  0.25  0.25  0.25  0.25  0.25  0.25\n"
      "\n"
      "  BROKEN  paths.direct_ratio = 0.5, at least 0.97 expected\n"
      "          because so it is\n"
      "  ok      a - b is direct\n"
      "  1 of 2 expectations broken\n"
      "  trace hash 00ff\n");
}

TEST_CASE("colours come only when asked for") {
  auto r = sample();
  CHECK(summary(r).find('\x1b') == std::string::npos);
  CHECK(summary(r, {true, 20}).find('\x1b') != std::string::npos);
}

TEST_CASE("of many pairs the worst are shown and how many are not") {
  auto r = sample();
  r.pairs[1].path = path_kind::unreachable;
  const auto text = summary(r, {false, 1});
  CHECK(text.find("unreachable") != std::string::npos);
  CHECK(text.find(" direct ") == text.find(" direct after"));
  CHECK(text.find("... and 1 more pairs, in report.json") != std::string::npos);
}

TEST_CASE("the report as JSON has every part in a fixed order each metric with its definition") {
  auto r = sample();
  r.packets = {{"initiation", 3}, {"find_node", 12}};
  judge(r, {metric("paths.direct_ratio", 0.97, {}), pair("a", "b", path_kind::direct)});
  const auto text = to_json(r);
  const auto j = nlohmann::json::parse(text);
  CHECK(j["scenario"] == "sample");
  CHECK(j["seed"] == 7);
  CHECK(j["held"] == false);
  CHECK(j["host"]["events_per_s"] == 24'690.0);
  CHECK(j["metrics"]["paths.direct_ratio"]["part"] == 1);
  CHECK(j["metrics"]["paths.direct_ratio"]["value"] == 0.5);
  CHECK(j["metrics"]["paths.rtt_s"]["p95"] == 0.25);
  CHECK(j["metrics"]["paths.rtt_s"]["unit"] == "s");
  CHECK(j["metrics"]["paths.rtt_s"]["definition"] == rtt.sentence);
  CHECK(j["pairs"][1]["reason"] == "random_ports");
  CHECK(j["pairs"][1]["time_to_direct_s"].is_null());
  CHECK(j["expectations"][0]["min"] == 0.97);
  CHECK(j["expectations"][1]["path"] == "direct");
  CHECK(j["sent_packets"] == nlohmann::json{{"initiation", 3}, {"find_node", 12}});
  CHECK(text.find("\"scenario\"") < text.find("\"seed\""));
  CHECK(text == to_json(r));
}

TEST_CASE("two reports of equal runs are equal without the host") {
  auto a = sample(), b = sample();
  b.wall_s = 99;
  b.memory_peak_bytes = 1;
  CHECK(to_json(a) != to_json(b));
  CHECK(to_json(a, false) == to_json(b, false));
}

TEST_CASE("names that are no UTF-8 do not stop a report") {
  auto r = sample();
  r.pairs[0].from = "\xff\xfe";
  CHECK_NOTHROW(nlohmann::json::parse(to_json(r)));
}

TEST_CASE("every metric's definition can be read by programs") {
  const metric_definition* const all[] = {&direct_ratio, &rtt};
  const auto j = nlohmann::json::parse(definitions_to_json(all));
  CHECK(j.size() == 2);
  CHECK(j["paths.direct_ratio"]["kind"] == "ratio");
}

TEST_CASE("a pair's messages become a sequence diagram with the lost ones marked") {
  report r;
  r.flow = {{1500us, "a", "b; x", "lookup #1 <k>", false}, {2s, "b; x", "a", "reply", true}};
  r.flow_cut = true;
  CHECK(to_mermaid(r) == std::vector<std::string>{"sequenceDiagram\n"
                                                  "  participant p0 as a\n"
                                                  "  participant p1 as b#59; x\n"
                                                  "  p0->>p1: 1.5 ms lookup #35;1 #lt;k#gt;\n"
                                                  "  p1-xp0: 2000.0 ms reply (lost)\n"
                                                  "  note over p0: cut after 2 messages\n"});
  CHECK(to_mermaid(report{}) == std::vector<std::string>{"sequenceDiagram\n"});
}

TEST_CASE("a long flow becomes several diagrams none of which is more than Mermaid takes") {
  report r;
  for (int i = 0; i < 1000; ++i)
    r.flow.push_back({i * 1ms, "a", "b", std::string(i < 300 ? 10 : 200, 'x'), false});
  const auto parts = to_mermaid(r);
  std::size_t messages = 0;
  for (const auto& part : parts) {
    CHECK(part.size() < 50'000);
    CHECK(part.starts_with("sequenceDiagram\n"));
    std::size_t here = 0;
    for (auto at = part.find("->>"); at != std::string::npos; at = part.find("->>", at + 1)) ++here;
    CHECK(here <= 450);
    messages += here;
  }
  CHECK(messages == 1000);
}

TEST_CASE("a report says what it was made of and can be read back") {
  auto r = sample();
  r.source.commit = "abc";
  r.source.set = {"a=1"};
  r.source.inputs = {{"x.toml", "00", "name = \"x\"\n"}};
  const auto o = origin_from_json(to_json(r));
  REQUIRE(o);
  CHECK(o->commit == "abc");
  CHECK(o->set == r.source.set);
  CHECK(o->inputs.at(0).text == "name = \"x\"\n");
  CHECK(o->seed == 7);
  CHECK(o->trace_hash == "00ff");
  for (const char* bad : {"", "{}", "[]", "{\"format\": 1}", "{\"format\": 2}", "nonsense"}) {
    INFO(bad);
    CHECK_FALSE(origin_from_json(bad));
  }
  const auto failed = origin_from_json(error_to_json("x", 3, "it burned"));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().find("it burned") != std::string::npos);
}

TEST_CASE("a partial report judges nothing") {
  auto r = sample();
  judge(r, {metric("paths.direct_ratio", 0.5, {})});
  CHECK(nlohmann::json::parse(to_json(r))["held"] == true);
  r.partial = true;
  const auto j = nlohmann::json::parse(to_json(r));
  CHECK(j["held"] == false);
  CHECK(j["partial"] == true);
  judge(r, {metric("paths.direct_ratio", 0.5, {}), metric("paths.direct_ratio", 0.9, {})});
  const auto text = summary(r);
  CHECK(text.find("so far  paths.direct_ratio = 0.5 (at least 0.5)") != std::string::npos);
  CHECK(text.find("not yet paths.direct_ratio = 0.5, at least 0.9") != std::string::npos);
  CHECK(text.find("nothing is judged") != std::string::npos);
  CHECK(text.find("BROKEN") == std::string::npos);
  CHECK(text.find("expectations") == std::string::npos);
}

TEST_CASE("what never came is null in JSON and never in the summary") {
  report r;
  r.metrics.observe(rtt, 0.5);
  r.metrics.censor(rtt);
  judge(r, {metric("paths.rtt_s.max", {}, 1)});
  const auto j = nlohmann::json::parse(to_json(r));
  CHECK(j["metrics"]["paths.rtt_s"]["n"] == 2);
  CHECK(j["metrics"]["paths.rtt_s"]["censored"] == 1);
  CHECK(j["metrics"]["paths.rtt_s"]["max"].is_null());
  CHECK(j["expectations"][0]["never"] == true);
  CHECK(j["held"] == false);
  CHECK(summary(r).find("paths.rtt_s.max = never, at most 1 expected") != std::string::npos);
}

TEST_CASE("a table leaves out columns that say nothing and counts letters not bytes") {
  text_table t({{"a"}, {"empty"}, {"n", text_table::align::right}});
  t.row({"\xc3\xa4", "", "1"});
  t.row({"bb", "", "10"});
  CHECK(t.print(" ") == " a    n\n --  --\n \xc3\xa4    1\n bb  10\n");
}

TEST_CASE("a file is replaced as a whole and a failure says which file and why") {
  const auto folder = std::filesystem::temp_directory_path() / "wh_writers_test";
  std::filesystem::create_directories(folder);
  CHECK(write_file(folder / "x", "one").empty());
  CHECK(write_file(folder / "x", "two").empty());
  std::ostringstream text;
  text << std::ifstream(folder / "x").rdbuf();
  CHECK(text.str() == "two");
  CHECK_FALSE(std::filesystem::exists(folder / "x.part"));
  CHECK(write_file(folder / "no" / "x", "one").find("No such file or directory") !=
        std::string::npos);
  std::filesystem::remove_all(folder);
}
