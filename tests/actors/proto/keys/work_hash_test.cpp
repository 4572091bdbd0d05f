#include "actors/proto/keys/work_hash.hpp"

#include <catch2/catch.hpp>

#include "actors/proto/keys/keys.hpp"
#include "transport/rng.hpp"

using namespace wh;
using namespace wh::keys;

namespace {

const crypto_suite& crypto = sodium_crypto();

constexpr unsigned count = 2048;

std::unique_ptr<candidates> random_words(std::uint64_t root) {
  seeded_rng random{seed{root}.derive("work hash")};
  auto c = std::make_unique<candidates>();
  for (auto& word : c->word)
    for (unsigned i = 0; i < count; ++i) word[i] = random.next();
  return c;
}

public_key key_of(const candidates& c, unsigned slot) {
  public_key k;
  for (std::size_t i = 0; i < 32; ++i)
    k.value[i] = static_cast<std::uint8_t>(c.word[i / 8][slot] >> (8 * (i % 8)));
  return k;
}

}  // namespace

TEST_CASE("the hash in lanes finds exactly the keys that libsodium finds whatever the namespace") {
  // Lengths around what fits into one word, one block, two and three.
  for (const std::size_t length : std::vector<std::size_t>{0, 1, 6, 7, 8, 9, 16, 63, 64, 95, 96, 97,
                                                           100, 223, 224, 225, 352, 353, 1000}) {
    CAPTURE(length);
    const auto c = random_words(length);
    seeded_rng random{seed{length}.derive("namespace")};
    std::string ns(length, '\0');
    for (char& x : ns) x = static_cast<char>(random.below(256));
    std::vector<unsigned> bits(count);
    for (unsigned s = 0; s < count; ++s) bits[s] = workbit(crypto, key_of(*c, s), ns);
    const work_message message(ns);
    for (const processor on : processors()) {
      CAPTURE(to_string(on));
      for (unsigned wanted = 0; wanted <= 12; ++wanted) {
        std::vector<std::uint8_t> hits(count / 8);
        find_work(on, message, first_word_mask(wanted), *c, count, hits.data());
        for (unsigned s = 0; s < count; ++s)
          REQUIRE((hits[s / 8] >> (s % 8) & 1) == (bits[s] >= wanted ? 1 : 0));
      }
    }
  }
}

TEST_CASE("fewer hashes than a batch touch no hits beyond them") {
  const auto c = random_words(1);
  for (const processor on : processors()) {
    std::vector<std::uint8_t> hits(4, 0xaa);
    find_work(on, work_message("public"), 0, *c, 16, hits.data());
    CHECK(hits == std::vector<std::uint8_t>{0xff, 0xff, 0xaa, 0xaa});
    find_work(on, work_message("public"), 0, *c, 0, hits.data());
    CHECK(hits[0] == 0xff);
  }
}

TEST_CASE("the mask of the first word agrees with counting the digest's leading zero bits") {
  // All digests that begin with n zeros and a one, against all workbits.
  for (unsigned n = 0; n <= 64; ++n) {
    fixed_bytes<32> digest;
    digest.fill(0xff);
    for (unsigned bit = 0; bit < n; ++bit)
      digest[bit / 8] = static_cast<std::uint8_t>(digest[bit / 8] & ~(0x80U >> (bit % 8)));
    REQUIRE(leading_zero_bits(digest) == n);
    std::uint64_t word = 0;
    for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{digest[i]} << (8 * i);
    for (unsigned wanted = 0; wanted <= workbit_max; ++wanted)
      CHECK(((word & first_word_mask(wanted)) == 0) == (n >= std::min(wanted, 64U)));
  }
}

TEST_CASE("the portable code is always there and comes first") {
  REQUIRE_FALSE(processors().empty());
  CHECK(processors().front() == processor::portable);
}
