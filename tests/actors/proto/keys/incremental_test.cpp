#include "actors/proto/keys/incremental.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "actors/proto/keys/keys.hpp"

using namespace wh;
using namespace wh::keys;

namespace {

const crypto_suite& crypto = sodium_crypto();

seeded_rng stream(std::uint64_t i) { return seeded_rng{seed{i}.derive("incremental")}; }

/// A small batch, for searches that end soon.
tuning small(processor on = processors().back()) { return {.on = on, .half = 16}; }

private_key find(rng& random, unsigned bits, std::string_view ns, const tuning& how) {
  incremental_search s(crypto, random, bits, ns, how);
  private_key k;
  REQUIRE(s.step(std::uint64_t{1} << 30, k));
  return k;
}

/// 2^255 - 8 * (steps + 1): a clamped private key to which 8 can be added `steps` times.
private_key before_the_end(std::uint64_t steps) {
  private_key k;
  k.value.fill(0xff);
  k.value[0] = 0xf8;
  k.value[31] = 0x7f;
  std::uint64_t take = 8 * steps;
  int borrow = 0;
  for (auto& byte : k.value) {
    const int v = byte - static_cast<int>(take & 0xff) - borrow;
    borrow = v < 0 ? 1 : 0;
    byte = static_cast<std::uint8_t>(v & 0xff);
    take >>= 8;
  }
  return k;
}

/// Gives a list of private keys to whoever draws 32 bytes, then chance.
class listed_rng final : public rng {
 public:
  listed_rng(std::vector<private_key> keys, std::uint64_t root)
      : keys_(std::move(keys)), rest_(seed{root}) {}
  std::uint64_t next() override {
    const std::size_t key = words_ / 4;
    if (key >= keys_.size()) return rest_.next();
    std::uint64_t v = 0;
    for (std::size_t i = 8; i-- > 0;) v = v << 8 | keys_[key].value[words_ % 4 * 8 + i];
    ++words_;
    return v;
  }

 private:
  std::vector<private_key> keys_;
  seeded_rng rest_;
  std::size_t words_ = 0;
};

/// libsodium, but for what one wants to go wrong.
class faulty_crypto final : public crypto_suite {
 public:
  mutable std::uint64_t publics = 0;
  /// The call of `to_public` that gives another key.
  std::uint64_t wrong_at = 0;

