#include "sim/page/page.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "sim/nat/oracle.hpp"
#include "sim/page/glossary.hpp"
#include "sim/report/writers.hpp"

using namespace wh;
using namespace wh::sim;
using nlohmann::json;

namespace {

constexpr distribution_metric first_payload{"paths.time_to_first_payload_s", "s", "Times."};
constexpr ratio_metric direct_ratio{"paths.direct_ratio", "Direct pairs."};

pair_row pair(int i, path_kind path) {
  pair_row p;
  p.from = "a-" + std::to_string(i);
  p.to = "b-" + std::to_string(i);
  p.from_nat = "openwrt + cgn_eim";
  p.to_nat = i % 2 == 0 ? "symmetric" : "public";
  p.path = path;
  p.asked = 1s;
  p.until = 100s;
  p.oracle = {"APDF", i % 2 == 0 ? "RND" : "PUB", i % 2 != 0, true,
              i % 2 != 0 ? "" : "port_varies"};
  if (path != path_kind::direct) p.reason = "mapping_varies";
  p.stays.push_back({1s, "unreachable"});
  return p;
}

host_row host(int i, std::uint64_t bytes) {
  host_row h;
  h.name = "h-" + std::to_string(i);
  h.own.push_back({1, bytes});
  h.payload.push_back({0, 0});
  return h;
}

report sample() {
  report r;
  r.scenario = "sample";
  r.question = "Does </script><script>alert(1)</script> stay text, and <!-- too?";
  r.seed = 7;
  r.virtual_time = 100s;
  r.source.inputs.push_back({"sample.toml", "00", "name = \"sample\""});
  for (int i = 0; i < 4; ++i) r.pairs.push_back(pair(i, path_kind::direct));
  r.pairs.push_back(pair(4, path_kind::relayed));
  r.pairs.push_back(pair(5, path_kind::unreachable));
  r.pairs.push_back(pair(6, path_kind::unreachable));
  r.pairs.back().asked.reset();
  for (int i = 0; i < 6; ++i) r.hosts.push_back(host(i, 100 * static_cast<std::uint64_t>(i % 3)));
  r.metrics.observe(first_payload, 0.25);
  r.metrics.set(direct_ratio, ratio{4, 6});
  return r;
}

std::string page_of(const report& r, const page_bounds& bounds = {}) {
  auto page = report_page(to_json(r), {"wh-sim run sample.toml --seed 7", "", "", {}}, bounds);
  REQUIRE(page);
  return *page;
}

std::string data_text(const std::string& page) {
  const std::string mark = "id=\"data\">";
  const auto begin = page.find(mark);
  REQUIRE(begin != std::string::npos);
  const auto from = begin + mark.size();
  return page.substr(from, page.find("</script>", from) - from);
}
json data_of(const std::string& page) { return json::parse(data_text(page)); }

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("a page holds the report's own values") {
  const auto r = sample();
  const auto data = data_of(page_of(r));
  auto held = data.at("report");
  for (auto& p : held["pairs"]) p.erase("outages_count");
  CHECK(held == json::parse(to_json(r)));
  CHECK(data["page"]["left_out"].empty());
  CHECK(data["page"]["again"] == "wh-sim run sample.toml --seed 7");
  CHECK(data["page"]["replay"].is_null());
}

TEST_CASE("nothing in the data ends its element or opens another") {
  const auto page = page_of(sample());
  CHECK(data_text(page).find('<') == std::string::npos);
  CHECK(data_of(page)["report"]["question"] == sample().question);
  CHECK(count_of(page, "<script") == 3);
  CHECK(count_of(page, "</script>") == 3);
}

TEST_CASE("a page allows nothing but what it holds") {
  const auto page = page_of(sample());
  const auto policy = page.substr(page.find("Content-Security-Policy"), 400);
  CHECK(policy.find("default-src 'none'") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(policy.find("http") == std::string::npos);
  CHECK(page.find("Permission to use, copy, modify") != std::string::npos);  // d3's licence
}

TEST_CASE("the traversal matrix counts the pairs that ran") {
  const auto data = data_of(page_of(sample()));
  const auto& by_class = data["page"]["matrix"][0]["view"];
  std::vector<std::string> kinds;
  for (const auto& k : by_class["kinds"]) kinds.push_back(k["name"]);
  CHECK(kinds == std::vector<std::string>{"PUB", "APDF", "RND"});
  REQUIRE(by_class["cells"].size() == 2);
  const json to_public = {{"from", 1},        {"to", 0}, {"direct", 2}, {"relayed", 0},
                          {"unreachable", 1}, {"o1", 3}, {"o3", 3},     {"missed", 1}};
  const json to_random = {{"from", 1},        {"to", 2}, {"direct", 2}, {"relayed", 1},
                          {"unreachable", 0}, {"o1", 0}, {"o3", 3},     {"missed", 0}};
  CHECK(by_class["cells"][0] == to_public);
  CHECK(by_class["cells"][1] == to_random);
  const auto& by_nat = data["page"]["matrix"][1]["view"];
  CHECK(by_nat["kinds"][1]["name"] == "openwrt + cgn_eim");
  CHECK(data["page"]["reasons"].size() == 2);
  CHECK(data["page"]["reasons"][0]["oracle"] == "port_varies");
  CHECK(data["page"]["reasons"][1]["oracle"].is_null());
}

TEST_CASE("a large run is cut to the worst pairs and the busiest hosts and says so") {
  page_bounds few;
  few.pairs = 2;
  few.hosts = 3;
  const auto data = data_of(page_of(sample(), few));
  const auto& pairs = data["report"]["pairs"];
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[0]["from"] == "a-4");
  CHECK(pairs[1]["from"] == "a-5");
  REQUIRE(data["report"]["hosts"].size() == 3);
  CHECK(data["report"]["hosts"][0]["name"] == "h-1");
  CHECK(data["report"]["hosts"][1]["name"] == "h-2");
  CHECK(data["report"]["hosts"][2]["name"] == "h-5");
  const auto& left_out = data["page"]["left_out"];
  CHECK(left_out["pairs"].get<std::string>().find("5 more are left out") == 0);
  CHECK(left_out["pairs"].get<std::string>().find("report.json has all") != std::string::npos);
  CHECK(left_out["hosts"].get<std::string>().find("3 more are left out") == 0);
  // Sums are of all rows.
  CHECK(data["page"]["matrix"][0]["view"]["cells"][1]["direct"] == 2);
}

TEST_CASE("a pair that changes all the time keeps its first stays and its longest outages") {
  auto r = sample();
  auto& p = r.pairs.front();
  for (int i = 2; i < 12; ++i) {
    p.stays.push_back({std::chrono::seconds(i), i % 2 != 0 ? "direct" : "unreachable"});
    p.outages.push_back(
        {std::chrono::seconds(i), std::chrono::seconds(i + (i == 7 ? 5 : 1)), false});
  }
  page_bounds few;
  few.stays = 3;
  const auto data = data_of(page_of(r, few));
  const auto& pair = data["report"]["pairs"][0];
  REQUIRE(pair["stays"].size() == 4);
  CHECK(pair["stays"][3][1] == "left out");
  CHECK(pair["stays"][3][0] == 4.0);
  CHECK(pair["outages"].size() == 3);
  CHECK(pair["outages_count"] == 10);
  bool longest = false;
  for (const auto& o : pair["outages"]) longest = longest || o["from_s"] == 7.0;
  CHECK(longest);
  CHECK(data["page"]["left_out"]["stays"].get<std::string>().find("of 1 pair only") == 0);
}

TEST_CASE("what is no report gives no page but a reason") {
  CHECK(report_page("", {}).error() == "not JSON");
  CHECK(report_page("{}", {}).error().find("not a report") == 0);
  CHECK(report_page(R"({"format": 1})", {}).error().find("another format") != std::string::npos);
  CHECK_FALSE(report_page(error_to_json("x", 1, "it failed"), {}));
}

TEST_CASE("seeds are put beside each other") {
  auto r = sample();
  seeds_page all;
  CHECK(all.add(7, "seed-7", to_json(r)).empty());
  CHECK(all.add(8, "seed-8", "no JSON").find("not JSON") != std::string::npos);
  all.add_without(9, "was killed by signal 9");
  r.metrics.observe(first_payload, 0.75);
  r.metrics.censor(first_payload);
  CHECK(all.add(10, "seed-10", to_json(r)).empty());
  page_context context;
  context.again = "wh-sim run sample.toml";
  const auto data = data_of(all.text(context));
  CHECK(data["reports"] == 2);
  CHECK(data["held"] == 2);
  REQUIRE(data["runs"].size() == 4);
  CHECK(data["runs"][2]["error"] == "was killed by signal 9");
  const auto& m = data["metrics"]["paths.time_to_first_payload_s"];
  CHECK(m["n"] == json::parse("[1, null, null, 3]"));
  CHECK(m["censored"] == json::parse("[0, null, null, 1]"));
  CHECK(m["max"] == json::parse("[0.25, null, null, null]"));
  CHECK(m["cdf"].size() == 2);
  CHECK(data["page"]["matrix"][0]["view"]["cells"][0]["direct"] == 4);
}

TEST_CASE("seeds have the means and intervals of their aggregate") {
  seeds_page all;
  CHECK(all.add(7, "seed-7", to_json(sample())).empty());
  CHECK(data_of(all.text({}))["intervals"].is_null());
  CHECK(all.add_aggregate("{}").find("not an aggregate") == 0);
  CHECK(all.add_aggregate(R"({"kind": "aggregate", "format": 99})").find("not an aggregate") == 0);
  CHECK(all.add_aggregate(R"({"kind": "aggregate", "format": 1, "metrics": {"paths.direct_ratio":
    {"statistics": {"value": {"mean": 0.5, "range": [0.25, 0.75], "values": [0.5]}}}}})")
            .empty());
  CHECK(data_of(all.text({}))["intervals"]["paths.direct_ratio"]["value"] ==
        json::parse(R"({"mean": 0.5, "range": [0.25, 0.75]})"));
}

