#include <sodium.h>

#include <cstring>

#include "transport/check.hpp"
#include "transport/crypto.hpp"
#include "transport/field25519.hpp"

namespace wh {

namespace {

using scalar = fixed_bytes<32>;

scalar reduce(byte_view wide64) {
  scalar s;
  crypto_core_ed25519_scalar_reduce(s.data(), wide64.data());
  return s;
}

fixed_bytes<64> sha512(std::initializer_list<byte_view> parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (const byte_view p : parts) crypto_hash_sha512_update(&state, p.data(), p.size());
  fixed_bytes<64> out;
  crypto_hash_sha512_final(&state, out.data());
  return out;
}

/// y = (u - 1) / (u + 1), sign bit 0 (XEdDSA, section 2.3).
fixed_bytes<32> to_edwards(const public_key& k) {
  const auto u = field25519::from_bytes(k.value);
  const auto one = field25519::small(1);
  return ((u - one) * (u + one).inverse()).to_bytes();
}

/// Noise, 12.3: 32 zero bits, then the counter as little endian.
fixed_bytes<12> noise_nonce(std::uint64_t counter) {
  fixed_bytes<12> n{};
  for (std::size_t i = 0; i < 8; ++i) n[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return n;
}

class sodium final : public crypto_suite {
 public:
  sodium() { WH_CHECK(sodium_init() >= 0); }

  std::uint8_t wire_version() const override { return 1; }

  private_key make_private_key(rng& random) const override {
    auto k = random.make_bytes<private_key>();
    k.value[0] &= 248;
    k.value[31] = static_cast<std::uint8_t>((k.value[31] & 127) | 64);
    return k;
  }

  public_key to_public(const private_key& k) const override {
    public_key p;
    crypto_scalarmult_base(p.value.data(), k.value.data());
    return p;
  }

  bool acceptable(const public_key& k) const override {
    if (field25519::from_bytes(k.value).to_bytes() != k.value) return false;
    // libsodium refuses exactly the low-order points, whatever the scalar; see its blacklist.
    // A scalar multiplication to find out would cost as much as the exchange: compare instead with
    // the canonical ones: 0, 1, -1 and the two of order 8 (RFC 7748, section 6.1).
    static const std::array<fixed_bytes<32>, 5> low_order = [] {
      std::array<fixed_bytes<32>, 5> a{};
      a[1][0] = 1;
      const auto hex = [](const char* text) {
        fixed_bytes<32> b;
        const auto v = from_hex(text);
        std::memcpy(b.data(), v->data(), 32);
        return b;
      };
      a[2] = hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
      a[3] = hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
      a[4] = hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157");
      return a;
    }();
    for (const auto& b : low_order)
      if (k.value == b) return false;
    return true;
  }

  bool dh(const private_key& mine, const public_key& theirs, shared_secret& out) const override {
    return crypto_scalarmult(out.value.data(), mine.value.data(), theirs.value.data()) == 0;
  }

  void hash(byte_span out, std::initializer_list<byte_view> parts, byte_view key) const override {
    crypto_generichash_state state;
    WH_CHECK(crypto_generichash_blake2b_init(&state, key.empty() ? nullptr : key.data(), key.size(),
                                             out.size()) == 0);
    for (const byte_view p : parts) crypto_generichash_blake2b_update(&state, p.data(), p.size());
    crypto_generichash_blake2b_final(&state, out.data(), out.size());
  }

  fixed_bytes<64> hmac(byte_view key, std::initializer_list<byte_view> parts) const override {
    fixed_bytes<128> pad{};
    if (key.size() > pad.size())
      hash(byte_span{pad}.first(64), {key}, {});
    else if (!key.empty())
      std::memcpy(pad.data(), key.data(), key.size());
    for (auto& b : pad) b ^= 0x36;
    crypto_generichash_blake2b_state state;
    fixed_bytes<64> inner, outer;
    crypto_generichash_blake2b_init(&state, nullptr, 0, 64);
    crypto_generichash_blake2b_update(&state, pad.data(), pad.size());
    for (const byte_view p : parts) crypto_generichash_blake2b_update(&state, p.data(), p.size());
    crypto_generichash_blake2b_final(&state, inner.data(), 64);
    for (auto& b : pad) b ^= 0x36 ^ 0x5c;
    hash(outer, {pad, inner}, {});
    sodium_memzero(pad.data(), pad.size());
    return outer;
  }

  void seal(byte_span out, const aead_key& key, std::uint64_t counter, byte_view ad,
            byte_view plaintext) const override {
    WH_CHECK(out.size() == plaintext.size() + aead_tag_size);
    const auto nonce = noise_nonce(counter);
    crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plaintext.data(),
                                              plaintext.size(), ad.data(), ad.size(), nullptr,
                                              nonce.data(), key.value.data());
  }

  bool open(byte_span out, const aead_key& key, std::uint64_t counter, byte_view ad,
            byte_view sealed) const override {
    if (sealed.size() < aead_tag_size) return false;
    WH_CHECK(out.size() == sealed.size() - aead_tag_size);
    const auto nonce = noise_nonce(counter);
    return crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(),
                                                     sealed.size(), ad.data(), ad.size(),
                                                     nonce.data(), key.value.data()) == 0;
  }

