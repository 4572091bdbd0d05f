#include <algorithm>
#include <fstream>
#include <list>
#include <ostream>
#include <set>
#include <thread>

#include "sim/main/commands.hpp"
#include "sim/main/folder.hpp"
#include "sim/report/writers.hpp"
#include "transport/text.hpp"

namespace wh::sim {
namespace {

namespace fs = std::filesystem;

/// What a run needs, about: the peak of joining, measured with 1000 and 10,000 peers of a
/// population.
std::uint64_t memory_estimate(const scenario& s) {
  constexpr std::uint64_t base = 25'000'000, cloud_peer = 80'000, packets_peer = 110'000,
                          pair = 2'000;
  const std::uint64_t peer =
      s.network.detail == network_detail::packets ? packets_peer : cloud_peer;
  std::uint64_t pairs = 0;
  for (const auto& w : s.workload)
    if (w.connect) pairs += w.connect->pairs.value_or(0);
  return base + peer * s.peer_count() + pair * pairs;
}

std::uint64_t memory_available() {
  std::ifstream in("/proc/meminfo");
  for (std::string word; in >> word;)
    if (word == "MemAvailable:") {
      std::uint64_t kilobytes = 0;
      in >> kilobytes;
      return kilobytes * 1024;
    }
  return 0;
}

/// Whether memory will do; says so where it will not.
bool fits(const std::vector<planned>& all, run_command& c, const program_host& host) {
  std::uint64_t largest = 0;
  std::size_t runs = 0;
  for (const planned& p : all) {
    largest = std::max(largest, memory_estimate(p.what));
    runs += p.what.seeds.size();
  }
  const std::uint64_t have = memory_available();
  if (have == 0 || c.force) return true;
  if (largest > have) {
    host.errors << "wh-sim: this needs about " << format_bytes(largest) << " of memory, and "
                << format_bytes(have) << " are free; fewer peers, or --force to try\n";
    return false;
  }
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t wanted = std::min(runs, c.jobs > 0 ? c.jobs : cores);
  const std::size_t possible = std::max<std::size_t>(1, have / largest);
  if (possible < wanted) {
    c.jobs = static_cast<unsigned>(possible);
    host.errors << "wh-sim: " << c.jobs << " at a time, for want of memory: each needs about "
                << format_bytes(largest) << "\n";
  }
  return true;
}

bool has_peer(const scenario& s, const std::string& name) {
  for (const auto& g : s.peers)
    for (unsigned i = 0; i < g.count; ++i)
      if (peer_name(g, i) == name) return true;
  return false;
}

}  // namespace

int run_scenarios(const run_command& asked, const program_host& host) {
  run_command c = asked;
  const auto fail = [&](const std::string& why) {
    host.errors << "wh-sim: " << why << "\n";
    if (c.json) host.out << error_to_json("", {}, why) << "\n" << std::flush;
    return 2;
  };
  std::vector<planned> all;
  std::list<run_folder> folders;  // locked until the end
  std::set<std::string> names;
  for (const auto& wanted : c.scenarios) {
    auto s = find_scenario(wanted, c.set, host);
    if (!s) {
      if (c.json) host.out << error_to_json(wanted, {}, "not a scenario that can be run") << "\n";
      return 2;
    }
    if (!c.seeds.empty()) s->seeds = c.seeds;
    if (c.flow)
      for (const auto& name : {c.flow->first, c.flow->second})
        if (!has_peer(*s, name))
          return fail("--flow: there is no peer \"" + name + "\" in " + s->name);
    if (!names.insert(s->name).second) return fail(s->name + " is asked for twice");
    planned p;
    p.folder = c.out.empty()            ? fs::path("out") / s->name
               : c.scenarios.size() > 1 ? c.out / s->name
                                        : c.out;
    p.again = "wh-sim run " + shell_word(s->file.string());
    for (const auto& option : c.set) p.again += " --set " + shell_word(option);
    p.what = std::move(*s);
    all.push_back(std::move(p));
  }
  if (!fits(all, c, host)) {
    if (c.json) host.out << error_to_json("", {}, "not enough memory") << "\n" << std::flush;
    return 2;
  }
  for (const planned& p : all) {
    auto folder = run_folder::take(p.folder);
    if (!folder) return fail(folder.error());
    folders.push_back(std::move(*folder));
  }
  if (all.size() == 1 && all.front().what.seeds.size() == 1)
    return run_one(all.front(), all.front().what.seeds.front(), all.front().folder, c, host);
  return run_many(all, c, host);
}

}  // namespace wh::sim
