#include "sim/main/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <sstream>

#include "transport/text.hpp"

#ifndef WH_VERSION
#define WH_VERSION "0"
#endif

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
The scenario is a file, or the name of one in the scenarios folder. Each of its
seeds runs in a process of its own. DIR gets report.json, and on request trace,
flow.mmd and pcap files; with more than one seed each has a folder DIR/seed-N.

Exit code: 0 every expectation held, 1 one did not, 2 the command or the
scenario is wrong.

Examples:
  wh-sim run pair_cone
  wh-sim run pair_cone --seed 7 --seed 8 --out /tmp/cone
  wh-sim run scenarios/churn_1k.toml --set duration_s=600 --set peers.0.count=9
  wh-sim run pair_symmetric --flow a,b  # their messages, in Mermaid
  wh-sim run churn_1k --trace-hash      # one hash of all that happened
)";

/// CLI11 would take "-1" for 2^64 - 1, and the largest number for what is larger.
std::optional<std::uint64_t> parse_seed(const std::string& word) {
  std::uint64_t seed = 0;
  const char* end = word.data() + word.size();
  const auto [rest, trouble] = std::from_chars(word.data(), end, seed);
  if (trouble != std::errc{} || rest != end) return {};
  return seed;
}

std::string unknown_command(const std::string& word, const std::vector<std::string>& known) {
  std::string text = "wh-sim: there is no command `" + word + "`";
  if (const auto near = nearest_name(word, known); !near.empty())
    text += "; did you mean `" + near + "`?";
  return text + "\n  `wh-sim --help` lists them\n";
}

}  // namespace

std::variant<command, command_line_end> parse_command_line(int argc, const char* const* argv) {
  CLI::App app{"Runs WireHub's protocol on a simulated internet.", "wh-sim"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "wh-sim " WH_VERSION);
  app.footer(examples);
  app.set_help_flag("-h,--help", "Print this help and end");

  run_command run;
  std::string flow;
  std::vector<std::string> seeds;
  auto* run_app = app.add_subcommand("run", "Run a scenario, hold it against its expectations");
  run_app->footer(run_examples);
  run_app->add_option("SCENARIO", run.scenario, "File or name of the scenario")->required();
  run_app->add_option("--seed", seeds, "Seed instead of the file's; may be repeated")
      ->allow_extra_args(false)
      ->type_name("N");
  run_app
      ->add_option("--set", run.set,
                   "Set a key of the scenario; may be repeated.\n"
                   "Lists go by number or group: peers.0.count")
      ->allow_extra_args(false)
      ->type_name("TABLE.KEY=VALUE");
  run_app->add_option("--out", run.out, "Folder for the report (default: out/NAME)")
      ->type_name("DIR");
  run_app->add_flag("--json", run.json, "Print the report as JSON instead of the summary");
  run_app->add_flag("--pcap", run.pcap, "Write a packet capture to DIR/internet.pcap");
  run_app->add_flag("--trace", run.trace, "Write every event to DIR/trace");
  run_app->add_flag("--trace-hash", run.trace_hash, "Print only the seed and the trace's hash");
  run_app->add_option("--flow", flow, "Draw the messages of two peers in DIR/flow.mmd")
      ->type_name("A,B");
  run_app->add_option("--jobs", run.jobs, "Seeds to run at once (default: one per core)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  run_app->add_flag("--progress", run.progress, "Show progress though stderr is no terminal");

  scenarios_command scenarios;
  auto* scenarios_app = app.add_subcommand("scenarios", "List the scenarios and their questions");
  scenarios_app->add_flag("--json", scenarios.json, "As JSON");
  metrics_command metrics;
  auto* metrics_app = app.add_subcommand("metrics", "List what an expectation can be about");
  metrics_app->add_flag("--json", metrics.json, "As JSON");

  keys_command keys;
  auto* keys_app = app.add_subcommand("keys", "List the keys of the scenario file");
  keys_app->add_option("TABLE", keys.table, "One table: network, peers, events.kill, ...");
  keys_app->add_flag("--markdown", keys.markdown, "As the tables of scenarios/README.md");

  if (argc > 1 && argv[1][0] != '-') {
    std::vector<std::string> known;
    for (const auto* c : app.get_subcommands({})) known.push_back(c->get_name());
    if (const std::string word = argv[1];
        std::find(known.begin(), known.end(), word) == known.end())
      return command_line_end{unknown_command(word, known), 2};
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::ostringstream out, errors;
    const int code = app.exit(e, out, errors);
    return code == 0 ? command_line_end{out.str(), 0}
                     : command_line_end{"wh-sim: " + errors.str(), 2};
  }
  for (const auto& word : seeds) {
    const auto seed = parse_seed(word);
    if (!seed)
      return command_line_end{
          "wh-sim: --seed: expected a whole number from 0 to 2^64 - 1, not `" + word + "`\n", 2};
    run.seeds.push_back(*seed);
  }
  if (!flow.empty()) {
    const auto comma = flow.find(',');
    if (comma == std::string::npos || comma == 0 || comma + 1 == flow.size() ||
        flow.find(',', comma + 1) != std::string::npos)
      return command_line_end{
          "wh-sim: --flow: expected the names of two peers, for example --flow a,b\n", 2};
    run.flow = {flow.substr(0, comma), flow.substr(comma + 1)};
    if (run.flow->first == run.flow->second)
      return command_line_end{"wh-sim: --flow: expected two peers, not one twice\n", 2};
  }
  if (run.json && run.trace_hash)
    return command_line_end{"wh-sim: --json and --trace-hash: one of them\n", 2};
  if (run_app->parsed()) return command{std::move(run)};
  if (scenarios_app->parsed()) return command{scenarios};
  if (keys_app->parsed()) return command{std::move(keys)};
  return command{metrics};
}

}  // namespace wh::sim
