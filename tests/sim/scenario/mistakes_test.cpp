#include <catch2/catch.hpp>

#include "actors/proto/dht/lookup.hpp"
#include "sample.hpp"

using namespace wh;
using namespace wh::sim;
using namespace wh::sim::test;

TEST_CASE("an unknown key is underlined and the nearest one is suggested") {
  CHECK(complaint(least + "cuont = 3\n") ==
        "x.toml:7:1: error: unknown key `cuont`; did you mean `count`?\n"
        "    cuont = 3\n"
        "    ^~~~~\n");
  CHECK(complaint(least + "  [network]\n  los_ratio = 0.5 # half\n") ==
        "x.toml:8:3: error: unknown key `los_ratio`; did you mean `loss_ratio`?\n"
        "      los_ratio = 0.5 # half\n"
        "      ^~~~~~~~~\n");
}

TEST_CASE("a key without its unit or with another one is pointed to the right one") {
  CHECK(complaint("duration = 60\n" + least) ==
        "x.toml:1:1: error: unknown key `duration`; did you mean `duration_s`?\n"
        "    duration = 60\n"
        "    ^~~~~~~~\n");
  // Not that `duration_s` is missing: it is there, under another name.
  CHECK(complaint("name = \"x\"\nquestion = \"y\"\nduration = 60\n[[peers]]\ngroup = \"a\"\n")
            .find("did you mean `duration_s`?") != std::string::npos);
  CHECK(complaint("duration_ms = 60\n" + least).find("did you mean `duration_s`?") !=
        std::string::npos);
}

TEST_CASE("a key in the wrong table is sent to its own") {
  CHECK(complaint("loss_ratio = 0.1\n" + least) ==
        "x.toml:1:1: error: unknown key `loss_ratio`; `loss_ratio` belongs to [network]\n"
        "    loss_ratio = 0.1\n"
        "    ^~~~~~~~~~\n");
}

TEST_CASE("a key like no other is answered with all there are") {
  CHECK(complaint(least + "[[expect]]\nzzzzzz = 1\nbecause = \"x\"\n")
            .find("keys of [[expect]]: metric, slice, min, max, equals, pair, path, because") !=
        std::string::npos);
}

TEST_CASE("unknown keys are found in inline tables and unknown tables too") {
  CHECK(complaint(least + "[[workload]]\nconnect = { pairs = 1, form = \"boot\" }\n") ==
        "x.toml:8:24: error: unknown key `form`; did you mean `from`?\n"
        "    connect = { pairs = 1, form = \"boot\" }\n"
        "                           ^~~~\n");
  CHECK(complaint(least + "[[event]]\nat_s = 1\n") ==
        "x.toml:7:3: error: unknown key `event`; did you mean `events`?\n"
        "    [[event]]\n"
        "      ^~~~~\n");
}

TEST_CASE("the first mistake from the top is the one reported - options before the file") {
  CHECK(complaint("aaa = 1\n" + least + "zzz = 1\n").starts_with("x.toml:1:1:"));
  CHECK(complaint("aaa = 1\n" + least, {"network.zzz=1"}).starts_with("--set:"));
}

TEST_CASE("a value of the wrong type says what is expected") {
  CHECK(complaint(least + "count = \"many\"\n") ==
        "x.toml:7:9: error: `count` is a string; expected a whole number\n"
        "    count = \"many\"\n"
        "            ^~~~~~\n");
  CHECK(complaint(least + "count = 1.5\n").find("`count` is a number; expected a whole number") !=
        std::string::npos);
  CHECK(complaint(least + "relay = 1\n").find("expected true or false") != std::string::npos);
  CHECK(complaint(least + "nat = [1]\n").find("this item of `nat` is a whole number") !=
        std::string::npos);
  CHECK(complaint("seeds = 1\n" + least).find("expected a list of whole numbers") !=
        std::string::npos);
  CHECK(complaint("network = 1\n" + least).find("[network] is a whole number; expected a table") !=
        std::string::npos);
  CHECK(complaint("name = \"x\"\nquestion = \"y\"\nduration_s = 1\n[peers]\ngroup = \"a\"\n")
            .find("write [[peers]], once for each") != std::string::npos);
  CHECK(complaint(least + "count = 1979-05-27\n").find("a date, or a number of too many digits") !=
        std::string::npos);
  CHECK(complaint(least + "count = 99999999999999999999\n").find("too many digits") !=
        std::string::npos);
}

