#include "actors/proto/keys/walk.hpp"

#include "transport/check.hpp"

// The method is that of the searches for readable WireGuard and Tor keys (wireguard-vanity-key,
// mkp224o): step through points by addition instead of multiplying each private key, and share one
// inversion among many additions (Montgomery, Speeding the Pollard and elliptic curve methods of
// factorization, 1987, section 10.3.1). In affine coordinates of the Montgomery form, for the slope
// l = (y2 - y1) / (x2 - x1), the sum has x = l^2 - A - x1 - x2. P + T and P - T need the same
// inverse, and P - T is P plus the mirrored T.

namespace wh::keys {

namespace {

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

walk::walk(const point& first, unsigned half) : half_(half), products_(half + 1) {
  WH_CHECK(half >= 8 && half <= tuning::half_max && half % 8 == 0);
  const point& to_centre = steps()[half - 1];
  stride_ = sum(doubled(to_centre).value(), eight_base()).value();
  const auto centre = sum(first, to_centre);
  ended_ = !centre;
  if (centre) centre_ = *centre;
}

unsigned walk::offset_of(unsigned slot) const {
  if (slot < half_) return half_ + 1 + slot;
  return slot < 2 * half_ ? 2 * half_ - 1 - slot : half_;
}

bool walk::next(candidates& out) {
  if (ended_) return false;
  const point* const t = steps().data();
  const point c = centre_;
  field25519 product = field25519::small(1);
  for (unsigned i = 0; i < half_; ++i) {
    products_[i] = product;
    product = product * sub_uncarried(t[i].x, c.x);
  }
  products_[half_] = product;
  const field25519 onward = stride_.x - c.x;
  product = product * onward;
  ended_ = product.is_zero();
  if (ended_) return false;

  field25519 inverse = product.inverse();
  const field25519 a_and_x = field25519::small(486662) + c.x;
  {
    const field25519 slope = (stride_.y - c.y) * (inverse * products_[half_]);
    centre_.x = slope.squared() - a_and_x - stride_.x;
    centre_.y = slope * (c.x - centre_.x) - c.y;
    inverse = inverse * onward;
  }
  for (unsigned i = half_; i-- > 0;) {
    const field25519 mine = inverse * products_[i];
    inverse = inverse * sub_uncarried(t[i].x, c.x);
    const field25519 known = add_uncarried(a_and_x, t[i].x);
    const field25519 plus = sub_uncarried(t[i].y, c.y) * mine;
    const field25519 minus = add_uncarried(t[i].y, c.y) * mine;
    put(out, i, sub_uncarried(plus.squared(), known));
    put(out, half_ + i, sub_uncarried(minus.squared(), known));
  }
  put(out, 2 * half_, c.x);
  for (unsigned slot = batch_size(); slot % 8 != 0; ++slot)
    for (auto& word : out.word) word[slot] = 0;
  return true;
}

}  // namespace wh::keys
