#include "actors/proto/dht/lookup.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace wh;
using dht::iterative_lookup;

namespace {

/// A lookup of target 0, so that a contact's distance is its id.
struct fixture {
  std::uint32_t hosts = 0;
  dht::lookup_limits limits;

  static public_key key(dht::prefix id) {
    public_key k;
    store_be(k.value.data(), id);
    return k;
  }
  wire::contact contact(dht::prefix id) {
    return {key(id), {ip_address::v4(0x14000000U + (++hosts << 8)), 1}};
  }
  static dht::prefix id_of(const iterative_lookup::candidate& c) { return c.away; }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a lookup without contacts is over at once") {
  iterative_lookup l{0, limits};
  CHECK(l.over());
  CHECK_FALSE(l.next());
}

TEST_CASE_METHOD(fixture, "the closest are asked first - alpha at a time") {
  iterative_lookup l{0, limits};
  for (const dht::prefix id : {50U, 10U, 40U, 20U, 30U}) l.start_from(id, contact(id));
  CHECK(id_of(*l.next()) == 10);
  CHECK(id_of(*l.next()) == 20);
  CHECK(id_of(*l.next()) == 30);
  CHECK_FALSE(l.next());
  l.answered(1, false);
  CHECK(id_of(*l.next()) == 40);
  CHECK_FALSE(l.next());
}

TEST_CASE_METHOD(fixture, "who is slow does not hold up the others and may still answer") {
  iterative_lookup l{0, limits};
  for (dht::prefix id = 1; id <= 4; ++id) l.start_from(id, contact(id));
  for (int i = 0; i < 3; ++i) REQUIRE(l.next());
  REQUIRE_FALSE(l.next());
  l.slow(1);
  CHECK(id_of(*l.next()) == 4);
  for (std::uint8_t s = 1; s <= 4; ++s) l.answered(s, false);
  CHECK(l.over());
  CHECK(l.closest_answered(20).size() == 4);
}

TEST_CASE_METHOD(fixture, "a slow seed is waited for only until anybody has answered") {
  for (const bool seed : {true, false}) {
    iterative_lookup l{0, limits};
    l.start_from(1, contact(1), seed);
    l.start_from(2, contact(2), true);
    REQUIRE(l.next());
    REQUIRE(l.next());
    l.slow(1);
    CHECK_FALSE(l.over());
    l.answered(2, false);
    CHECK(l.over() == seed);
    l.answered(1, false);
    CHECK(l.closest_answered(20).size() == 2);
  }
}

TEST_CASE_METHOD(fixture, "who is told by somebody alive is waited for whether a seed or not") {
  iterative_lookup l{0, limits};
  l.start_from(2, contact(2), true);
  REQUIRE(l.next());
  l.told(1, 1, contact(1));
  REQUIRE(l.next());
  l.answered(1, false);
  l.slow(2);
  CHECK_FALSE(l.over());
  l.failed(2);
  CHECK(l.over());
}

TEST_CASE_METHOD(fixture,
                 "a lookup is over when the k closest that live have answered not before") {
  limits.k = 2;
  limits.alpha = 1;
  iterative_lookup l{0, limits};
  for (dht::prefix id = 1; id <= 5; ++id) l.start_from(id * 10, contact(id * 10));
  l.next();
  l.failed(1);
  CHECK_FALSE(l.over());
  l.next();
  l.answered(2, false);
  CHECK_FALSE(l.over());
  l.next();
  // Its answer names a closer one: that one is due now.
  l.told(3, 5, contact(5));
  l.answered(3, false);
  CHECK_FALSE(l.over());
  CHECK(id_of(*l.next()) == 5);
  l.answered(4, false);
  CHECK(l.over());
  const auto r = l.closest_answered(2);
  REQUIRE(r.size() == 2);
  CHECK(id_of(r[0]) == 5);
  CHECK(id_of(r[1]) == 20);
  CHECK(l.hops() == 2);
  CHECK(l.timeouts() == 1);
  CHECK(l.requests() == 4);
}

TEST_CASE_METHOD(fixture, "no contact is asked for two paths and each path goes on alone") {
  limits.paths = 4;
  limits.alpha = 1;
  iterative_lookup l{0, limits};
  for (dht::prefix id = 100; id < 108; ++id) l.start_from(id, contact(id));
  std::set<dht::prefix> asked;
  std::set<int> paths;
  for (int i = 0; i < 4; ++i) {
    const auto c = l.next();
    REQUIRE(c);
    CHECK(asked.insert(c->away).second);
    CHECK(paths.insert(c->path).second);
  }
  CHECK_FALSE(l.next());
  // Two paths are told of the same contact: it belongs to the first.
  CHECK(l.told(1, 7, contact(7)));
  CHECK_FALSE(l.told(2, 7, contact(7)));
  l.answered(1, false);
  l.answered(2, false);
  const auto first = l.next();
  REQUIRE(first);
  CHECK(first->away == 7);
  CHECK(first->path == l.by_serial(1)->path);
}

TEST_CASE_METHOD(fixture,
                 "the inventions of one path do not end another before its share has answered") {
  limits.paths = 2;
  limits.k = 4;
  limits.alpha = 2;
  iterative_lookup l{0, limits};
  l.start_from(1000, contact(1000));  // path 0: a liar
  l.start_from(2000, contact(2000));  // path 1: honest
  l.next();
  l.next();
  for (dht::prefix id = 1; id <= 20; ++id) l.told(1, id, contact(id));
  l.answered(1, false);
  for (dht::prefix id = 500; id <= 503; ++id) l.told(2, id, contact(id));
  l.answered(2, false);
  std::set<dht::prefix> asked;
  for (int i = 0; i < 40 && !l.over(); ++i)
    while (const auto c = l.next()) {
      asked.insert(c->away);
      l.answered(c->serial, false);
    }
  CHECK(asked.count(500) == 1);
  CHECK(asked.count(501) == 1);
}

TEST_CASE_METHOD(fixture, "a teller whose contacts are dead is not believed further") {
  limits.alpha = 1;
  iterative_lookup l{0, limits};
  l.start_from(1000, contact(1000));
  l.next();
  for (dht::prefix id = 1; id <= 20; ++id) l.told(1, id, contact(id));
  l.answered(1, false);
  unsigned asked = 0;
  while (const auto c = l.next()) {
    ++asked;
    l.failed(c->serial);
  }
  CHECK(asked == 3);
  CHECK(l.over());
}

TEST_CASE_METHOD(fixture, "what a distrusted teller told is asked when another tells it too") {
  limits.alpha = 1;
  iterative_lookup l{0, limits};
  l.start_from(1000, contact(1000));
  l.start_from(2000, contact(2000));
  l.next();
  for (dht::prefix id = 1; id <= 5; ++id) l.told(1, id, contact(id));
  l.answered(1, false);
  for (int i = 0; i < 3; ++i) l.failed(l.next()->serial);
  const auto other = l.next();
  REQUIRE(other->away == 2000);
  CHECK(l.told_again(other->serial, key(4)));
  CHECK_FALSE(l.told_again(other->serial, key(99)));
  l.answered(other->serial, false);
  REQUIRE_FALSE(l.over());
  CHECK(l.next()->away == 4);
}

TEST_CASE_METHOD(fixture, "three holders end a lookup and on one path of two it takes six") {
  iterative_lookup one{0, limits};
  limits.paths = 2;
  iterative_lookup two{0, limits};
  for (dht::prefix id = 1; id <= 20; ++id) {
    one.start_from(id, contact(id));
    two.start_from(id, contact(id));
  }
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(one.over());
    one.answered(one.next()->serial, true);
  }
  CHECK(one.over());
  CHECK_FALSE(one.next());
  CHECK(one.hops() == 1);
  unsigned holders = 0;
  while (!two.over()) {
    const auto c = two.next();
    REQUIRE(c);
    two.answered(c->serial, c->path == 0);
    holders += c->path == 0;
  }
  CHECK(holders == 6);
}