TEST_CASE("a value out of its range says the range") {
  CHECK(complaint(least + "[network]\nloss_ratio = 1.5\n") ==
        "x.toml:8:14: error: `loss_ratio` is 1.5; expected between 0 and 1\n"
        "    loss_ratio = 1.5\n"
        "                 ^~~\n");
  CHECK(complaint(least + "count = 0\n").find("expected between 1 and 4000000") !=
        std::string::npos);
  CHECK(complaint(least + "count = -1\n").find("`count` is -1;") != std::string::npos);
  for (const auto* bad : {"0", "-1", "inf", "nan", "1e400"})
    CHECK(complaint("name=\"x\"\nquestion=\"y\"\nduration_s = " + std::string(bad) +
                    "\n[[peers]]\ngroup=\"a\"\n")
              .find("expected between 0.001 and") != std::string::npos);
}

TEST_CASE("the overlay's bounds are the protocol's own") {
  const auto with = [](const std::string& line) { return parse(least + "[overlay]\n" + line); };
  CHECK(with("k = " + std::to_string(wire::k) + "\n"));
  CHECK_FALSE(with("k = " + std::to_string(wire::k + 1) + "\n"));
  CHECK(with("workbit = " + std::to_string(workbit_max) + "\n"));
  CHECK_FALSE(with("workbit = " + std::to_string(workbit_max + 1) + "\n"));
  CHECK(with("paths = " + std::to_string(dht::paths_max) + "\n"));
  CHECK_FALSE(with("paths = " + std::to_string(dht::paths_max + 1) + "\n"));
}

TEST_CASE("a word that is no choice is answered with the choices") {
  CHECK(complaint("crypto = \"modeled\"\n" + least) ==
        "x.toml:1:10: error: `crypto` cannot be \"modeled\"; expected \"real\" or \"modelled\"; "
        "did you "
        "mean \"modelled\"?\n"
        "    crypto = \"modeled\"\n"
        "             ^~~~~~~~~\n");
  CHECK(complaint(least + "mode = \"x\"\n").find("\"unknown\", \"direct\" or \"nat\"") !=
        std::string::npos);
  CHECK(complaint(least + "mode = 3\n").find("expected \"unknown\", \"direct\" or \"nat\"") !=
        std::string::npos);
}

TEST_CASE("what has to be there is asked for") {
  CHECK(complaint("question = \"y\"\nduration_s = 1\n").find("needs `name`") != std::string::npos);
  CHECK(complaint("name = \"x\"\nquestion = \"y\"\n").find("needs `duration_s`") !=
        std::string::npos);
  CHECK(complaint("name = \"x\"\nquestion = \"y\"\nduration_s = 1\n").find("needs `peers`") !=
        std::string::npos);
  CHECK(complaint(least + "[[peers]]\ncount = 2\n") ==
        "x.toml:7:1: error: [[peers]] needs `group`; a name for these peers, for example group = "
        "\"members\"\n"
        "    [[peers]]\n"
        "    ^~~~~~~~~\n");
  CHECK(complaint(least + "[[events]]\nkill = {}\n").find("needs `at_s`") != std::string::npos);
  CHECK(complaint(least + "[[events]]\nat_s = 1\n").find("says when, but not what") !=
        std::string::npos);
  CHECK(complaint(least + "[[workload]]\nfrom_s = 1\n").find("asks for nothing") !=
        std::string::npos);
  CHECK(complaint("").find("needs `name`") != std::string::npos);
}

TEST_CASE("one event a table") {
  CHECK(complaint(least + "[[events]]\nat_s = 1\nkill = {}\nrestart = {}\n")
            .find("has both `kill` and `restart`; one event a table") != std::string::npos);
}

