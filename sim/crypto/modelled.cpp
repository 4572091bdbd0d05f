#include "sim/crypto/modelled.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "transport/check.hpp"

namespace wh::sim {

namespace {

// The primes of xxHash64 (Collet, 2012): odd, without structure in their bits.
constexpr std::uint64_t p1 = 0x9e3779b185ebca87U;
constexpr std::uint64_t p2 = 0xc2b2ae3d27d4eb4fU;
constexpr std::uint64_t p3 = 0x165667b19e3779f9U;
constexpr std::uint64_t p4 = 0x85ebca77c2b2ae63U;

/// SplitMix64's finalizer: a bijection in which every input bit reaches every output bit.
constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

constexpr std::uint64_t little(std::uint64_t v) {
  if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(v);
  return v;
}
std::uint64_t load(const std::uint8_t* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return little(v);
}
void store(std::uint8_t* p, std::uint64_t v) {
  v = little(v);
  std::memcpy(p, &v, sizeof v);
}

using quad = std::array<std::uint64_t, 4>;

quad load_quad(const fixed_bytes<32>& b) {
  return {load(b.data()), load(b.data() + 8), load(b.data() + 16), load(b.data() + 24)};
}

/// What a state is for: the same bytes under two purposes have nothing in common.
enum class purpose : std::uint64_t { hash = 1, hmac, seal, seal_x, key, dh, sign };

/// A running mix of bytes in four lanes of 64 bits, as xxHash64 has them, with 128 bits coming out.
/// Each step is a bijection of its lane, so a single changed word can not be lost.
class absorber {
 public:
  explicit absorber(purpose p, const quad& key = {}) {
    const auto tag = static_cast<std::uint64_t>(p);
    lane_ = {mix(key[0] + p1 * tag), mix(key[1] + p2 * tag), mix(key[2] + p3 * tag),
             mix(key[3] + p4 * tag)};
  }

  /// One word outside the stream of bytes: lengths and counters.
  void word(std::uint64_t w) {
    lane_[0] = step(lane_[0], w);
    lane_[1] ^= std::rotl(lane_[0], 17);
  }

  void update(byte_view b) {
    total_ += b.size();
    if (held_ != 0) {
      const std::size_t n = std::min(b.size(), block.size() - held_);
      if (n != 0) std::memcpy(block.data() + held_, b.data(), n);
      held_ += n;
      b = b.subspan(n);
      if (held_ < block.size()) return;
      absorb(block.data());
      held_ = 0;
    }
    quad l = lane_;  // kept in registers
    for (; b.size() >= 32; b = b.subspan(32))
      for (std::size_t i = 0; i < 4; ++i) l[i] = step(l[i], load(b.data() + 8 * i));
    lane_ = l;
    if (!b.empty()) std::memcpy(block.data(), b.data(), b.size());
    held_ = b.size();
  }

  /// A word that tells nothing of itself: what a text is masked with.
  std::uint64_t pad() const { return mix(lane_[0] ^ std::rotl(lane_[1], 11) ^ lane_[2]); }

  struct result {
    std::uint64_t a, b;
    std::uint64_t at(std::uint64_t i) const { return mix(a + i * p1) ^ mix(b + i * p2); }
  };
  result finish() {
    if (held_ != 0) {
      std::memset(block.data() + held_, 0, block.size() - held_);
      absorb(block.data());
    }
    // The length tells a zero that was there from one that fills up.
    const std::uint64_t a = mix(lane_[0] + std::rotl(lane_[1], 7) * p1 + total_);
    const std::uint64_t b = mix(lane_[2] + std::rotl(lane_[3], 12) * p2 + total_);
    return {mix(a + std::rotl(b, 32)) + std::rotl(lane_[2], 3), mix(b ^ (a * p3)) + lane_[0]};
  }

 private:
  static std::uint64_t step(std::uint64_t lane, std::uint64_t w) {
    return std::rotl(lane + w * p2, 31) * p1;
  }
  void absorb(const std::uint8_t* p) {
    for (std::size_t i = 0; i < 4; ++i) lane_[i] = step(lane_[i], load(p + 8 * i));
  }

