#include <algorithm>
#include <fstream>
#include <ostream>
#include <sstream>

#include "sim/main/jobs.hpp"
#include "sim/main/run_one.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

struct seed_run {
  const planned* of;
  std::uint64_t seed;
  std::filesystem::path folder;
};

/// In the child: its words go to files, which are printed in order, whoever ends first.
int run_quietly(const seed_run& s, const run_command& c, const program_host& host) {
  std::error_code bad;
  std::filesystem::create_directories(s.folder, bad);
  std::ofstream out(s.folder / "summary.txt", std::ios::trunc);
  std::ofstream errors(s.folder / "errors.txt", std::ios::trunc);
  if (!out || !errors) return 2;
  const program_host mine{
      out,      errors,       host.out_is_terminal, false, host.scenario_folders,
      host.run, host.context, host.oracle};
  auto quiet = c;
  quiet.progress = false;
  return run_one(*s.of, s.seed, s.folder, quiet, mine);
}

}  // namespace

int run_many(const std::vector<planned>& all, const run_command& c, const program_host& host) {
  std::vector<seed_run> runs;
  for (const planned& p : all)
    for (const auto seed : p.what.seeds)
      runs.push_back(
          {&p, seed,
           p.what.seeds.size() == 1 ? p.folder : p.folder / ("seed-" + std::to_string(seed))});
  const bool plain = !c.json && !c.trace_hash;
  if (c.json) host.out << "[\n";
  host.out << std::flush;
  host.errors << std::flush;

  std::vector<job> jobs;
  for (const seed_run& s : runs)
    jobs.push_back({[&s, &c, &host] { return run_quietly(s, c, host); }});
  int worst = 0;
  const auto ended = [&](std::size_t i, const job_end& e) {
    const seed_run& s = runs[i];
    const std::string replay = s.of->again + " --seed " + std::to_string(s.seed);
    worst = std::max(worst, e.code);
    if (c.json && i > 0) host.out << ",\n";
    if (!e.died.empty()) {
      if (c.json) host.out << error_to_json(s.of->what.name, s.seed, e.died) << "\n";
      host.errors << "wh-sim: " << s.of->what.name << ": seed " << s.seed << " " << e.died
                  << "; replay: " << replay << "\n";
    } else {
      host.out << text_of(s.folder / "summary.txt") << (plain ? "\n" : "");
    }
    host.errors << text_of(s.folder / "errors.txt");
    if (host.errors_are_terminal && i + 1 < runs.size())
      host.errors << "\r" << i + 1 << " of " << runs.size() << " runs\x1b[K\r";
    host.out << std::flush;
    host.errors << std::flush;
  };
  const auto ends = do_jobs(jobs, c.jobs, ended);

  if (c.json) host.out << "]\n";
  if (plain) {
    const auto held =
        std::count_if(ends.begin(), ends.end(), [](const job_end& e) { return e.code == 0; });
    host.out << held << " of " << ends.size() << " runs held every expectation";
    for (std::size_t i = 0; i < ends.size(); ++i)
      if (ends[i].code != 0)
        host.out << "; " << runs[i].of->what.name << " seed " << runs[i].seed << " did not";
    host.out << "\n";
  }
  host.out << std::flush;
  return worst;
}

}  // namespace wh::sim
