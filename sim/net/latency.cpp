#include "sim/net/latency.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

namespace wh::sim {

namespace {

// All in whole microseconds: floating point sums may differ between compilers that fuse them.

/// One way, of 200,000 pairs drawn at random, whatever the seed.
constexpr std::chrono::microseconds king_like_median{78'200};

struct region {
  std::int64_t x_us, y_us;
  unsigned weight;  // of 100
};
// One-way times along today's cables, flattened; weights by hosts online.
constexpr std::array<region, 6> regions{{
    {0, 0, 28},            // North America, east
    {32'000, 0, 18},       // North America, west
    {-42'000, 8'000, 30},  // Europe
    {85'000, 15'000, 14},  // East Asia
    {8'000, -65'000, 5},   // South America
    {95'000, -45'000, 5},  // Oceania
}};

struct coordinates {
  std::int64_t x_us, y_us, height_us;
};

/// Uniform below `n` from 16 random bits; a bias of n / 65536 is nothing here, a division would be.
std::int64_t slice(std::uint64_t word, int i, std::int64_t n) {
  return static_cast<std::int64_t>(word >> (16 * i) & 0xffff) * n >> 16;
}

/// Once for each end of each datagram, so from two random words and no table.
coordinates place_of(seed s, std::uint32_t site) {
  seeded_rng random{s.derive("", site)};
  const std::uint64_t a = random.next();
  const std::uint64_t b = random.next();
  auto pick = static_cast<unsigned>(slice(a, 3, 100));
  std::size_t r = 0;
  while (pick >= regions[r].weight) pick -= regions[r++].weight;
  // Three uniform draws: a bump of 24 ms to each side, without tails.
  const auto bump = [](std::uint64_t w) {
    return slice(w, 0, 16'001) + slice(w, 1, 16'001) + slice(w, 2, 16'001) - 24'000;
  };
  const std::int64_t u = slice(b, 3, 1001);
  // The height is 2 to 30 ms, mostly short.
  return {regions[r].x_us + bump(a), regions[r].y_us + bump(b), 2'000 + 28 * u * u / 1'000};
}

seed pair_seed(seed s, std::uint32_t a, std::uint32_t b) {
  return s.derive("", std::uint64_t{std::min(a, b)} << 32 | std::max(a, b));
}

}  // namespace

latency_model latency_model::constant(duration one_way) {
  latency_model m{kind::constant, seed{0}};
  m.constant_ = one_way;
  return m;
}

latency_model latency_model::king_like(seed s, duration median_one_way) {
  latency_model m{kind::king_like, s};
  m.constant_ = median_one_way;
  return m;
}

expected<latency_model, std::string> latency_model::matrix(std::string_view text,
                                                           const std::string& name, seed s) {
  std::istringstream file{std::string(text)};
  std::vector<double> rtt_ms;
  std::size_t columns = 0;
  std::size_t rows = 0;
  std::size_t line_number = 0;
  for (std::string line; std::getline(file, line);) {
    ++line_number;
    const auto where = name + ":" + std::to_string(line_number) + ": ";
    line.erase(std::min(line.find('#'), line.size()));
    std::istringstream words{line};
    std::size_t n = 0;
    for (std::string word; words >> word; ++n) {
      std::size_t used = 0;
      double ms = -1;
      try {
        ms = std::stod(word, &used);
      } catch (const std::exception&) {
        used = 0;
      }
      if (used != word.size() || !(ms >= 0 && ms < 1e6))
        return unexpected{where + "\"" + word + "\" is not a round-trip time in milliseconds"};
      rtt_ms.push_back(ms);
    }
    if (n == 0) continue;
    if (rows++ == 0) columns = n;
    if (n != columns)
      return unexpected{where + std::to_string(n) + " values where the first line has " +
                        std::to_string(columns)};
  }
  if (rows == 0) return unexpected{name + ": no values"};
  if (rows != columns)
    return unexpected{name + ": " + std::to_string(rows) + " lines of " + std::to_string(columns) +
                      " values; a matrix of round-trip times is square"};
  latency_model m{kind::matrix, s};
  m.rows_ = static_cast<std::uint32_t>(rows);
  m.one_way_us_.resize(rows * rows);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < rows; ++j)
      m.one_way_us_[i * rows + j] =
          static_cast<std::uint32_t>((rtt_ms[i * rows + j] + rtt_ms[j * rows + i]) * 250);
  return m;
}

std::uint32_t latency_model::row(std::uint32_t site) const {
  seeded_rng random{sites_.derive("", site)};
  return static_cast<std::uint32_t>(random.below(rows_));
}

void latency_model::add_detours(double ratio, double factor) {
  detour_ratio_ = ratio;
  detour_percent_ = static_cast<std::int64_t>(factor * 100);
}

duration latency_model::one_way(std::uint32_t a, std::uint32_t b) const {
  const duration d = straight(a, b);
  if (detour_ratio_ == 0 || a == b) return d;
  seeded_rng random{pair_seed(sites_.derive("detours"), a, b)};
  return random.chance(detour_ratio_) ? d * detour_percent_ / 100 : d;
}

duration latency_model::straight(std::uint32_t a, std::uint32_t b) const {
  switch (kind_) {
    case kind::constant:
      return constant_;
    case kind::matrix:
      return std::chrono::microseconds{one_way_us_[std::size_t{row(a)} * rows_ + row(b)]};
    case kind::king_like:
      break;
  }
  const coordinates p = place_of(sites_, a);
  const coordinates q = place_of(sites_, b);
  const std::int64_t dx = p.x_us - q.x_us;
  const std::int64_t dy = p.y_us - q.y_us;
  // Exact below 2^53, and sqrt is rounded correctly everywhere (IEEE 754).
  const double distance_us = std::sqrt(static_cast<double>(dx * dx + dy * dy));
  const std::int64_t us = static_cast<std::int64_t>(distance_us) + p.height_us + q.height_us;
  if (constant_ == duration{}) return std::chrono::microseconds{us};
  return duration{us * constant_.count() / (king_like_median.count())};
}

std::uint8_t latency_model::hops(std::uint32_t a, std::uint32_t b) const {
  if (a == b) return 3;
  const std::uint64_t w = seeded_rng{pair_seed(hops_, a, b)}.next();
  return static_cast<std::uint8_t>(8 + slice(w, 0, 7) + slice(w, 1, 7));
}

}  // namespace wh::sim
