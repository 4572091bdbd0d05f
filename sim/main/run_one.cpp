#include "sim/main/run_one.hpp"

#include <sys/resource.h>

#include <chrono>
#include <ostream>

#include "sim/data/writers.hpp"
#include "sim/main/interruption.hpp"
#include "sim/main/pages.hpp"
#include "sim/main/progress_line.hpp"
#include "sim/main/provenance.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

std::uint64_t memory_peak_bytes() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts kilobytes
}

expected<report, std::string> play(const planned& p, const run_options& options,
                                   const run_command& c, const program_host& host) {
  auto source = provenance_of(p.what, c.set);
  source.salt = c.salt;
  const auto start = std::chrono::steady_clock::now();
  auto result = host.run(p.what, options);
  if (!result) return result;
  report& r = *result;
  r.scenario = p.what.name;
  r.question = p.what.question;
  r.seed = options.seed;
  r.source = std::move(source);
  r.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  r.memory_peak_bytes = memory_peak_bytes();
  return result;
}

/// What went wrong; empty when all is written.
std::string write_files(const report& r, const std::string& json,
                        const std::filesystem::path& folder, const run_command& c) {
  if (auto bad = write_file(folder / "report.json", json); !bad.empty()) return bad;
  if (c.data)
    if (auto bad = data::write(r, folder); !bad.empty()) return bad;
  if (!c.flow) return {};
  const auto parts = to_mermaid(r);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string name = i == 0 ? "flow.mmd" : "flow-" + std::to_string(i + 1) + ".mmd";
    if (auto bad = write_file(folder / name, parts[i]); !bad.empty()) return bad;
  }
  return {};
}

}  // namespace

std::string again_of(const planned& p, std::uint64_t seed) {
  return p.names_seed ? p.again : p.again + " --seed " + std::to_string(seed);
}

int run_one(const planned& p, std::uint64_t seed, const std::filesystem::path& folder,
            const run_command& c, const program_host& host) {
  const interruption signals;
  run_options options;
  options.seed = seed;
  options.salt = c.salt;
  options.out = folder;
  options.pcap = c.pcap;
  options.trace = c.trace;
  options.invariants = c.invariants;
  options.flow = c.flow;
  options.stop = interruption::came;
  const auto fail = [&](const std::string& why) {
    host.errors << "wh-sim: seed " << seed << ": " << why << "\n";
    if (c.json) host.out << error_to_json(p.what.name, seed, why) << "\n" << std::flush;
    return 2;
  };
  expected<report, std::string> result = unexpected(std::string{});
  {
    progress_line line(host.errors, host.errors_are_terminal || c.progress);
    options.on_progress = [&line](const progress& x) { line.show(x); };
    result = play(p, options, c, host);
  }
  if (!result) return fail(result.error());
  report& r = *result;
  const bool held = judge(r, p.what.expect);
  const auto json = to_json(r) + "\n";
  if (const auto bad = write_files(r, json, folder, c); !bad.empty()) return fail(bad);
  if (const auto bad = write_report_page(p, seed, json, folder, c); !bad.empty()) return fail(bad);
  for (const auto& w : r.warnings) host.errors << "wh-sim: warning: " << w << "\n";
  if (c.trace_hash) {
    host.out << seed << " " << (r.trace_hash.empty() ? "-" : r.trace_hash) << "\n";
  } else if (c.json) {
    host.out << json;
  } else {
    host.out << summary(r, {.colour = host.out_is_terminal, .pairs_max = 20});
    host.out << "  report " << (folder / "report.json").string() << "\n";
    host.out << "  page   " << (folder / "report.html").string() << "\n";
    if (c.data) host.out << "  data   " << (folder / "run.sqlite").string() << "\n";
    if (c.flow) host.out << "  flow   " << (folder / "flow.mmd").string() << "\n";
    if (!held) host.out << "  replay " << again_of(p, seed) << "\n";
  }
  host.out << std::flush;
  return held ? 0 : 1;
}

}  // namespace wh::sim
