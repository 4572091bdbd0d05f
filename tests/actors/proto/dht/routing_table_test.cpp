#include "actors/proto/dht/routing_table.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace wh;
using dht::admission;

namespace {

constexpr dht::prefix self = 0x5a5a'0000'1111'2222;

struct peers {
  seeded_rng random{seed{3}};
  std::uint32_t hosts = 0;

  wire::contact contact() {
    // Each in a /24 of its own.
    return {random.make_bytes<public_key>(), {ip_address::v4(0x14000000U + (++hosts << 8)), 1}};
  }
  wire::contact contact_at(ip_address a) { return {random.make_bytes<public_key>(), {a, 1}}; }
  dht::prefix in_bucket(unsigned b) { return dht::prefix_of(dht::random_id(self, b, random)); }
};

bool sound(const dht::routing_table& t) {
  const auto& e = t.entries();
  return std::is_sorted(e.begin(), e.end(), [](const dht::entry& a, const dht::entry& b) {
    return dht::distance(a.id, self) < dht::distance(b.id, self);
  });
}

}  // namespace

TEST_CASE_METHOD(peers, "a random id of a bucket agrees with ours in exactly so many bits") {
  for (unsigned b = 0; b < 64; ++b)
    for (int i = 0; i < 20; ++i) REQUIRE(dht::common_prefix(self, in_bucket(b)) == b);
}

TEST_CASE("networks of the two families never meet") {
  CHECK(network_of(ip_address::v4(1, 2, 3, 4)) == network_of(ip_address::v4(1, 2, 3, 200)));
  CHECK(network_of(ip_address::v4(1, 2, 3, 4)) != network_of(ip_address::v4(1, 2, 4, 4)));
  const auto six = [](const char* t) { return network_of(*ip_address::parse(t)); };
  CHECK(six("2001:db8:1::1") == six("2001:db8:1:ffff::1"));
  CHECK(six("2001:db8:1::1") != six("2001:db8:2::1"));
  CHECK(six("::1:203:400:0") != network_of(ip_address::v4(1, 2, 3, 4)));
}

TEST_CASE_METHOD(peers, "a full bucket keeps the old contacts and takes the new one as a spare") {
  dht::routing_table t{self, {}};
  // Enough siblings that bucket 0 holds none.
  for (int i = 0; i < 20; ++i) CHECK(t.answered(1, in_bucket(20), contact()) == admission::added);
  for (int i = 0; i < 20; ++i) CHECK(t.answered(1, in_bucket(0), contact()) == admission::added);
  CHECK_FALSE(t.has_room(in_bucket(0), contact().where));
  CHECK(t.answered(2, in_bucket(0), contact()) == admission::spare);
  CHECK(t.in_bucket(0) == 20);
  CHECK(t.in_bucket(20) == 20);
  CHECK(t.size() == 40);
  CHECK(t.buckets() == 2);
  CHECK(sound(t));
}

TEST_CASE_METHOD(peers, "a spare takes the place of a contact that failed twice") {
  dht::routing_table t{self, {}};
  for (int i = 0; i < 20; ++i) t.answered(1, in_bucket(20), contact());
  for (int i = 0; i < 20; ++i) t.answered(1, in_bucket(0), contact());
  const auto spare = contact();
  const auto spare_id = in_bucket(0);
  REQUIRE(t.answered(2, spare_id, spare) == admission::spare);
  const dht::entry dead = t.entries().back();
  CHECK_FALSE(t.failed(dead.id, dead.key, true));
  CHECK(t.stalest()->key == dead.key);
  CHECK(t.failed(dead.id, dead.key, true));
  CHECK(t.find(dead.id, dead.key) == nullptr);
  CHECK(t.find(spare_id, spare.key) != nullptr);
  CHECK(t.spares() == 0);
}

TEST_CASE_METHOD(peers, "an answer forgives a failure") {
  dht::routing_table t{self, {}};
  const auto c = contact();
  const auto id = in_bucket(3);
  t.answered(1, id, c);
  t.failed(id, c.key, true);
  CHECK(t.closest(self, 20, nullptr, false).empty());
  CHECK(t.closest(self, 20, nullptr, true).size() == 1);
  CHECK(t.answered(2, id, c) == admission::known);
  CHECK(t.closest(self, 20, nullptr, false).size() == 1);
}

TEST_CASE_METHOD(peers, "nothing is dropped while nobody answers") {
  dht::routing_table t{self, {}};
  const auto c = contact();
  t.answered(1, 7, c);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(t.failed(7, c.key, false));
  CHECK(t.size() == 1);
}

TEST_CASE_METHOD(peers, "the k closest to us are kept though their bucket is full") {
  dht::routing_table t{self, {}};
  // All of one bucket: the 21st is closer than the others, so the farthest gives way.
  std::vector<std::pair<dht::prefix, wire::contact>> far;
  for (int i = 0; i < 20; ++i) {
    far.emplace_back(in_bucket(2), contact());
    t.answered(1, far.back().first, far.back().second);
  }
  std::sort(far.begin(), far.end(), [](const auto& a, const auto& b) {
    return dht::distance(a.first, self) < dht::distance(b.first, self);
  });
  const dht::prefix closest = self ^ (dht::prefix{1} << 61);
  CHECK(t.answered(2, closest, contact()) == admission::added);
  CHECK(t.in_bucket(2) == 20);
  CHECK(t.find(far.back().first, far.back().second.key) == nullptr);
  CHECK(t.spares() == 1);
  CHECK(sound(t));
}

