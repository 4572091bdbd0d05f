#include "actors/proto/keys/point.hpp"

#include <catch2/catch.hpp>

#include "actors/proto/keys/incremental.hpp"

using namespace wh;
using namespace wh::keys;

namespace {

const crypto_suite& crypto = sodium_crypto();

private_key random_key(rng& random) { return crypto.make_private_key(random); }

private_key plus(private_key k, std::uint64_t steps) {
  add_steps(k, steps);
  return k;
}

bool on_curve(const point& p) {
  return (p.y * p.y - ((p.x + field25519::small(486662)) * p.x + field25519::small(1)) * p.x)
      .is_zero();
}

bool same(const point& p, const point& q) {
  return p.x.to_bytes() == q.x.to_bytes() && p.y.to_bytes() == q.y.to_bytes();
}

}  // namespace

TEST_CASE("the base point is RFC 7748's") {
  fixed_bytes<32> nine{};
  nine[0] = 9;
  const auto base = lift(nine, true);
  REQUIRE(base);
  // V(P) of section 4.1, 14781...37401, little endian.
  CHECK(to_hex(base->y.to_bytes()) ==
        "d9d3ce7ea2c5e929b2617c6d7e4d3d924cd148772cdd1ee0b486a0b8a119ae20");
}

TEST_CASE("both points of a public key are lifted and nothing that is no point") {
  seeded_rng random{seed{1}.derive("point")};
  for (int i = 0; i < 200; ++i) {
    const auto u = crypto.to_public(random_key(random)).value;
    const auto odd = lift(u, true), even = lift(u, false);
    REQUIRE(odd);
    REQUIRE(even);
    CHECK(on_curve(*odd));
    CHECK(y_is_odd(*odd));
    CHECK_FALSE(y_is_odd(*even));
    CHECK(odd->x.to_bytes() == u);
    CHECK(same(negated(*odd), *even));
  }
  // u belongs to the curve or to its twist, half of them each.
  int twist = 0;
  for (int i = 0; i < 400; ++i) {
    auto u = random.make_bytes<public_key>().value;
    u[31] &= 0x7f;
    const auto p = lift(u, false);
    if (p) CHECK(on_curve(*p));
    if (!p) ++twist;
  }
  CHECK(twist > 150);
  CHECK(twist < 250);
}

TEST_CASE("what is not canonical is not lifted") {
  fixed_bytes<32> u{};
  u[0] = 9;
  u[31] = 0x80;
  CHECK_FALSE(lift(u, false));
  // 9 + p
  u.fill(0xff);
  u[0] = 0xf6;
  u[31] = 0x7f;
  CHECK_FALSE(lift(u, false));
}

TEST_CASE("eight more in the private key is 8B more in the public key") {
  seeded_rng random{seed{2}.derive("point")};
  for (int i = 0; i < 300; ++i) {
    const auto k = random_key(random);
    const auto p = point_of(crypto, k);
    CHECK(p.x.to_bytes() == crypto.to_public(k).value);
    const std::uint64_t n = 1 + random.below(std::uint64_t{1} << random.between(1, 60));
    const auto far = sum(p, multiple(eight_base(), n).value());
    REQUIRE(far);
    CHECK(on_curve(*far));
    CHECK(far->x.to_bytes() == crypto.to_public(plus(k, n)).value);
    CHECK(same(*far, point_of(crypto, plus(k, n))));
  }
}

TEST_CASE("the multiples in the table are the sums of one another") {
  const auto all = multiples_of_eight_base(1025);
  REQUIRE(all.size() == 1025);
  for (std::size_t i = 0; i < all.size(); ++i) {
    REQUIRE(same(all[i], multiple(eight_base(), i + 1).value()));
    if (i > 0) REQUIRE(same(all[i], sum(all[i - 1], all[0]).value()));
  }
  CHECK(multiples_of_eight_base(1).size() == 1);
}

TEST_CASE("a point added to itself is doubled to its mirror image is at infinity") {
  const point& p = eight_base();
  CHECK(same(sum(p, p).value(), doubled(p).value()));
  CHECK_FALSE(sum(p, negated(p)));
  CHECK_FALSE(multiple(p, 0));
  // (0, 0) has order two.
  const auto zero = lift({}, false);
  REQUIRE(zero);
  CHECK_FALSE(doubled(*zero));
  CHECK_FALSE(multiple(*zero, 2));
  CHECK(same(sum(p, *zero).value(), sum(*zero, p).value()));
}
