#include "sim/main/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <sstream>
#include <tuple>

#include "sim/main/commands.hpp"
#include "sim/main/provenance.hpp"
#include "sim/scenario/limits.hpp"
#include "transport/text.hpp"

namespace wh::sim {
namespace {

constexpr const char* examples = R"(
Examples:
  wh-sim scenarios
  wh-sim run scenarios/seed_network.toml
  wh-sim run pair_cone --seed 7 --flow a,b
  wh-sim run churn_1k --set network.loss_ratio=0.05 --set peers.members.count=50
)";

constexpr const char* run_examples = R"(
A scenario is a file, or the name of one in the scenarios folder. Each seed of
each runs in a process of its own. DIR gets report.json and report.html, and on
request tables for analysis, trace, flow.mmd and pcap files; with more than one
seed each has a folder DIR/seed-N.

Exit code: 0 every expectation held, 1 one did not or the run was stopped,
2 the command or the scenario is wrong.

Examples:
  wh-sim run pair_cone
  wh-sim run pair_cone --seed 7 --seed 8 --out /tmp/cone
  wh-sim run pair_cone pair_open --seeds 1-20
  wh-sim run scenarios/churn_1k.toml --set duration_s=600 --set peers.0.count=9
  wh-sim run pair_open --set 'events.+={ at_s = 30, kill = { group = "b" } }'
  wh-sim run pair_symmetric --flow a,b  # their messages, in Mermaid
  wh-sim run churn_1k --trace-hash      # one hash of all that happened
)";

constexpr const char* replay_examples = R"(
Runs what a report.json says it was made of (scenario, files, --set and seed
are in it) and compares the trace hash: the same build gives the same.

Exit code: 0 the same, 1 something else happened, 2 it cannot be run.

Example:
  wh-sim replay out/pair_cone/seed-3/report.json --trace
)";

constexpr const char* oracle_examples = R"(
From the configuration of the boxes alone, knowing nothing of the protocol: O1
is a direct path without guessing a port, O3 one for somebody who foresees
every port. Seeds decide who is behind which NAT.
)";

constexpr const char* check_examples = R"(
Runs the scenarios on the seeds of a baseline and compares, seed by seed: which
metrics moved, by how much, whether chance can have done that, and whether it is
better or worse. scenarios/CI.md tells how to use it, sim/compare how it counts.

Exit code: 0 no regression, 1 a metric got worse, an expectation broke or a run
died, 2 it cannot be told: wrong usage, or a scenario that changed meanwhile.

Examples:
  wh-sim check pair_cone --baseline main.json --update    # makes or renews it
  wh-sim check --baseline main.json                       # all that is in it
  wh-sim check pair_cone --baseline main.json --set network.loss_ratio=0.01
  wh-sim check --baseline main.json --junit check.xml --markdown check.md
)";

constexpr const char* matrix_examples = R"(
Runs a scenario in which members of every kind of place want every other one,
and counts its pairs by their groups: how many were direct, what the oracle says
(O1 without guessing a port, O3 knowing every port), how long it took, what it
cost, and why not. DIR gets matrix.json and matrix.md.

Exit code: as of run; with a baseline as of check.

Examples:
  wh-sim matrix
  wh-sim matrix --seeds 1-20 --set peers.linux.nat=cisco_asa
  wh-sim matrix --baseline matrix.json --update
)";

constexpr const char* swarm_examples = R"(
Draws a small world for each seed: places, lines, limits, and faults at bad
moments, most of what there is left out of each. Runs it, and holds it to what is
true of every world once its faults are over. What breaks a rule is made small:
DIR gets swarm-N.toml, the fewest peers, faults and keys that still break it, and
swarm-N.drawn.toml. With FILE such worlds are judged again, and no others.

Exit code: 0 every world kept every rule, 1 one did not, 2 wrong usage, or a file
that is no world any more.

