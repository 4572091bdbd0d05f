#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "transport/bytes.hpp"

namespace wh {

/// Arithmetic modulo p = 2^255 - 19 in five limbs of 51 bits, after Bernstein, Curve25519 (PKC
/// 2006) and the radix-2^51 representation of Bernstein et al., High-speed high-security signatures
/// (CHES 2011). No branch or index depends on a value, except in `sqrt`. libsodium does not export
/// its field.
///
/// What an operator gives is carried: limbs below 2^51 + 2^18. The functions `..._uncarried` leave
/// that out, for the inner loop of the key search, and say what they may be given.
class field25519 {
 public:
  constexpr field25519() = default;
  static constexpr field25519 small(std::uint64_t v) {
    field25519 r;
    r.l_[0] = v & mask51;
    r.l_[1] = v >> 51;
    return r;
  }
  /// Little endian; the top bit is ignored and values up to 2^255-1 are reduced (RFC 7748, 5).
  static field25519 from_bytes(const fixed_bytes<32>& b);
  /// The one representative below p, little endian.
  fixed_bytes<32> to_bytes() const;
  /// The same as four words, the least significant first: what `to_bytes` has, as a little endian
  /// machine reads it. Takes what one uncarried operation gave.
  std::array<std::uint64_t, 4> to_words() const;
  /// The number's five limbs below 2^51, of the one representative below p.
  std::array<std::uint64_t, 5> to_limbs() const;
  /// `limbs` each below 2^51 + 2^18.
  static constexpr field25519 from_limbs(const std::array<std::uint64_t, 5>& limbs) {
    field25519 r;
    r.l_[0] = limbs[0];
    r.l_[1] = limbs[1];
    r.l_[2] = limbs[2];
    r.l_[3] = limbs[3];
    r.l_[4] = limbs[4];
    return r;
  }

  friend field25519 operator+(const field25519& a, const field25519& b) {
    field25519 r = add_uncarried(a, b);
    r.carry();
    return r;
  }
  friend field25519 operator-(const field25519& a, const field25519& b) {
    field25519 r = sub_uncarried(a, b);
    r.carry();
    return r;
  }
  /// Carried numbers only. What comes out may be multiplied, squared or made words of; and it may
  /// be the left side of `add_uncarried` or the right side of `sub_uncarried` once.
  friend field25519 add_uncarried(const field25519& a, const field25519& b) {
    return from_limbs({a.l_[0] + b.l_[0], a.l_[1] + b.l_[1], a.l_[2] + b.l_[2], a.l_[3] + b.l_[3],
                       a.l_[4] + b.l_[4]});
  }
  friend field25519 sub_uncarried(const field25519& a, const field25519& b) {
    // 4p in limbs, more than three carried limbs hold, so that none goes below zero.
    constexpr std::uint64_t p0 = 4 * (mask51 - 18), p1 = 4 * mask51;
    return from_limbs({a.l_[0] + p0 - b.l_[0], a.l_[1] + p1 - b.l_[1], a.l_[2] + p1 - b.l_[2],
                       a.l_[3] + p1 - b.l_[3], a.l_[4] + p1 - b.l_[4]});
  }
  friend field25519 operator*(const field25519& a, const field25519& b);
  field25519 squared() const;

  /// x^(p-2); zero gives zero.
  field25519 inverse() const;
  /// A root, which of the two is not said; empty when there is none. Takes as long as it takes: not
  /// for secrets.
  std::optional<field25519> sqrt() const;
  bool is_zero() const { return to_bytes() == fixed_bytes<32>{}; }

 private:
  __extension__ using u128 = unsigned __int128;
  static constexpr std::uint64_t mask51 = (std::uint64_t{1} << 51) - 1;

  static constexpr u128 wide(std::uint64_t p, std::uint64_t q) { return static_cast<u128>(p) * q; }
  static field25519 narrow(u128 r0, u128 r1, u128 r2, u128 r3, u128 r4);
  void carry();
  /// x^(2^250 - 1), and x^11 beside it.
  field25519 power_250(field25519& power_11) const;

