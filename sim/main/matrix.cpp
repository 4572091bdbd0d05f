#include <algorithm>
#include <list>
#include <ostream>

#include "sim/compare/matrix_writers.hpp"
#include "sim/main/against_baseline.hpp"
#include "sim/main/commands.hpp"
#include "sim/main/folder.hpp"
#include "sim/main/pages.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

namespace fs = std::filesystem;

/// With the seeds of the command or of the file; its runs are held against nothing.
expected<contender, std::string> alone(const matrix_command& c, const run_command& how,
                                       const program_host& host) {
  auto s = find_scenario(c.scenario, how.set, host);
  if (!s) return unexpected(std::string("nothing was run"));
  if (!how.seeds.empty()) s->seeds = how.seeds;
  contender x{{}, how};
  x.how.json = false;
  const auto folder = how.out / s->name;
  x.what = plan_of(std::move(*s), folder, x.how);
  return x;
}

expected<compare::matrix, std::string> matrix_of(const planned& p, const batch& b) {
  compare::matrix_maker maker;
  for (const auto& r : b.runs) {
    if (r.end >= compare::run_end::died) continue;
    const auto added = maker.add(text_of(folder_of(p, r.seed) / "report.json"));
    if (!added) return unexpected("seed " + std::to_string(r.seed) + ": " + added.error());
  }
  auto m = maker.take();
  m.scenario = p.what.name;
  m.question = p.what.question;
  m.from = b.figures.from;
  return m;
}

/// The exit code of runs that are held against their expectations alone.
int told(const batch& b, const program_host& host) {
  int worst = 0;
  for (const auto& w : b.warnings) host.errors << "wh-sim: warning: " << w << "\n";
  for (const auto& r : b.runs) {
    if (r.end == compare::run_end::held) continue;
    const bool failed = r.end == compare::run_end::failed;
    host.errors << "wh-sim: seed " << r.seed << " "
                << (r.why.empty() ? std::string("breaks an expectation") : r.why)
                << "; replay: " << r.replay << "\n";
    worst = std::max(worst, failed ? 2 : 1);
  }
  return worst;
}

}  // namespace

int make_matrix(const matrix_command& c, const program_host& host) {
  run_command how = c.how;
  if (how.out.empty()) how.out = fs::path("out") / "matrix";
  const auto fail = [&](const std::string& why) {
    host.errors << "wh-sim: " << why << "\n";
    if (how.json) host.out << error_to_json("", {}, why) << "\n" << std::flush;
    return 2;
  };
  const bool held_against = !c.against.baseline.empty();
  compare::baseline b;
  if (held_against) {
    auto loaded = load_baseline(c.against.baseline, c.against.update);
    if (!loaded) return fail(loaded.error());
    if (const auto bad = without_folder(c.against); !bad.empty()) return fail(bad);
    b = std::move(*loaded);
  }
  auto x = held_against ? contender_of(c.scenario, b, c.against, how, host) : alone(c, how, host);
  if (!x) return fail(x.error());
  x->what.cells = true;
  std::vector<planned> all{std::move(x->what)};
  if (!fits(all, x->how, host)) return fail("not enough memory");
  std::list<run_folder> folders;  // locked until the end
  for (const auto& path : {how.out, all[0].folder}) {
    auto folder = run_folder::take(path);
    if (!folder) return fail(folder.error());
    folders.push_back(std::move(*folder));
  }

  auto batches = run_batches(all, {x->how}, host);
  const auto m = matrix_of(all[0], batches[0]);
  if (!m) return fail(m.error());
  if (m->cells.empty()) return fail("no pair of members came to be: there is no matrix");
  const auto json = compare::matrix_to_json(*m) + "\n";
  if (const auto bad = write_file(how.out / "matrix.json", json); !bad.empty()) return fail(bad);
  if (const auto bad = write_file(how.out / "matrix.md", compare::matrix_to_markdown(*m));
      !bad.empty())
    return fail(bad);
  if (const auto bad = write_matrix_page(how.out, c.again); !bad.empty()) return fail(bad);
  host.out << (how.json ? json : compare::matrix_table(*m));
  if (!how.json)
    host.out << "  report " << (how.out / "matrix.json").string() << "\n  report "
             << (how.out / "matrix.md").string() << "\n  page   "
             << (how.out / "report.html").string() << "\n\n";
  if (held_against)
    return hold_against(b, all, std::move(batches), c.against, x->how,
                        {how.out / "check.html", c.again}, host);
  host.out << std::flush;
  return told(batches[0], host);
}

}  // namespace wh::sim
