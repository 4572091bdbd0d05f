#include <sqlite3.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "sim/data/writers.hpp"
#include "sim/report/writers.hpp"

using namespace wh;
using namespace wh::sim;
namespace fs = std::filesystem;

namespace {

report sample() {
  report r;
  r.scenario = "a, \"quoted\" name";
  r.seed = 18446744073709551615ull;
  r.peers = 3;
  r.virtual_time = 100s;
  r.trace_hash = "00ff";
  r.expectations.resize(1);
  r.expectations[0].held = true;
  pair_row p;
  p.from = "alice";
  p.to = "bob\nmallory";
  p.from_nat = "openwrt + cgn_eim";
  p.path = path_kind::relayed;
  p.oracle = {"APDF", "RND", false, true, "port_varies"};
  p.asked = 1500ms;
  p.time_to_first_payload = 100ms;
  p.outages.push_back({2s, 3s, false});
  p.outages.push_back({5s, std::nullopt, true});
  r.pairs = {pair_row{}, p};
  host_row h;
  h.name = "alice";
  h.own = {{1, 100}, {2, 200}};
  h.payload = {{3, 300}, {0, 0}};
  r.hosts = {h};
  r.lookups = {{10s, "alice", "", "not_found", 250ms, 0, 0, 7, 1}};
  r.steps = {{1s, 3, 2, 1, 1, 0, 10, 1000, 1}};
  r.faults = {{50s, "kill", 2}};
  return r;
}

const data::table& table_named(std::string_view name) {
  for (const auto& t : data::tables())
    if (t.name == name) return t;
  FAIL("no table " << name);
  return data::tables().front();
}

/// Rows as column and text.
std::vector<std::map<std::string, std::string>> rows_of(std::string_view table, const report& r) {
  const auto& t = table_named(table);
  std::vector<std::map<std::string, std::string>> all;
  t.rows(r, [&](std::span<const data::cell> row) {
    auto& line = all.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::ostringstream text;
      std::visit(
          [&text](const auto& v) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(v)>, std::monostate>) text << v;
          },
          row[i]);
      line[std::string(t.columns[i].name)] = text.str();
    }
  });
  return all;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct folder {
  fs::path path = fs::temp_directory_path() / ("wh-data-" + std::to_string(::getpid()));
  folder() { fs::create_directories(path); }
  ~folder() { fs::remove_all(path); }
};

/// The one value that a query gives, as text.
std::string ask(const fs::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_stmt* s = nullptr;
  INFO(sql << ": " << sqlite3_errmsg(db));
  REQUIRE(sqlite3_prepare_v2(db, sql.c_str(), -1, &s, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(s) == SQLITE_ROW);
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(s, 0));
  std::string value = text ? text : "none";
  sqlite3_finalize(s);
  sqlite3_close(db);
  return value;
}

}  // namespace

TEST_CASE("rows hold the report's values") {
  const auto r = sample();
  const auto pair = rows_of("pairs", r).at(1);
  CHECK(pair.at("pair") == "1");
  CHECK(pair.at("from_host") == "alice");
  CHECK(pair.at("from_nat") == "openwrt + cgn_eim");
  CHECK(pair.at("path") == "relayed");
  CHECK(pair.at("from_class") == "APDF");
  CHECK(pair.at("o1") == "0");
  CHECK(pair.at("o3") == "1");
  CHECK(pair.at("obstacle") == "port_varies");
  CHECK(pair.at("asked_s") == "1.5");
  CHECK(pair.at("first_payload_s") == "0.1");
  CHECK(pair.at("direct_s").empty());
  CHECK(pair.at("outages") == "2");
  const auto outages = rows_of("outages", r);
  REQUIRE(outages.size() == 2);
  CHECK(outages[0].at("pair") == "1");
  CHECK(outages[0].at("until_s") == "3");
  CHECK(outages[1].at("until_s").empty());
  CHECK(outages[1].at("interrupted") == "1");
  const auto host = rows_of("hosts", r).at(0);
  CHECK(host.at("own_packets") == "3");
  CHECK(host.at("own_bytes") == "300");
  CHECK(host.at("payload_packets") == "3");
  CHECK(host.at("payload_bytes") == "300");
  const auto lookup = rows_of("lookups", r).at(0);
  CHECK(lookup.at("sought_host").empty());
  CHECK(lookup.at("took_s") == "0.25");
  CHECK(lookup.at("requests") == "7");
  CHECK(rows_of("steps", r).at(0).at("bytes") == "1000");
  CHECK(rows_of("events", r).at(0).at("kind") == "kill");
}

