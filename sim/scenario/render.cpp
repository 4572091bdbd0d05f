#include <algorithm>

#include "sim/scenario/scenario.hpp"
#include "transport/text.hpp"

namespace wh::sim {
namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::string scenario_error::render() const {
  std::string out = printable(file);
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  out += ": error: " + printable(message);
  if (!hint.empty()) out += "; " + printable(hint);
  out += "\n";
  if (column == 0) return out;
  const auto text = printable(line_text.substr(0, 500));
  out += "    " + text + "\n    ";
  const auto start = std::min<std::size_t>(column - 1, text.size());
  // One space per character, tabs as they are, so that the mark stands under its word.
  for (std::size_t i = 0; i < start; ++i)
    if (text[i] == '\t')
      out += '\t';
    else if (!continues_character(text[i]))
      out += ' ';
  out += '^';
  for (auto i = start + 1; i < std::min<std::size_t>(start + width, text.size()); ++i)
    if (!continues_character(text[i])) out += '~';
  return out + "\n";
}

}  // namespace wh::sim
