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

// What Mermaid draws at most, unless told otherwise: maxTextSize is 50,000 letters, maxEdges 500.
constexpr std::size_t text_max = 45'000;
constexpr std::size_t messages_max = 450;

/// The diagram that begins with message `from`, and the first message of the next one.
std::pair<std::string, std::size_t> diagram(const report& r, std::size_t from) {
  std::vector<std::string> names;
  std::string lines;
  std::size_t i = from;
  for (; i < r.flow.size() && i - from < messages_max; ++i) {
    const flow_message& m = r.flow[i];
    const auto id = [&](const std::string& name) {
      const auto number = std::find(names.begin(), names.end(), name) - names.begin();
      if (number == std::ssize(names)) names.push_back(name);
      return "p" + std::to_string(number);
    };
    const std::string a = id(m.from), b = id(m.to);
    // A cross at the arrow's head is a message that did not arrive.
    const std::string line = "  " + a + (m.dropped ? "-x" : "->>") + b + ": " + milliseconds(m.at) +
                             " " + safe(m.label) + (m.dropped ? " (lost)" : "") + "\n";
    if (lines.size() + line.size() > text_max && i > from) break;
    lines += line;
  }
  std::string out = "sequenceDiagram\n";
  for (std::size_t n = 0; n < names.size(); ++n)
    out += "  participant p" + std::to_string(n) + " as " + safe(names[n]) + "\n";
  out += lines;
  if (i == r.flow.size() && r.flow_cut && !names.empty())
    out += "  note over p0: cut after " + std::to_string(r.flow.size()) + " messages\n";
  return {std::move(out), i};
}

}  // namespace

std::vector<std::string> to_mermaid(const report& r) {
  std::vector<std::string> parts;
  std::size_t next = 0;
  do {
    auto [text, end] = diagram(r, next);
    parts.push_back(std::move(text));
    next = end;
  } while (next < r.flow.size());
  return parts;
}

}  // namespace wh::sim
