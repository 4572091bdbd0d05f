#include "sim/compare/tell.hpp"
#include "sim/compare/writers.hpp"
#include "sim/report/format.hpp"

namespace wh::sim::compare {
namespace {

using align = text_table::align;

/// Of a distribution, on a terminal.
bool is_shown(const std::string& statistic) {
  return statistic != "min" && statistic != "p90" && statistic != "p99";
}

std::string painted(bool colour, const char* code, const std::string& text) {
  return colour ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

std::string statistics_part(const scenario_comparison& s) {
  text_table t({{""},
                {"metric"},
                {"before", align::right},
                {"now", align::right},
                {"difference", align::right},
                {"95 % interval", align::right},
                {"p corrected", align::right}});
  for (const auto* c : worth_telling(s)) {
    const told x = tell(*c, s);
    t.row({c->what == verdict::worse ? "WORSE" : x.verdict, x.name, x.before, x.now, x.difference,
           x.range, x.p});
  }
  return t.empty() ? std::string{} : t.print("  ");
}

}  // namespace

std::string aggregate_table(const record& r) {
  text_table t({{"metric"},
                {"seeds", align::right},
                {"mean", align::right},
                {"95 % interval", align::right},
                {"min", align::right},
                {"max", align::right},
                {"never", align::right},
                {"no value", align::right}});
  const auto some = [](std::size_t n) { return n > 0 ? std::to_string(n) : std::string{}; };
  for (const series& s : series_of(r.runs)) {
    const spread x = spread_of(s.values);
    if (!is_shown(s.statistic) || x.missing == x.seeds) continue;
    if (s.statistic == "censored" && x.max == 0.0) continue;
    t.row({s.name(), std::to_string(x.seeds - x.missing), value_text(x.mean),
           x.range ? value_text(x.range->low) + " .. " + value_text(x.range->high) : "",
           value_text(x.min), value_text(x.max), some(x.never), some(x.missing)});
  }
  return r.scenario + ", " + std::to_string(r.runs.size()) + " seeds together\n" + t.print("  ");
}

std::string check_table(const check& c, bool colour) {
  std::string out;
  for (const auto& s : c.scenarios) {
    out += painted(colour, "1", s.scenario) + ", " + std::to_string(s.seeds.size()) +
           (s.seeds.size() == 1 ? " seed" : " seeds") + ", against " + version_of(s.before) +
           "\n  " + tally(s) + "\n";
    out += statistics_part(s);
    for (const auto& r : s.runs)
      for (const auto& x : tell(r)) {
        out += "  " + (x.regression ? painted(colour, "1;31", "BROKEN") : std::string("note  ")) +
               "  " + x.text + "\n";
        if (x.regression) out += "          replay " + x.replay + "\n";
      }
    out += "\n";
  }
  for (const auto& x : caveats(c)) out += painted(colour, "33", "note") + ": " + x + "\n";
  return out + painted(colour, c.regression() ? "1;31" : "32", conclusion(c)) + "\n";
}

}  // namespace wh::sim::compare
