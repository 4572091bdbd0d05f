#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <ostream>
#include <sstream>

#include "sim/main/apart.hpp"
#include "sim/main/commands.hpp"
#include "sim/main/folder.hpp"
#include "sim/main/interruption.hpp"
#include "sim/main/jobs.hpp"
#include "sim/report/format.hpp"
#include "sim/report/writers.hpp"
#include "sim/swarm/draw.hpp"
#include "sim/swarm/judge.hpp"
#include "sim/swarm/shrink.hpp"
#include "transport/text.hpp"

namespace wh::sim {
namespace {

namespace fs = std::filesystem;
using clock_type = std::chrono::steady_clock;

/// Of one run: worlds are small.
constexpr unsigned cpu_s_max = 60;
/// Worlds a shrinking may try.
constexpr unsigned trials_max = 400;
/// Every so many-th world is run twice.
constexpr std::uint64_t repeated = 25;
/// Worlds whose processes are begun together.
constexpr std::uint64_t at_a_time = 256;

/// A line each: rule, cause and what it told, with tabs between.
std::string to_lines(const std::vector<swarm::finding>& all) {
  std::string s;
  for (const auto& f : all) s += f.rule + "\t" + f.cause + "\t" + f.told + "\n";
  return s;
}
std::vector<swarm::finding> from_lines(const std::string& text) {
  std::vector<swarm::finding> all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line);
    swarm::finding f;
    std::getline(parts, f.rule, '\t');
    std::getline(parts, f.cause, '\t');
    std::getline(parts, f.told, '\t');
    all.push_back(std::move(f));
  }
  return all;
}
constexpr std::string_view refused_word = "refused";

std::string in_words(const swarm::finding& f) {
  return f.rule + ": " + f.told + (f.cause.empty() ? "" : " (" + f.cause + ")");
}

class judge_of_worlds {
 public:
  judge_of_worlds(const program_host& host, fs::path out) : host_(host), out_(std::move(out)) {}

  /// What a world breaks, run in this process.
  std::vector<swarm::finding> look(const std::string& text, const std::string& name,
                                   std::uint64_t seed, bool twice) const {
    const auto s = parse_scenario(text, name, {}, host_.context);
    if (!s) return {{std::string(refused_word), {}, s.error().message}};
    return look(*s, seed, twice);
  }
  std::vector<swarm::finding> look(const scenario& s, std::uint64_t seed, bool twice) const {
    run_options options;
    options.seed = seed;
    options.out = out_;
    options.invariants = true;
    const auto r = host_.run(s, options);
    if (!r) return {{std::string(refused_word), {}, r.error()}};
    auto all = swarm::judge(s, *r);
    if (!twice) return all;
    const auto again = host_.run(s, options);
    if (!again || again->trace_hash != r->trace_hash)
      all.insert(all.begin(),
                 {std::string(swarm::repeat_rule), {}, "a second run has another trace"});
    return all;
  }
  /// The same in a process of its own, whatever happens to it.
  std::vector<swarm::finding> look_apart(
      const std::function<std::vector<swarm::finding>()>& look) const {
    const auto end = apart([&] { return to_lines(look()); }, cpu_s_max);
    if (end.too_long)
      return {{std::string(swarm::endless_rule),
               {},
               "it took more than " + std::to_string(cpu_s_max) + " s of a processor"}};
    if (!end.died.empty()) return {{std::string(swarm::crash_rule), {}, end.died}};
    return from_lines(end.told);
  }

 private:
  const program_host& host_;
  fs::path out_;
};

struct failure {
  std::uint64_t seed = 0;
  std::vector<swarm::finding> findings;
};

class swarm_run {
 public:
  swarm_run(const swarm_command& c, const program_host& host, fs::path out)
      : c_(c), host_(host), out_(std::move(out)), judge_(host, out_) {}

