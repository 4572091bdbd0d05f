#include "transport/crypto.hpp"

#include <sodium.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "transport/field25519.hpp"

using namespace wh;

namespace {

const crypto_suite& crypto = sodium_crypto();

bytes hex(std::string_view text) {
  const auto b = from_hex(text);
  REQUIRE(b);
  return *b;
}

template <class T>
T hex_as(std::string_view text) {
  const bytes b = hex(text);
  T out;
  REQUIRE(b.size() == out.value.size());
  std::copy(b.begin(), b.end(), out.value.begin());
  return out;
}

std::string blake2b(std::size_t size, std::initializer_list<byte_view> parts, byte_view key = {}) {
  bytes out(size);
  crypto.hash(out, parts, key);
  return to_hex(out);
}

std::string hmac_hex(byte_view key, std::initializer_list<byte_view> parts) {
  return to_hex(crypto.hmac(key, parts));
}

byte_view text(std::string_view s) { return view(s); }

/// y = (u - 1) / (u + 1): the key under which a signature is Ed25519.
fixed_bytes<32> edwards_of(const public_key& k) {
  const auto u = field25519::from_bytes(k.value), one = field25519::small(1);
  return ((u - one) * (u + one).inverse()).to_bytes();
}

bool refused_by_libsodium(const public_key& k) {
  fixed_bytes<32> scalar{}, out;
  scalar[0] = 8;
  scalar[31] = 64;
  return crypto_scalarmult(out.data(), scalar.data(), k.value.data()) != 0;
}

}  // namespace

