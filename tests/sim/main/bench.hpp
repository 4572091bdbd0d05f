#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sim/main/folder.hpp"
#include "sim/main/names.hpp"
#include "sim/main/program.hpp"
#include "sim/report/metrics.hpp"

namespace wh::sim {

inline constexpr ratio_metric connected_ratio{"paths.connected_ratio", better::more,
                                              "Connected pairs."};
inline constexpr distribution_metric first_payload{"paths.time_to_first_payload_s", better::less,
                                                   "s", "Times."};

/// A folder of its own per test, and a world that answers by the seed: 1 and 2 hold, 3 does not,
/// 4 cannot run, 5 dies.
struct bench {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("wh_program_test_" + std::to_string(getpid()));
  std::ostringstream out, errors;
  run_options seen;
  double late_s = 0;  ///< how much later payload comes than it might

  bench() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "scenarios");
    std::ofstream(folder / "scenarios" / "one.toml") << R"(name = "one"
question = "Does it run?"
duration_s = 10
[[peers]]
group = "a"
boot = true
[[peers]]
group = "b"
[[expect]]
metric = "paths.connected_ratio"
equals = 1
because = "it must"
)";
  }
  ~bench() { std::filesystem::remove_all(folder); }

  int operator()(std::vector<const char*> words) {
    words.insert(words.begin(), "wh-sim");
    const auto parsed = parse_command_line(static_cast<int>(words.size()), words.data());
    if (const auto* end = std::get_if<command_line_end>(&parsed)) {
      (end->code == 0 ? out : errors) << end->text;
      return end->code;
    }
    auto what = std::get<command>(parsed);
    if (auto* c = std::get_if<run_command>(&what); c && c->out.empty()) c->out = folder / "out";
    if (auto* c = std::get_if<check_command>(&what); c && c->how.out.empty())
      c->how.out = folder / "out";
    if (auto* c = std::get_if<matrix_command>(&what); c && c->how.out.empty())
      c->how.out = folder / "out";
    const program_host host{out,
                            errors,
                            false,
                            false,
                            {folder / "scenarios"},
                            [this](const scenario& s, const run_options& o) { return world(s, o); },
                            names_of_this_build(event_kinds()),
                            {}};
    return run_program(what, host);
  }

  expected<report, std::string> world(const scenario& s, const run_options& o) {
    seen = o;
    if (o.seed == 4) return unexpected(std::string("no such world"));
    if (o.seed == 5) {
      std::signal(SIGTERM, SIG_DFL);
      std::raise(SIGTERM);
    }
    o.on_progress({s.length, s.length, 10, "run"});
    report r;
    r.peers = s.peer_count();
    r.virtual_time = s.length;
    r.events = 10;
    r.trace_hash = "hash" + std::to_string(o.seed);
    r.metrics.set(connected_ratio, ratio{o.seed == 3 ? 0u : 1u, 1});
    r.metrics.observe(first_payload, 1 + 0.01 * static_cast<double>(o.seed % 7) + late_s);
    for (const char* name : {"a", "b"}) {
      r.hosts.emplace_back();
      r.hosts.back().name = r.hosts.back().group = name;
    }
    pair_row p;
    p.from = "a";
    p.to = "b";
    p.asked = 1s;
    p.path = o.seed == 3 || late_s > 0 ? path_kind::relayed : path_kind::direct;
    p.oracle.o1 = p.oracle.o3 = true;
    r.pairs.push_back(p);
    if (o.flow) r.flow.push_back({1ms, o.flow->first, o.flow->second, "hello", false});
    return r;
  }
  std::string file(const std::string& name) const { return text_of(folder / "out" / name); }
  bool said(const std::string& text) const { return out.str().find(text) != std::string::npos; }
  bool complained(const std::string& text) const {
    return errors.str().find(text) != std::string::npos;
  }
};

}  // namespace wh::sim
