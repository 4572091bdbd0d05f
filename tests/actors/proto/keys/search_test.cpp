#include "actors/proto/keys/search.hpp"

#include <catch2/catch.hpp>

#include "actors/proto/keys/keys.hpp"

using namespace wh;

namespace {

const crypto_suite& crypto = sodium_crypto();

seeded_rng stream(std::uint64_t i) { return seeded_rng{seed{i}.derive("search")}; }

}  // namespace

TEST_CASE("a found key has the work that was asked for in its namespace") {
  for (unsigned bits = 0; bits <= 6; ++bits)
    for (const char* ns : {"public", "test"}) {
      auto random = stream(bits);
      const auto k = keys::genkey(crypto, random, bits, ns);
      REQUIRE(k);
      CHECK(keys::workbit(crypto, crypto.to_public(*k), ns) >= bits);
    }
}

TEST_CASE("no bits asked for means the first key") {
  auto random = stream(1);
  keys::search s(crypto, random, 0, "public");
  CHECK(s.step(100));
  CHECK(s.tries() == 1);
}

TEST_CASE("a search in portions finds the same key after the same tries as one in one piece") {
  auto one = stream(2), other = stream(2);
  keys::search whole(crypto, one, 7, "public"), pieces(crypto, other, 7, "public");
  const auto k = whole.step(~std::uint64_t{0});
  REQUIRE(k);
  std::optional<private_key> found;
  std::uint64_t steps = 0;
  while (!found) {
    found = pieces.step(3);
    ++steps;
  }
  CHECK(found == k);
  CHECK(pieces.tries() == whole.tries());
  CHECK(steps == (whole.tries() + 2) / 3);
}

TEST_CASE("a portion is never exceeded") {
  auto random = stream(3);
  keys::search s(crypto, random, keys::workbit_max, "public");
  CHECK_FALSE(s.step(0));
  CHECK(s.tries() == 0);
  CHECK_FALSE(s.step(10));
  CHECK(s.tries() == 10);
}

TEST_CASE("whoever asks for progress may end the search") {
  auto random = stream(4);
  std::uint64_t asked = 0, last = 0;
  const auto k = keys::genkey(crypto, random, 200, "public", [&](std::uint64_t tries) {
    CHECK(tries > last);
    last = tries;
    return ++asked < 3;
  });
  CHECK_FALSE(k);
  CHECK(asked == 3);
}