TEST_CASE("X25519 gives RFC 7748's results") {
  shared_secret out;
  REQUIRE(crypto.dh(
      hex_as<private_key>("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
      hex_as<public_key>("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"), out));
  CHECK(out ==
        hex_as<shared_secret>("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
  // The second one's point has its top bit set, which X25519 ignores.
  REQUIRE(crypto.dh(
      hex_as<private_key>("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
      hex_as<public_key>("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"), out));
  CHECK(out ==
        hex_as<shared_secret>("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
}

TEST_CASE("RFC 7748's Alice and Bob agree") {
  const auto alice =
      hex_as<private_key>("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const auto bob =
      hex_as<private_key>("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  CHECK(crypto.to_public(alice) ==
        hex_as<public_key>("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  CHECK(crypto.to_public(bob) ==
        hex_as<public_key>("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
  shared_secret one, other;
  REQUIRE(crypto.dh(alice, crypto.to_public(bob), one));
  REQUIRE(crypto.dh(bob, crypto.to_public(alice), other));
  CHECK(one == other);
  CHECK(one ==
        hex_as<shared_secret>("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"));
}

TEST_CASE("a thousand rounds of X25519 give RFC 7748's result") {
  fixed_bytes<32> k{9}, u{9};
  for (int i = 0; i < 1000; ++i) {
    shared_secret r;
    REQUIRE(crypto.dh({k}, {u}, r));
    u = k;
    k = r.value;
  }
  CHECK(to_hex(k) == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

TEST_CASE("private keys are made clamped and differ") {
  seeded_rng random{seed{1}.derive("crypto")};
  private_key last{};
  for (int i = 0; i < 100; ++i) {
    const auto k = crypto.make_private_key(random);
    CHECK((k.value[0] & 7) == 0);
    CHECK((k.value[31] & 0xc0) == 0x40);
    CHECK(k != last);
    last = k;
    CHECK(crypto.acceptable(crypto.to_public(k)));
  }
}

TEST_CASE("BLAKE2b gives RFC 7693's result whole or in parts and keyed or not") {
  const char* abc =
      "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
      "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";
  CHECK(blake2b(64, {text("abc")}) == abc);
  CHECK(blake2b(64, {text("a"), {}, text("bc")}) == abc);
  CHECK(blake2b(32, {}) == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  CHECK(blake2b(32, {text("abc")}, bytes(32, 'k')) ==
        "0a9b1f4f633832a535f3e4539d906998c3814fbcd4cc136e57e8ea742ac36b61");
  CHECK(blake2b(1, {text("abc")}).size() == 2);
}

TEST_CASE("HMAC-BLAKE2b gives what RFC 2104 makes of a block of 128 bytes") {
  // Computed with Python's hmac and hashlib.
  CHECK(hmac_hex({}, {}) ==
        "198cd2006f66ff83fbbd913f78aca2251caf4f19fe9475aade8cf2091b99a684"
        "66775177424f58286886cbae8229644cec747237d4b721735485e17372fdf59c");
  bytes key(32);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  const char* wirehub =
      "6eb46034d2419a6890069b24d771c34fdc98f18d8ea300e1f9d2fb57c99f23aa"
      "7a87fbcebcc0b6fd14dba57dca1269fcd1e8ce8ddb68f92e8a83e2399f9f58c3";
  CHECK(hmac_hex(key, {text("wirehub")}) == wirehub);
  CHECK(hmac_hex(key, {text("wire"), text("hub")}) == wirehub);
  CHECK(hmac_hex(bytes(200, 0xaa), {text("long key")}) ==
        "a03073512cc1853379ca044ee6743f2752ce2202d46ed2e8e904e72b620801ad"
        "bf4e3d27d8af39fc77f27c0cebef90dd94521c8b180a34dd6364d474d529b572");
}

TEST_CASE("ChaCha20-Poly1305 opens and makes RFC 8439's appendix A.5") {
  const auto key =
      hex_as<aead_key>("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
  // Its nonce 00000000 0102030405060708 is a counter in Noise's form.
  constexpr std::uint64_t counter = 0x0807060504030201;
  const bytes ad = hex("f33388860000000000004e91");
  const std::string_view plain =
      "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, "
      "replaced, or obsoleted by other documents at any time. It is inappropriate to use "
      "Internet-Drafts as reference material or to cite them other than as "
      "/\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
  bytes sealed(plain.size() + aead_tag_size);
  crypto.seal(sealed, key, counter, ad, view(plain));
  CHECK(to_hex(byte_view{sealed}.first(32)) ==
        "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2");
  CHECK(to_hex(byte_view{sealed}.last(16)) == "eead9d67890cbb22392336fea1851f38");
  bytes opened(plain.size());
  REQUIRE(crypto.open(opened, key, counter, ad, sealed));
  CHECK(std::memcmp(opened.data(), plain.data(), plain.size()) == 0);
}

TEST_CASE("XChaCha20-Poly1305 makes the draft's appendix A.3.1") {
  const auto key =
      hex_as<aead_key>("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  fixed_bytes<24> nonce;
  for (std::size_t i = 0; i < 24; ++i) nonce[i] = static_cast<std::uint8_t>(0x40 + i);
  const bytes ad = hex("50515253c0c1c2c3c4c5c6c7");
  const std::string_view plain =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
      "future, sunscreen would be it.";
  bytes sealed(plain.size() + aead_tag_size);
  crypto.seal_x(sealed, key, nonce, ad, view(plain));
  CHECK(to_hex(byte_view{sealed}.first(8)) == "bd6d179d3e83d43b");
  CHECK(to_hex(byte_view{sealed}.last(16)) == "c0875924c1c7987947deafd8780acf49");
  bytes opened(plain.size());
  CHECK(crypto.open_x(opened, key, nonce, ad, sealed));
  sealed[3] ^= 1;
  CHECK_FALSE(crypto.open_x(opened, key, nonce, ad, sealed));
}

TEST_CASE("what was sealed opens only untouched with the same key and counter and data") {
  seeded_rng random{seed{2}.derive("crypto")};
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{1452}}) {
    const auto key = random.make_bytes<aead_key>();
    bytes plain(size), ad(random.below(40)), sealed(size + aead_tag_size), opened(size);
    random.fill(plain);
    random.fill(ad);
    crypto.seal(sealed, key, 7, ad, plain);
    REQUIRE(crypto.open(opened, key, 7, ad, sealed));
    CHECK(opened == plain);
    for (int i = 0; i < 20; ++i) {
      bytes bent = sealed;
      bent[random.below(bent.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
      CHECK_FALSE(crypto.open(opened, key, 7, ad, bent));
    }
    CHECK_FALSE(crypto.open(opened, key, 8, ad, sealed));
    CHECK_FALSE(crypto.open(opened, key, std::uint64_t{7} << 32, ad, sealed));
    CHECK_FALSE(crypto.open(opened, random.make_bytes<aead_key>(), 7, ad, sealed));
    bytes other_ad = ad;
    other_ad.push_back(0);
    CHECK_FALSE(crypto.open(opened, key, 7, other_ad, sealed));
  }
  bytes none;
  for (std::size_t size = 0; size < aead_tag_size; ++size)
    CHECK_FALSE(crypto.open(none, {}, 0, {}, bytes(size)));
}

TEST_CASE("a signature verifies here and as Ed25519 for any key and message") {
  seeded_rng random{seed{3}.derive("crypto")};
  int negated = 0;
  for (int i = 0; i < 300; ++i) {
    // Unclamped private keys stand for the same scalar as their clamped form.
    const auto k = i % 2 == 0 ? crypto.make_private_key(random) : random.make_bytes<private_key>();
    const auto p = crypto.to_public(k);
    bytes message(random.below(200));
    random.fill(message);
    const auto s = crypto.sign(k, message, random);
    REQUIRE(crypto.verify(p, message, s));
    const auto edwards = edwards_of(p);
    CHECK((edwards[31] & 0x80) == 0);
    CHECK(crypto_sign_verify_detached(s.value.data(), message.data(), message.size(),
                                      edwards.data()) == 0);
    // Half of the keys have an Edwards point with sign bit 1, where the scalar is negated.
    fixed_bytes<32> clamped = k.value, point;
    clamped[0] &= 248;
    clamped[31] = static_cast<std::uint8_t>((clamped[31] & 127) | 64);
    REQUIRE(crypto_scalarmult_ed25519_base_noclamp(point.data(), clamped.data()) == 0);
    if (point[31] & 0x80) ++negated;
    point[31] &= 0x7f;
    CHECK(point == edwards);
  }
  CHECK(negated > 100);
  CHECK(negated < 200);
}

TEST_CASE("a signature holds for nothing but its message and key") {
  seeded_rng random{seed{4}.derive("crypto")};
  const auto k = crypto.make_private_key(random);
  const auto p = crypto.to_public(k);
  bytes message(100);
  random.fill(message);
  const auto s = crypto.sign(k, message, random);
  for (std::size_t bit = 0; bit < 512; ++bit) {
    auto bent = s;
    bent.value[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK_FALSE(crypto.verify(p, message, bent));
  }
  for (std::size_t bit = 0; bit < 800; bit += 7) {
    bytes bent = message;
    bent[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK_FALSE(crypto.verify(p, bent, s));
  }
  CHECK_FALSE(crypto.verify(p, byte_view{message}.first(99), s));
  CHECK_FALSE(crypto.verify(crypto.to_public(crypto.make_private_key(random)), message, s));
  CHECK_FALSE(crypto.verify(p, message, signature{}));
}

TEST_CASE("a signature with the group's order added to s is refused") {
  seeded_rng random{seed{5}.derive("crypto")};
  const auto k = crypto.make_private_key(random);
  auto s = crypto.sign(k, text("m"), random);
  const bytes order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += s.value[32 + i] + order[i];
    s.value[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  CHECK_FALSE(crypto.verify(crypto.to_public(k), text("m"), s));
}

TEST_CASE("a signature holds under one writing of its key only") {
  seeded_rng random{seed{6}.derive("crypto")};
  const auto k = crypto.make_private_key(random);
  auto p = crypto.to_public(k);
  const auto s = crypto.sign(k, text("m"), random);
  REQUIRE(crypto.verify(p, text("m"), s));
  p.value[31] |= 0x80;
  CHECK_FALSE(crypto.verify(p, text("m"), s));
}

TEST_CASE("two signatures of one message differ for their nonce is hedged") {
  seeded_rng random{seed{7}.derive("crypto")};
  const auto k = crypto.make_private_key(random);
  CHECK(crypto.sign(k, text("m"), random) != crypto.sign(k, text("m"), random));
}

TEST_CASE("points of low order are refused as libsodium refuses them") {
  // RFC 7748 section 6.1 and libsodium: 0, 1, two of order 8, p - 1.
  for (const char* low : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    CAPTURE(low);
    const auto k = hex_as<public_key>(low);
    CHECK_FALSE(crypto.acceptable(k));
    CHECK(refused_by_libsodium(k));
    shared_secret out;
    CHECK_FALSE(crypto.dh(private_key{{1}}, k, out));
    CHECK_FALSE(crypto.verify(k, text("m"), signature{}));
  }
}

TEST_CASE("keys that are not canonical are refused all nineteen above p and every top bit") {
  for (int i = 0; i < 19; ++i) {
    public_key k;
    k.value.fill(0xff);
    k.value[31] = 0x7f;
    k.value[0] = static_cast<std::uint8_t>(0xed + i);
    CHECK_FALSE(crypto.acceptable(k));
  }
  seeded_rng random{seed{8}.derive("crypto")};
  for (int i = 0; i < 100; ++i) {
    auto k = crypto.to_public(crypto.make_private_key(random));
    CHECK(crypto.acceptable(k));
    k.value[31] |= 0x80;
    CHECK_FALSE(crypto.acceptable(k));
  }
}

TEST_CASE("of the canonical keys those are acceptable that libsodium computes with") {
  seeded_rng random{seed{9}.derive("crypto")};
  for (int i = 0; i < 300; ++i) {
    auto k = random.make_bytes<public_key>();
    k.value[31] &= 0x7f;
    // Small numbers and numbers just below p are where the special points are.
    if (i < 100) k = {{static_cast<std::uint8_t>(i)}};
    if (i >= 100 && i < 150) {
      k.value.fill(0xff);
      k.value[0] = static_cast<std::uint8_t>(0xec - (i - 100));
      k.value[31] = 0x7f;
    }
    CAPTURE(to_hex(view(k)));
    CHECK(crypto.acceptable(k) == !refused_by_libsodium(k));
  }
}
