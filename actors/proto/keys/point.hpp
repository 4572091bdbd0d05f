#pragma once

#include <optional>
#include <vector>

#include "transport/field25519.hpp"

/// Points of Curve25519, y^2 = x^3 + 486662 x^2 + x (RFC 7748, section 4.1), in affine coordinates:
/// what the key search adds and multiplies. All of it is about public points, and the time it takes
/// depends on them; private keys are multiplied by libsodium.
namespace wh::keys {

struct point {
  field25519 x, y;
};

/// The point with this u coordinate whose y, as the number below p, is odd or even as asked. Empty
/// when u is not canonical or no point of the curve has it (it belongs to the twist then).
std::optional<point> lift(const fixed_bytes<32>& u, bool y_odd);
/// Whether y is odd: with the u coordinate, all there is to say about a point.
bool y_is_odd(const point& p);

point negated(const point& p);
/// Empty when the sum is the point at infinity.
std::optional<point> sum(const point& p, const point& q);
std::optional<point> doubled(const point& p);
/// n * p; empty when that, or what is on the way there, is the point at infinity.
std::optional<point> multiple(const point& p, std::uint64_t n);

/// 8B, B being RFC 7748's base point (u = 9, y odd): private keys that differ by 8 have public keys
/// that differ by this.
const point& eight_base();

/// 8B, 2 * 8B, ... n * 8B. One inversion for each doubling of the list.
std::vector<point> multiples_of_eight_base(std::size_t n);

}  // namespace wh::keys
