#pragma once

#include <cstdint>

#include "transport/bytes.hpp"

namespace wh {

/// Arithmetic modulo p = 2^255 - 19 in five limbs of 51 bits, after Bernstein, Curve25519 (PKC
/// 2006) and the radix-2^51 representation of Bernstein et al., High-speed high-security signatures
/// (CHES 2011). No branch or index depends on a value. libsodium does not export its field.
class field25519 {
 public:
  constexpr field25519() = default;
  static constexpr field25519 small(std::uint64_t v) {
    field25519 r;
    r.l_[0] = v & ((std::uint64_t{1} << 51) - 1);
    r.l_[1] = v >> 51;
    return r;
  }
  /// Little endian; the top bit is ignored and values up to 2^255-1 are reduced (RFC 7748, 5).
  static field25519 from_bytes(const fixed_bytes<32>& b);
  /// The one representative below p, little endian.
  fixed_bytes<32> to_bytes() const;

  friend field25519 operator+(const field25519& a, const field25519& b);
  friend field25519 operator-(const field25519& a, const field25519& b);
  friend field25519 operator*(const field25519& a, const field25519& b);
  /// x^(p-2); zero gives zero.
  field25519 inverse() const;
  bool is_zero() const { return to_bytes() == fixed_bytes<32>{}; }

 private:
  void carry();
  std::uint64_t l_[5] = {};
};

}  // namespace wh