  std::uint64_t l_[5] = {};
};

// The inner loop of the key search is made of these, so they stand where it can have them inline,
// and without loops, which g++ does not unroll at -O2 (a third slower).

[[gnu::always_inline]] inline void field25519::carry() {
  l_[1] += l_[0] >> 51;
  l_[2] += l_[1] >> 51;
  l_[3] += l_[2] >> 51;
  l_[4] += l_[3] >> 51;
  l_[0] = (l_[0] & mask51) + 19 * (l_[4] >> 51);
  l_[1] &= mask51;
  l_[2] &= mask51;
  l_[3] &= mask51;
  l_[4] &= mask51;
}

[[gnu::always_inline]] inline field25519 field25519::narrow(u128 r0, u128 r1, u128 r2, u128 r3,
                                                            u128 r4) {
  field25519 out;
  r1 += static_cast<std::uint64_t>(r0 >> 51);
  r2 += static_cast<std::uint64_t>(r1 >> 51);
  r3 += static_cast<std::uint64_t>(r2 >> 51);
  r4 += static_cast<std::uint64_t>(r3 >> 51);
  // Factors have limbs below 2^54. So r0 to r3 are below 2^115, as 77 * 2^108 is, and what they
  // carry fits into 64 bits. r4 has no product times 19 in it and is below 2^110.4, so that 19
  // times what it carries fits as well.
  const std::uint64_t low =
      (static_cast<std::uint64_t>(r0) & mask51) + 19 * static_cast<std::uint64_t>(r4 >> 51);
  out.l_[0] = low & mask51;
  out.l_[1] = (static_cast<std::uint64_t>(r1) & mask51) + (low >> 51);
  out.l_[2] = static_cast<std::uint64_t>(r2) & mask51;
  out.l_[3] = static_cast<std::uint64_t>(r3) & mask51;
  out.l_[4] = static_cast<std::uint64_t>(r4) & mask51;
  return out;
}

[[gnu::always_inline]] inline field25519 operator*(const field25519& a, const field25519& b) {
  const std::uint64_t a0 = a.l_[0], a1 = a.l_[1], a2 = a.l_[2], a3 = a.l_[3], a4 = a.l_[4];
  const std::uint64_t b0 = b.l_[0], b1 = b.l_[1], b2 = b.l_[2], b3 = b.l_[3], b4 = b.l_[4];
  constexpr auto m = field25519::wide;
  const std::uint64_t b1x = 19 * b1, b2x = 19 * b2, b3x = 19 * b3, b4x = 19 * b4;
  return field25519::narrow(m(a0, b0) + m(a1, b4x) + m(a2, b3x) + m(a3, b2x) + m(a4, b1x),
                            m(a0, b1) + m(a1, b0) + m(a2, b4x) + m(a3, b3x) + m(a4, b2x),
                            m(a0, b2) + m(a1, b1) + m(a2, b0) + m(a3, b4x) + m(a4, b3x),
                            m(a0, b3) + m(a1, b2) + m(a2, b1) + m(a3, b0) + m(a4, b4x),
                            m(a0, b4) + m(a1, b3) + m(a2, b2) + m(a3, b1) + m(a4, b0));
}

[[gnu::always_inline]] inline field25519 field25519::squared() const {
  const std::uint64_t a0 = l_[0], a1 = l_[1], a2 = l_[2], a3 = l_[3], a4 = l_[4];
  const std::uint64_t d0 = 2 * a0, d1 = 2 * a1, d2 = 2 * a2, a3x = 19 * a3, a4x = 19 * a4;
  return narrow(
      wide(a0, a0) + wide(d1, a4x) + wide(d2, a3x), wide(d0, a1) + wide(d2, a4x) + wide(a3, a3x),
      wide(d0, a2) + wide(a1, a1) + wide(2 * a3, a4x), wide(d0, a3) + wide(d1, a2) + wide(a4, a4x),
      wide(d0, a4) + wide(d1, a3) + wide(a2, a2));
}

[[gnu::always_inline]] inline std::array<std::uint64_t, 5> field25519::to_limbs() const {
  // One carry brings any uncarried number below 2^255 + 2^10, though not each of its limbs below
  // 2^51.
  field25519 t = *this;
  t.carry();
  // q is 1 exactly when t >= p, for then t + 19 reaches 2^255.
  std::uint64_t q = (t.l_[0] + 19) >> 51;
  q = (t.l_[1] + q) >> 51;
  q = (t.l_[2] + q) >> 51;
  q = (t.l_[3] + q) >> 51;
  q = (t.l_[4] + q) >> 51;
  t.l_[0] += 19 * q;
  t.l_[1] += t.l_[0] >> 51;
  t.l_[2] += t.l_[1] >> 51;
  t.l_[3] += t.l_[2] >> 51;
  t.l_[4] += t.l_[3] >> 51;
  return {t.l_[0] & mask51, t.l_[1] & mask51, t.l_[2] & mask51, t.l_[3] & mask51, t.l_[4] & mask51};
}

[[gnu::always_inline]] inline std::array<std::uint64_t, 4> field25519::to_words() const {
  const auto l = to_limbs();
  return {l[0] | l[1] << 51, l[1] >> 13 | l[2] << 38, l[2] >> 26 | l[3] << 25,
          l[3] >> 39 | l[4] << 12};
}

}  // namespace wh
