#include "sim/compare/tell.hpp"
#include "sim/compare/writers.hpp"

namespace wh::sim::compare {
namespace {

/// A cell, or text between words: what would end the cell or mean something is escaped.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("|\\`*_<>[]").find(c) != std::string_view::npos) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(const std::string& text) {
  // A code span ends with as many backticks as it begins with.
  std::string longest, now;
  for (const char c : text) {
    now = c == '`' ? now + c : std::string{};
    if (now.size() > longest.size()) longest = now;
  }
  const std::string mark = longest + "`", space = longest.empty() ? "" : " ";
  return mark + space + text + space + mark;
}

std::string verdict_cell(verdict v) {
  return v == verdict::worse ? "**worse**" : std::string(to_string(v));
}

std::string scenario_part(const scenario_comparison& s) {
  const auto rows = worth_telling(s);
  std::string out;
  if (!rows.empty()) {
    out +=
        "| metric | before | now | difference | 95 % interval | p | |\n"
        "|---|--:|--:|--:|--:|--:|---|\n";
    for (const auto* c : rows) {
      const told t = tell(*c, s);
      out += "| " + cell(t.name) + " | " + cell(t.before) + " | " + cell(t.now) + " | " +
             cell(t.difference) + " | " + cell(t.range) + " | " + cell(t.p) + " | " +
             verdict_cell(c->what) + " |\n";
    }
  }
  std::string runs;
  for (const auto& r : s.runs)
    for (const auto& x : tell(r))
      runs += "- " + std::string(x.regression ? "**" : "") + cell(x.text) +
              (x.regression ? "**; replay: " + code(x.replay) : "") + "\n";
  if (!runs.empty()) out += (out.empty() ? "" : "\n") + runs;
  return out.empty() ? out : "\n### " + cell(s.scenario) + "\n\n" + out;
}

}  // namespace

std::string check_to_markdown(const check& c) {
  std::string out = "## wh-sim check\n\n**" + cell(conclusion(c)) + "**\n\n";
  out += "| scenario | seeds | baseline | |\n|---|--:|---|---|\n";
  for (const auto& s : c.scenarios)
    out += "| " + cell(s.scenario) + " | " + std::to_string(s.seeds.size()) + " | " +
           cell(version_of(s.before)) + " | " + (s.regression() ? "**regression**: " : "") +
           cell(tally(s)) + " |\n";
  for (const auto& s : c.scenarios) out += scenario_part(s);
  const auto notes = caveats(c);
  if (!notes.empty()) out += "\n";
  for (const auto& x : notes) out += "- " + cell(x) + "\n";
  return out;
}

}  // namespace wh::sim::compare
