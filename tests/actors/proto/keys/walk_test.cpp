#include "actors/proto/keys/walk.hpp"

#include <catch2/catch.hpp>

#include "actors/proto/keys/incremental.hpp"

using namespace wh;
using namespace wh::keys;

namespace {

const crypto_suite& crypto = sodium_crypto();

fixed_bytes<32> u_of(const candidates& c, unsigned slot) {
  fixed_bytes<32> u;
  for (std::size_t i = 0; i < 32; ++i)
    u[i] = static_cast<std::uint8_t>(c.word[i / 8][slot] >> (8 * (i % 8)));
  return u;
}

/// Every candidate of a batch that begins `base` steps after a private key.
void check_batch(const walk& w, const candidates& c, private_key k, std::uint64_t base) {
  std::vector<unsigned> slot_of(w.batch_size(), ~0U);
  for (unsigned slot = 0; slot < w.batch_size(); ++slot) {
    REQUIRE(w.offset_of(slot) < w.batch_size());
    slot_of[w.offset_of(slot)] = slot;
  }
  add_steps(k, base);
  for (unsigned j = 0; j < w.batch_size(); ++j, add_steps(k, 1)) {
    REQUIRE(slot_of[j] != ~0U);
    REQUIRE(u_of(c, slot_of[j]) == crypto.to_public(k).value);
  }
}

}  // namespace

TEST_CASE("every candidate is libsodium's public key of start + 8j") {
  const auto c = std::make_unique<candidates>();
  seeded_rng random{seed{1}.derive("walk")};
  for (const unsigned half : {8U, 24U, 256U, 1024U}) {
    CAPTURE(half);
    const auto k = crypto.make_private_key(random);
    walk w(point_of(crypto, k), half);
    std::uint64_t base = 0;
    for (int batch = 0; batch < 3; ++batch, base += w.batch_size()) {
      REQUIRE(w.next(*c));
      check_batch(w, *c, k, base);
      for (unsigned slot = w.batch_size(); slot % 8 != 0; ++slot)
        CHECK(u_of(*c, slot) == fixed_bytes<32>{});
    }
  }
}

TEST_CASE("the walk is right for a thousand starts") {
  const auto c = std::make_unique<candidates>();
  seeded_rng random{seed{2}.derive("walk")};
  for (int i = 0; i < 1000; ++i) {
    const auto k = crypto.make_private_key(random);
    walk w(point_of(crypto, k), 8);
    const auto skipped = random.below(4);
    for (std::uint64_t b = 0; b <= skipped; ++b) REQUIRE(w.next(*c));
    const auto slot = static_cast<unsigned>(random.below(w.batch_size()));
    auto found = k;
    add_steps(found, skipped * w.batch_size() + w.offset_of(slot));
    REQUIRE(u_of(*c, slot) == crypto.to_public(found).value);
  }
}

TEST_CASE("candidates are canonical though the field's numbers are not") {
  const auto c = std::make_unique<candidates>();
  seeded_rng random{seed{3}.derive("walk")};
  walk w(point_of(crypto, crypto.make_private_key(random)), 1024);
  for (int batch = 0; batch < 20; ++batch) {
    REQUIRE(w.next(*c));
    for (unsigned slot = 0; slot < w.batch_size(); ++slot)
      REQUIRE(crypto.acceptable(public_key{u_of(*c, slot)}));
  }
}

TEST_CASE("a batch that holds a zero difference ends the walk and is not handed out") {
  // Starts that are small multiples of 8B: the centre of a batch is then one of the points that are
  // added to it, or its mirror image, or the point at infinity.
  const auto c = std::make_unique<candidates>();
  constexpr unsigned half = 8, size = 2 * half + 1;
  int ended = 0;
  for (int n = -80; n <= 80; ++n) {
    if (n == 0) continue;
    CAPTURE(n);
    auto p = multiple(eight_base(), static_cast<std::uint64_t>(std::abs(n))).value();
    if (n < 0) p = negated(p);
    walk w(p, half);
    bool zero_met = false;
    for (int batch = 0; batch < 8; ++batch) {
      const int centre = n + static_cast<int>(half + size * static_cast<unsigned>(batch));
      const int far = std::abs(centre);
      zero_met = zero_met || far <= static_cast<int>(half) || far == static_cast<int>(size);
      REQUIRE(w.next(*c) == !zero_met);
      if (zero_met) continue;
      for (unsigned slot = 0; slot < size; ++slot) {
        const int m = centre - static_cast<int>(half) + static_cast<int>(w.offset_of(slot));
        REQUIRE(u_of(*c, slot) ==
                multiple(eight_base(), static_cast<std::uint64_t>(std::abs(m)))->x.to_bytes());
      }
    }
    if (zero_met) ++ended;
  }
  CHECK(ended > 80);
  CHECK(ended < 160);
}
