#include <algorithm>
#include <cstdio>

#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

/// Mermaid reads `;` and line ends as the end of a statement, `#` as the start of an entity, and
/// `end` as a keyword in participants: aliases p0, p1, ... avoid the last.
std::string safe(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '#')
      out += "#35;";
    else if (c == ';')
      out += "#59;";
    else if (c == '<')
      out += "#lt;";
    else if (c == '>')
      out += "#gt;";
    else if (static_cast<unsigned char>(c) < 0x20)
      out += ' ';
    else
      out += c;
  }
  return out;
}

std::string milliseconds(duration d) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%.1f ms", to_seconds(d) * 1e3);
  return buffer;
}

}  // namespace

std::string to_mermaid(const report& r) {
  std::vector<std::string> names;
  const auto id = [&](const std::string& name) {
    const auto at = std::find(names.begin(), names.end(), name);
    return "p" + std::to_string(at - names.begin());
  };
  for (const auto& m : r.flow)
    for (const auto* name : {&m.from, &m.to})
      if (std::find(names.begin(), names.end(), *name) == names.end()) names.push_back(*name);
  std::string out = "sequenceDiagram\n";
  for (const auto& name : names) out += "  participant " + id(name) + " as " + safe(name) + "\n";
  for (const auto& m : r.flow)
    // A cross at the arrow's head is a message that did not arrive.
    out += "  " + id(m.from) + (m.dropped ? "-x" : "->>") + id(m.to) + ": " + milliseconds(m.at) +
           " " + safe(m.label) + "\n";
  if (r.flow_cut && !names.empty())
    out += "  note over p0: cut after " + std::to_string(r.flow.size()) + " messages\n";
  return out;
}

}  // namespace wh::sim
