#include "sim/main/against_baseline.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ostream>

#include "sim/compare/matrix.hpp"
#include "sim/compare/writers.hpp"
#include "sim/main/commands.hpp"
#include "sim/main/folder.hpp"
#include "sim/main/pages.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

namespace fs = std::filesystem;

/// A new baseline's seeds.
constexpr std::uint64_t seeds_wanted = 20;

bool same_inputs(const compare::origin& a, const compare::origin& b) {
  return a.inputs == b.inputs;
}

/// Runs that are no part of a baseline, in a sentence; empty: all may be.
std::string unfit(const std::vector<batch>& batches) {
  for (const batch& b : batches)
    for (const auto& r : b.runs)
      if (r.end >= compare::run_end::died)
        return b.figures.scenario + ", seed " + std::to_string(r.seed) + ": " + r.why +
               "; replay: " + r.replay;
  return {};
}

/// Writes what was asked for; what went wrong, or nothing.
std::string write_all(const compare::check& c, const std::string& json, const baseline_options& o,
                      const fs::path& folder) {
  if (auto bad = write_file(folder / "check.json", json + "\n"); !bad.empty()) return bad;
  if (!o.junit.empty())
    if (auto bad = write_file(o.junit, compare::check_to_junit(c)); !bad.empty()) return bad;
  if (!o.markdown.empty())
    if (auto bad = write_file(o.markdown, compare::check_to_markdown(c)); !bad.empty()) return bad;
  return {};
}

std::string names_of(const compare::baseline& b) {
  std::string all;
  for (const auto& [name, r] : b.scenarios) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none" : all;
}

struct baseline_terms {
  std::vector<std::uint64_t> seeds;
  std::vector<std::string> set;
};

/// The seeds and --set of the scenario, given what was asked for.
expected<baseline_terms, std::string> terms_of(const compare::record* before,
                                               const baseline_options& o, const run_command& how) {
  baseline_terms t{how.seeds, {}};
  if (before) t.set = before->from.set;
  for (const auto& x : how.set)
    if (std::find(t.set.begin(), t.set.end(), x) == t.set.end()) t.set.push_back(x);
  if (t.seeds.size() > compare::pairs_max)
    return unexpected("--seeds: a baseline has " + std::to_string(compare::pairs_max) +
                      " seeds at most");
  if (!before) {
    if (t.seeds.empty())
      for (std::uint64_t s = 1; s <= seeds_wanted; ++s) t.seeds.push_back(s);
    return t;
  }
  const auto has = [&](std::uint64_t seed) {
    return std::any_of(before->runs.begin(), before->runs.end(),
                       [&](const auto& r) { return r.seed == seed; });
  };
  if (t.seeds.empty())
    for (const auto& r : before->runs) t.seeds.push_back(r.seed);
  for (const auto seed : t.seeds)
    if (!has(seed) && !o.update)
      return unexpected("--seeds: the baseline of " + before->scenario + " has no seed " +
                        std::to_string(seed));
  return t;
}

std::string why_another(const compare::record& before, const compare::origin& now,
                        const baseline_options& o) {
  if (same_inputs(before.from, now) || o.update || o.changed) return {};
  std::string names;
  for (const auto& i : now.inputs)
    if (std::find(before.from.inputs.begin(), before.from.inputs.end(), i) ==
        before.from.inputs.end())
      names += (names.empty() ? "" : ", ") + i.name;
  return before.scenario + " is not what the baseline was made of: " +
         (names.empty() ? "a file is gone" : names + " changed") +
         ". Figures of another question prove nothing; --changed compares all the same, --update "
         "makes a new baseline";
}

}  // namespace

expected<compare::baseline, std::string> load_baseline(const fs::path& file, bool may_be_absent) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    if (may_be_absent) return compare::baseline{};
    return unexpected("there is no baseline " + file.string() + "; --update makes one");
  }
  auto b = compare::baseline_from_json(text_of(file));
  if (!b) return unexpected(file.string() + ": " + b.error());
  return b;
}

std::string without_folder(const baseline_options& o) {
  for (const fs::path& file : {o.junit, o.markdown, o.update ? o.baseline : fs::path{}}) {
    if (file.empty()) continue;
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
      return "cannot write " + file.string() + ": " + folder.string() + ": " + std::strerror(errno);
  }
  return {};
}

