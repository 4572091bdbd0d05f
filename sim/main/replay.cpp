#include <fstream>
#include <iterator>
#include <ostream>

#include "sim/main/commands.hpp"
#include "sim/main/folder.hpp"
#include "sim/main/provenance.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> contents(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return in ? std::optional{std::move(text)} : std::nullopt;
}

/// The scenario of a report, read from the texts that the report carries.
expected<scenario, std::string> scenario_of(const report_origin& o, const program_host& host) {
  auto context = host.context;
  context.roots.insert(context.roots.end(), host.scenario_folders.begin(),
                       host.scenario_folders.end());
  context.read = [&o](const fs::path& file) -> std::optional<std::string> {
    for (const auto& i : o.inputs)
      if (i.name == file.string()) return i.text;
    return std::nullopt;
  };
  const auto& first = o.inputs.front();
  auto s = parse_scenario(first.text, first.name, o.set, context);
  if (!s) return unexpected(s.error().render());
  s->seeds = {o.seed};
  return std::move(*s);
}

}  // namespace

int replay(const replay_command& c, const program_host& host) {
  std::error_code ignored;
  const fs::path file = fs::is_directory(c.report, ignored) ? c.report / "report.json" : c.report;
  const auto fail = [&](const std::string& why) {
    host.errors << "wh-sim: " << file.string() << ": " << why << "\n";
    return 2;
  };
  const auto text = contents(file);
  if (!text && fs::is_directory(c.report, ignored) &&
      fs::exists(c.report / "aggregate.json", ignored))
    return fail("there is none: the folder holds several runs; name that of one seed, " +
                (c.report / "seed-N").string());
  if (!text) return fail("cannot be read");
  const auto origin = origin_from_json(*text);
  if (!origin) return fail(origin.error());
  if (origin->partial)
    return fail(
        "that run was stopped before its end, so there is nothing to compare a whole one with");
  auto s = scenario_of(*origin, host);
  if (!s) return fail("its scenario cannot be read by this build\n" + s.error());
  if (origin->commit != build_commit())
    host.errors << "wh-sim: warning: the report is of commit " << origin->commit
                << ", this build of " << build_commit()
                << "; what happens may differ for that reason\n";

  planned p;
  p.folder = c.how.out.empty() ? fs::path("out") / "replay" : c.how.out;
  p.again = "wh-sim replay " + shell_word(file.string());
  p.names_seed = true;
  p.what = std::move(*s);
  auto folder = run_folder::take(p.folder);
  if (!folder) return fail(folder.error());
  run_command how = c.how;
  how.set = origin->set;
  how.salt = origin->salt;
  if (run_one(p, origin->seed, p.folder, how, host) == 2) return 2;
  const auto again = origin_from_json(contents(p.folder / "report.json").value_or(""));
  if (!again) return fail("the second report cannot be read");
  if (again->partial) {
    host.errors << "wh-sim: stopped: nothing is compared\n";
    return 1;
  }
  const bool same = again->trace_hash == origin->trace_hash;
  host.out << (same ? "the same: every event of the run is equal, trace hash "
                    : "NOT the same: trace hash " + origin->trace_hash + " then, now ")
           << again->trace_hash << "\n"
           << std::flush;
  return same ? 0 : 1;
}

}  // namespace wh::sim
