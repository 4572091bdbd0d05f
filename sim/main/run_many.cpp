#include <algorithm>
#include <fstream>
#include <iterator>
#include <ostream>

#include "sim/compare/writers.hpp"
#include "sim/main/batch.hpp"
#include "sim/main/folder.hpp"
#include "sim/main/jobs.hpp"
#include "sim/main/pages.hpp"
#include "sim/main/run_one.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

struct seed_run {
  const planned* of;
  std::uint64_t seed;
  std::filesystem::path folder;
};

/// Figures and the page of all seeds of a scenario. What went wrong; empty when they are written.
std::string write_over_seeds(const planned& p, const compare::record& together,
                             const std::vector<std::string>& died, const run_command& c) {
  const auto json = compare::aggregate_to_json(together) + "\n";
  if (auto bad = write_file(p.folder / "aggregate.json", json); !bad.empty()) return bad;
  return write_seeds_page(p, died, c);
}

}  // namespace

std::filesystem::path folder_of(const planned& p, std::uint64_t seed) {
  return p.what.seeds.size() == 1 ? p.folder : p.folder / ("seed-" + std::to_string(seed));
}

int run_quietly(const planned& p, std::uint64_t seed, const std::filesystem::path& folder,
                const run_command& c, const program_host& host) {
  std::error_code bad;
  std::filesystem::create_directories(folder, bad);
  std::ofstream out(folder / "summary.txt", std::ios::trunc);
  std::ofstream errors(folder / "errors.txt", std::ios::trunc);
  if (!out || !errors) return 2;
  const program_host mine{
      out,      errors,       host.out_is_terminal, false, host.scenario_folders,
      host.run, host.context, host.oracle};
  auto quiet = c;
  quiet.progress = false;
  return run_one(p, seed, folder, quiet, mine);
}

int run_many(const std::vector<planned>& all, const run_command& c, const program_host& host) {
  std::vector<seed_run> runs;
  for (const planned& p : all)
    for (const auto seed : p.what.seeds) runs.push_back({&p, seed, folder_of(p, seed)});
  const bool plain = !c.json && !c.trace_hash;
  if (c.json) host.out << "[\n";
  host.out << std::flush;
  host.errors << std::flush;

  std::vector<job> jobs;
  for (const seed_run& s : runs)
    jobs.push_back({[&s, &c, &host] { return run_quietly(*s.of, s.seed, s.folder, c, host); }});
  int worst = 0;
  const auto ended = [&](std::size_t i, const job_end& e) {
    const seed_run& s = runs[i];
    const std::string replay = again_of(*s.of, s.seed);
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
  auto next = ends.begin();
  for (const planned& p : all) {
    const auto first = next;
    next += static_cast<std::ptrdiff_t>(p.what.seeds.size());
    if (p.what.seeds.size() == 1) continue;
    const auto together = collect(p, c, std::vector<job_end>(first, next)).figures;
    std::vector<std::string> died;
    std::transform(first, next, std::back_inserter(died), [](const job_end& e) { return e.died; });
    if (const auto bad = write_over_seeds(p, together, died, c); !bad.empty()) {
      host.errors << "wh-sim: " << bad << "\n";
      worst = std::max(worst, 2);
    }
    if (plain)
      host.out << compare::aggregate_table(together) << "  report "
               << (p.folder / "aggregate.json").string() << "\n  page   "
               << (p.folder / "report.html").string() << "\n\n";
  }
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