TEST_CASE("an expectation brings its reason and fits together") {
  const auto expect = [](const std::string& lines) {
    return complaint(least + "[[expect]]\n" + lines);
  };
  CHECK(expect("metric = \"paths.rtt_s\"\nmax = 1\n").find("needs `because`") != std::string::npos);
  const std::string why = "because = \"x\"\n";
  CHECK(expect(why).find("needs either `metric` or `pair`") != std::string::npos);
  CHECK(expect(why + "metric = \"paths.rtt_s\"\n").find("needs `min`, `max` or `equals`") !=
        std::string::npos);
  CHECK(expect(why + "metric = \"paths.rtt_s\"\nmin = 2\nmax = 1\n").find("`max` is below `min`") !=
        std::string::npos);
  CHECK(expect(why + "metric = \"paths.rtt_s\"\nequals = 2\nmax = 1\n").find("leaves nothing") !=
        std::string::npos);
  CHECK(expect(why + "pair = [\"boot\", \"boot\"]\n").find("needs `path`") != std::string::npos);
  CHECK(expect(why + "pair = [\"boot\"]\npath = \"direct\"\n").find("names two peers") !=
        std::string::npos);
  CHECK(expect(why + "pair = [\"boot\", \"boot\"]\npath = \"direct\"\n")
            .find("a pair is two peers") != std::string::npos);
  CHECK(expect(why + "pair = [\"boot\", \"who\"]\npath = \"direct\"\n")
            .find("there is no peer \"who\"") != std::string::npos);
  CHECK(expect(why + "metric = \"paths.direct_ratoi\"\nmin = 1\n")
            .find("unknown metric \"paths.direct_ratoi\"; did you mean \"paths.direct_ratio\"?") !=
        std::string::npos);
}

TEST_CASE("groups have names of their own and those named exist") {
  CHECK(complaint(least + "[[peers]]\ngroup = \"boot\"\n").find("two groups are called \"boot\"") !=
        std::string::npos);
  CHECK(complaint(least + "[[peers]]\ngroup = \"all\"\n").find("stands for every group") !=
        std::string::npos);
  CHECK(complaint(least + "[[peers]]\ngroup = \"a b\"\n").find("letters, digits, - and _") !=
        std::string::npos);
  CHECK(complaint(least + "[[events]]\nat_s = 1\nkill = { group = \"boto\" }\n") ==
        "x.toml:9:18: error: unknown group \"boto\"; did you mean \"boot\"?\n"
        "    kill = { group = \"boto\" }\n"
        "                     ^~~~~~\n");
  CHECK(complaint(least + "[[workload]]\nlookups = { per_s = 1, to = \"nobody\" }\n")
            .find("unknown group \"nobody\"; known: boot") != std::string::npos);
}

TEST_CASE("NATs and populations are known and do not contradict one another") {
  CHECK(complaint(least + "[[peers]]\ngroup = \"a\"\nnat = \"simmetric\"\n")
            .find("unknown NAT profile \"simmetric\"; did you mean \"symmetric\"?") !=
        std::string::npos);
  CHECK(complaint(least + "[[peers]]\ngroup = \"a\"\nnat = \"masquerade\"\n")
            .find("unknown NAT profile \"masquerade\"; did you mean \"linux_masquerade\"?") !=
        std::string::npos);
  CHECK(complaint(least + "[[peers]]\ngroup = \"a\"\npopulation = \"internet-2052\"\n")
            .find("did you mean \"internet-2025\"?") != std::string::npos);
  CHECK(complaint(least +
                  "[[peers]]\ngroup = \"a\"\nnat = \"symmetric\"\npopulation = \"internet-2025\"\n")
            .find("leave one of them out") != std::string::npos);
  CHECK(complaint(least + "[[peers]]\ngroup = \"a\"\nshared_nat = true\n")
            .find("there is no box to share") != std::string::npos);
  CHECK(complaint(least + "[[peers]]\ngroup = \"a\"\nnat = [\"symmetric\", \"symmetric\", "
                          "\"symmetric\", \"symmetric\", \"symmetric\"]\n")
            .find("more than 4 boxes") != std::string::npos);
}