Examples:
  wh-sim swarm
  wh-sim swarm --seeds 1-20000 --features
  wh-sim swarm --for 8h --jobs 4
  wh-sim swarm --seeds 17 --show
  wh-sim swarm out/swarm/swarm-17.toml
)";

/// A word that is wrong, as CLI11 has no better name for.
struct usage_error {
  std::string text;
};

/// CLI11 would take "-1" for 2^64 - 1, and the largest number for what is larger.
std::uint64_t seed_of(std::string_view word, std::string_view option) {
  std::uint64_t seed = 0;
  const char* end = word.data() + word.size();
  const auto [rest, trouble] = std::from_chars(word.data(), end, seed);
  if (trouble != std::errc{} || rest != end || word.empty())
    throw usage_error{std::string(option) + ": expected a whole number from 0 to 2^64 - 1, not `" +
                      std::string(word) + "`"};
  return seed;
}

/// "1-20", "3".
std::pair<std::uint64_t, std::uint64_t> range_in(const std::string& part) {
  const auto dash = part.find('-');
  if (dash == 0 || dash + 1 == part.size())
    throw usage_error{"--seeds: `" + part + "` lacks an end; expected for example 1-20, or 1-5,9"};
  const auto first = seed_of(std::string_view(part).substr(0, dash), "--seeds");
  const auto last = dash == std::string::npos
                        ? first
                        : seed_of(std::string_view(part).substr(dash + 1), "--seeds");
  if (last < first) throw usage_error{"--seeds: `" + part + "` ends before it begins"};
  return {first, last};
}

/// "1-20", "3", "1-5,9".
std::vector<std::uint64_t> seeds_in(const std::string& ranges) {
  std::vector<std::uint64_t> seeds;
  std::istringstream parts(ranges);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto [first, last] = range_in(part);
    if (last - first >= seeds_max)
      throw usage_error{"--seeds: more than " + std::to_string(seeds_max) + " seeds"};
    for (auto s = first;; ++s) {
      seeds.push_back(s);
      if (s == last) break;
    }
  }
  if (seeds.empty()) throw usage_error{"--seeds: expected for example 1-20, or 1-5,9"};
  return seeds;
}

/// "90s", "15min", "8h".
double seconds_in(const std::string& word) {
  double x = 0;
  const char* const end = word.data() + word.size();
  const auto [rest, bad] = std::from_chars(word.data(), end, x);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  const double factor = unit == "s" ? 1 : unit == "min" ? 60 : unit == "h" ? 3600 : 0;
  if (bad != std::errc{} || factor == 0 || !(x > 0))
    throw usage_error{"--for: expected for example 90s, 15min or 8h, not `" + word + "`"};
  return x * factor;
}

/// Options that several commands have, as they are typed.
struct typed {
  std::vector<std::string> seeds;
  std::string ranges, flow;

  void take_seeds(std::vector<std::uint64_t>& out) const {
    for (const auto& word : seeds) out.push_back(seed_of(word, "--seed"));
    if (!ranges.empty())
      for (const auto s : seeds_in(ranges)) out.push_back(s);
    auto sorted = out;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
      throw usage_error{"--seed: " + std::to_string(*twice) + " is asked for twice"};
    if (out.size() > seeds_max)
      throw usage_error{"--seeds: more than " + std::to_string(seeds_max) + " seeds"};
  }
  void take_flow(std::optional<std::pair<std::string, std::string>>& out) const {
    if (flow.empty()) return;
    const auto comma = flow.find(',');
    if (comma == std::string::npos || comma == 0 || comma + 1 == flow.size() ||
        flow.find(',', comma + 1) != std::string::npos)
      throw usage_error{"--flow: expected the names of two peers, for example --flow a,b"};
    out = {flow.substr(0, comma), flow.substr(comma + 1)};
    if (out->first == out->second) throw usage_error{"--flow: expected two peers, not one twice"};
  }
};