TEST_CASE_METHOD(fixture, "a newer record makes the holders of older ones not count") {
  iterative_lookup l{0, limits};
  for (dht::prefix id = 1; id <= 20; ++id) l.start_from(id, contact(id));
  for (int i = 0; i < 2; ++i) l.answered(l.next()->serial, true);
  l.forget_holders();
  l.answered(l.next()->serial, true);
  CHECK(l.holders() == 1);
  CHECK_FALSE(l.over());
}

TEST_CASE_METHOD(fixture, "the region around a record's place is asked beyond the k closest") {
  limits.k = 3;
  limits.radius = 8;
  limits.region = 6;
  iterative_lookup l{0, limits};
  for (dht::prefix id = 1; id <= 12; ++id) l.start_from(id, contact(id));
  unsigned asked = 0;
  while (const auto c = l.next()) {
    ++asked;
    l.answered(c->serial, false);
  }
  CHECK(asked == 6);
}

TEST_CASE_METHOD(fixture,
                 "requests and remembered contacts and contacts of one network are bounded") {
  limits.requests = 10;
  limits.failures = 5;
  limits.heard = 40;
  iterative_lookup l{0, limits};
  for (dht::prefix id = 1000; id < 1300; ++id) l.start_from(id, contact(id));
  CHECK(l.size() == 40);
  // A closer one displaces the farthest that was not asked.
  CHECK(l.start_from(1, contact(1)));
  CHECK(l.size() == 40);
  unsigned asked = 0;
  while (const auto c = l.next()) {
    ++asked;
    for (dht::prefix id = 0; id < 20; ++id)
      l.told(c->serial, c->away / 2 + id, contact(c->away / 2 + id));
    l.failed(c->serial);
  }
  CHECK(asked <= 15);
  CHECK(l.over());

  iterative_lookup crowded{0, {}};
  for (dht::prefix id = 1; id <= 30; ++id)
    crowded.start_from(id, {key(id), {ip_address::v4(203, 0, 113, 1), 9}});
  CHECK(crowded.size() == 10);
}

