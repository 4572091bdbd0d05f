#include "actors/proto/keys/walk.hpp"

#include "actors/proto/keys/lane_walk.hpp"
#include "transport/check.hpp"

// The method is that of the searches for readable WireGuard and Tor keys (wireguard-vanity-key,
// mkp224o): step through points by addition instead of multiplying each private key, and share one
// inversion among many additions (Montgomery, Speeding the Pollard and elliptic curve methods of
// factorization, 1987, section 10.3.1). In affine coordinates of the Montgomery form, for the slope
// l = (y2 - y1) / (x2 - x1), the sum has x = l^2 - A - x1 - x2. P + T and P - T need the same
// inverse, and P - T is P plus the mirrored T.

namespace wh::keys {

namespace {

constexpr std::uint64_t curve_a = 486662;

/// 8B, 2 * 8B, ...
const std::vector<point>& steps() {
  static const std::vector<point> all = multiples_of_eight_base(tuning::half_max);
  return all;
}

[[gnu::always_inline]] inline void put(candidates& out, std::size_t slot, const field25519& u) {
  const auto words = u.to_words();
  out.word[0][slot] = words[0];
  out.word[1][slot] = words[1];
  out.word[2][slot] = words[2];
  out.word[3][slot] = words[3];
}

}  // namespace

walk::walk(const point& first, const tuning& how) : half_(how.half) {
  WH_CHECK(half_ >= 8 && half_ <= tuning::half_max && half_ % 8 == 0);
#if defined(__x86_64__)
  if (how.on == processor::ifma) lanes_ = std::make_unique<detail::lane_walk>(half_);
#endif
  if (!lanes_) products_.resize(half_);
  const point& to_centre = steps()[half_ - 1];
  stride_ = sum(doubled(to_centre).value(), eight_base()).value();
  const auto centre = sum(first, to_centre);
  ended_ = !centre;
  if (centre) centre_ = *centre;
}

walk::~walk() = default;

unsigned walk::offset_of(unsigned slot) const {
  if (slot < half_) return half_ + 1 + slot;
  return slot < 2 * half_ ? 2 * half_ - 1 - slot : half_;
}

field25519 walk::forward() {
  const point* const t = steps().data();
  const field25519 x = centre_.x;
  field25519 product = field25519::small(1);
  for (unsigned i = 0; i < half_; ++i) {
    products_[i] = product;
    product = product * sub_uncarried(t[i].x, x);
  }
  return product;
}

void walk::backward(field25519 inverse, const point& c, candidates& out) const {
  const point* const t = steps().data();
  const field25519 a_and_x = field25519::small(curve_a) + c.x;
  for (unsigned i = half_; i-- > 0;) {
    const field25519 mine = inverse * products_[i];
    inverse = inverse * sub_uncarried(t[i].x, c.x);
    const field25519 known = add_uncarried(a_and_x, t[i].x);
    const field25519 plus = sub_uncarried(t[i].y, c.y) * mine;
    const field25519 minus = add_uncarried(t[i].y, c.y) * mine;
    put(out, i, sub_uncarried(plus.squared(), known));
    put(out, half_ + i, sub_uncarried(minus.squared(), known));
  }
}

bool walk::next(candidates& out) {
  if (ended_) return false;
  // The differences' products, as many as there are lanes, and the stride's difference last.
  constexpr std::size_t lanes = 8;
  std::array<field25519, lanes> product{};
  const std::size_t products = lanes_ ? lanes : 1;
#if defined(__x86_64__)
  if (lanes_) lanes_->forward(centre_, product);
#endif
  if (!lanes_) product[0] = forward();
  std::array<field25519, lanes + 1> before;
  before[0] = field25519::small(1);
  for (std::size_t i = 0; i < products; ++i) before[i + 1] = before[i] * product[i];
  const field25519 onward = stride_.x - centre_.x;
  const field25519 all = before[products] * onward;
  ended_ = all.is_zero();
  if (ended_) return false;

  field25519 inverse = all.inverse();
  const point c = centre_;
  const field25519 slope = (stride_.y - c.y) * (inverse * before[products]);
  centre_.x = slope.squared() - field25519::small(curve_a) - c.x - stride_.x;
  centre_.y = slope * (c.x - centre_.x) - c.y;
  inverse = inverse * onward;
  for (std::size_t i = products; i-- > 0;) {
    const field25519 mine = inverse * before[i];
    inverse = inverse * product[i];
    product[i] = mine;
  }
#if defined(__x86_64__)
  if (lanes_) lanes_->backward(product, out);
#endif
  if (!lanes_) backward(product[0], c, out);
  put(out, 2 * half_, c.x);
  for (unsigned slot = batch_size(); slot % 8 != 0; ++slot)
    for (auto& word : out.word) word[slot] = 0;
  return true;
}

}  // namespace wh::keys