  std::uint8_t wire_version() const override { return 1; }
  private_key make_private_key(rng& r) const override { return crypto.make_private_key(r); }
  public_key to_public(const private_key& k) const override {
    auto p = crypto.to_public(k);
    if (++publics == wrong_at) p.value[3] ^= 0x10;
    return p;
  }
  bool acceptable(const public_key& k) const override { return crypto.acceptable(k); }
  bool dh(const private_key& a, const public_key& b, shared_secret& out) const override {
    return crypto.dh(a, b, out);
  }
  void hash(byte_span out, std::initializer_list<byte_view> parts, byte_view key) const override {
    crypto.hash(out, parts, key);
  }
  fixed_bytes<64> hmac(byte_view key, std::initializer_list<byte_view> parts) const override {
    return crypto.hmac(key, parts);
  }
  void seal(byte_span out, const aead_key& k, std::uint64_t n, byte_view ad,
            byte_view text) const override {
    crypto.seal(out, k, n, ad, text);
  }
  bool open(byte_span out, const aead_key& k, std::uint64_t n, byte_view ad,
            byte_view text) const override {
    return crypto.open(out, k, n, ad, text);
  }
  void seal_x(byte_span out, const aead_key& k, const fixed_bytes<24>& n, byte_view ad,
              byte_view text) const override {
    crypto.seal_x(out, k, n, ad, text);
  }
  bool open_x(byte_span out, const aead_key& k, const fixed_bytes<24>& n, byte_view ad,
              byte_view text) const override {
    return crypto.open_x(out, k, n, ad, text);
  }
  signature sign(const private_key& k, byte_view text, rng& r) const override {
    return crypto.sign(k, text, r);
  }
  bool verify(const public_key& k, byte_view text, const signature& s) const override {
    return crypto.verify(k, text, s);
  }
};

bool clamped(const private_key& k) { return (k.value[0] & 7) == 0 && (k.value[31] & 0xc0) == 0x40; }

/// Whether these bytes stand anywhere in the memory that this process may write.
bool stands_in_memory(const fixed_bytes<32>& masked, std::uint8_t mask) {
  std::ifstream maps("/proc/self/maps");
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  REQUIRE(maps);
  REQUIRE(memory >= 0);
  std::string line;
  std::vector<std::uint8_t> page(1 << 20);
  bool found = false;
  while (!found && std::getline(maps, line)) {
    unsigned long begin = 0, end = 0;
    char flags[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, flags) != 3) continue;
    if (flags[0] != 'r' || flags[1] != 'w') continue;
    if (end - begin > 1UL << 32) continue;  // a sanitizer's shadow, terabytes of nothing
    for (unsigned long at = begin; at < end; at += page.size() - 32) {
      const auto size = std::min<unsigned long>(page.size(), end - at);
      if (::pread(memory, page.data(), size, static_cast<off_t>(at)) != static_cast<ssize_t>(size))
        continue;
      for (std::size_t i = 0; i + 32 <= size; ++i) {
        // The first bytes may be others: steps were added.
        std::size_t same = 0;
        for (std::size_t j = 2; j < 31 && page[i + j] == (masked[j] ^ mask); ++j) ++same;
        if (same == 29) found = true;
      }
    }
  }
  ::close(memory);
  wipe(page);
  return found;
}

}  // namespace

TEST_CASE("a found key has the work that was asked for and is clamped and accepted") {
  auto random = stream(1);
  for (const processor on : processors())
    for (const unsigned bits : {0U, 1U, 8U, 12U, 16U})
      for (const char* ns : {"public", "test", "",
                             "a namespace of more than ninety-six characters, "
                             "so that the hash of a key in it takes two blocks and no fewer"}) {
        CAPTURE(to_string(on), bits, ns);
        const auto k = find(random, bits, ns, {.on = on});
        const auto p = crypto.to_public(k);
        CHECK(workbit(crypto, p, ns) >= bits);
        CHECK(clamped(k));
        CHECK(crypto.acceptable(p));
      }
}

TEST_CASE("every processor and every size of batch gives the same key for the same start") {
  for (std::uint64_t i = 0; i < 12; ++i) {
    auto first = stream(100 + i);
    const auto k = find(first, 11, "public", {.on = processor::portable, .half = 1024});
    for (const processor on : processors())
      for (const unsigned half : {8U, 104U, 512U, 1024U}) {
        auto again = stream(100 + i);
        CAPTURE(i, to_string(on), half);
        CHECK(find(again, 11, "public", {.on = on, .half = half}) == k);
      }
  }
}

TEST_CASE("the found key is the start plus eight times the first offset that holds") {
  for (std::uint64_t i = 0; i < 20; ++i) {
    auto random = stream(200 + i), again = stream(200 + i);
    private_key k;
    make_start(again, 33, k);
    while (workbit(crypto, crypto.to_public(k), "public") < 6) add_steps(k, 1);
    CHECK(find(random, 6, "public", small()) == k);
  }
}

