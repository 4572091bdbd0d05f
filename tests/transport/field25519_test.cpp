#include "transport/field25519.hpp"

#include <sodium.h>

#include <catch2/catch.hpp>

#include "transport/rng.hpp"

using namespace wh;

namespace {

fixed_bytes<32> hex32(std::string_view text) {
  const auto b = from_hex(text);
  REQUIRE(b);
  REQUIRE(b->size() == 32);
  fixed_bytes<32> out;
  std::copy(b->begin(), b->end(), out.begin());
  return out;
}

/// 2^255 - 19 + k for a small k >= -19; little endian.
fixed_bytes<32> p_plus(int k) {
  fixed_bytes<32> b;
  b.fill(0xff);
  b[31] = 0x7f;
  b[0] = static_cast<std::uint8_t>(0xed + k);
  return b;
}

fixed_bytes<32> little(std::uint64_t v) {
  fixed_bytes<32> b{};
  for (std::size_t i = 0; i < 8; ++i) b[i] = static_cast<std::uint8_t>(v >> (8 * i));
  return b;
}

/// Random, and every now and then near 0 or p, where carries and the last reduction are.
field25519 arbitrary(rng& random) {
  switch (random.below(6)) {
    case 0:
      return field25519::small(random.next());
    case 1:
      return field25519::from_bytes(p_plus(-static_cast<int>(random.below(20))));
    case 2: {
      fixed_bytes<32> b;
      for (auto& x : b) x = random.chance(0.5) ? 0xff : 0;
      return field25519::from_bytes(b);
    }
    default: {
      fixed_bytes<32> b;
      random.fill(b);
      return field25519::from_bytes(b);
    }
  }
}

bool same(const field25519& a, const field25519& b) { return a.to_bytes() == b.to_bytes(); }

}  // namespace

TEST_CASE("bytes come out canonical around p and the top bit is ignored") {
  for (int k = -19; k < 0; ++k) CHECK(field25519::from_bytes(p_plus(k)).to_bytes() == p_plus(k));
  for (int k = 0; k < 19; ++k)
    CHECK(field25519::from_bytes(p_plus(k)).to_bytes() == little(static_cast<std::uint64_t>(k)));
  auto top = p_plus(3);
  top[31] |= 0x80;
  CHECK(field25519::from_bytes(top).to_bytes() == little(3));
  CHECK(field25519::from_bytes(p_plus(0)).is_zero());
  CHECK_FALSE(field25519::from_bytes(p_plus(-1)).is_zero());
}

TEST_CASE("any 64-bit number is small") {
  for (const std::uint64_t v : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 51,
                                std::uint64_t{1} << 54, ~std::uint64_t{0}}) {
    const auto x = field25519::small(v);
    CHECK(x.to_bytes() == little(v));
    CHECK((x - x).is_zero());
    CHECK(((field25519::small(0) - x) + x).is_zero());
  }
}

TEST_CASE("the field's laws hold") {
  seeded_rng random{seed{1}.derive("field")};
  const auto zero = field25519::small(0), one = field25519::small(1);
  for (int i = 0; i < 1000; ++i) {
    const auto a = arbitrary(random), b = arbitrary(random), c = arbitrary(random);
    CHECK(same(a + b, b + a));
    CHECK(same((a + b) + c, a + (b + c)));
    CHECK(same(a * b, b * a));
    CHECK(same((a * b) * c, a * (b * c)));
    CHECK(same(a * (b + c), a * b + a * c));
    CHECK(same(a - b, zero - (b - a)));
    CHECK(same((a - b) + b, a));
    CHECK(same(a * one, a));
    CHECK(same(a + zero, a));
    CHECK(same(field25519::from_bytes(a.to_bytes()), a));
  }
}

TEST_CASE("long chains of operations without going through bytes stay exact") {
  seeded_rng random{seed{2}.derive("field")};
  for (int i = 0; i < 50; ++i) {
    auto lazy = arbitrary(random);
    auto reduced = lazy;
    for (int j = 0; j < 100; ++j) {
      const auto x = arbitrary(random);
      const auto op = random.below(3);
      const auto apply = [op](const field25519& l, const field25519& r) {
        return op == 0 ? l + r : op == 1 ? l - r : l * r;
      };
      lazy = apply(lazy, x);
      reduced = field25519::from_bytes(apply(reduced, x).to_bytes());
    }
    CHECK(same(lazy, reduced));
  }
}

TEST_CASE("a square is the number times itself") {
  seeded_rng random{seed{5}.derive("field")};
  for (int i = 0; i < 20000; ++i) {
    const auto a = arbitrary(random);
    CHECK(same(a.squared(), a * a));
  }
}

