#pragma once

#include "transport/crypto.hpp"

namespace wh::test {

/// The sizes and failures of the real suite at almost no cost, and no strength whatever: for what
/// is not about cryptography, and to see what everything else costs.
class toy_crypto : public crypto_suite {
 public:
  explicit toy_crypto(std::uint8_t version = 0x7e) : version_(version) {}

  std::uint8_t wire_version() const override { return version_; }
  private_key make_private_key(rng& random) const override {
    auto k = random.make_bytes<private_key>();
    k.value[31] &= 0x7f;
    return k;
  }
  public_key to_public(const private_key& k) const override {
    public_key p;
    for (std::size_t i = 0; i < 32; ++i) p.value[i] = k.value[i] ^ 0x2a;
    p.value[31] &= 0x7f;
    return p;
  }
  bool acceptable(const public_key& k) const override {
    return (k.value[31] & 0x80) == 0 && k != public_key{};
  }
  bool dh(const private_key& mine, const public_key& theirs, shared_secret& out) const override {
    const public_key p = to_public(mine);
    for (std::size_t i = 0; i < 32; ++i)
      out.value[i] = static_cast<std::uint8_t>(p.value[i] + theirs.value[i]);
    return theirs != public_key{};
  }
  void hash(byte_span out, std::initializer_list<byte_view> parts, byte_view key) const override {
    std::uint64_t state = mix(0x9e3779b97f4a7c15u + key.size(), key);
    for (const byte_view p : parts) state = mix(state, p);
    for (std::size_t i = 0; i < out.size(); i += 8) {
      state = step(state);
      std::uint8_t word[8];
      store_be(word, state);
      std::memcpy(out.data() + i, word, std::min<std::size_t>(8, out.size() - i));
    }
  }
  fixed_bytes<64> hmac(byte_view key, std::initializer_list<byte_view> parts) const override {
    fixed_bytes<64> out;
    hash(out, parts, key);
    return out;
  }
  void seal(byte_span out, const aead_key& key, std::uint64_t counter, byte_view ad,
            byte_view plaintext) const override {
    if (!plaintext.empty()) std::memcpy(out.data(), plaintext.data(), plaintext.size());
    tag(out.last(16), key, counter, ad, plaintext);
  }
  bool open(byte_span out, const aead_key& key, std::uint64_t counter, byte_view ad,
            byte_view sealed) const override {
    if (sealed.size() < 16) return false;
    const byte_view plain = sealed.first(sealed.size() - 16);
    std::uint8_t expected[16];
    tag(expected, key, counter, ad, plain);
    if (std::memcmp(expected, sealed.data() + plain.size(), 16) != 0) return false;
    if (!plain.empty()) std::memcpy(out.data(), plain.data(), plain.size());
    return true;
  }
  void seal_x(byte_span out, const aead_key& key, const fixed_bytes<24>& nonce, byte_view ad,
              byte_view plaintext) const override {
    seal(out, key, load_be<std::uint64_t>(nonce.data()), ad, plaintext);
  }
  bool open_x(byte_span out, const aead_key& key, const fixed_bytes<24>& nonce, byte_view ad,
              byte_view sealed) const override {
    return open(out, key, load_be<std::uint64_t>(nonce.data()), ad, sealed);
  }
  signature sign(const private_key& k, byte_view message, rng&) const override {
    signature s;
    hash(s.value, {message}, to_public(k).value);
    return s;
  }
  bool verify(const public_key& k, byte_view message, const signature& s) const override {
    signature expected;
    hash(expected.value, {message}, k.value);
    return expected == s;
  }

 private:
  static std::uint64_t step(std::uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
  }
  static std::uint64_t mix(std::uint64_t state, byte_view b) {
    std::size_t i = 0;
    for (; i + 8 <= b.size(); i += 8) state = step(state ^ load_be<std::uint64_t>(b.data() + i));
    std::uint64_t last = b.size() + 1;
    for (; i < b.size(); ++i) last = last << 8 | b[i];
    return step(state ^ last * 0x9e3779b97f4a7c15u);
  }
  static void tag(byte_span out, const aead_key& key, std::uint64_t counter, byte_view ad,
                  byte_view plain) {
    std::uint64_t state = mix(mix(mix(counter + 1, key.value), ad), plain);
    store_be(out.data(), state);
    store_be(out.data() + 8, step(state + 1));
  }

  std::uint8_t version_;
};

}  // namespace wh::test
