#include "transport/field25519.hpp"

namespace wh {

namespace {

std::uint64_t load_le(const std::uint8_t* p) {
  std::uint64_t v = 0;
  for (int i = 7; i >= 0; --i) v = v << 8 | p[i];
  return v;
}

/// x^(2^n)
field25519 squared_times(field25519 x, int n) {
  for (; n > 0; --n) x = x.squared();
  return x;
}

}  // namespace

field25519 field25519::from_bytes(const fixed_bytes<32>& b) {
  field25519 r;
  r.l_[0] = load_le(b.data()) & mask51;
  r.l_[1] = load_le(b.data() + 6) >> 3 & mask51;
  r.l_[2] = load_le(b.data() + 12) >> 6 & mask51;
  r.l_[3] = load_le(b.data() + 19) >> 1 & mask51;
  r.l_[4] = load_le(b.data() + 24) >> 12 & mask51;
  return r;
}

fixed_bytes<32> field25519::to_bytes() const {
  const auto words = to_words();
  fixed_bytes<32> out;
  for (std::size_t i = 0; i < 32; ++i)
    out[i] = static_cast<std::uint8_t>(words[i / 8] >> (8 * (i % 8)));
  return out;
}

// The chain of multiplications of Bernstein, Curve25519 (PKC 2006).
field25519 field25519::power_250(field25519& power_11) const {
  const field25519 x2 = squared();
  const field25519 x9 = squared_times(x2, 2) * *this;
  power_11 = x9 * x2;
  const field25519 e5 = power_11.squared() * x9;  // x^(2^5 - 1), and so on
  const field25519 e10 = squared_times(e5, 5) * e5;
  const field25519 e20 = squared_times(e10, 10) * e10;
  const field25519 e40 = squared_times(e20, 20) * e20;
  const field25519 e50 = squared_times(e40, 10) * e10;
  const field25519 e100 = squared_times(e50, 50) * e50;
  const field25519 e200 = squared_times(e100, 100) * e100;
  return squared_times(e200, 50) * e50;
}

field25519 field25519::inverse() const {
  // p - 2 = (2^250 - 1) * 2^5 + 11
  field25519 x11;
  const field25519 e250 = power_250(x11);
  return squared_times(e250, 5) * x11;
}

std::optional<field25519> field25519::sqrt() const {
  // p = 5 mod 8: x^((p+3)/8) is a root of x or of -x (RFC 8032, section 5.1.3), and
  // (p+3)/8 = 2^252 - 2 = (2^250 - 1) * 2^2 + 2. 2^((p-1)/4) is a root of -1, as 2 is no square.
  field25519 x11;
  field25519 root = squared_times(power_250(x11), 2) * squared();
  const auto wanted = to_bytes();
  if (root.squared().to_bytes() == wanted) return root;
  // (p-1)/4 = 2^253 - 5 = (2^250 - 1) * 2^3 + 3
  const field25519 two = small(2);
  field25519 unused;
  root = root * squared_times(two.power_250(unused), 3) * small(8);
  if (root.squared().to_bytes() == wanted) return root;
  return std::nullopt;
}

}  // namespace wh