expected<contender, std::string> contender_of(const std::string& word, const compare::baseline& b,
                                              const baseline_options& o, const run_command& how,
                                              const program_host& host) {
  const auto first = find_scenario(word, {}, host);
  if (!first) return unexpected(std::string("nothing was compared"));
  const auto at = b.scenarios.find(first->name);
  const auto* before = at == b.scenarios.end() ? nullptr : &at->second;
  if (!before && !o.update)
    return unexpected(first->name + " is not in the baseline, which has " + names_of(b) +
                      "; --update takes it in");
  auto terms = terms_of(before, o, how);
  if (!terms) return unexpected(terms.error());
  auto s = find_scenario(word, terms->set, host);
  if (!s) return unexpected("`" + word + "` cannot be run with these --set");
  s->seeds = terms->seeds;
  contender c{{}, how};
  c.how.set = terms->set;
  c.how.json = false;  // of the runs a person reads the summary
  c.what = plan_of(std::move(*s), how.out / first->name, c.how);
  c.what.cells = before && compare::has_cells(*before);
  if (before)
    if (auto why = why_another(*before, origin_of(c.what, c.how), o); !why.empty())
      return unexpected(std::move(why));
  return c;
}

int hold_against(compare::baseline& b, const std::vector<planned>& all, std::vector<batch> batches,
                 const baseline_options& o, const run_command& how, const page_of_check& page,
                 const program_host& host) {
  const auto fail = [&](const std::string& why) {
    host.errors << "wh-sim: " << why << "\n" << std::flush;
    if (how.json) host.out << error_to_json("", {}, why) << "\n" << std::flush;
    return 2;
  };
  std::vector<compare::scenario_comparison> sides;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const batch& x = batches[i];
    for (const auto& w : x.warnings)
      host.errors << "wh-sim: warning: " << x.figures.scenario << ": " << w << "\n";
    if (x.stopped) return fail("stopped: nothing is judged");
    const auto before = b.scenarios.find(x.figures.scenario);
    if (before == b.scenarios.end()) continue;  // --update makes it
    auto outcomes = x.runs;
    std::erase_if(outcomes, [&](const compare::run_outcome& r) {
      return std::none_of(before->second.runs.begin(), before->second.runs.end(),
                          [&](const auto& f) { return f.seed == r.seed; });
    });
    auto side = compare::beside(before->second, x.figures, std::move(outcomes));
    side.question = all[i].what.question;
    side.changed_scenario = !same_inputs(before->second.from, x.figures.from);
    sides.push_back(std::move(side));
  }
  const compare::check c = compare::judge(std::move(sides));
  const std::string json = compare::check_to_json(c);
  if (const auto bad = write_all(c, json, o, how.out); !bad.empty()) return fail(bad);
  if (const auto bad = write_check_page(page.file, page.again); !bad.empty()) return fail(bad);
  if (how.json)
    host.out << json << "\n";
  else if (!c.scenarios.empty())
    host.out << compare::check_table(c, host.out_is_terminal);
  if (!o.update) {
    if (!how.json)
      host.out << "report " << (how.out / "check.json").string() << "\npage   "
               << page.file.string() << "\n";
    host.out << std::flush;
    return c.regression() ? 1 : 0;
  }

  if (const auto why = unfit(batches); !why.empty()) {
    host.out << std::flush;
    host.errors << "wh-sim: the baseline stays as it is: " << why << "\n";
    return 1;
  }
  for (batch& x : batches) {
    for (const auto& r : x.figures.runs)
      for (const auto& words : r.broken)
        host.errors << "wh-sim: warning: the baseline takes in that " << x.figures.scenario
                    << ", seed " << r.seed << ", breaks `" << words << "`\n";
    b.scenarios.insert_or_assign(x.figures.scenario, std::move(x.figures));
  }
  if (const auto bad = write_file(o.baseline, compare::to_json(b)); !bad.empty()) return fail(bad);
  if (!how.json) host.out << "baseline " << o.baseline.string() << "\n";
  host.out << std::flush;
  return 0;
}

}  // namespace wh::sim