  int run() {
    const auto start = clock_type::now();
    const auto over = [&] {
      return interruption::came() || (c_.lasts_s > 0 && seconds_since(start) >= c_.lasts_s);
    };
    const interruption signals;
    for (std::uint64_t next = c_.first; next <= c_.last && !over();) {
      const std::uint64_t last = std::min(c_.last, next + at_a_time - 1);
      some(next, last);
      if (host_.errors_are_terminal)
        host_.errors << "\r" << run_ << " worlds, " << failures_.size() << " broke a rule, "
                     << format_number(static_cast<double>(run_) / seconds_since(start))
                     << " a second " << std::flush;
      if (last == c_.last) break;
      next = last + 1;
    }
    if (host_.errors_are_terminal) host_.errors << "\n";
    const double took_s = seconds_since(start);
    shrink_some();
    tell(took_s);
    return failures_.empty() ? 0 : 1;
  }

 private:
  static double seconds_since(clock_type::time_point t) {
    return std::chrono::duration<double>(clock_type::now() - t).count();
  }
  fs::path notes_of(std::uint64_t seed) const {
    return out_ / (std::to_string(seed) + ".findings");
  }
  fs::path world_of(std::uint64_t seed, bool drawn) const {
    return out_ / ("swarm-" + std::to_string(seed) + (drawn ? ".drawn" : "") + ".toml");
  }

  /// Each in a process of its own, which leaves a file when something is found.
  void some(std::uint64_t first, std::uint64_t last) {
    std::vector<job> jobs;
    for (std::uint64_t n = first; n <= last; ++n)
      jobs.push_back({[this, n] {
        const auto found = judge_.look_apart([&] {
          const auto world = swarm::draw(n, host_.context.events);
          return judge_.look(world.what.text(), "the world of " + std::to_string(n), n,
                             n % repeated == 0);
        });
        if (found.empty()) return 0;
        return write_file(notes_of(n), to_lines(found)).empty() ? 1 : 2;
      }});
    do_jobs(jobs, c_.jobs, [&](std::size_t i, const job_end& end) {
      if (end.skipped) return;
      const std::uint64_t n = first + i;
      const auto world = swarm::draw(n, host_.context.events);
      std::vector<swarm::finding> found;
      if (!end.died.empty()) {
        found = {{std::string(swarm::crash_rule), {}, end.died}};
      } else if (end.code != 0) {
        found = from_lines(text_of(notes_of(n)));
        fs::remove(notes_of(n));
      }
      if (!found.empty() && found.front().rule == refused_word) {
        ++refused_;
        host_.errors << "wh-sim: the world of " << n << " cannot be: " << found.front().told
                     << "\n";
        return;
      }
      ++run_;
      for (const std::string& f : world.features) ++features_[f].first;
      if (found.empty()) return;
      for (const std::string& f : world.features) ++features_[f].second;
      failures_.push_back({n, std::move(found)});
    });
  }

  /// The first few of each rule become small.
  void shrink_some() {
    std::map<std::string, unsigned> begun;
    std::vector<const failure*> chosen;
    std::vector<job> jobs;
    for (const failure& f : failures_) {
      if (begun[f.findings.front().rule]++ >= c_.shrink) continue;
      chosen.push_back(&f);
      jobs.push_back({[this, &f] { return shrink_one(f); }});
    }
    do_jobs(jobs, c_.jobs, [&](std::size_t i, const job_end&) {
      if (host_.errors_are_terminal)
        host_.errors << "\rmade " << i + 1 << " of " << chosen.size() << " worlds small "
                     << std::flush;
    });
    if (host_.errors_are_terminal && !jobs.empty()) host_.errors << "\n";
  }

  int shrink_one(const failure& f) const {
    const std::string rule = f.findings.front().rule;
    auto from = swarm::draw(f.seed, host_.context.events).what;
    if (!write_file(world_of(f.seed, true), from.text()).empty()) return 2;
    const auto look = [&](const swarm::document& d) {
      return judge_.look_apart([&] {
        return judge_.look(d.text(), "a smaller world", f.seed, rule == swarm::repeat_rule);
      });
    };
    auto small = swarm::shrink(
        from,
        [&](const swarm::document& d) {
          const auto found = look(d);
          return !found.empty() && found.front().is_like(f.findings.front());
        },
        trials_max);
    const auto found = look(small.what);
    small.what.comment = {"Broken: " + in_words(found.empty() ? f.findings.front() : found.front()),
                          "wh-sim swarm " + world_of(f.seed, false).filename().string()};
    return write_file(world_of(f.seed, false), small.what.text()).empty() ? 0 : 2;
  }

