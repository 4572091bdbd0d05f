#include "sim/main/batch.hpp"

#include <algorithm>
#include <ostream>
#include <sstream>

#include "sim/compare/matrix.hpp"
#include "sim/main/folder.hpp"
#include "sim/main/provenance.hpp"
#include "transport/check.hpp"

namespace wh::sim {
namespace {

std::string first_line(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  const std::string_view own = "wh-sim: ";
  return line.starts_with(own) ? line.substr(own.size()) : line;
}

void add_warnings(const std::string& errors, std::vector<std::string>& all) {
  constexpr std::string_view mark = "wh-sim: warning: ";
  std::istringstream lines(errors);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(mark)) continue;
    line.erase(0, mark.size());
    if (std::find(all.begin(), all.end(), line) == all.end()) all.push_back(line);
  }
}

}  // namespace

compare::origin origin_of(const planned& p, const run_command& c) {
  const provenance source = provenance_of(p.what, c.set);
  compare::origin o{source.version, source.commit, {}, source.set, c.salt};
  for (const auto& i : source.inputs)
    o.inputs.push_back({std::filesystem::path(i.name).filename().string(), i.hash});
  return o;
}

batch collect(const planned& p, const run_command& c, const std::vector<job_end>& ends) {
  batch b;
  b.figures.scenario = p.what.name;
  b.figures.from = origin_of(p, c);
  for (std::size_t i = 0; i < p.what.seeds.size(); ++i) {
    const std::uint64_t seed = p.what.seeds[i];
    const auto folder = folder_of(p, seed);
    compare::run_outcome r;
    r.seed = seed;
    r.replay = again_of(p, seed);
    b.stopped = b.stopped || ends[i].skipped;
    if (!ends[i].died.empty()) {
      r.end = compare::run_end::died;
      r.why = ends[i].died;
    } else {
      const auto errors = text_of(folder / "errors.txt");
      const auto report = text_of(folder / "report.json");
      auto figures =
          p.cells ? compare::figures_with_cells(report) : compare::figures_of_report(report);
      add_warnings(errors, b.warnings);
      if (ends[i].code == 2 || !figures) {
        r.end = compare::run_end::failed;
        r.why = ends[i].code == 2 ? first_line(errors) : figures.error();
      } else {
        b.stopped = b.stopped || figures->partial;
        r.end = ends[i].code == 0 ? compare::run_end::held : compare::run_end::broken;
        b.figures.runs.push_back(std::move(*figures));
      }
    }
    b.runs.push_back(std::move(r));
  }
  return b;
}

std::vector<batch> run_batches(const std::vector<planned>& all, const std::vector<run_command>& how,
                               const program_host& host) {
  WH_CHECK(!all.empty() && all.size() == how.size());
  std::vector<job> jobs;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const auto seed : all[i].what.seeds)
      jobs.push_back({[&p = all[i], &c = how[i], seed, &host] {
        return run_quietly(p, seed, folder_of(p, seed), c, host);
      }});
  host.out << std::flush;
  host.errors << std::flush;
  const auto ends = do_jobs(jobs, how.front().jobs, [&](std::size_t i, const job_end&) {
    if (!host.errors_are_terminal) return;
    host.errors << "\r" << i + 1 << " of " << jobs.size() << " runs\x1b[K"
                << (i + 1 == jobs.size() ? "\r\x1b[K" : "") << std::flush;
  });
  std::vector<batch> batches;
  auto next = ends.begin();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto count = static_cast<std::ptrdiff_t>(all[i].what.seeds.size());
    batches.push_back(collect(all[i], how[i], std::vector<job_end>(next, next + count)));
    next += count;
  }
  return batches;
}

}  // namespace wh::sim
