// One contract, both suites: what the protocol counts on holds for the real and the modelled.
#include <catch2/catch.hpp>
#include <set>

#include "sim/crypto/modelled.hpp"

using namespace wh;

namespace {

struct suite {
  const char* name;
  const crypto_suite* crypto;
  int rounds;  // the real one takes some 50 us an exchange
};
suite each() {
  return GENERATE(suite{"sodium", &sodium_crypto(), 20},
                  suite{"modelled", &sim::modelled_crypto(), 500});
}

bytes some(rng& r, std::size_t n) {
  bytes b(n);
  r.fill(b);
  return b;
}
/// Flips one bit of a random byte.
template <class Bytes>
Bytes changed(Bytes b, rng& r) {
  b[r.below(b.size())] ^= static_cast<std::uint8_t>(1U << r.below(8));
  return b;
}

}  // namespace

TEST_CASE("both sides of an exchange get the same secret and no one else's") {
  const auto [name, crypto, rounds] = each();
  INFO(name);
  seeded_rng r{seed{1}};
  std::set<shared_secret> secrets;
  for (int i = 0; i < rounds; ++i) {
    const auto a = crypto->make_private_key(r), b = crypto->make_private_key(r);
    const auto pa = crypto->to_public(a), pb = crypto->to_public(b);
    CHECK(crypto->acceptable(pa));
    CHECK(pa != pb);
    CHECK(pa.value != a.value);
    CHECK((a.value[0] & 7) == 0);
    CHECK((a.value[31] & 0xc0) == 0x40);
    shared_secret x, y, self;
    CHECK(crypto->dh(a, pb, x));
    CHECK(crypto->dh(b, pa, y));
    CHECK(crypto->dh(a, pa, self));
    CHECK(x == y);
    CHECK(x != self);
    secrets.insert(x);
    auto unclamped = a;
    unclamped.value[0] |= 7;
    CHECK(crypto->to_public(unclamped) == pa);
    auto high = pb;
    high.value[31] |= 128;
    CHECK_FALSE(crypto->acceptable(high));
    CHECK(crypto->dh(a, high, y));
    CHECK(x == y);
    // A key near another is another.
    auto near = pb;
    near.value[r.below(31)] ^= 16;
    CHECK(crypto->dh(a, near, y));
    CHECK(x != y);
  }
  CHECK(secrets.size() == static_cast<std::size_t>(rounds));
  shared_secret out;
  CHECK_FALSE(crypto->acceptable(public_key{}));
  CHECK_FALSE(crypto->dh(crypto->make_private_key(r), public_key{}, out));
}

TEST_CASE("what is sealed opens and whatever is changed does not") {
  const suite tested = each();
  const crypto_suite* const crypto = tested.crypto;  // clang captures no structured binding
  INFO(tested.name);
  seeded_rng r{seed{2}};
  for (int i = 0; i < tested.rounds; ++i) {
    const auto key = r.make_bytes<aead_key>();
    const std::uint64_t counter = i < 3 ? static_cast<std::uint64_t>(i) : r.next();
    const bytes ad = some(r, r.below(40)),
                text = some(r, i < 70 ? static_cast<std::size_t>(i) : r.below(1400));
    bytes sealed(text.size() + aead_tag_size), opened(text.size());
    const auto nonce = [&] {
      fixed_bytes<24> n;
      r.fill(n);
      return n;
    }();
    const bool x = i % 2 != 0;
    const auto seal = [&](byte_span out) {
      x ? crypto->seal_x(out, key, nonce, ad, text) : crypto->seal(out, key, counter, ad, text);
    };
    const auto opens = [&](const aead_key& k, std::uint64_t c, const fixed_bytes<24>& n,
                           const bytes& d, const bytes& s) {
      bytes out(s.size() - aead_tag_size);
      return x ? crypto->open_x(out, k, n, d, s) : crypto->open(out, k, c, d, s);
    };
    seal(sealed);
    CHECK((x ? crypto->open_x(opened, key, nonce, ad, sealed)
             : crypto->open(opened, key, counter, ad, sealed)));
    CHECK(opened == text);
    if (text.size() >= 8) CHECK(!std::equal(text.begin(), text.end(), sealed.begin()));
    CHECK_FALSE(opens(key, counter, nonce, ad, changed(sealed, r)));
    CHECK_FALSE(opens({changed(key.value, r)}, counter, nonce, ad, sealed));
    CHECK_FALSE(opens(key, counter ^ (1ULL << r.below(64)), changed(nonce, r), ad, sealed));
    if (!ad.empty()) CHECK_FALSE(opens(key, counter, nonce, changed(ad, r), sealed));
    bytes longer = ad;
    longer.push_back(0);
    CHECK_FALSE(opens(key, counter, nonce, longer, sealed));
    bytes shorter = sealed;
    shorter.pop_back();
    if (shorter.size() >= aead_tag_size) CHECK_FALSE(opens(key, counter, nonce, ad, shorter));
    if (!text.empty()) {
      // A byte that moves from the text to the associated data.
      bytes moved = ad;
      moved.push_back(text[0]);
      CHECK_FALSE(opens(key, counter, nonce, moved, bytes(sealed.begin() + 1, sealed.end())));
    }
  }
  byte_span nothing;
  CHECK_FALSE(crypto->open(nothing, {}, 0, {}, bytes(15)));
  CHECK_FALSE(crypto->open_x(nothing, {}, {}, {}, bytes(15)));
}