TEST_CASE("a run held where it ended by itself and no expectation broke") {
  auto r = sample();
  CHECK(rows_of("runs", r).at(0).at("held") == "1");
  r.partial = true;
  CHECK(rows_of("runs", r).at(0).at("held") == "0");
  r.partial = false;
  r.expectations[0].held = false;
  CHECK(rows_of("runs", r).at(0).at("held") == "0");
}

TEST_CASE("every row says of what run it is") {
  const auto r = sample();
  for (const auto& t : data::tables()) {
    INFO(t.name);
    const auto rows = rows_of(t.name, r);
    REQUIRE_FALSE(rows.empty());
    CHECK(rows[0].at("scenario") == r.scenario);
    CHECK(rows[0].at("seed") == "18446744073709551615");
    std::set<std::string_view> names;
    for (const auto& c : t.columns) {
      names.insert(c.name);
      // What is a time says so in its name.
      CHECK((c.unit == "s") == c.name.ends_with("_s"));
      CHECK((c.unit == "bytes") == c.name.ends_with("bytes"));
    }
    CHECK(names.size() == t.columns.size());
  }
}

TEST_CASE("CSV quotes what would end a cell and leaves empty what has no value") {
  const auto text = data::to_csv(table_named("outages"), sample());
  CHECK(text ==
        "scenario,seed,pair,from_s,until_s,interrupted\n"
        "\"a, \"\"quoted\"\" name\",18446744073709551615,1,2,3,0\n"
        "\"a, \"\"quoted\"\" name\",18446744073709551615,1,5,,1\n");
  const auto pairs = data::to_csv(table_named("pairs"), sample());
  CHECK(pairs.find(",\"bob\nmallory\",") != std::string::npos);
}

TEST_CASE("the database has the tables with their columns described") {
  const folder in;
  const auto r = sample();
  REQUIRE(data::write(r, in.path).empty());
  const auto file = in.path / "run.sqlite";
  CHECK(ask(file, "PRAGMA user_version") == std::to_string(data::format));
  CHECK(ask(file, "PRAGMA integrity_check") == "ok");
  CHECK(ask(file, "SELECT to_host FROM pairs WHERE path = 'relayed'") == "bob\nmallory");
  CHECK(ask(file, "SELECT sum(until_s - from_s) FROM outages") == "1.0");
  CHECK(ask(file, "SELECT count(*) FROM outages WHERE until_s IS NULL") == "1");
  CHECK(ask(file, "SELECT direct_s FROM pairs WHERE pair = 1") == "none");
  CHECK(ask(file, "SELECT typeof(held) FROM runs") == "integer");
  CHECK(ask(file, "SELECT seed FROM steps") == "-1");
  for (const auto& t : data::tables()) {
    const std::string name(t.name);
    const auto schema = ask(file, "SELECT sql FROM sqlite_master WHERE name = '" + name + "'");
    for (const auto& c : t.columns) CHECK(schema.find(c.sentence) != std::string::npos);
    CHECK(ask(file, "SELECT count(*) FROM " + name) == std::to_string(rows_of(t.name, r).size()));
  }
}

TEST_CASE("equal reports give equal files") {
  const folder in;
  std::vector<std::string> first;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(data::write(sample(), in.path).empty());
    std::vector<std::string> texts;
    for (const auto& name : data::files()) texts.push_back(text_of(in.path / name));
    if (i == 0) first = texts;
    CHECK(texts == first);
  }
  std::set<std::string> there, named;
  for (const auto& e : fs::directory_iterator(in.path)) there.insert(e.path().filename());
  for (const auto& name : data::files()) named.insert(name);
  CHECK(there == named);
}

TEST_CASE("a folder that is not there is a mistake that is told") {
  CHECK(data::write(sample(), "/nowhere/at/all").find("cannot write /nowhere") == 0);
  CHECK(data::write_sqlite(sample(), "/nowhere/run.sqlite").find("cannot write /nowhere") == 0);
}

TEST_CASE("the tables in the README are those that are written") {
  const std::string page = text_of(WH_SOURCE_DIR "/sim/data/README.md");
  for (const auto& t : data::tables()) {
    const std::string part = data::to_markdown(t);
    INFO("sim/data/README.md is to have these lines, which `wh-sim tables --markdown` prints:\n"
         << part);
    CHECK(page.find(part) != std::string::npos);
  }
}
