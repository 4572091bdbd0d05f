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

/// Those whose points are computed in different ways.
std::vector<processor> walkers() {
  std::vector<processor> all{processor::portable};
  if (processors().back() == processor::ifma) all.push_back(processor::ifma);
  return all;
}

}  // namespace

TEST_CASE("every candidate is libsodium's public key of start + 8j") {
  const auto c = std::make_unique<candidates>();
  seeded_rng random{seed{1}.derive("walk")};
  for (const processor on : walkers())
    for (const unsigned half : {8U, 24U, 256U, 1024U}) {
      CAPTURE(to_string(on), half);
      const auto k = crypto.make_private_key(random);
      walk w(point_of(crypto, k), {.on = on, .half = half});
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
    const processor on = walkers()[static_cast<std::size_t>(i) % walkers().size()];
    walk w(point_of(crypto, k), {.on = on, .half = 8});
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
  for (const processor on : walkers()) {
    walk w(point_of(crypto, crypto.make_private_key(random)), {.on = on});
    for (int batch = 0; batch < 20; ++batch) {
      REQUIRE(w.next(*c));
      for (unsigned slot = 0; slot < w.batch_size(); ++slot)
        REQUIRE(crypto.acceptable(public_key{u_of(*c, slot)}));
    }
  }
}

TEST_CASE("a batch that holds a zero difference ends the walk and is not handed out") {
  // Starts that are small multiples of 8B: the centre of a batch is then one of the points that are
  // added to it, or its mirror image, or the point at infinity.
  const auto c = std::make_unique<candidates>();
  constexpr unsigned half = 8, size = 2 * half + 1;
  for (const processor on : walkers()) {
    int ended = 0;
    for (int n = -80; n <= 80; ++n) {
      if (n == 0) continue;
      CAPTURE(to_string(on), n);
      auto p = multiple(eight_base(), static_cast<std::uint64_t>(std::abs(n))).value();
      if (n < 0) p = negated(p);
      walk w(p, {.on = on, .half = half});
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
}

TEST_CASE("in lanes and alone the same points come out - batch after batch") {
  if (processors().back() != processor::ifma) {
    WARN("this processor has no lanes for points");
    return;
  }
  const auto a = std::make_unique<candidates>(), b = std::make_unique<candidates>();
  seeded_rng random{seed{4}.derive("walk")};
  for (const unsigned half : {8U, 16U, 1024U}) {
    const auto p = point_of(crypto, crypto.make_private_key(random));
    walk alone(p, {.on = processor::portable, .half = half});
    walk lanes(p, {.on = processor::ifma, .half = half});
    for (int batch = 0; batch < 100; ++batch) {
      REQUIRE(alone.next(*a));
      REQUIRE(lanes.next(*b));
      for (std::size_t i = 0; i < 4; ++i)
        REQUIRE(std::equal(a->word[i], a->word[i] + alone.batch_size(), b->word[i]));
    }
  }
}