TEST_CASE("times lie inside the run") {
  CHECK(complaint(least + "arrive_at_s = 50\narrive_over_s = 20\n").find("arrive after the end") !=
        std::string::npos);
  CHECK(complaint(least + "[[events]]\nat_s = 61\nkill = {}\n").find("the run ends before that") !=
        std::string::npos);
  CHECK(complaint(least + "[[workload]]\nfrom_s = 60\nlookups = { per_s = 1 }\n")
            .find("not before the end") != std::string::npos);
  CHECK(complaint(least + "[[workload]]\nuntil_s = 61\nlookups = { per_s = 1 }\n")
            .find("after the end of the run") != std::string::npos);
}

TEST_CASE("pairs can be counted") {
  const auto connect = [](const std::string& what) {
    return complaint(least +
                     "[[peers]]\ngroup = \"m\"\ncount = 2000\n[[peers]]\ngroup = \"n\"\nrole = "
                     "\"node\"\n[[workload]]\nconnect = " +
                     what + "\n");
  };
  CHECK(connect("{ from = \"m\", to = \"m\" }").find("all 1999000 pairs are more than 1000000") !=
        std::string::npos);
  CHECK(connect("{ from = \"m\", to = \"boot\" }") == "");
  CHECK(connect("{ pairs = 2001, from = \"m\", to = \"boot\" }").find("only 2000 pairs") !=
        std::string::npos);
  // With one group for both: 2000 with boot, less nobody with itself.
  CHECK(connect("{ pairs = 2001, to = \"boot\" }").find("only 2000 pairs") != std::string::npos);
  CHECK(connect("{ from = \"n\" }").find("\"n\" has no member to connect") != std::string::npos);
  CHECK(connect("{ from = \"boot\", to = \"boot\" }").find("no pair to connect") !=
        std::string::npos);
  CHECK(connect("{ pairs = \"some\" }").find("a whole number or \"all\"") != std::string::npos);
}

TEST_CASE("a name stays in its folder") {
  for (const char* bad : {"../x", "a/b", ".x", "a b", "\\u00e4"})
    CHECK(complaint(least, {std::string("name=\"") + bad + "\""}).find("becomes a folder's") !=
          std::string::npos);
  CHECK(complaint(least, {"name=x-1.b_2"}) == "");
}

TEST_CASE("boot nodes that nobody can reach are refused") {
  const std::string boot = "[[peers]]\ngroup = \"b\"\nboot = true\n";
  CHECK(complaint(least + boot + "nat = \"linux_masquerade\"\n")
            .find("nobody can reach boot nodes behind `linux_masquerade`") != std::string::npos);
  CHECK(complaint(least + boot + "population = \"internet-2025\"\n")
            .find("drawn from a population") != std::string::npos);
}

TEST_CASE("a cache needs somebody who could have been saved") {
  const std::string nats =
      "[[peers]]\ngroup = \"m\"\nnat = \"symmetric\"\nstart_from_cache = true\n";
  CHECK(complaint(least + nats).find("no peer could have been saved") != std::string::npos);
  CHECK(complaint(least + nats + "[[peers]]\ngroup = \"open\"\n") == "");
}

TEST_CASE("no share is above one and nothing is negative") {
  const auto bound = [](const std::string& metric, const std::string& line) {
    return complaint(least + "[[expect]]\nmetric = \"" + metric + "\"\nbecause = \"x\"\n" + line);
  };
  CHECK(bound("paths.direct_ratio", "min = 90\n") ==
        "x.toml:10:7: error: `min` is 90, and paths.direct_ratio is never above 1; a share of 90 % "
        "is 0.9\n"
        "    min = 90\n"
        "          ^~\n");
  CHECK(bound("paths.rtt_s", "max = -1\n").find("is never negative") != std::string::npos);
  CHECK(bound("paths.rtt_s", "max = 90\n") == "");
}