  void seal_x(byte_span out, const aead_key& key, const fixed_bytes<24>& nonce, byte_view ad,
              byte_view plaintext) const override {
    WH_CHECK(out.size() == plaintext.size() + aead_tag_size);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out.data(), nullptr, plaintext.data(),
                                               plaintext.size(), ad.data(), ad.size(), nullptr,
                                               nonce.data(), key.value.data());
  }

  bool open_x(byte_span out, const aead_key& key, const fixed_bytes<24>& nonce, byte_view ad,
              byte_view sealed) const override {
    if (sealed.size() < aead_tag_size) return false;
    WH_CHECK(out.size() == sealed.size() - aead_tag_size);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(),
                                                      sealed.size(), ad.data(), ad.size(),
                                                      nonce.data(), key.value.data()) == 0;
  }

  signature sign(const private_key& k, byte_view message, rng& random) const override {
    fixed_bytes<64> wide{};
    std::memcpy(wide.data(), k.value.data(), 32);
    wide[0] &= 248;
    wide[31] = static_cast<std::uint8_t>((wide[31] & 127) | 64);
    scalar a = reduce(wide);
    fixed_bytes<32> edwards;
    WH_CHECK(crypto_scalarmult_ed25519_base_noclamp(edwards.data(), a.data()) == 0);
    if (edwards[31] & 0x80) {
      crypto_core_ed25519_scalar_negate(a.data(), a.data());
      edwards[31] &= 0x7f;
    }
    // hash_1 of the specification is SHA-512 behind 32 bytes that encode 2^256 - 1 - 1.
    fixed_bytes<32> prefix;
    prefix.fill(0xff);
    prefix[0] = 0xfe;
    fixed_bytes<64> z;
    random.fill(z);
    scalar r = reduce(sha512({prefix, a, message, z}));
    signature out;
    byte_span big_r = byte_span{out.value}.first(32);
    WH_CHECK(crypto_scalarmult_ed25519_base_noclamp(big_r.data(), r.data()) == 0);
    const scalar h = reduce(sha512({big_r, edwards, message}));
    scalar ha, s;
    crypto_core_ed25519_scalar_mul(ha.data(), h.data(), a.data());
    crypto_core_ed25519_scalar_add(s.data(), ha.data(), r.data());
    std::memcpy(out.value.data() + 32, s.data(), 32);
    for (const byte_span secret : {byte_span{wide}, byte_span{a}, byte_span{r}, byte_span{ha}})
      sodium_memzero(secret.data(), secret.size());
    return out;
  }

  bool verify(const public_key& k, byte_view message, const signature& s) const override {
    // XEdDSA, section 3: no key above p, or one signature would hold for two keys. libsodium itself
    // refuses s >= q and points of low order.
    if (field25519::from_bytes(k.value).to_bytes() != k.value) return false;
    const auto edwards = to_edwards(k);
    return crypto_sign_verify_detached(s.value.data(), message.data(), message.size(),
                                       edwards.data()) == 0;
  }
};

}  // namespace

const crypto_suite& sodium_crypto() {
  static const sodium instance;
  return instance;
}

}  // namespace wh
