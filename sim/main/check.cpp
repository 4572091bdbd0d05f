#include <list>
#include <ostream>
#include <set>

#include "sim/main/against_baseline.hpp"
#include "sim/main/commands.hpp"
#include "sim/main/folder.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace fs = std::filesystem;

int check(const check_command& c, const program_host& host) {
  run_command how = c.how;
  if (how.out.empty()) how.out = fs::path("out") / "check";
  const auto fail = [&](const std::string& why) {
    host.errors << "wh-sim: " << why << "\n";
    if (how.json) host.out << error_to_json("", {}, why) << "\n" << std::flush;
    return 2;
  };
  auto b = load_baseline(c.against.baseline, c.against.update);
  if (!b) return fail(b.error());
  if (const auto bad = without_folder(c.against); !bad.empty()) return fail(bad);
  auto wanted = c.scenarios;
  if (wanted.empty())
    for (const auto& [name, r] : b->scenarios) wanted.push_back(name);
  if (wanted.empty()) return fail("no scenario to check: the baseline has none");

  std::vector<planned> all;
  std::vector<run_command> hows;
  std::set<std::string> names;
  for (const auto& word : wanted) {
    auto x = contender_of(word, *b, c.against, how, host);
    if (!x) return fail(x.error());
    if (!names.insert(x->what.what.name).second)
      return fail(x->what.what.name + " is asked for twice");
    all.push_back(std::move(x->what));
    hows.push_back(std::move(x->how));
  }
  if (!fits(all, how, host)) return fail("not enough memory");
  std::list<run_folder> folders;  // locked until the end
  std::vector<fs::path> paths{how.out};
  for (const planned& p : all) paths.push_back(p.folder);
  for (const auto& path : paths) {
    auto folder = run_folder::take(path);
    if (!folder) return fail(folder.error());
    folders.push_back(std::move(*folder));
  }
  for (auto& x : hows) x.jobs = how.jobs;
  return hold_against(*b, all, run_batches(all, hows, host), c.against, how,
                      {how.out / "report.html", c.again}, host);
}

}  // namespace wh::sim