TEST_CASE("steps are added as integers and never reduced by the group's order") {
  // Carries through every byte; the group's order, 2^252 and a little, changes nothing.
  auto k = before_the_end(3);
  CHECK(steps_left(k) == 3);
  add_steps(k, 3);
  CHECK(k == before_the_end(0));
  CHECK(steps_left(k) == 0);
  private_key low;
  low.value[31] = 0x40;
  low.value[0] = 0xf8;
  add_steps(low, 1);
  CHECK(to_hex(view(low)) == "0001" + std::string(56, '0') + "0040");
  seeded_rng random = stream(3);
  for (int i = 0; i < 1000; ++i) {
    auto a = crypto.make_private_key(random), b = a;
    const auto m = random.below(steps_max / 2), n = random.below(steps_max / 2);
    add_steps(a, m);
    add_steps(a, n);
    add_steps(b, m + n);
    CHECK(a == b);
    CHECK(clamped(a));
    // The middle bytes change by carries only.
    CHECK(steps_left(a) == steps_max);
  }
  for (const std::uint64_t steps :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{1} << 33, steps_max})
    CHECK(steps_left(before_the_end(steps)) == steps);
  CHECK(steps_left(before_the_end(2 * steps_max - 1)) == steps_max);
}

TEST_CASE("a clamped and an unclamped reading of a found key are the same key") {
  // libsodium clamps what it is given. Were a found key not clamped already, an exchange with it
  // and the key itself would differ.
  auto random = stream(4);
  for (int i = 0; i < 50; ++i) {
    const auto k = find(random, 4, "public", small());
    auto again = k;
    again.value[0] &= 248;
    again.value[31] = static_cast<std::uint8_t>((again.value[31] & 127) | 64);
    CHECK(again == k);
    const auto other = crypto.make_private_key(random);
    shared_secret mine, theirs;
    REQUIRE(crypto.dh(k, crypto.to_public(other), mine));
    REQUIRE(crypto.dh(other, crypto.to_public(k), theirs));
    CHECK(mine == theirs);
  }
}

TEST_CASE("a found key signs though it has no seed as Ed25519 keys have") {
  auto random = stream(11);
  for (int i = 0; i < 30; ++i) {
    const auto k = find(random, 6, "public", small());
    const auto text = view(std::string_view("a record"));
    const auto s = crypto.sign(k, text, random);
    CHECK(crypto.verify(crypto.to_public(k), text, s));
    CHECK_FALSE(crypto.verify(crypto.to_public(k), view(std::string_view("another")), s));
  }
}

TEST_CASE("the sign of y is resolved: both happen and the next key confirms it") {
  auto random = stream(5);
  int odd = 0;
  for (int i = 0; i < 200; ++i) {
    auto k = crypto.make_private_key(random);
    const auto p = point_of(crypto, k);
    if (y_is_odd(p)) ++odd;
    add_steps(k, 1);
    const auto onward = sum(p, eight_base()), back = sum(negated(p), eight_base());
    CHECK(onward->x.to_bytes() == crypto.to_public(k).value);
    CHECK(back->x.to_bytes() != crypto.to_public(k).value);
  }
  CHECK(odd > 60);
  CHECK(odd < 140);
}

TEST_CASE("every found key has a start of its own") {
  auto random = stream(6);
  incremental_search s(crypto, random, 3, "public", small());
  std::set<private_key> found;
  // Two of one start would share their upper bytes.
  std::set<std::string> upper;
  for (int i = 1; i <= 300; ++i) {
    private_key k;
    REQUIRE(s.step(100000, k));
    found.insert(k);
    upper.insert(to_hex(view(k)).substr(20));
    CHECK(s.starts() == static_cast<std::uint64_t>(i));
  }
  CHECK(found.size() == 300);
  CHECK(upper.size() == 300);
  CHECK(s.refused() == 0);
}