  void tell(double took_s) const {
    for (const failure& f : failures_) {
      host_.out << "seed " << f.seed << "\n";
      for (std::size_t i = 0; i < std::min<std::size_t>(f.findings.size(), 3); ++i)
        host_.out << "  " << in_words(f.findings[i]) << "\n";
      if (fs::exists(world_of(f.seed, false)))
        host_.out << "  world  " << world_of(f.seed, false).string() << "\n";
    }
    if (!failures_.empty()) host_.out << "\n";
    std::map<std::string_view, unsigned> broken;
    for (const failure& f : failures_) ++broken[f.findings.front().rule];
    text_table rules(
        {{"rule"}, {"worlds that broke it first", text_table::align::right}, {"what it says"}});
    for (const auto& r : swarm::rules())
      rules.row({std::string(r.name), std::to_string(broken[r.name]), std::string(r.about)});
    host_.out << rules.print("") << "\n";
    if (c_.features) {
      text_table t({{"feature"},
                    {"worlds with it", text_table::align::right},
                    {"of these broke a rule", text_table::align::right}});
      for (const auto& [name, n] : features_)
        t.row({name, std::to_string(n.first), std::to_string(n.second)});
      host_.out << t.print("") << "\n";
    }
    host_.out << run_ << " worlds in " << format_number(took_s) << " s, "
              << format_number(static_cast<double>(run_) / took_s) << " a second; "
              << failures_.size() << " broke a rule";
    if (refused_ > 0) host_.out << "; " << refused_ << " could not be";
    host_.out << "\n" << std::flush;
  }

  const swarm_command& c_;
  const program_host& host_;
  fs::path out_;
  judge_of_worlds judge_;
  std::uint64_t run_ = 0, refused_ = 0;
  std::vector<failure> failures_;
  std::map<std::string, std::pair<unsigned, unsigned>> features_;
};

/// Worlds from files: kept ones, and those that a swarm has left.
int replay_worlds(const swarm_command& c, const program_host& host, const fs::path& out) {
  const judge_of_worlds judge(host, out);
  unsigned held = 0, broken = 0, skipped = 0;
  for (const std::string& file : c.files) {
    const auto s = find_scenario(file, {}, host);
    if (!s) {
      ++skipped;
      continue;
    }
    for (const std::uint64_t seed : s->seeds) {
      const auto found =
          judge.look_apart([&] { return judge.look(*s, seed, seed == s->seeds.front()); });
      if (!found.empty() && found.front().rule == refused_word) {
        host.errors << "wh-sim: " << file << " cannot be: " << found.front().told << "\n";
        ++skipped;
        continue;
      }
      ++(found.empty() ? held : broken);
      host.out << (found.empty() ? "ok      " : "BROKEN  ") << s->name << ", seed " << seed << "\n";
      for (const auto& f : found) host.out << "  " << in_words(f) << "\n";
    }
  }
  host.out << held << " held, " << broken << " broke a rule";
  if (skipped > 0) host.out << ", " << skipped << " could not be run";
  host.out << "\n" << std::flush;
  return broken > 0 ? 1 : skipped > 0 ? 2 : 0;
}

}  // namespace

int run_swarm(const swarm_command& c, const program_host& host) {
  if (c.show) {
    for (std::uint64_t n = c.first; n <= c.last; ++n)
      host.out << swarm::draw(n, host.context.events).what.text() << (n < c.last ? "\n" : "");
    host.out << std::flush;
    return 0;
  }
  const auto folder = run_folder::take(c.out.empty() ? fs::path("out/swarm") : c.out);
  if (!folder) {
    host.errors << "wh-sim: " << folder.error() << "\n";
    return 2;
  }
  if (!c.files.empty()) return replay_worlds(c, host, folder->path());
  return swarm_run(c, host, folder->path()).run();
}

}  // namespace wh::sim