TEST_CASE("a signature holds for its key and message only") {
  const auto [name, crypto, rounds] = each();
  INFO(name);
  seeded_rng r{seed{3}};
  for (int i = 0; i < rounds; ++i) {
    const auto k = crypto->make_private_key(r), other = crypto->make_private_key(r);
    const auto pub = crypto->to_public(k);
    const bytes message = some(r, r.below(300));
    const auto s = crypto->sign(k, message, r);
    CHECK(crypto->verify(pub, message, s));
    CHECK_FALSE(crypto->verify(crypto->to_public(other), message, s));
    CHECK_FALSE(crypto->verify(pub, message, {changed(s.value, r)}));
    bytes longer = message;
    longer.push_back(0);
    CHECK_FALSE(crypto->verify(pub, longer, s));
    if (!message.empty()) CHECK_FALSE(crypto->verify(pub, changed(message, r), s));
    CHECK(crypto->sign(k, message, r) != s);  // hedged
  }
}

TEST_CASE("a hash sees the concatenation and its length and its key") {
  const auto [name, crypto, rounds] = each();
  INFO(name);
  seeded_rng r{seed{4}};
  const auto hash = [c = crypto](std::initializer_list<byte_view> parts, byte_view key = {},
                                 std::size_t size = 32) {
    bytes out(size);
    c->hash(out, parts, key);
    return out;
  };
  std::set<bytes> seen;
  for (int i = 0; i < rounds; ++i) {
    const bytes text = some(r, 1 + r.below(200)), key = some(r, 1 + r.below(64));
    const byte_view v = text;
    const std::size_t cut = r.below(text.size() + 1), cut2 = cut + r.below(text.size() + 1 - cut);
    const bytes whole = hash({text});
    CHECK(hash({v.first(cut), v.subspan(cut, cut2 - cut), v.subspan(cut2)}) == whole);
    CHECK(crypto->hmac(key, {v.first(cut), v.subspan(cut)}) == crypto->hmac(key, {text}));
    CHECK(hash({changed(text, r)}) != whole);
    CHECK(hash({text}, key) != whole);
    CHECK(hash({text}, changed(key, r)) != hash({text}, key));
    CHECK(crypto->hmac(changed(key, r), {text}) != crypto->hmac(key, {text}));
    CHECK(crypto->hmac(key, {changed(text, r)}) != crypto->hmac(key, {text}));
    bytes longer = text;
    longer.push_back(0);
    CHECK(hash({longer}) != whole);
    const bytes half = hash({text}, {}, 16);
    CHECK_FALSE(std::equal(half.begin(), half.end(), whole.begin()));
    seen.insert(whole);
  }
  CHECK(seen.size() == static_cast<std::size_t>(rounds));
  for (std::size_t n = 1; n <= 64; ++n) CHECK(hash({}, {}, n).size() == n);
  CHECK(hash({bytes(31)}) != hash({bytes(32)}));
}
