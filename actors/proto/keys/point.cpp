#include "actors/proto/keys/point.hpp"

#include <bit>

#include "transport/check.hpp"

namespace wh::keys {

namespace {

constexpr std::uint64_t curve_a = 486662;

bool same(const field25519& a, const field25519& b) { return (a - b).is_zero(); }

/// The third point of the line through p with this slope, mirrored.
point along(const point& p, const field25519& other_x, const field25519& slope) {
  const field25519 x = slope.squared() - field25519::small(curve_a) - p.x - other_x;
  return {x, slope * (p.x - x) - p.y};
}

}  // namespace

std::optional<point> lift(const fixed_bytes<32>& u, bool y_odd) {
  const auto x = field25519::from_bytes(u);
  if (x.to_bytes() != u) return std::nullopt;
  const auto square = ((x + field25519::small(curve_a)) * x + field25519::small(1)) * x;
  const auto y = square.sqrt();
  if (!y) return std::nullopt;
  const point p{x, *y};
  return y_is_odd(p) == y_odd ? p : negated(p);
}

bool y_is_odd(const point& p) { return (p.y.to_words()[0] & 1) != 0; }

point negated(const point& p) { return {p.x, field25519{} - p.y}; }

std::optional<point> sum(const point& p, const point& q) {
  const field25519 across = q.x - p.x;
  if (across.is_zero()) return same(p.y, q.y) ? doubled(p) : std::nullopt;
  return along(p, q.x, (q.y - p.y) * across.inverse());
}

std::optional<point> doubled(const point& p) {
  if (p.y.is_zero()) return std::nullopt;  // (0, 0), of order two
  // The tangent: (3x^2 + 2Ax + 1) / 2y
  const auto rise =
      (field25519::small(3) * p.x + field25519::small(2 * curve_a)) * p.x + field25519::small(1);
  return along(p, p.x, rise * (p.y + p.y).inverse());
}

std::optional<point> multiple(const point& p, std::uint64_t n) {
  if (n == 0) return std::nullopt;
  std::optional<point> r = p;
  for (int bit = static_cast<int>(std::bit_width(n)) - 2; bit >= 0 && r; --bit) {
    r = doubled(*r);
    if (r && (n >> bit & 1) != 0) r = sum(*r, p);
  }
  return r;
}

const point& eight_base() {
  static const point eight = [] {
    fixed_bytes<32> nine{};
    nine[0] = 9;
    const auto p = multiple(lift(nine, true).value(), 8);
    WH_CHECK(p);
    return *p;
  }();
  return eight;
}

std::vector<point> multiples_of_eight_base(std::size_t n) {
  std::vector<point> all{eight_base()};
  all.reserve(n);
  std::vector<field25519> products;
  while (all.size() < n) {
    // all[i] = (i + 1) * 8B. The last, k * 8B, is added to the others at once: one inverse for all
    // differences (Montgomery's trick), and doubled.
    const std::size_t k = all.size();
    const point last = all.back();
    products.assign(1, field25519::small(1));
    for (std::size_t i = 0; i + 1 < k; ++i)
      products.push_back(products.back() * (last.x - all[i].x));
    field25519 inverse = products.back().inverse();
    std::vector<point> sums(k);
    for (std::size_t i = k - 1; i-- > 0;) {
      sums[i] = along(all[i], last.x, (last.y - all[i].y) * inverse * products[i]);
      inverse = inverse * (last.x - all[i].x);
    }
    sums[k - 1] = doubled(last).value();
    for (std::size_t i = 0; i < k && all.size() < n; ++i) all.push_back(sums[i]);
  }
  return all;
}

}  // namespace wh::keys
