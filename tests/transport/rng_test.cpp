#include "transport/rng.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <set>

using namespace wh;

namespace {

/// Says the values it was given, one after the other.
class scripted final : public rng {
 public:
  explicit scripted(std::vector<std::uint64_t> values) : values_(std::move(values)) {}
  std::uint64_t next() override { return values_.at(at_++); }
  std::size_t used() const { return at_; }

 private:
  std::vector<std::uint64_t> values_;
  std::size_t at_ = 0;
};

}  // namespace

TEST_CASE("the seeded stream is SplitMix64") {
  // The published outputs of the reference implementation for the seeds 0 and 1234567.
  seeded_rng zero{seed{0}};
  for (const std::uint64_t expected :
       {0xe220a8397b1dcdafU, 0x6e789e6aa1b965f4U, 0x06c45d188009454fU, 0xf88bb8a8724c81ecU})
    CHECK(zero.next() == expected);
  seeded_rng other{seed{1234567}};
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
        16408922859458223821U})
    CHECK(other.next() == expected);
}

TEST_CASE("a stream costs eight bytes of state") { CHECK(sizeof(seeded_rng) == sizeof(void*) + 8); }

TEST_CASE("a bounded number is drawn again when it would favour small results") {
  // 2^64 mod 10 is 6: the values 0..5 are one too many of their kind.
  scripted s{{0, 5, 6}};
  CHECK(s.below(10) == 6);
  CHECK(s.used() == 3);
  scripted power{{0}};
  CHECK(power.below(16) == 0);
  scripted huge{{(std::uint64_t{1} << 63) - 2, (std::uint64_t{1} << 63) - 1}};
  CHECK(huge.below((std::uint64_t{1} << 63) + 1) == (std::uint64_t{1} << 63) - 1);
  CHECK(huge.used() == 2);
}

TEST_CASE("bounded numbers reach every value about equally often") {
  seeded_rng random{seed{3}.derive("below")};
  for (const std::uint64_t n : {2U, 3U, 7U, 10U}) {
    std::vector<int> count(n);
    const int draws = 20000;
    for (int i = 0; i < draws; ++i) ++count.at(random.below(n));
    const double mean = draws / static_cast<double>(n);
    double chi2 = 0;
    for (const int c : count) chi2 += (c - mean) * (c - mean) / mean;
    // 9 degrees of freedom or fewer: above 33.7 with a chance of one in 10,000.
    CHECK(chi2 < 33.7);
  }
}

TEST_CASE("between includes both ends and the whole range") {
  seeded_rng random{seed{4}};
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.between(5, 8));
  CHECK(seen == std::set<std::uint64_t>{5, 6, 7, 8});
  CHECK(random.between(7, 7) == 7);
  scripted all{{42, ~std::uint64_t{0}}};
  CHECK(all.between(0, ~std::uint64_t{0}) == 42);
  CHECK(all.between(0, ~std::uint64_t{0}) == ~std::uint64_t{0});
}

TEST_CASE("unit is at least 0 and below 1 and chance keeps to its ends") {
  scripted ends{{0, ~std::uint64_t{0}}};
  CHECK(ends.unit() == 0.0);
  CHECK(ends.unit() < 1.0);
  scripted certain{{~std::uint64_t{0}}};
  CHECK(certain.chance(1.0));
  scripted untouched{{}};
  CHECK_FALSE(untouched.chance(0));
}

TEST_CASE("filling takes eight little-endian bytes a draw and leaves no byte out") {
  scripted s{{0x0807060504030201, 0x100f0e0d0c0b0a09}};
  fixed_bytes<11> b;
  s.fill(b);
  CHECK(to_hex(b) == "0102030405060708090a0b");
  CHECK(s.used() == 2);
}

TEST_CASE("streams with different names or indices or roots differ - equal ones are equal") {
  const seed root{7};
  std::set<std::uint64_t> seeds;
  for (const char* name : {"", "a", "b", "ab", "ba", "aa", "punch/alice", "punch/bob"})
    seeds.insert(root.derive(name).value());
  for (std::uint64_t i = 0; i < 1000; ++i) seeds.insert(root.derive("peer", i).value());
  seeds.insert(root.derive("a").derive("b").value());
  seeds.insert(seed{8}.derive("a").value());
  CHECK(seeds.size() == 8 + 1000 + 2);
  CHECK(root.derive("peer", 3).value() == seed{7}.derive("peer", 3).value());
}

TEST_CASE("neighbouring streams share no value and do not follow each other") {
  std::set<std::uint64_t> values;
  std::size_t drawn = 0;
  int equal_bits = 0;
  std::uint64_t last_first = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    seeded_rng random{seed{9}.derive("peer", i)};
    for (int j = 0; j < 100; ++j, ++drawn) {
      const std::uint64_t v = random.next();
      values.insert(v);
      if (j == 0) {
        equal_bits += 64 - std::popcount(v ^ last_first);
        last_first = v;
      }
    }
  }
  CHECK(values.size() == drawn);
  // 12,800 fair bits: mean 6,400, standard deviation 57; five of those.
  CHECK(equal_bits > 6400 - 285);
  CHECK(equal_bits < 6400 + 285);
}
