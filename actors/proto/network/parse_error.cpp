#include <algorithm>

#include "actors/proto/network/parse.hpp"
#include "actors/proto/network/words.hpp"

namespace wh::network {

namespace {

/// What a terminal shows one after the other; `at` is where its bytes begin.
struct glyph {
  std::string text;
  std::size_t at;
};

/// Characters that a terminal or an editor takes as an order, not as something to show.
bool is_order(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/// The glyphs of a text that anybody may have written.
std::vector<glyph> glyphs(std::string_view text) {
  std::vector<glyph> out;
  for (std::size_t i = 0; i < text.size();) {
    const auto b = static_cast<std::uint8_t>(text[i]);
    const std::size_t size = b < 0xc0 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
    const std::string_view piece = text.substr(i, size);
    std::uint32_t c = size == 1 ? b : b & (0xffU >> (size + 1));
    if (malformed_utf8(piece) != std::string_view::npos) {
      out.push_back({"?", i++});
      continue;
    }
    for (const char next : piece.substr(1)) c = c << 6 | (static_cast<std::uint8_t>(next) & 0x3f);
    out.push_back({c == '\t' ? " " : is_order(c) ? "?" : std::string(piece), i});
    i += size;
  }
  return out;
}

}  // namespace

std::string parse_error::render(std::string_view file) const {
  std::string out;
  for (const glyph& g : glyphs(file)) out += g.text;
  out += ":" + std::to_string(line) + ":" + std::to_string(column) + ": error: " + message;
  if (!hint.empty()) out += "; " + hint;
  out += "\n";

  // A window of a long line is enough, with the place that is meant in its left half.
  constexpr std::size_t window = 160, before_max = 80;
  const std::size_t first = column - 1;
  const std::size_t start = text.size() > window && first > before_max ? first - before_max : 0;
  const std::size_t shown_end = std::min(text.size(), start + window);
  std::string shown, below;
  for (const glyph& g : glyphs(text)) {
    if (g.at < start || g.at >= shown_end) continue;
    shown += g.text;
    if (g.at < first)
      below += ' ';
    else if (g.at < first + length)
      below += below.find('^') == std::string::npos ? '^' : '~';
  }
  // What is missing is missing behind the line.
  if (below.find('^') == std::string::npos) below += '^';
  return out + "    " + shown + "\n    " + below + "\n";
}

}  // namespace wh::network
