#include <list>
#include <ostream>
#include <set>

#include "sim/main/against_baseline.hpp"
#include "sim/main/commands.hpp"
#include "sim/main/folder.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

namespace fs = std::filesystem;

std::string names_of(const compare::baseline& b) {
  std::string all;
  for (const auto& [name, r] : b.scenarios) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none" : all;
}

}  // namespace

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
  auto wanted = c.scenarios;
  if (wanted.empty())
    for (const auto& [name, r] : b->scenarios) wanted.push_back(name);
  if (wanted.empty()) return fail("no scenario to check: the baseline has none");

  std::vector<planned> all;
  std::vector<run_command> hows;
  std::set<std::string> names;
  for (const auto& word : wanted) {
    const auto first = find_scenario(word, {}, host);
    if (!first) return fail("`" + word + "` is not a scenario that can be run");
    if (!names.insert(first->name).second) return fail(first->name + " is asked for twice");
    const auto before = b->scenarios.find(first->name);
    if (before == b->scenarios.end() && !c.against.update)
      return fail(first->name + " is not in the baseline, which has " + names_of(*b) +
                  "; --update takes it in");
    const auto* record = before == b->scenarios.end() ? nullptr : &before->second;
    auto terms = terms_of(record, c.against, how);
    if (!terms) return fail(terms.error());
    auto s = find_scenario(word, terms->set, host);
    if (!s) return fail("`" + word + "` cannot be run with these --set");
    s->seeds = terms->seeds;
    run_command mine = how;
    mine.set = terms->set;
    mine.json = false;  // of the runs a person reads the summary
    all.push_back(plan_of(std::move(*s), how.out / first->name, mine));
    hows.push_back(std::move(mine));
    if (!record) continue;
    if (const auto why = why_another(*record, origin_of(all.back(), hows.back()), c.against);
        !why.empty())
      return fail(why);
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
  return hold_against(*b, all, run_batches(all, hows, host), c.against, how, host);
}

}  // namespace wh::sim
