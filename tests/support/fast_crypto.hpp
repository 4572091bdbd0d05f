#pragma once

#include <algorithm>

#include "transport/crypto.hpp"

namespace wh::test {

/// Primitives of the right shape and no strength at all, for tests of engines that hash and verify
/// by the hundred thousand: mixes of 64 bits (SplitMix64's finalizer). Whoever knows a public key
/// can sign.
class fast_crypto final : public crypto_suite {
 public:
  std::uint8_t wire_version() const override { return 0x81; }
  private_key make_private_key(rng& random) const override {
    return random.make_bytes<private_key>();
  }
  public_key to_public(const private_key& k) const override {
    public_key p;
    hash(p.value, {view("public"), view(k)});
    p.value[31] &= 0x7f;
    return p;
  }
  bool acceptable(const public_key& k) const override {
    return (k.value[31] & 0x80) == 0 && k != public_key{};
  }
  bool dh(const private_key& mine, const public_key& theirs, shared_secret& out) const override {
    const public_key own = to_public(mine);
    for (std::size_t i = 0; i < 32; ++i)
      out.value[i] = static_cast<std::uint8_t>(own.value[i] ^ theirs.value[i]);
    return true;
  }
  void hash(byte_span out, std::initializer_list<byte_view> parts,
            byte_view key = {}) const override {
    std::uint64_t h = out.size();
    const auto eat = [&h](byte_view v) {
      std::size_t i = 0;
      for (; i + 8 <= v.size(); i += 8) h = mix(h ^ load_be<std::uint64_t>(v.data() + i));
      for (; i < v.size(); ++i) h = mix(h ^ v[i]);
    };
    eat(key);
    for (const byte_view p : parts) eat(p);
    for (std::size_t i = 0; i < out.size(); i += 8) {
      fixed_bytes<8> word;
      store_be(word.data(), h = mix(h + i));
      std::copy_n(word.begin(), std::min<std::size_t>(8, out.size() - i),
                  out.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  fixed_bytes<64> hmac(byte_view key, std::initializer_list<byte_view> parts) const override {
    fixed_bytes<64> r;
    hash(r, parts, key);
    return r;
  }
  void seal(byte_span out, const aead_key&, std::uint64_t, byte_view,
            byte_view plain) const override {
    std::copy(plain.begin(), plain.end(), out.begin());
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(plain.size()), out.end(), std::uint8_t{0});
  }
  bool open(byte_span out, const aead_key&, std::uint64_t, byte_view,
            byte_view sealed) const override {
    std::copy_n(sealed.begin(), sealed.size() - aead_tag_size, out.begin());
    return true;
  }
  void seal_x(byte_span out, const aead_key& k, const fixed_bytes<24>&, byte_view ad,
              byte_view plain) const override {
    seal(out, k, 0, ad, plain);
  }
  bool open_x(byte_span out, const aead_key& k, const fixed_bytes<24>&, byte_view ad,
              byte_view s) const override {
    return open(out, k, 0, ad, s);
  }
  signature sign(const private_key& k, byte_view message, rng&) const override {
    return sign_as(to_public(k), message);
  }
  bool verify(const public_key& k, byte_view message, const signature& s) const override {
    return s == sign_as(k, message);
  }
  signature sign_as(const public_key& k, byte_view message) const {
    signature s;
    hash(s.value, {view("sign"), view(k), message});
    return s;
  }

 private:
  static constexpr std::uint64_t mix(std::uint64_t z) {
    z += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
};

}  // namespace wh::test