TEST_CASE("the page of a check holds what the check says") {
  std::ifstream in(WH_SOURCE_DIR "/tests/sim/page/check.json");
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto page = check_page(text, {"wh-sim check", "", "", {}});
  REQUIRE(page);
  CHECK(data_of(*page)["check"] == json::parse(text));
  CHECK(data_of(*page)["page"]["again"] == "wh-sim check");
  CHECK(check_page("", {}).error() == "not JSON");
  CHECK(check_page("{}", {}).error().find("not a check") == 0);
  CHECK(check_page(R"({"kind": "check", "format": 99})", {}).error().find("not a check") == 0);
  CHECK(check_page(R"({"kind": "check", "format": 1, "scenarios": [{}]})", {})
            .error()
            .find("not a check") == 0);
}

TEST_CASE("the page of a matrix holds what the matrix says") {
  std::ifstream in(WH_SOURCE_DIR "/tests/sim/page/matrix.json");
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto page = matrix_page(text, {"wh-sim matrix", "", "", {}});
  REQUIRE(page);
  CHECK(data_of(*page)["matrix"] == json::parse(text));
  CHECK(data_of(*page)["page"]["glossary"]["reason"].contains("no_payload"));
  CHECK(matrix_page("{}", {}).error().find("not a matrix") == 0);
  CHECK(matrix_page(R"({"kind": "matrix", "format": 1, "cells": [{"row": "public"}]})", {})
            .error()
            .find("not a matrix") == 0);
}

TEST_CASE("every word of the oracle is explained") {
  for (std::size_t i = 0; i < nat::nat_class_words.size(); ++i)
    CHECK_FALSE(explain(static_cast<nat::nat_class>(i)).empty());
  for (std::size_t i = 0; i < nat::obstacle_words.size(); ++i)
    CHECK_FALSE(explain(static_cast<nat::obstacle>(i)).empty());
}
