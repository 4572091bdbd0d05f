#include "transport/field25519.hpp"

namespace wh {

namespace {

__extension__ using u128 = unsigned __int128;
constexpr std::uint64_t mask51 = (std::uint64_t{1} << 51) - 1;

std::uint64_t load_le(const std::uint8_t* p) {
  std::uint64_t v = 0;
  for (int i = 7; i >= 0; --i) v = v << 8 | p[i];
  return v;
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

void field25519::carry() {
  std::uint64_t c = 0;
  for (std::uint64_t& limb : l_) {
    limb += c;
    c = limb >> 51;
    limb &= mask51;
  }
  l_[0] += 19 * c;
}

fixed_bytes<32> field25519::to_bytes() const {
  field25519 t = *this;
  t.carry();
  t.carry();
  // Now t < 2^255 + small; q is 1 exactly when t >= p.
  std::uint64_t q = (t.l_[0] + 19) >> 51;
  for (int i = 1; i < 5; ++i) q = (t.l_[i] + q) >> 51;
  t.l_[0] += 19 * q;
  std::uint64_t c = 0;
  for (std::uint64_t& limb : t.l_) {
    limb += c;
    c = limb >> 51;
    limb &= mask51;
  }
  fixed_bytes<32> out{};
  for (unsigned bit = 0; bit < 255; ++bit)
    out[bit / 8] =
        static_cast<std::uint8_t>(out[bit / 8] | ((t.l_[bit / 51] >> (bit % 51) & 1) << (bit % 8)));
  return out;
}

field25519 operator+(const field25519& a, const field25519& b) {
  field25519 r;
  for (int i = 0; i < 5; ++i) r.l_[i] = a.l_[i] + b.l_[i];
  r.carry();
  return r;
}

field25519 operator-(const field25519& a, const field25519& b) {
  // 4p in limbs, so that no limb goes below zero for carried inputs.
  constexpr std::uint64_t p0 = 4 * (mask51 - 18), p1 = 4 * mask51;
  field25519 r;
  for (int i = 0; i < 5; ++i) r.l_[i] = a.l_[i] + (i == 0 ? p0 : p1) - b.l_[i];
  r.carry();
  return r;
}

field25519 operator*(const field25519& a, const field25519& b) {
  const std::uint64_t* x = a.l_;
  const std::uint64_t* y = b.l_;
  const auto m = [](std::uint64_t p, std::uint64_t q) { return static_cast<u128>(p) * q; };
  const std::uint64_t y1 = 19 * y[1], y2 = 19 * y[2], y3 = 19 * y[3], y4 = 19 * y[4];
  u128 r[5] = {m(x[0], y[0]) + m(x[1], y4) + m(x[2], y3) + m(x[3], y2) + m(x[4], y1),
               m(x[0], y[1]) + m(x[1], y[0]) + m(x[2], y4) + m(x[3], y3) + m(x[4], y2),
               m(x[0], y[2]) + m(x[1], y[1]) + m(x[2], y[0]) + m(x[3], y4) + m(x[4], y3),
               m(x[0], y[3]) + m(x[1], y[2]) + m(x[2], y[1]) + m(x[3], y[0]) + m(x[4], y4),
               m(x[0], y[4]) + m(x[1], y[3]) + m(x[2], y[2]) + m(x[3], y[1]) + m(x[4], y[0])};
  field25519 out;
  u128 c = 0;
  for (int i = 0; i < 5; ++i) {
    r[i] += c;
    out.l_[i] = static_cast<std::uint64_t>(r[i]) & mask51;
    c = r[i] >> 51;
  }
  // c < 2^77 / 2^13; times 19 it may exceed 64 bits only for inputs that were never carried.
  const u128 low = static_cast<u128>(out.l_[0]) + c * 19;
  out.l_[0] = static_cast<std::uint64_t>(low) & mask51;
  out.l_[1] += static_cast<std::uint64_t>(low >> 51);
  return out;
}

field25519 field25519::inverse() const {
  // p - 2 has all bits set but 2 and 4: square and multiply from the top (bit 254) down.
  field25519 r = *this;
  for (int bit = 253; bit >= 0; --bit) {
    r = r * r;
    if (bit != 2 && bit != 4) r = r * *this;
  }
  return r;
}

}  // namespace wh