TEST_CASE("a start too near to 2^255 is not used and a search restarts before it gets there") {
  // A batch has 33 candidates: the first start has room for less than one.
  listed_rng near({before_the_end(32)}, 1);
  incremental_search s(crypto, near, workbit_max, "public", small());
  private_key k;
  CHECK_FALSE(s.step(1, k));
  CHECK(s.starts() == 1);
  CHECK_FALSE(s.step(33 * 100, k));
  CHECK(s.starts() == 1);

  // Room for three batches and most of a fourth, then another start.
  listed_rng later({before_the_end(33 * 4 - 2)}, 2);
  incremental_search t(crypto, later, workbit_max, "public", small());
  for (const std::uint64_t starts : {1U, 1U, 1U, 2U, 2U}) {
    CHECK_FALSE(t.step(1, k));
    CHECK(t.starts() == starts);
  }

  // What is found in the last batch before the end is a key like others.
  int last_batch = 0;
  for (std::uint64_t i = 0; i < 60; ++i) {
    listed_rng end({before_the_end(40)}, 100 + i);
    const auto found = find(end, i % 8, "public", small());
    CHECK(workbit(crypto, crypto.to_public(found), "public") >= i % 8);
    CHECK(clamped(found));
    if (steps_left(found) <= 40) ++last_batch;
  }
  CHECK(last_batch > 0);
}

TEST_CASE("a winner that libsodium does not confirm is not given out nor anything from its start") {
  auto plain = stream(7);
  const auto first = find(plain, 5, "public", small());
  faulty_crypto faulty;
  // Two calls resolve the sign, the third recomputes the winner.
  faulty.wrong_at = 3;
  auto random = stream(7);
  incremental_search s(faulty, random, 5, "public", small());
  private_key k;
  REQUIRE(s.step(1 << 20, k));
  // The wrong key may hold by chance, one time in 32; this stream is not such a time.
  CHECK(s.refused() == 1);
  CHECK(s.starts() == 2);
  CHECK(k != first);
  CHECK(workbit(crypto, crypto.to_public(k), "public") >= 5);
}

TEST_CASE("a start that is a small multiple of 8B is given up") {
  offset_search s(negated(multiple(eight_base(), 100).value()), 1, "public", small());
  int steps = 0;
  while (s.step() != offset_search::outcome::ended) REQUIRE(++steps < 10);
  CHECK(s.step() == offset_search::outcome::ended);
}

TEST_CASE("beyond 32 and 64 bits nothing with less is given out") {
  auto random = stream(8);
  for (const unsigned bits : {33U, 63U, 64U, 65U, 128U, 255U, 256U})
    for (const processor on : processors()) {
      incremental_search s(crypto, random, bits, "public", {.on = on});
      private_key k;
      CHECK_FALSE(s.step(20000, k));
      CHECK(k == private_key{});
      CHECK(s.refused() == 0);
    }
}

TEST_CASE("tries are counted by batches and none is made for nothing") {
  auto random = stream(9);
  incremental_search s(crypto, random, workbit_max, "public", small());
  private_key k;
  CHECK_FALSE(s.step(0, k));
  CHECK(s.tries() == 0);
  CHECK(s.starts() == 0);
  CHECK_FALSE(s.step(1, k));
  CHECK(s.tries() == 33);
  CHECK_FALSE(s.step(34, k));
  CHECK(s.tries() == 99);
}

TEST_CASE("after a search its start stands nowhere in memory", "[memory]") {
  constexpr std::uint8_t mask = 0x5c;
  fixed_bytes<32> start, found;
  const auto masked = [](const private_key& k) {
    fixed_bytes<32> m;
    for (std::size_t i = 0; i < 32; ++i) m[i] = static_cast<std::uint8_t>(k.value[i] ^ mask);
    return m;
  };
  {
    auto again = stream(10);
    private_key k;
    make_start(again, 33, k);
    start = masked(k);
    CHECK(stands_in_memory(start, mask));  // the scan finds what is there
    wipe(k.value);
  }
  {
    auto random = stream(10);
    incremental_search s(crypto, random, 9, "public", small());
    locked<private_key> k;
    REQUIRE(s.step(1 << 20, *k));
    found = masked(*k);
    CHECK(stands_in_memory(found, mask));
  }
  CHECK_FALSE(stands_in_memory(start, mask));
  CHECK_FALSE(stands_in_memory(found, mask));
}
