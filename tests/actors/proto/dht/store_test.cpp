#include "actors/proto/dht/store.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

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
                          std::uint64_t from, time_point now = start) {
    const auto a = s.admits(now, where, r, from);
    if (a == store_result::stored) s.put(where, r, from);
    return a;
  }
  static std::uint64_t site(unsigned network, unsigned host) {
    return site_of(ip_address::v4(0x0b000000U + (network << 8) + host));
  }
  static std::uint64_t site_v6(unsigned network, unsigned host) {
    fixed_bytes<16> raw{};
    store_be<std::uint64_t>(raw.data(),
                            0x20010db800000000U + (std::uint64_t{network} << 16) + host);
    return site_of(ip_address::v6(raw));
  }
  /// Whether these are all that is found.
  static bool holds(const dht::record_store& s, std::vector<dht::prefix> all,
                    time_point now = start) {
    return s.size() == all.size() && std::all_of(all.begin(), all.end(), [&](dht::prefix w) {
             return s.find(now, w) != nullptr;
           });
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

TEST_CASE_METHOD(fixture, "an expired record is not found then dropped") {
  dht::record_store s{0, {}};
  put(s, 5, make(1, 1, 1h), 1);
  put(s, 6, make(2, 1, 2h), 1);
  CHECK(s.find(start + 1h, 5) == nullptr);
  CHECK(s.size() == 2);
  s.expire(start + 1h);
  CHECK(s.size() == 1);
  CHECK(s.find(start + 1h, 6) != nullptr);
}

TEST_CASE_METHOD(fixture,
                 "nobody is refused while there is room however many came from one address") {
  dht::record_store s{0, {}};
  for (dht::prefix w = 1; w <= 2048; ++w)
    CHECK(put(s, w, make(1, 1), site(7, 1)) == store_result::stored);
  CHECK(s.size() == 2048);
}

TEST_CASE_METHOD(
    fixture, "in a full store the network that holds most gives up its record farthest from us") {
  dht::record_store s{0, {.records = 5}};
  for (const dht::prefix w : {10U, 20U, 30U}) put(s, w, make(1, 1), site(1, 1));
  for (const dht::prefix w : {90U, 91U}) put(s, w, make(1, 1), site(2, 1));
  CHECK(put(s, 99, make(1, 1), site(3, 1)) == store_result::stored);
  CHECK(holds(s, {10, 20, 90, 91, 99}));
}

TEST_CASE_METHOD(fixture,
                 "whoever comes from the network that holds most displaces nobody but its own") {
  dht::record_store s{0, {.records = 5}};
  for (const dht::prefix w : {10U, 20U, 30U}) put(s, w, make(1, 1), site(1, 1));
  for (const dht::prefix w : {90U, 91U}) put(s, w, make(1, 1), site(2, 1));
  CHECK(put(s, 31, make(1, 1), site(1, 1)) == store_result::quota);
  CHECK(put(s, 1, make(1, 1), site(1, 1)) == store_result::stored);
  CHECK(holds(s, {1, 10, 20, 90, 91}));
}

TEST_CASE_METHOD(fixture, "between networks that hold as much the distance from us decides") {
  dht::record_store s{0, {.records = 4}};
  for (const unsigned w : {10U, 20U, 30U, 40U}) put(s, w, make(1, 1), site(w, 1));
  CHECK(put(s, 50, make(1, 1), site(5, 1)) == store_result::quota);
  CHECK(put(s, 15, make(1, 1), site(6, 1)) == store_result::stored);
  CHECK(holds(s, {10, 15, 20, 30}));
}

TEST_CASE_METHOD(fixture,
                 "a neighbour in one /24 or /48 does not displace who has an address of his own") {
  for (const auto& at : {+[](unsigned host) { return site(1, host); },
                         +[](unsigned host) { return site_v6(1, host); }}) {
    dht::record_store s{0, {.records = 4}};
    put(s, 99, make(1, 1), at(1));
    for (const dht::prefix w : {10U, 20U, 30U}) put(s, w, make(1, 1), at(2));
    CHECK(put(s, 5, make(1, 1), at(2)) == store_result::stored);
    CHECK(holds(s, {5, 10, 20, 99}));
    CHECK(put(s, 98, make(1, 1), at(3)) == store_result::stored);
    CHECK(holds(s, {5, 10, 98, 99}));
  }
}

TEST_CASE_METHOD(fixture, "expired records give way before any other") {
  dht::record_store s{0, {.records = 3}};
  put(s, 1, make(1, 1, 1h), site(1, 1));
  put(s, 2, make(1, 1, 3h), site(2, 1));
  put(s, 3, make(1, 1, 3h), site(2, 1));
  CHECK(put(s, 4, make(1, 1, 3h), site(2, 1), start + 1h) == store_result::stored);
  CHECK(holds(s, {2, 3, 4}, start + 1h));
}

TEST_CASE_METHOD(fixture,
                 "a record that is held is renewed in a full store - from wherever it comes") {
  dht::record_store s{0, {.records = 4}};
  for (const dht::prefix w : {10U, 20U, 30U}) put(s, w, make(1, 1), site(1, 1));
  put(s, 99, make(1, 1), site(2, 1));
  CHECK(put(s, 30, make(1, 2), site(1, 1)) == store_result::stored);
  CHECK(put(s, 99, make(1, 2), site(1, 1)) == store_result::stored);
  CHECK(s.find(start, 99)->sequence == 2);
  // From now on it counts where it came from.
  CHECK(put(s, 50, make(1, 1), site(3, 1)) == store_result::stored);
  CHECK(holds(s, {10, 20, 30, 50}));
}

TEST_CASE_METHOD(
    fixture, "who brings a record before its owner does cannot have it counted as his for long") {
  dht::record_store s{0, {.records = 5}};
  for (const dht::prefix w : {10U, 20U, 30U}) put(s, w, make(1, 1), site(1, 1));
  put(s, 99, make(1, 1), site(1, 1));  // by the attacker, who had it from another holder
  CHECK(put(s, 99, make(1, 1), site(2, 1)) == store_result::stored);  // and by its owner
  // Nor can it be taken back.
  CHECK(put(s, 99, make(1, 1), site(1, 2)) == store_result::stored);
  put(s, 40, make(1, 1), site(3, 1));
  CHECK(put(s, 5, make(1, 1), site(1, 1)) == store_result::stored);
  CHECK(holds(s, {5, 10, 20, 40, 99}));
  // The same with the store full before.
  CHECK(put(s, 20, make(1, 2), site(4, 1)) == store_result::stored);
  CHECK(put(s, 99, make(1, 2), site(1, 1)) == store_result::stored);
  CHECK(put(s, 99, make(1, 2), site(2, 1)) == store_result::stored);
  CHECK(put(s, 6, make(1, 1), site(5, 1)) == store_result::stored);
  CHECK(holds(s, {5, 6, 20, 40, 99}));
}

namespace {

/// What record_store is to do, said in the plainest way.
struct naive_store {
  struct held {
    std::uint64_t site;
    wire::record what;
  };
  dht::prefix self;
  std::size_t records;
  std::map<dht::prefix, held> all;

  std::map<std::uint64_t, std::size_t> networks() const {
    std::map<std::uint64_t, std::size_t> n;
    for (const auto& [where, h] : all) ++n[network_of_site(h.site)];
    return n;
  }

  store_result put(time_point now, dht::prefix where, const wire::record& r, std::uint64_t site) {
    if (const auto i = all.find(where); i != all.end()) {
      held& h = i->second;
      if (h.what.expires > unix_seconds(now)) {
        if (h.what == r) {
          auto n = networks();
          const auto there = network_of_site(site), here = network_of_site(h.site);
          if (there != here && n[there] + 1 < n[here]) h.site = site;
          return store_result::stored;
        }
        if (h.what.key != r.key || r.sequence <= h.what.sequence) return store_result::old;
      }
      h = {site, r};
      return store_result::stored;
    }
    if (all.size() >= records)
      std::erase_if(all, [&](const auto& x) { return x.second.what.expires <= unix_seconds(now); });
    all[where] = {site, r};
    if (all.size() <= records) return store_result::stored;
    const auto of_network = networks();
    std::map<std::uint64_t, std::size_t> of_site;
    for (const auto& [w, h] : all) ++of_site[h.site];
    const auto loser = std::max_element(all.begin(), all.end(), [&](const auto& a, const auto& b) {
      const auto rank = [&](const auto& x) {
        const std::uint64_t s = x.second.site;
        return std::tuple{of_network.at(network_of_site(s)), of_site.at(s),
                          dht::distance(x.first, self)};
      };
      return rank(a) < rank(b);
    });
    const bool taken = loser->first != where;
    all.erase(loser);
    return taken ? store_result::stored : store_result::quota;
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a store does what the plainest one does for any sequence of records") {
  for (int round = 0; round < 20; ++round) {
    const dht::prefix self = random.below(256);
    const std::size_t records = 1 + random.below(40);
    const std::uint64_t networks = 1 + random.below(12), hosts = 1 + random.below(4);
    dht::record_store s{self, {.records = static_cast<std::uint16_t>(records)}};
    naive_store naive{self, records, {}};
    time_point now = start;
    std::size_t refused = 0;
    for (int i = 0; i < 2000; ++i) {
      now += std::chrono::seconds{random.below(3)};
      // Networks of unlike weight, IPv6 among them.
      const auto n = static_cast<unsigned>(random.below(1 + random.below(networks)));
      const auto h = static_cast<unsigned>(random.below(hosts));
      const std::uint64_t from = n % 3 == 0 ? site_v6(n, h) : site(n, h);
      const dht::prefix where = random.below(128);
      auto r = make(static_cast<std::uint8_t>(where % 100), random.below(4));
      r.expires = unix_seconds(now) + random.below(600);
      if (random.chance(0.3))
        if (const wire::record* held = s.find(now, where)) r = *held;  // again
      const auto expected = naive.put(now, where, r, from);
      REQUIRE(put(s, where, r, from, now) == expected);
      refused += expected == store_result::quota;
      if (random.chance(0.01)) {
        s.expire(now);
        std::erase_if(naive.all,
                      [&](const auto& x) { return x.second.what.expires <= unix_seconds(now); });
      }
      REQUIRE(s.size() == naive.all.size());
      for (const auto& [w, x] : naive.all) {
        const wire::record* held = s.find(now, w);
        if (x.what.expires <= unix_seconds(now)) {
          REQUIRE(held == nullptr);
        } else {
          REQUIRE(held != nullptr);
          REQUIRE(*held == x.what);
        }
      }
    }
    if (records < 20) CHECK(refused > 0);
  }
}

namespace {

/// A store with honest members, in `homes` networks of up to five each and an office of 60 behind
/// one address.
struct siege {
  fixture& f;
  dht::prefix self = f.random.next();
  dht::record_store store{self, {}};
  struct member {
    dht::prefix where;
    std::uint64_t site;
  };
  std::vector<member> members, office;
  std::size_t members_lost = 0, office_lost = 0;

  siege(fixture& fix, unsigned homes) : f(fix) {
    for (unsigned n = 0; n < homes; ++n)
      for (std::uint64_t i = 0, all = 1 + f.random.below(5); i < all; ++i)
        members.push_back({f.random.next(), f.site(1000 + n, static_cast<unsigned>(i))});
    for (int i = 0; i < 60; ++i) office.push_back({f.random.next(), f.site(999, 1)});
  }
  bool holds(time_point now, const member& m) const { return store.find(now, m.where) != nullptr; }
  void renew(time_point now, const member& m) {
    auto r = f.make(1, unix_seconds(now));
    r.expires = unix_seconds(now + 2h);
    f.put(store, m.where, r, m.site, now);
  }
  /// Nearer to us than any member, for as long as the attacker likes.
  void hostile(time_point now, std::uint64_t site) {
    auto r = f.make(2, 1);
    r.expires = unix_seconds(now) + 1 + f.random.below(7200);
    f.put(store, self ^ (f.random.next() >> 24), r, site, now);
  }
  /// `attack` strikes 14 times a second for two hours, while each member renews every 30 min.
  template <class Attack>
  void last(Attack attack) {
    for (std::uint64_t s = 0; s < 7200; ++s) {
      const time_point now = start + std::chrono::seconds{s};
      const auto turn = [&](const std::vector<member>& all, std::size_t& lost) {
        for (std::size_t i = s % 1800; i < all.size(); i += 1800) {
          lost += s >= 1800 && !holds(now, all[i]);
          renew(now, all[i]);
        }
      };
      turn(members, members_lost);
      turn(office, office_lost);
      for (int i = 0; i < 14; ++i) attack(now);
    }
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a hundred thousand keys of one network cost no other network a record") {
  siege s{*this, 400};
  REQUIRE(s.members.size() > 1000);
  s.last(
      [&](time_point now) { s.hostile(now, site(1, static_cast<unsigned>(random.below(256)))); });
  CHECK(s.members_lost == 0);
  CHECK(s.office_lost == 0);
  CHECK(s.store.size() > 2000);
}

TEST_CASE_METHOD(fixture, "keys of 64 networks cost those nothing who hold less than their share") {
  siege s{*this, 400};
  s.last([&](time_point now) {
    s.hostile(now, site(1 + static_cast<unsigned>(random.below(64)), 1));
  });
  CHECK(s.members_lost == 0);
  const time_point now = start + 2h - 1s;
  const auto left = std::count_if(s.office.begin(), s.office.end(),
                                  [&](const auto& m) { return s.holds(now, m); });
  // 2048 less the members' 1200, among 65 networks.
  CHECK(left >= 12);
}

TEST_CASE_METHOD(
    fixture, "of a whole office under attack from 64 networks each member is left at some holder") {
  siege first{*this, 400};
  std::set<dht::prefix> found;
  for (std::size_t holder = 0; holder < wire::k; ++holder) {
    siege s{*this, 0};
    s.members = first.members;
    s.office = first.office;
    for (const auto* all : {&s.members, &s.office})
      for (const auto& m : *all) s.renew(start, m);
    for (int i = 0; i < 5000; ++i)
      s.hostile(start, site(1 + static_cast<unsigned>(random.below(64)), 1));
    std::size_t here = 0;
    for (const auto& m : s.office)
      if (s.holds(start, m)) {
        ++here;
        found.insert(m.where);
      }
    CHECK(here < 20);
  }
  CHECK(found.size() == 60);
}

TEST_CASE_METHOD(fixture, "the bound of the store is that of its memory") {
  dht::record_store s{0, {.records = 64}};
  for (unsigned i = 0; i < 64; ++i) put(s, i, make(1, 1), site(i, 1));
  const std::size_t full = s.memory_bytes();
  CHECK(full <= 64 * 184);
  for (unsigned i = 0; i < 5000; ++i) put(s, random.below(1000), make(1, 1), site(i % 100, i % 3));
  CHECK(s.memory_bytes() <= full + 66 * 16);
  s.expire(start + 3h);
  CHECK(s.size() == 0);
  CHECK(s.memory_bytes() <= full);
}

TEST_CASE_METHOD(
    fixture,
    "a token is good for its key and address and place for an hour at least and two at most") {
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

TEST_CASE("a rate gate lets one through in a gap and one to a network in its longer gap") {
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

TEST_CASE_METHOD(fixture, "a cache comes back as it was saved - up to 64 contacts") {
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

TEST_CASE_METHOD(fixture, "a damaged cache is refused never half believed") {
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
