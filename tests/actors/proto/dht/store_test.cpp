#include "actors/proto/dht/store.hpp"

#include <catch2/catch.hpp>

#include "actors/proto/dht/cache.hpp"
#include "actors/proto/dht/rate_gate.hpp"
#include "tests/support/fast_crypto.hpp"

using namespace wh;
using wire::store_result;

namespace {

const time_point start = from_unix_seconds(1'800'000'000);

struct fixture {
  seeded_rng random{seed{5}};
  test::fast_crypto crypto;

  wire::record make(std::uint8_t owner, std::uint64_t sequence, duration life = 1h) {
    wire::record r;
    r.key.value[0] = owner;
    r.sequence = sequence;
    r.expires = unix_seconds(start + life);
    return r;
  }
  static store_result put(dht::record_store& s, dht::prefix where, const wire::record& r,
                          std::uint64_t network, time_point now = start) {
    const auto a = s.admits(now, where, r, network);
    if (a == store_result::stored) s.put(where, r, network);
    return a;
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "the newest record of a key stays") {
  dht::record_store s{0, {}};
  CHECK(put(s, 5, make(1, 10), 1) == store_result::stored);
  CHECK(put(s, 5, make(1, 9), 1) == store_result::old);
  CHECK(put(s, 5, make(1, 11), 1) == store_result::stored);
  CHECK(s.find(start, 5)->sequence == 11);
  CHECK(put(s, 5, make(1, 11), 1) == store_result::stored);  // again, when the answer was lost
  CHECK(s.size() == 1);
}

TEST_CASE_METHOD(fixture, "of two records with one sequence the first stays") {
  dht::record_store s{0, {}};
  const auto a = make(1, 10);
  auto b = a;
  b.nat = wire::nat_class::open;
  CHECK(put(s, 5, a, 1) == store_result::stored);
  CHECK(put(s, 5, b, 1) == store_result::old);
  CHECK(*s.find(start, 5) == a);
}

TEST_CASE_METHOD(fixture, "a place that two keys fight for stays with the first until it expires") {
  dht::record_store s{0, {}};
  CHECK(put(s, 5, make(1, 1), 1) == store_result::stored);
  CHECK(put(s, 5, make(2, 99, 3h), 1) == store_result::old);
  CHECK(put(s, 5, make(2, 99, 3h), 1, start + 2h) == store_result::stored);
}

TEST_CASE_METHOD(fixture, "an expired record is not found, then dropped") {
  dht::record_store s{0, {}};
  put(s, 5, make(1, 1, 1h), 1);
  put(s, 6, make(2, 1, 2h), 1);
  CHECK(s.find(start + 1h, 5) == nullptr);
  CHECK(s.size() == 2);
  s.expire(start + 1h);
  CHECK(s.size() == 1);
  CHECK(s.find(start + 1h, 6) != nullptr);
}

TEST_CASE_METHOD(fixture, "one network may leave only so many records") {
  dht::record_store s{0, {.records = 100, .per_network = 3}};
  for (dht::prefix w = 1; w <= 3; ++w) CHECK(put(s, w, make(1, 1), 7) == store_result::stored);
  CHECK(put(s, 4, make(1, 1), 7) == store_result::quota);
  CHECK(put(s, 4, make(1, 1), 8) == store_result::stored);
  CHECK(put(s, 3, make(1, 2), 7) == store_result::stored);  // replacing its own
  CHECK(put(s, 4, make(1, 2), 7) == store_result::quota);   // taking over another's
}

TEST_CASE_METHOD(fixture,
                 "a full store gives up the record farthest from us, and only for a closer one") {
  dht::record_store s{0, {.records = 4, .per_network = 0}};
  for (const dht::prefix w : {10U, 20U, 30U, 40U}) put(s, w, make(1, 1), w);
  CHECK(put(s, 50, make(1, 1), 1) == store_result::quota);
  CHECK(put(s, 15, make(1, 1), 1) == store_result::stored);
  CHECK(s.size() == 4);
  CHECK(s.find(start, 40) == nullptr);
  CHECK(s.find(start, 30) != nullptr);
  // Expired ones go first.
  CHECK(put(s, 50, make(1, 1, 9h), 1, start + 2h) == store_result::stored);
  CHECK(s.size() == 1);
}

TEST_CASE_METHOD(fixture, "the bound of the store holds for any sequence of records") {
  dht::record_store s{random.next(), {.records = 16, .per_network = 4}};
  for (int i = 0; i < 3000; ++i) {
    const auto life = std::chrono::seconds{random.below(4000)};
    put(s, random.below(64),
        make(static_cast<std::uint8_t>(random.below(64)), random.below(5), life), random.below(9),
        start + std::chrono::seconds{i});
    REQUIRE(s.size() <= 16);
  }
}

TEST_CASE_METHOD(
    fixture,
    "a token is good for its key, address and place, for an hour at least and two at most") {
  const dht::token_mint mint{random}, other{random};
  const auto who = random.make_bytes<public_key>();
  const auto where = random.make_bytes<node_id>();
  const endpoint from{ip_address::v4(203, 0, 113, 1), 7};
  const auto t = mint.make(crypto, start, who, from, where);
  for (duration d = 0s; d <= 1h; d += 10min)
    CHECK(mint.check(crypto, start + d, who, from, where, t));
  CHECK_FALSE(mint.check(crypto, start + 2h, who, from, where, t));
  const endpoint port{from.address, 8}, moved{ip_address::v4(203, 0, 113, 2), 7};
  CHECK(mint.check(crypto, start, who, port, where, t));
  CHECK_FALSE(mint.check(crypto, start, who, moved, where, t));
  CHECK_FALSE(mint.check(crypto, start, random.make_bytes<public_key>(), from, where, t));
  CHECK_FALSE(mint.check(crypto, start, who, from, random.make_bytes<node_id>(), t));
  CHECK_FALSE(other.check(crypto, start, who, from, where, t));
  CHECK_FALSE(mint.check(crypto, start, who, from, where, {}));
}

TEST_CASE("a rate gate lets one through in a gap, and one to a network in its longer gap") {
  dht::rate_gate g;
  const auto to = [](std::uint8_t net, std::uint8_t host) {
    return endpoint{ip_address::v4(203, 0, net, host), 1};
  };
  CHECK(g.allow(start, 1s, 10s, to(1, 1)));
  CHECK_FALSE(g.allow(start + 999ms, 1s, 10s, to(2, 1)));
  CHECK(g.allow(start + 1s, 1s, 10s, to(2, 1)));
  CHECK_FALSE(g.allow(start + 5s, 1s, 10s, to(1, 2)));
  CHECK(g.allow(start + 10s, 1s, 10s, to(1, 2)));
}

TEST_CASE_METHOD(fixture, "a cache comes back as it was saved, up to 64 contacts") {
  std::vector<wire::contact> c;
  for (int i = 0; i < 70; ++i) {
    wire::contact n{random.make_bytes<public_key>(),
                    {ip_address::v4(static_cast<std::uint32_t>(i) << 9), 5}};
    if (i % 3 == 0) n.where.address = *ip_address::parse("2001:db8::" + std::to_string(i + 1));
    c.push_back(n);
  }
  const auto back = dht::decode_cache(dht::encode_cache(c));
  REQUIRE(back);
  c.resize(64);
  CHECK(*back == c);
  CHECK(dht::decode_cache(dht::encode_cache({}))->empty());
}

TEST_CASE_METHOD(fixture, "a damaged cache is refused, never half believed") {
  const bytes good = dht::encode_cache(
      {{random.make_bytes<public_key>(), {ip_address::v4(1, 2, 3, 4), 5}},
       {random.make_bytes<public_key>(), {*ip_address::parse("2001:db8::1"), 5}}});
  for (std::size_t n = 0; n < good.size(); ++n) {
    if (n == 1 || n == 40) continue;  // whole contacts
    INFO("first " << n << " bytes");
    CHECK_FALSE(dht::decode_cache(byte_view(good).first(n)));
  }
  bytes bad = good;
  bad[0] = 2;
  CHECK_FALSE(dht::decode_cache(bad));
  bad = good;
  bad[33] = 5;
  CHECK_FALSE(dht::decode_cache(bad));
  bytes mapped = good;
  mapped.resize(40);
  mapped[33] = 6;
  mapped.resize(1 + 33 + 16 + 2);
  std::fill(mapped.begin() + 34, mapped.end(), std::uint8_t{0});
  mapped[34 + 10] = mapped[34 + 11] = 0xff;
  CHECK_FALSE(dht::decode_cache(mapped));
}