  quad lane_;
  std::size_t held_ = 0;
  std::uint64_t total_ = 0;
  fixed_bytes<32> block;  // the first `held_` bytes count
};

void write(byte_span out, const absorber::result& r) {
  std::uint64_t i = 1;
  for (; out.size() >= 8; out = out.subspan(8)) store(out.data(), r.at(i++));
  for (std::uint64_t w = r.at(i); !out.empty(); out = out.subspan(1), w >>= 8)
    out[0] = static_cast<std::uint8_t>(w);
}

/// A key of any length as four words.
quad absorb_key(byte_view key) {
  if (key.empty()) return {};
  absorber a{purpose::key};
  a.update(key);
  const auto r = a.finish();
  return {r.at(1), r.at(2), r.at(3), r.at(4)};
}

void mask(byte_span out, byte_view in, std::uint64_t pad) {
  std::size_t i = 0;
  for (; i + 8 <= in.size(); i += 8) store(out.data() + i, load(in.data() + i) ^ pad);
  for (; i < in.size(); ++i, pad >>= 8) out[i] = static_cast<std::uint8_t>(in[i] ^ pad);
}

/// The tag, with the text masked meanwhile; `encrypt` says whether `in` or `out` is the plaintext.
absorber::result cipher(absorber& a, byte_view ad, byte_span out, byte_view in, bool encrypt) {
  mask(out, in, a.pad());
  a.word(ad.size());
  a.update(ad);
  a.update(encrypt ? byte_view{in} : byte_view{out});
  return a.finish();
}

void seal_with(absorber a, byte_span out, byte_view ad, byte_view plaintext) {
  WH_CHECK(out.size() == plaintext.size() + aead_tag_size);
  const auto tag = cipher(a, ad, out.first(plaintext.size()), plaintext, true);
  store(out.data() + plaintext.size(), tag.a);
  store(out.data() + plaintext.size() + 8, tag.b);
}

bool open_with(absorber a, byte_span out, byte_view ad, byte_view sealed) {
  if (sealed.size() < aead_tag_size) return false;
  const std::size_t n = sealed.size() - aead_tag_size;
  WH_CHECK(out.size() == n);
  const auto tag = cipher(a, ad, out, sealed.first(n), false);
  return load(sealed.data() + n) == tag.a && load(sealed.data() + n + 8) == tag.b;
}

absorber with_counter(const aead_key& key, std::uint64_t counter) {
  absorber a{purpose::seal, load_quad(key.value)};
  a.word(counter);
  return a;
}

absorber with_nonce(const aead_key& key, const fixed_bytes<24>& nonce) {
  absorber a{purpose::seal_x, load_quad(key.value)};
  for (std::size_t i = 0; i < 3; ++i) a.word(load(nonce.data() + 8 * i));
  return a;
}

absorber::result signed_by(const public_key& k, byte_view hedge, byte_view message) {
  absorber a{purpose::sign, load_quad(k.value)};
  a.update(hedge);
  a.update(message);
  return a.finish();
}

class modelled final : public crypto_suite {
 public:
  std::uint8_t wire_version() const override { return 0x81; }

  private_key make_private_key(rng& random) const override {
    auto k = random.make_bytes<private_key>();
    k.value[0] &= 248;
    k.value[31] = static_cast<std::uint8_t>((k.value[31] & 127) | 64);
    return k;
  }

  /// A bijection of the clamped key, but for the top bit of the result.
  public_key to_public(const private_key& k) const override {
    quad q = load_quad(k.value);
    q[0] &= ~std::uint64_t{7};
    q[3] = (q[3] & ~(std::uint64_t{1} << 63)) | std::uint64_t{1} << 62;
    for (int round = 0; round < 2; ++round)
      for (std::size_t i = 0; i < 4; ++i) q[i] = mix(q[i] ^ std::rotl(q[(i + 3) % 4], 23) ^ p3);
    public_key p;
    for (std::size_t i = 0; i < 4; ++i) store(p.value.data() + 8 * i, q[i]);
    p.value[31] &= 127;
    return p;
  }

  bool acceptable(const public_key& k) const override {
    return (k.value[31] & 128) == 0 && k.value != fixed_bytes<32>{};
  }

  bool dh(const private_key& mine, const public_key& theirs, shared_secret& out) const override {
    public_key other = theirs;
    other.value[31] &= 127;  // RFC 7748, 5: the top bit is ignored
    if (other.value == fixed_bytes<32>{}) {
      out = {};
      return false;
    }
    const quad x = load_quad(to_public(mine).value), y = load_quad(other.value);
    quad sum;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto at = static_cast<std::uint64_t>(i);
      sum[i] = mix(x[i] + mix(x[(i + 1) % 4] + at)) + mix(y[i] + mix(y[(i + 1) % 4] + at));
    }
    write(out.value, absorber{purpose::dh, sum}.finish());
    return true;
  }

  void hash(byte_span out, std::initializer_list<byte_view> parts, byte_view key) const override {
    WH_CHECK(!out.empty() && out.size() <= 64 && key.size() <= 64);
    absorber a{purpose::hash, absorb_key(key)};
    a.word(out.size());
    for (const byte_view p : parts) a.update(p);
    write(out, a.finish());
  }

  fixed_bytes<64> hmac(byte_view key, std::initializer_list<byte_view> parts) const override {
    absorber a{purpose::hmac, absorb_key(key)};
    for (const byte_view p : parts) a.update(p);
    fixed_bytes<64> out;
    write(out, a.finish());
    return out;
  }

  void seal(byte_span out, const aead_key& key, std::uint64_t counter, byte_view ad,
            byte_view plaintext) const override {
    seal_with(with_counter(key, counter), out, ad, plaintext);
  }
  bool open(byte_span out, const aead_key& key, std::uint64_t counter, byte_view ad,
            byte_view sealed) const override {
    return open_with(with_counter(key, counter), out, ad, sealed);
  }
  void seal_x(byte_span out, const aead_key& key, const fixed_bytes<24>& nonce, byte_view ad,
              byte_view plaintext) const override {
    seal_with(with_nonce(key, nonce), out, ad, plaintext);
  }
  bool open_x(byte_span out, const aead_key& key, const fixed_bytes<24>& nonce, byte_view ad,
              byte_view sealed) const override {
    return open_with(with_nonce(key, nonce), out, ad, sealed);
  }

  signature sign(const private_key& k, byte_view message, rng& random) const override {
    signature s;
    random.fill(byte_span{s.value}.first(32));
    write(byte_span{s.value}.subspan(32),
          signed_by(to_public(k), byte_view{s.value}.first(32), message));
    return s;
  }
  bool verify(const public_key& k, byte_view message, const signature& s) const override {
    fixed_bytes<32> expected_half;
    write(expected_half, signed_by(k, byte_view{s.value}.first(32), message));
    return std::equal(expected_half.begin(), expected_half.end(), s.value.begin() + 32);
  }
};

}  // namespace

const crypto_suite& modelled_crypto() {
  static const modelled instance;
  return instance;
}

}  // namespace wh::sim