TEST_CASE("sums and differences that are not carried are the same numbers") {
  seeded_rng random{seed{6}.derive("field")};
  for (int i = 0; i < 20000; ++i) {
    const auto a = arbitrary(random), b = arbitrary(random), c = arbitrary(random);
    CHECK(same(add_uncarried(a, b), a + b));
    CHECK(same(sub_uncarried(a, b), a - b));
    CHECK(same(add_uncarried(a, b) * sub_uncarried(c, a), (a + b) * (c - a)));
    CHECK(same(sub_uncarried(a, b).squared(), (a - b) * (a - b)));
    // As the key search does: the right side is a sum itself.
    CHECK(same(sub_uncarried(a * b, add_uncarried(b, c)), a * b - b - c));
  }
}

TEST_CASE("factors may have limbs of up to 54 bits") {
  constexpr std::uint64_t most = (std::uint64_t{1} << 54) - 1;
  const auto big = field25519::from_limbs({most, most, most, most, most});
  // (2^54 - 1) * (1 + 2^51 + ... + 2^204), from the bytes of its parts
  field25519 sum, radix = field25519::small(std::uint64_t{1} << 51), weight = field25519::small(1);
  for (int i = 0; i < 5; ++i, weight = weight * radix) sum = sum + weight * field25519::small(most);
  CHECK(same(big * field25519::small(1), sum));
  CHECK(same(big * big, sum * sum));
  CHECK(same(big.squared(), sum * sum));
}

TEST_CASE("words and limbs are the bytes - cut otherwise") {
  seeded_rng random{seed{7}.derive("field")};
  for (int i = 0; i < 20000; ++i) {
    const auto a = arbitrary(random), b = arbitrary(random);
    const auto d = sub_uncarried(a, b);
    const auto raw = (a - b).to_bytes();
    const auto words = d.to_words();
    for (std::size_t j = 0; j < 32; ++j) REQUIRE(raw[j] == (words[j / 8] >> (8 * (j % 8)) & 0xff));
    const auto limbs = d.to_limbs();
    for (const auto limb : limbs) REQUIRE(limb < std::uint64_t{1} << 51);
    REQUIRE(field25519::from_limbs(limbs).to_bytes() == raw);
  }
}

TEST_CASE("squares have roots and half of all numbers have none") {
  seeded_rng random{seed{8}.derive("field")};
  int roots = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto a = arbitrary(random);
    const auto square = a * a;
    const auto root = square.sqrt();
    REQUIRE(root);
    CHECK((same(*root, a) || same(*root, field25519{} - a)));
    // -1 is a square and 2 is none: exactly one of a and 2a has a root, but for zero.
    const bool has = a.sqrt().has_value();
    CHECK((a.is_zero() || has != (a + a).sqrt().has_value()));
    if (has) ++roots;
  }
  CHECK(roots > 400);
  CHECK(roots < 750);
  CHECK(field25519{}.sqrt()->is_zero());
}

TEST_CASE("a number times its inverse is one and zero's inverse is zero") {
  seeded_rng random{seed{3}.derive("field")};
  const auto one = field25519::small(1);
  for (int i = 0; i < 300; ++i) {
    const auto a = arbitrary(random);
    CHECK(same(a * a.inverse(), a.is_zero() ? field25519::small(0) : one));
  }
  CHECK(field25519::small(0).inverse().is_zero());
  CHECK(field25519::from_bytes(p_plus(0)).inverse().is_zero());
  // 2 * (p + 1) / 2 = 1
  CHECK(field25519::small(2).inverse().to_bytes() ==
        hex32("f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff3f"));
}

TEST_CASE("the curves' relation u = (1 + y) / (1 - y) is the one of libsodium") {
  REQUIRE(sodium_init() >= 0);
  seeded_rng random{seed{4}.derive("field")};
  const auto one = field25519::small(1);
  for (int i = 0; i < 100; ++i) {
    fixed_bytes<32> start, edwards, montgomery;
    fixed_bytes<64> secret;
    random.fill(start);
    REQUIRE(crypto_sign_seed_keypair(edwards.data(), secret.data(), start.data()) == 0);
    REQUIRE(crypto_sign_ed25519_pk_to_curve25519(montgomery.data(), edwards.data()) == 0);
    const auto y = field25519::from_bytes(edwards);  // the sign of x is the ignored top bit
    const auto u = field25519::from_bytes(montgomery);
    CHECK(((one + y) * (one - y).inverse()).to_bytes() == montgomery);
    auto unsigned_edwards = edwards;
    unsigned_edwards[31] &= 0x7f;
    CHECK(((u - one) * (u + one).inverse()).to_bytes() == unsigned_edwards);
  }
}