TEST_CASE("whoever is looked up publishes") {
  CHECK(complaint(least + "publish = false\n[[workload]]\nlookups = { per_s = 1, to = \"boot\" }\n")
            .find("nobody of \"boot\" publishes") != std::string::npos);
}

TEST_CASE("spans of no length are refused") {
  CHECK(complaint(least + "[[events]]\nat_s = 1\nevery_s = 1e-9\nkill = {}\n")
            .find("`every_s` is 1e-09; expected between 0.001") != std::string::npos);
  CHECK(complaint(least + "churn = { scale_s = 1e-9 }\n").find("expected between 0.001") !=
        std::string::npos);
}

TEST_CASE("somebody must be findable") {
  CHECK(complaint("name=\"x\"\nquestion=\"y\"\nduration_s=1\n[[peers]]\ngroup=\"a\"\ncount=2\n")
            .find("no peer has `boot = true`") != std::string::npos);
}

TEST_CASE("members need a network file that knows them") {
  CHECK(complaint(least + "[[peers]]\ngroup = \"a\"\nmembers = [\"a.test\"]\n")
            .find("set `network_file` in [overlay]") != std::string::npos);
  const auto missing = complaint(least + "[overlay]\nnetwork_file = \"no/such.wh\"\n");
  CHECK(missing.find("no such network file: \"no/such.wh\"; looked for no/such.wh") !=
        std::string::npos);
}

TEST_CASE("what is not TOML is shown where it stops being TOML") {
  CHECK(complaint("name = \"x\"\nduration_s 60\n") ==
        "x.toml:2:11: error: not TOML: missing key-value separator `=`: should be `=`\n"
        "    duration_s 60\n"
        "              ^\n");
  for (const auto* bad :
       {"a = ", "a = [1, 2", "[x\n", "a = 'x", "a = 1\na = 2", "[a]\n[a]", "a = 1_", "\xff\xfe",
        "a = \"\\q\"", "=", "[[", "a.b.", "a = {", "\"", "a = 1 b"})
    CHECK(complaint(bad).find("not TOML") != std::string::npos);
}

TEST_CASE("files made to exhaust the reader are refused") {
  CHECK(complaint(std::string(2'000'000, '#')).find("larger than 1 MiB") != std::string::npos);
  CHECK(complaint("a = " + std::string(100'000, '[')).find("nested more than 32 deep") !=
        std::string::npos);
  CHECK(complaint(std::string("a = \"x\0\"", 8)).find("zero byte") != std::string::npos);
}

TEST_CASE("an error never puts control characters on the terminal") {
  scenario_error e{"x\x1b[2J", 1, 1, 500, "ab\x1b\x07", "m\x1b", "h\x1b"};
  const auto text = e.render();
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\x07') == std::string::npos);
}

TEST_CASE("the mark stands under its word behind tabs and wide letters") {
  scenario_error e{"x", 1, 8, 2, "\t\xc3\xa4 = \"ab\"", "m", ""};
  CHECK(e.render() == "x:1:8: error: m\n    \t\xc3\xa4 = \"ab\"\n    \t     ^~\n");
}

TEST_CASE("a file that is not there says so") {
  const auto s = load_scenario("/no/such/file.toml", {}, {});
  REQUIRE_FALSE(s);
  CHECK(s.error().render() == "/no/such/file.toml: error: no such file\n");
}

TEST_CASE("who is known by its key cannot come back as somebody else") {
  CHECK(complaint(least + "churn = { scale_s = 5, replace = true }\n") ==
        "x.toml:7:34: error: boot nodes are known by their keys, and cannot come back as others; "
        "use a group without `boot`\n"
        "    churn = { scale_s = 5, replace = true }\n"
        "                                     ^~~~\n");
  CHECK(complaint(least + "[[peers]]\ngroup = \"m\"\nchurn = { scale_s = 5, replace = true }\n")
            .find("members are known by their keys") != std::string::npos);
}
