#include <bit>
#include <catch2/catch.hpp>

#include "sim/crypto/modelled.hpp"

using namespace wh;

namespace {
const crypto_suite& crypto = sim::modelled_crypto();
}

TEST_CASE("modelled packets carry a version that is not the real one's") {
  CHECK(crypto.wire_version() == 0x81);
  CHECK(sodium_crypto().wire_version() == 1);
}

TEST_CASE("each further zero bit in front of a hash halves the keys that have it") {
  // As mining sees it: consecutive private keys, hashed with a namespace.
  constexpr int keys = 100000;
  std::array<int, 65> with{};  // at least so many
  private_key k{};
  seeded_rng r{seed{GENERATE(as<std::uint64_t>{}, 1, 2, 3)}};
  k = crypto.make_private_key(r);
  for (int i = 0; i < keys; ++i) {
    store_be(k.value.data() + 8, static_cast<std::uint64_t>(i));
    fixed_bytes<32> h;
    crypto.hash(h, {view(crypto.to_public(k)), view("public")});
    const int zeros = std::countl_zero(load_be<std::uint64_t>(h.data()));
    for (int z = 0; z <= zeros; ++z) ++with[static_cast<std::size_t>(z)];
  }
  for (unsigned z = 1; z <= 12; ++z) {
    const double expected = static_cast<double>(keys) / static_cast<double>(1U << z);
    INFO(z << " zero bits");
    // Five standard deviations of a binomial count.
    CHECK(std::abs(with[z] - expected) < 5 * std::sqrt(expected));
  }
}

TEST_CASE("every input bit moves about half of a hash and of a public key") {
  seeded_rng r{seed{9}};
  for (int which = 0; which < 2; ++which) {
    std::uint64_t flipped = 0, trials = 0;
    for (int i = 0; i < 200; ++i) {
      private_key a = crypto.make_private_key(r);
      for (unsigned bit = 3; bit < 254; bit += 7) {
        private_key b = a;
        b.value[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        fixed_bytes<32> x = crypto.to_public(a).value, y = crypto.to_public(b).value;
        if (which == 1) {
          crypto.hash(x, {a.value});
          crypto.hash(y, {b.value});
        }
        int n = 0;
        for (std::size_t j = 0; j < 32; ++j)
          n += std::popcount(static_cast<std::uint8_t>(x[j] ^ y[j]));
        CHECK(n > 70);
        flipped += static_cast<std::uint64_t>(n);
        ++trials;
      }
    }
    const double mean = static_cast<double>(flipped) / static_cast<double>(trials);
    CHECK(mean > 126);
    CHECK(mean < 129);
  }
}

TEST_CASE("results are the same on every build") {
  private_key k{};
  k.value.fill(7);
  fixed_bytes<16> h;
  crypto.hash(h, {view("abc"), view("defghijklmnopqrstuvwxyz0123456789abcdefghij")}, view("key"));
  bytes sealed(3 + aead_tag_size);
  crypto.seal(sealed, {k.value}, 5, view("ad"), view("abc"));
  shared_secret s;
  CHECK(crypto.dh(k, crypto.to_public({h[0], h[1]}), s));
  CHECK(to_hex(view(crypto.to_public(k))) ==
        "8d1d67ce66add1f70df261a53209ca8b2afc8df6faab79e200cab569aabe3a56");
  CHECK(to_hex(h) == "adbb36fd7875742ffbe6889b1e1bc669");
  CHECK(to_hex(sealed) == "3f6c5441b9330ae2693b9f464588c5ac4540b4");
  CHECK(to_hex(view(s)) == "711f46ed3b7f2ce350a14201f27f6071b72a01e50a12057f60e89db650101371");
}
