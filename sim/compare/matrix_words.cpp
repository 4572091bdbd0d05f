#include <algorithm>
#include <cmath>

#include "sim/compare/matrix_writers.hpp"
#include "sim/compare/tell.hpp"
#include "transport/text.hpp"

namespace wh::sim::compare {
namespace {

std::string percent(double share) {
  return std::to_string(static_cast<int>(std::lround(100 * share))) + " %";
}

std::string share_of_pairs(std::size_t part, const cell& c) {
  return part == c.pairs ? "yes"
         : part == 0     ? "no"
                         : percent(static_cast<double>(part) / static_cast<double>(c.pairs));
}

/// "1.2, max 3.4 s"; with a hundred samples also the 95th percentile.
std::string times(const cell_times& t) {
  if (t.all() == 0) return "";
  std::string text = value_text(t.quantile(0.5));
  if (t.all() >= p95_samples_min) text += ", p95 " + value_text(t.quantile(0.95));
  return text + ", max " + value_text(t.quantile(1));
}

std::string counted(const std::map<std::string, std::size_t>& words) {
  std::string text;
  for (const auto& [word, n] : words)
    text += (text.empty() ? "" : ", ") + word + (words.size() > 1 ? " " + std::to_string(n) : "");
  return text;
}

}  // namespace

char mark_of(const cell& c) {
  const double direct = share_of(c.direct).share, connected = share_of(c.connected).share;
  if (direct == 1) return '#';
  if (direct > 0) return static_cast<char>('0' + std::clamp<long>(std::lround(10 * direct), 1, 9));
  return connected == 1 ? 'r' : '.';
}

std::vector<std::string> cell_words(const matrix& m, const cell& c) {
  const auto direct = share_of(c.direct);
  return {m.kinds[c.row].name,
          m.kinds[c.column].name,
          std::to_string(c.pairs),
          percent(direct.share),
          percent(direct.range.low) + " .. " + percent(direct.range.high),
          percent(share_of(c.connected).share),
          share_of_pairs(c.o1, c) + " | " + share_of_pairs(c.o3, c),
          times(c.first_payload),
          times(c.to_direct),
          value_text(c.messages.quantile(0.5)) + ", max " + value_text(c.messages.quantile(1)),
          counted(c.reasons),
          counted(c.obstacles)};
}

}  // namespace wh::sim::compare
