#include "sim/main/run_one.hpp"

#include <sys/resource.h>

#include <chrono>
#include <ostream>

#include "sim/main/progress_line.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

std::uint64_t memory_peak_bytes() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts kilobytes
}

}  // namespace

int run_one(const scenario& s, std::uint64_t seed, const std::filesystem::path& folder,
            const run_command& c, const program_host& host, const std::string& replay) {
  run_options options;
  options.seed = seed;
  options.out = folder;
  options.pcap = c.pcap;
  options.trace = c.trace;
  options.flow = c.flow;

  const auto start = std::chrono::steady_clock::now();
  expected<report, std::string> result = unexpected(std::string{});
  {
    progress_line line(host.errors, host.errors_are_terminal || c.progress);
    options.on_progress = [&line](const progress& p) { line.show(p); };
    result = host.run(s, options);
  }
  if (!result) {
    host.errors << "wh-sim: seed " << seed << ": " << result.error() << "\n";
    return 2;
  }
  auto& r = *result;
  r.scenario = s.name;
  r.question = s.question;
  r.seed = seed;
  r.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  r.memory_peak_bytes = memory_peak_bytes();
  const bool held = judge(r, s.expect);

  const auto json = to_json(r) + "\n";
  auto failure = write_file(folder / "report.json", json);
  if (failure.empty() && c.flow) failure = write_file(folder / "flow.mmd", to_mermaid(r));
  if (!failure.empty()) {
    host.errors << "wh-sim: " << failure << "\n";
    return 2;
  }
  if (c.trace_hash) {
    host.out << seed << " " << (r.trace_hash.empty() ? "-" : r.trace_hash) << "\n";
  } else if (c.json) {
    host.out << json;
  } else {
    host.out << summary(r, {.colour = host.out_is_terminal, .pairs_max = 20});
    host.out << "  report " << (folder / "report.json").string() << "\n";
    if (c.flow) host.out << "  flow   " << (folder / "flow.mmd").string() << "\n";
    if (!held) host.out << "  replay " << replay << " --seed " << seed << "\n";
  }
  host.out << std::flush;
  return held ? 0 : 1;
}

}  // namespace wh::sim