TEST_CASE_METHOD(peers, "one /24 gets two places of a bucket and ten of the table") {
  dht::routing_table t{self, {}};
  const auto a = [](int i) { return ip_address::v4(203, 0, 113, static_cast<std::uint8_t>(i)); };
  int n = 0;
  for (unsigned b = 0; b < 8; ++b)
    for (int i = 0; i < 5; ++i) {
      const auto r = t.answered(1, in_bucket(b), contact_at(a(++n)));
      CHECK(r == (i < 2 && b < 5 ? admission::added : admission::crowded));
    }
  CHECK(t.size() == 10);
  CHECK(t.answered(1, in_bucket(7), contact()) == admission::added);
}

TEST_CASE_METHOD(peers, "one /48 gets two places of a bucket") {
  dht::routing_table t{self, {}};
  for (int i = 0; i < 5; ++i) {
    const auto c = contact_at(*ip_address::parse("2001:db8:7:" + std::to_string(i) + "::1"));
    CHECK(t.answered(1, in_bucket(1), c) == (i < 2 ? admission::added : admission::crowded));
  }
}

TEST_CASE_METHOD(peers, "where all hosts share a network the limit can be off") {
  dht::table_limits l;
  l.diverse = false;
  dht::routing_table t{self, l};
  for (int i = 0; i < 15; ++i)
    CHECK(t.answered(1, in_bucket(0), contact_at(ip_address::v4(10, 0, 0, 1))) == admission::added);
}

TEST_CASE_METHOD(peers, "a contact that moves into a crowded network loses its place") {
  dht::routing_table t{self, {}};
  const auto a = [](int i) { return ip_address::v4(203, 0, 113, static_cast<std::uint8_t>(i)); };
  for (int i = 0; i < 2; ++i) t.answered(1, in_bucket(1), contact_at(a(i)));
  auto c = contact();
  const auto id = in_bucket(1);
  t.answered(1, id, c);
  c.where.address = ip_address::v4(198, 51, 100, 1);
  CHECK(t.answered(2, id, c) == admission::known);
  CHECK(t.find(id, c.key)->where == c.where);
  c.where.address = a(9);
  CHECK(t.answered(3, id, c) == admission::crowded);
  CHECK(t.find(id, c.key) == nullptr);
}

TEST_CASE_METHOD(peers, "a message from another address than the known one is no sign of life") {
  dht::routing_table t{self, {}};
  auto c = contact();
  t.answered(1, 9, c);
  const auto there = c.where;
  c.where.port_be[0] ^= 1;
  CHECK(t.seen(50, 9, c));
  CHECK(t.find(9, c.key)->seen_s == 1);
  c.where = there;
  CHECK(t.seen(50, 9, c));
  CHECK(t.find(9, c.key)->seen_s == 50);
  CHECK_FALSE(t.seen(50, 9, contact()));
}

TEST_CASE_METHOD(peers, "the closest are those that sorting all would give") {
  dht::routing_table t{self, {}};
  for (int i = 0; i < 400; ++i) t.answered(1, random.next(), contact());
  for (int round = 0; round < 50; ++round) {
    const dht::prefix target = random.next();
    auto all = t.entries();
    std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
      return dht::distance(a.id, target) < dht::distance(b.id, target);
    });
    const public_key& except = all[3].key;
    const auto got = t.closest(target, 20, &except, false);
    all.erase(all.begin() + 3);
    REQUIRE(got.size() == 20);
    for (std::size_t i = 0; i < 20; ++i) REQUIRE(got[i]->id == all[i].id);
  }
}

TEST_CASE_METHOD(peers, "whatever happens every bound of the table holds") {
  dht::routing_table t{self, {}};
  std::vector<std::pair<dht::prefix, wire::contact>> known;
  for (int i = 0; i < 5000; ++i) {
    const auto what = random.below(10);
    if (known.empty() || what < 6) {
      const auto id = in_bucket(static_cast<unsigned>(random.below(12)));
      known.emplace_back(
          id, contact_at(ip_address::v4(static_cast<std::uint32_t>(random.below(40) << 8))));
      t.answered(static_cast<std::uint32_t>(i), id, known.back().second);
    } else {
      const auto& [id, c] = known[random.below(known.size())];
      if (what < 9)
        t.failed(id, c.key, random.chance(0.9));
      else
        t.remove(id, c.key);
    }
    if (i % 50 != 0) continue;
    REQUIRE(sound(t));
    REQUIRE(t.spares() <= 16);
    std::map<std::uint64_t, std::map<unsigned, int>> networks;
    for (const dht::entry& e : t.entries())
      ++networks[network_of(e.where.address)][dht::common_prefix(self, e.id)];
    for (const auto& [network, buckets] : networks) {
      int in_table = 0;
      for (const auto& [b, n] : buckets) {
        REQUIRE(n <= 2);
        in_table += n;
      }
      REQUIRE(in_table <= 10);
    }
    for (unsigned b = 0; b < 12; ++b) REQUIRE(t.in_bucket(b) <= 20);
  }
}

TEST_CASE_METHOD(peers, "the estimate of the network's size is right within a factor of two") {
  for (const std::size_t n : {200U, 2000U, 20000U}) {
    dht::routing_table t{self, {}};
    for (std::size_t i = 0; i < n; ++i) t.answered(1, random.next(), contact());
    CHECK(t.estimated_nodes() > static_cast<double>(n) / 2);
    CHECK(t.estimated_nodes() < static_cast<double>(n) * 2);
  }
}

TEST_CASE_METHOD(peers, "a table of a network of ten thousand takes at most 13 KB") {
  dht::routing_table t{self, {}};
  for (int i = 0; i < 10000; ++i) t.answered(1, random.next(), contact());
  CHECK(t.size() >= 180);
  CHECK(t.entries().capacity() * sizeof(dht::entry) <= 14 * 1024);
  CHECK(t.entries().capacity() <= t.size() + 16);
}
