#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/report/format.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

struct paint {
  bool on;
  std::string operator()(std::string_view code, const std::string& text) const {
    return on ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  }
};

std::string optional_time(const std::optional<duration>& d) {
  return d ? format_duration(*d) : std::string("-");
}

/// Unreachable, relayed, direct: what needs attention comes first.
int goodness(path_kind p) {
  return p == path_kind::unreachable ? 0 : p == path_kind::relayed ? 1 : 2;
}
/// A statistic for people: a time that never came is "never".
std::string value_text(const distribution& d, std::string_view statistic) {
  const auto v = read(d, statistic);
  return !v ? "-" : std::isinf(*v) ? "never" : format_number(*v);
}

std::string pairs_part(const report& r, std::size_t rows_max) {
  using align = text_table::align;
  text_table t({{"from"},
                {"to"},
                {"NAT of from"},
                {"NAT of to"},
                {"path"},
                {"first payload", align::right},
                {"direct after", align::right},
                {"round trip", align::right},
                {"why not direct"}});
  std::vector<std::size_t> order(r.pairs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Few pairs keep their order; of many, the worst are shown.
  if (r.pairs.size() > rows_max)
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return goodness(r.pairs[a].path) < goodness(r.pairs[b].path);
    });
  order.resize(std::min(order.size(), rows_max));
  for (const auto i : order) {
    const auto& p = r.pairs[i];
    t.row({p.from, p.to, p.from_nat, p.to_nat, std::string(to_string(p.path)),
           optional_time(p.time_to_first_payload), optional_time(p.time_to_direct),
           optional_time(p.round_trip), p.reason});
  }
  if (t.empty()) return {};
  auto out = t.print("  ");
  if (r.pairs.size() > rows_max)
    out +=
        "  ... and " + std::to_string(r.pairs.size() - rows_max) + " more pairs, in report.json\n";
  return out + "\n";
}

std::string metrics_part(const report& r) {
  using align = text_table::align;
  text_table numbers({{"metric"}, {"value", align::right}, {"of", align::right}});
  text_table spreads({{"distribution"},
                      {"n", align::right},
                      {"never", align::right},
                      {"mean", align::right},
                      {"p50", align::right},
                      {"p90", align::right},
                      {"p95", align::right},
                      {"p99", align::right},
                      {"max", align::right}});
  for (const auto& [name, v] : r.metrics.values()) {
    const std::string n(name);
    switch (v.definition->kind) {
      case metric_kind::counter:
        numbers.row({n, std::to_string(v.count), ""});
        break;
      case metric_kind::gauge:
        numbers.row({n, format_number(v.number), ""});
        break;
      case metric_kind::ratio: {
        const auto value = r.metrics.read(name);
        numbers.row({n, value ? format_number(*value) : "-",
                     std::to_string(v.share.part) + "/" + std::to_string(v.share.whole)});
        break;
      }
      case metric_kind::distribution: {
        const auto& d = v.dist;
        std::vector<std::string> cells{n, std::to_string(d.all()),
                                       d.censored() > 0 ? std::to_string(d.censored()) : ""};
        for (const auto statistic : {"mean", "p50", "p90", "p95", "p99", "max"})
          cells.push_back(value_text(d, statistic));
        spreads.row(std::move(cells));
        break;
      }
    }
  }
  std::string out;
  if (!numbers.empty()) out += numbers.print("  ") + "\n";
  if (!spreads.empty()) out += spreads.print("  ") + "\n";
  return out;
}

}  // namespace

std::string summary(const report& r, const summary_options& options) {
  const paint colour{options.colour};
  std::string out = colour("1", r.scenario) + ", seed " + std::to_string(r.seed) + "\n";
  if (!r.question.empty()) out += "  " + r.question + "\n";
  out += "  " + std::to_string(r.peers) + " peers, " + format_duration(r.virtual_time) +
         " of simulated time, " + format_count(static_cast<double>(r.events)) + " events";
  if (r.wall_s > 0)
    out += "; took " + format_duration(duration{static_cast<std::int64_t>(r.wall_s * 1e9)}) + " (" +
           format_number(to_seconds(r.virtual_time) / r.wall_s) + " times real time, " +
           format_count(static_cast<double>(r.events) / r.wall_s) + " events/s), " +
           format_bytes(r.memory_peak_bytes) + " of memory";
  out += "\n\n" + pairs_part(r, options.pairs_max) + metrics_part(r);
  std::size_t broken = 0;
  for (const auto& e : r.expectations) {
    broken += e.held ? 0 : 1;
    if (r.partial) {
      out += "  " + colour("33", e.held ? "so far " : "not yet") + " " + e.message + "\n";
      continue;
    }
    out += "  " + (e.held ? colour("32", "ok    ") : colour("1;31", "BROKEN")) + "  " + e.message +
           "\n";
    if (!e.held) out += "          because " + e.what.because + "\n";
  }
  const auto total = std::to_string(r.expectations.size());
  for (const auto& w : r.warnings) out += "  " + colour("33", "odd") + "     " + w + "\n";
  if (r.partial)
    out += "  " + colour("1;31", "PARTIAL") + " stopped after " + format_duration(r.virtual_time) +
           "; nothing is judged\n";
  else if (r.expectations.empty())
    out += "  no expectations\n";
  else if (broken == 0)
    out += "  " +
           colour("32", total == "1" ? "the one expectation holds"
                                     : "all " + total + " expectations hold") +
           "\n";
  else
    out += "  " + colour("1;31", std::to_string(broken) + " of " + total + " expectations broken") +
           "\n";
  if (!r.trace_hash.empty()) out += "  trace hash " + r.trace_hash + "\n";
  return out;
}

}  // namespace wh::sim
