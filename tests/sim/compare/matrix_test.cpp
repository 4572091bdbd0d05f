#include "sim/compare/matrix.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "sim/compare/matrix_writers.hpp"
#include "sim/report/writers.hpp"

using namespace wh::sim;
using namespace wh::sim::compare;
using namespace std::chrono_literals;

namespace {

host_row host(const std::string& name, const std::string& group) {
  host_row h;
  h.name = name;
  h.group = group;
  h.nat = "openwrt";
  h.nat_class = "APDF";
  return h;
}

pair_row pair(const std::string& from, const std::string& to, path_kind path, bool o1 = true) {
  pair_row p;
  p.from = from;
  p.to = to;
  p.path = path;
  p.asked = 1s;
  p.messages = 20;
  p.oracle = {"APDF", "RND", o1, true, o1 ? "" : "port_varies"};
  p.time_to_first_payload = 500ms;
  if (path == path_kind::direct) p.time_to_direct = 2s;
  if (path != path_kind::direct) p.reason = "mapping_varies";
  return p;
}

/// Two homes, two mobiles, and a node that is in no pair.
report world(std::uint64_t seed, path_kind between_homes) {
  report r;
  r.scenario = "matrix";
  r.seed = seed;
  r.hosts = {host("boot", "boot"), host("h0", "home"), host("h1", "home"), host("m0", "mobile"),
             host("m1", "mobile")};
  r.pairs = {pair("h0", "h1", between_homes), pair("m0", "h0", path_kind::relayed, false),
             pair("h1", "m1", path_kind::relayed, false)};
  return r;
}

matrix of(const std::vector<report>& reports) {
  matrix_maker maker;
  for (const auto& r : reports) REQUIRE(maker.add(to_json(r)));
  auto m = maker.take();
  m.scenario = "matrix";
  m.question = "Who meets whom?";
  return m;
}

}  // namespace

TEST_CASE("pairs are counted by their groups whoever asked first") {
  const auto m = of({world(1, path_kind::direct), world(2, path_kind::relayed)});
  REQUIRE(m.kinds.size() == 2);
  CHECK(m.kinds[0].name == "home");
  CHECK(m.kinds[1].nat_class == "APDF");
  REQUIRE(m.cells.size() == 2);
  const cell& homes = m.cells[0];
  CHECK(homes.pairs == 2);
  CHECK(homes.o1 == 2);
  CHECK(homes.surprises == 1);
  CHECK(share_of(homes.direct).share == Approx(0.5));
  CHECK(share_of(homes.connected).share == 1);
  const cell& mixed = m.cells[1];
  CHECK(mixed.row == 0);
  CHECK(mixed.column == 1);
  CHECK(mixed.pairs == 4);
  CHECK(mixed.o1 == 0);
  CHECK(mixed.o3 == 4);
  CHECK(mixed.reasons == std::map<std::string, std::size_t>{{"mapping_varies", 4}});
  CHECK(mixed.obstacles == std::map<std::string, std::size_t>{{"port_varies", 4}});
}

TEST_CASE("a cell's interval is as wide as so few seeds leave it however many pairs they had") {
  const auto five = share_of(std::vector<ratio>(5, ratio{4, 4}));
  CHECK(five.share == 1);
  // Wilson's, of 5 of 5: 5 / (5 + 1.96^2).
  CHECK(five.range.low == Approx(0.5655).margin(1e-4));
  CHECK(five.range.high == 1);
  CHECK(share_of({ratio{0, 0}, ratio{1, 2}}).share == Approx(0.5));
}

TEST_CASE("a time that never came is behind all others and asked for only where it can come") {
  const auto m = of({world(1, path_kind::direct), world(2, path_kind::relayed)});
  const cell& homes = m.cells[0];
  CHECK(homes.to_direct.all() == 2);
  CHECK(homes.to_direct.quantile(0.5) == reading{2.0});
  CHECK(homes.to_direct.quantile(1) == reading{std::numeric_limits<double>::infinity()});
  CHECK(m.cells[1].to_direct.all() == 0);
  CHECK_FALSE(m.cells[1].to_direct.quantile(0.5));
  CHECK(m.cells[1].first_payload.quantile(0.5) == reading{0.5});
}

TEST_CASE("95th percentiles are told from a hundred samples on") {
  const auto p95 = [](std::size_t seeds) {
    std::vector<report> all;
    for (std::size_t s = 1; s <= seeds; ++s) all.push_back(world(s, path_kind::direct));
    const auto j = nlohmann::json::parse(matrix_to_json(of(all)));
    return j["cells"][1]["time_to_first_payload_s"]["p95"];
  };
  CHECK(p95(49).is_null());
  CHECK(p95(50) == 0.5);
}

TEST_CASE("the table shows a character a cell and where the oracle is not met") {
  const auto m = of({world(1, path_kind::direct), world(2, path_kind::relayed)});
  const auto text = matrix_table(m);
  CHECK(text.find("  home    1  5 r\n  mobile  2  r\n") != std::string::npos);
  CHECK(text.find("home     home  2      50 %") != std::string::npos);
  const auto met = matrix_table(of({world(1, path_kind::direct)}));
  CHECK(met.find("Every cell is what the oracle (O1) says.") != std::string::npos);
  const auto page = matrix_to_markdown(m);
  CHECK(page.find("| home | mobile | 4 | 0 % |") != std::string::npos);
  CHECK(page.find("mapping\\_varies") != std::string::npos);
}

TEST_CASE("figures with cells are those of the report and two ratios a cell more") {
  const auto f = figures_with_cells(to_json(world(1, path_kind::direct)));
  REQUIRE(f);
  CHECK(f->metrics.size() == 4);
  CHECK(f->metrics.at("matrix.direct_ratio[home,home]").share.part == 1);
  CHECK(f->metrics.at("matrix.connected_ratio[home,mobile]").share.whole == 2);
  record r;
  CHECK_FALSE(has_cells(r));
  r.runs.push_back(*f);
  CHECK(has_cells(r));
}

TEST_CASE("what is no report makes no matrix") {
  matrix_maker maker;
  CHECK(maker.add("{").error() == "not JSON");
  CHECK(maker.add("{}").error().starts_with("not a report of wh-sim"));
}