TEST_CASE_METHOD(fixture, "answers to requests that were never made change nothing") {
  iterative_lookup l{0, limits};
  l.start_from(5, contact(5));
  l.answered(0, true);
  l.answered(7, true);
  l.failed(7);
  l.slow(7);
  CHECK_FALSE(l.told(7, 3, contact(3)));
  CHECK(l.holders() == 0);
  l.next();
  l.failed(1);
  l.answered(1, true);
  l.failed(1);
  CHECK(l.timeouts() == 1);
  CHECK(l.holders() == 0);
}

TEST_CASE_METHOD(fixture, "where most are silent an honest teller is believed longer") {
  limits.alpha = 1;
  limits.k = 40;
  iterative_lookup l{0, limits};
  for (dht::prefix id = 2000; id < 2010; ++id) l.start_from(id, contact(id));
  // Of those we began with one in five answers.
  for (int i = 0; i < 10; ++i) {
    const auto c = l.next();
    REQUIRE(c);
    if (c->away == 2000) {
      for (dht::prefix id = 1; id <= 20; ++id) l.told(c->serial, id, contact(id));
      l.answered(c->serial, false);
      break;
    }
  }
  unsigned silent = 0;
  while (const auto c = l.next()) {
    if (c->away == 2001) {
      l.answered(c->serial, false);
      continue;
    }
    ++silent;
    l.failed(c->serial);
  }
  // Eight of our own, and of the teller's many more than three.
  CHECK(silent > 8 + 3);
}

TEST_CASE_METHOD(fixture, "requests that failed do not count and are bounded by themselves") {
  limits.alpha = 1;
  limits.k = 200;
  limits.requests = 5;
  limits.failures = 30;
  limits.heard = 200;
  iterative_lookup l{0, limits};
  for (dht::prefix id = 1; id <= 100; ++id) l.start_from(id, contact(id));
  SECTION("of many that answer so many are asked") {
    while (const auto c = l.next()) l.answered(c->serial, false);
    CHECK(l.requests() == 5);
  }
  SECTION("of silent ones more") {
    while (const auto c = l.next()) l.failed(c->serial);
    CHECK(l.requests() == 35);
    CHECK(l.satisfied());
  }
}

TEST_CASE_METHOD(fixture, "among silent ones those that answered are asked for their neighbours") {
  limits.k = 4;
  iterative_lookup l{0, limits};
  for (dht::prefix id = 1; id <= 7; ++id) l.start_from(id, contact(id));
  std::uint16_t asked = 0;
  while (l.next()) ++asked;
  REQUIRE(asked == 3);
  for (std::uint16_t s = 1; s <= 7; ++s) {
    CHECK_FALSE(l.next_around());  // somebody is still due
    s == 2 || s == 5 ? l.answered(s, false) : l.failed(s);
    while (l.next()) ++asked;
  }
  REQUIRE(asked == 7);
  // Five are silent, more than k, and but two of four have answered.
  const auto first = l.next_around(), second = l.next_around();
  REQUIRE((first && second));
  CHECK(id_of(*first) == 2);
  CHECK(id_of(*second) == 5);
  CHECK_FALSE(l.next_around());
  CHECK_FALSE(l.over());
  CHECK(l.told(first->serial, 9, contact(9)));
  l.answered(first->serial, false);
  CHECK(id_of(*l.next()) == 9);
  l.failed(second->serial);  // it had answered before: no silent one
  CHECK(l.timeouts() == 5);
  l.answered(10, false);
  CHECK(l.over());
  CHECK(l.closest_answered(9).size() == 3);
  // Nobody is asked for his neighbours twice.
  REQUIRE(l.next_around());
  CHECK_FALSE(l.next_around());
}

TEST_CASE_METHOD(fixture, "where few are silent nobody is asked for neighbours") {
  limits.k = 4;
  iterative_lookup l{0, limits};
  for (dht::prefix id = 1; id <= 3; ++id) l.start_from(id, contact(id));
  while (l.next()) {
  }
  l.answered(1, false);
  l.failed(2);
  l.failed(3);
  CHECK_FALSE(l.next_around());
  CHECK(l.over());
}
