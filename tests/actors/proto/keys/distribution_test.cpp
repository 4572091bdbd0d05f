#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "actors/proto/keys/incremental.hpp"
#include "actors/proto/keys/keys.hpp"

/// Whether found keys are as random keys with that much work would be. Chi-squared with a fixed
/// seed: the figures are the same in every run, and a wrong search moves them by orders of
/// magnitude.
namespace {

using namespace wh;
using namespace wh::keys;

constexpr unsigned workbit_asked = 7;
constexpr int keys_found = 6000;

struct found_key {
  private_key secret;
  public_key key;
};

const std::vector<found_key>& found_keys() {
  static const std::vector<found_key> all = [] {
    seeded_rng random{seed{1}.derive("distribution")};
    incremental_search s(sodium_crypto(), random, workbit_asked, "public", {.half = 64});
    std::vector<found_key> found(keys_found);
    for (auto& f : found) {
      REQUIRE(s.step(1 << 20, f.secret));
      f.key = sodium_crypto().to_public(f.secret);
    }
    return found;
  }();
  return all;
}

double chi_squared(const std::vector<int>& seen, const std::vector<double>& share) {
  double sum = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const double expected = share[i] * keys_found;
    REQUIRE(expected >= 5);
    sum += (seen[i] - expected) * (seen[i] - expected) / expected;
  }
  return sum;
}

/// What a byte of every key says, in 16 classes: 15 degrees of freedom.
template <class F>
double uniformity(F&& byte_of) {
  std::vector<int> seen(16);
  for (const auto& f : found_keys()) ++seen[byte_of(f) >> 4];
  return chi_squared(seen, std::vector<double>(16, 1.0 / 16));
}

/// Exceeded once in a thousand times by chance (chi-squared table, 9 and 15 degrees of freedom).
constexpr double limit_9 = 27.88, limit_15 = 37.70;

}  // namespace

TEST_CASE("found keys have more work than asked for as often as chance gives it", "[chance]") {
  std::vector<int> seen(10);
  for (const auto& f : found_keys()) {
    const unsigned bits = workbit(sodium_crypto(), f.key, "public");
    REQUIRE(bits >= workbit_asked);
    ++seen[std::min(bits - workbit_asked, 9U)];
  }
  // Half have none more, a quarter one, ...; the last class holds all that is left.
  std::vector<double> share;
  for (int extra = 0; extra < 9; ++extra) share.push_back(std::ldexp(1, -extra - 1));
  share.push_back(std::ldexp(1, -9));
  const double x = chi_squared(seen, share);
  CAPTURE(x);
  CHECK(x < limit_9);
}

TEST_CASE("ids and public keys and private keys of found keys are uniform", "[chance]") {
  for (std::size_t i : {0U, 1U, 7U, 15U, 31U}) {
    CAPTURE(i);
    CHECK(uniformity([i](const found_key& f) {
            return node_id_of(sodium_crypto(), f.key, "public").value[i];
          }) < limit_15);
  }
  // Byte 31 of both has fixed bits, byte 0 of a private key too; its upper half is free.
  for (std::size_t i : {0U, 1U, 2U, 15U, 30U}) {
    CAPTURE(i);
    CHECK(uniformity([i](const found_key& f) { return f.key.value[i]; }) < limit_15);
    CHECK(uniformity([i](const found_key& f) { return f.secret.value[i]; }) < limit_15);
  }
}

TEST_CASE("a key is found after as many tries as the work says", "[chance]") {
  // Offsets are geometric: sixteen classes of equal share, by their distribution function.
  seeded_rng random{seed{1}.derive("distribution")};
  std::vector<int> seen(16);
  const double q = 1 - std::ldexp(1, -static_cast<int>(workbit_asked));
  std::vector<double> share(16);
  std::vector<std::uint64_t> border;
  for (int i = 1; i < 16; ++i)
    border.push_back(static_cast<std::uint64_t>(std::ceil(std::log(1 - i / 16.0) / std::log(q))));
  for (std::size_t i = 0; i < 16; ++i) {
    const double from = i == 0 ? 1 : std::pow(q, static_cast<double>(border[i - 1]));
    const double to = i == 15 ? 0 : std::pow(q, static_cast<double>(border[i]));
    share[i] = from - to;
  }
  for (const auto& f : found_keys()) {
    private_key start;
    make_start(random, 129, start);
    // The start and the key differ in their low eight bytes only.
    std::uint64_t difference = 0;
    for (std::size_t i = 8; i-- > 0;) difference = difference << 8 | f.secret.value[i];
    std::uint64_t low = 0;
    for (std::size_t i = 8; i-- > 0;) low = low << 8 | start.value[i];
    const std::uint64_t offset = (difference - low) / 8;
    ++seen[static_cast<std::size_t>(std::upper_bound(border.begin(), border.end(), offset) -
                                    border.begin())];
  }
  CHECK(chi_squared(seen, share) < limit_15);
}