void add_seeds(CLI::App& app, typed& t) {
  app.add_option("--seed", t.seeds, "Seed instead of the file's; may be repeated")
      ->allow_extra_args(false)
      ->type_name("N");
  app.add_option("--seeds", t.ranges, "Seeds instead of the file's: 1-50, or 1-5,9")
      ->type_name("A-B");
}

void add_set(CLI::App& app, std::vector<std::string>& set) {
  app.add_option("--set", set,
                 "Set a key of the scenario; may be repeated.\n"
                 "Lists go by number or group: peers.0.count;\n"
                 "a table more: events.+={...}")
      ->allow_extra_args(false)
      ->type_name("TABLE.KEY=VALUE");
}

/// Not in the help: it answers no question about a scenario (sim/main/README.md).
void add_salt(CLI::App& app, std::string& salt) {
  app.add_option("--salt", salt, "Rename the streams of chance, to measure noise")->group("");
}

void add_jobs(CLI::App& app, unsigned& jobs) {
  app.add_option("--jobs", jobs, "Runs at once (default: one per core)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
}

/// What a run writes besides its report.
void add_extras(CLI::App& app, run_command& run, typed& t) {
  app.add_flag("--pcap", run.pcap, "Write a packet capture to DIR/internet.pcap");
  app.add_flag("--trace", run.trace, "Write every event to DIR/trace");
  app.add_flag("--invariants", run.invariants, "Hold each datagram to what must never be");
  app.add_flag("--data", run.data, "Write its tables: DIR/run.sqlite, pairs.csv, ...");
  app.add_option("--flow", t.flow, "Draw the messages of two peers in DIR/flow.mmd")
      ->type_name("A,B");
}

/// The commands: each adds its options, and says what came of them.
class grammar {
 public:
  grammar() {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "wh-sim " + version_text());
    app_.set_help_flag("-h,--help", "Print this help and end");
    add_run();
    add_replay();
    add_oracle();
    add_check();
    add_matrix();
    add_swarm();
    add_lists();
    app_.footer(examples);  // last: a command that has none of its own would take this one
  }

  std::variant<command, command_line_end> parse(int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) words_ += " " + shell_word(argv[i]);
    if (argc > 1 && argv[1][0] != '-') {
      std::vector<std::string> known;
      for (const auto* c : app_.get_subcommands({})) known.push_back(c->get_name());
      const std::string word = argv[1];
      if (std::find(known.begin(), known.end(), word) == known.end()) {
        std::string text = "wh-sim: there is no command `" + word + "`";
        if (const auto near = nearest_name(word, known); !near.empty())
          text += "; did you mean `" + near + "`?";
        return command_line_end{text + "\n  `wh-sim --help` lists them\n", 2};
      }
    }
    try {
      app_.parse(argc, argv);
      for (const auto& c : commands_)
        if (c.app->parsed()) return c.take();
    } catch (const CLI::ParseError& e) {
      std::ostringstream out, errors;
      const int code = app_.exit(e, out, errors);
      return code == 0 ? command_line_end{out.str(), 0}
                       : command_line_end{"wh-sim: " + errors.str(), 2};
    } catch (const usage_error& e) {
      return command_line_end{"wh-sim: " + e.text + "\n", 2};
    }
    return command_line_end{"", 2};
  }

 private:
  struct entry {
    CLI::App* app;
    std::function<command()> take;
  };
  CLI::App& add(const std::string& name, const std::string& about, std::function<command()> take) {
    auto* app = app_.add_subcommand(name, about);
    commands_.push_back({app, std::move(take)});
    return *app;
  }

  void add_run() {
    auto& app = add("run", "Run scenarios, judge them by their expectations", [this] {
      run_typed_.take_seeds(run_.seeds);
      run_typed_.take_flow(run_.flow);
      if (run_.json && run_.trace_hash) throw usage_error{"--json and --trace-hash: one of them"};
      return command{run_};
    });
    app.footer(run_examples);
    app.add_option("SCENARIO", run_.scenarios, "Files or names of scenarios")->required();
    add_seeds(app, run_typed_);
    add_set(app, run_.set);
    add_salt(app, run_.salt);
    app.add_option("--out", run_.out, "Folder for the report (default: out/NAME)")
        ->type_name("DIR");
    app.add_flag("--json", run_.json, "Print the report as JSON instead of the summary");
    app.add_flag("--trace-hash", run_.trace_hash, "Print only the seed and the trace's hash");
    add_extras(app, run_, run_typed_);
    add_jobs(app, run_.jobs);
    app.add_flag("--progress", run_.progress, "Show progress though stderr is no terminal");
    app.add_flag("--force", run_.force, "Run although memory is not likely to do");
  }

  void add_replay() {
    auto& app = add("replay", "Run again what a report was made of, and compare", [this] {
      replay_typed_.take_flow(replay_.how.flow);
      return command{replay_};
    });
    app.footer(replay_examples);
    app.add_option("REPORT", replay_.report, "A report.json, or the folder that it is in")
        ->required();
    app.add_option("--out", replay_.how.out, "Folder for the report (default: out/replay)")
        ->type_name("DIR");
    add_extras(app, replay_.how, replay_typed_);
  }

  void add_oracle() {
    auto& app = add("oracle", "Tell which of a scenario's pairs could be direct", [this] {
      oracle_typed_.take_seeds(oracle_.seeds);
      return command{oracle_};
    });
    app.footer(oracle_examples);
    app.add_option("SCENARIO", oracle_.scenario, "File or name of a scenario")->required();
    add_seeds(app, oracle_typed_);
    add_set(app, oracle_.set);
    app.add_flag("--json", oracle_.json, "As JSON");
  }

  void add_against(CLI::App& app, baseline_options& against) {
    app.add_option("--baseline", against.baseline, "What it is held against")->type_name("FILE");
    app.add_option("--junit", against.junit, "Write the result as JUnit XML")->type_name("FILE");
    app.add_option("--markdown", against.markdown, "Write a summary as Markdown")
        ->type_name("FILE");
    app.add_flag("--update", against.update, "Make what is measured the baseline");
    app.add_flag("--changed", against.changed, "Compare though the scenario's file has changed");
  }

  void add_check() {
    auto& app = add("check", "Compare with a baseline, tell changes from noise", [this] {
      check_typed_.take_seeds(check_.how.seeds);
      if (check_.against.update && !check_.how.salt.empty())
        throw usage_error{"--update and --salt: one of them"};
      check_.again = words_;
      return command{check_};
    });
    app.footer(check_examples);
    app.add_option("SCENARIO", check_.scenarios,
                   "Files or names of scenarios\n(default: all of the baseline)");
    add_against(app, check_.against);
    app.get_option("--baseline")->required();
    add_seeds(app, check_typed_);
    add_set(app, check_.how.set);
    add_salt(app, check_.how.salt);
    app.add_option("--out", check_.how.out,
                   "Folder for check.json and the runs' reports\n"
                   "(default: out/check)")
        ->type_name("DIR");
    app.add_flag("--json", check_.how.json, "Print check.json instead of the summary");
    add_jobs(app, check_.how.jobs);
    app.add_flag("--force", check_.how.force, "Run although memory is not likely to do");
  }

  void add_matrix() {
    auto& app = add("matrix", "Show which kinds of NAT meet which directly", [this] {
      matrix_typed_.take_seeds(matrix_.how.seeds);
      const baseline_options& o = matrix_.against;
      if (o.baseline.empty() && (o.update || o.changed || !o.junit.empty() || !o.markdown.empty()))
        throw usage_error{"--junit, --markdown, --update, --changed: they go with --baseline"};
      if (!o.baseline.empty() && matrix_.how.json)
        throw usage_error{"--json and --baseline: one of them"};
      matrix_.again = words_;
      return command{matrix_};
    });
    app.footer(matrix_examples);
    app.add_option("SCENARIO", matrix_.scenario, "File or name of a scenario (default: matrix)");
    add_seeds(app, matrix_typed_);
    add_set(app, matrix_.how.set);
    app.add_option("--out", matrix_.how.out,
                   "Folder for the matrix and the runs' reports\n"
                   "(default: out/matrix)")
        ->type_name("DIR");
    app.add_flag("--json", matrix_.how.json, "Print matrix.json instead of the table");
    add_against(app, matrix_.against);
    add_jobs(app, matrix_.how.jobs);
    app.add_flag("--force", matrix_.how.force, "Run although memory is not likely to do");
  }

  void add_swarm() {
    auto& app = add("swarm", "Draw worlds and faults, look for what breaks", [this] {
      if (!swarm_range_.empty() && !swarm_time_.empty())
        throw usage_error{"--seeds and --for: one of them"};
      if (!swarm_.files.empty() && (!swarm_range_.empty() || !swarm_time_.empty() || swarm_.show))
        throw usage_error{"FILE: --seeds, --for and --show are for drawn worlds"};
      if (!swarm_time_.empty()) {
        swarm_.lasts_s = seconds_in(swarm_time_);
        swarm_.last = std::numeric_limits<std::uint64_t>::max();
      }
      if (!swarm_range_.empty()) {
        std::tie(swarm_.first, swarm_.last) = range_in(swarm_range_);
      }
      return command{swarm_};
    });
    app.footer(swarm_examples);
    app.add_option("FILE", swarm_.files, "Worlds to judge again, instead of drawing some");
    app.add_option("--seeds", swarm_range_, "Which worlds (default: 1-200)")->type_name("A-B");
    app.add_option("--for", swarm_time_, "From world 1 on for so long: 90s, 15min, 8h")
        ->type_name("TIME");
    app.add_option("--shrink", swarm_.shrink, "Worlds to make small, of each rule (default: 3)")
        ->type_name("N");
    app.add_flag("--features", swarm_.features, "Count what the worlds had");
    app.add_flag("--show", swarm_.show, "Print the worlds, run none");
    app.add_option("--out", swarm_.out, "Folder for what broke (default: out/swarm)")
        ->type_name("DIR");
    add_jobs(app, swarm_.jobs);
  }

  void add_lists() {
    add("scenarios", "List the scenarios and their questions", [this] {
      return command{scenarios_};
    }).add_flag("--json", scenarios_.json, "As JSON");
    add("metrics", "List what an expectation can be about", [this] {
      return command{metrics_};
    }).add_flag("--json", metrics_.json, "As JSON");
    auto& keys =
        add("keys", "List the keys of the scenario file", [this] { return command{keys_}; });
    keys.add_option("TABLE", keys_.table, "One table: network, peers, events.kill, ...");
    keys.add_flag("--markdown", keys_.markdown, "As the tables of scenarios/README.md");
    add("tables", "List the tables that --data writes", [this] {
      return command{tables_};
    }).add_flag("--markdown", tables_.markdown, "As in sim/data/README.md");
    auto& nats =
        add("nats", "List NAT profiles and populations", [this] { return command{nats_}; });
    nats.add_option("NAME", nats_.name, "One of them, with its parameters and source");
    nats.add_flag("--json", nats_.json, "As JSON");
  }

  CLI::App app_{"Runs WireHub's protocol on a simulated internet.", "wh-sim"};
  std::vector<entry> commands_;
  run_command run_;
  typed run_typed_, replay_typed_, oracle_typed_, check_typed_, matrix_typed_;
  replay_command replay_;
  oracle_command oracle_;
  std::string words_ = "wh-sim";  // the command line, as a shell takes it
  check_command check_;
  matrix_command matrix_;
  swarm_command swarm_;
  std::string swarm_range_, swarm_time_;
  scenarios_command scenarios_;
  metrics_command metrics_;
  keys_command keys_;
  tables_command tables_;
  nats_command nats_;
};

}  // namespace

std::variant<command, command_line_end> parse_command_line(int argc, const char* const* argv) {
  return grammar{}.parse(argc, argv);
}

}  // namespace wh::sim
