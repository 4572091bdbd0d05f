#include "actors/proto/member/member.hpp"

#include "tests/support/actions.hpp"

using namespace wh;
using namespace wh::member;
using test::all;
using test::at;
using test::key;
using test::pass;
using test::t0;
using wire::nat_class;

namespace {

const endpoint outside = at("203.0.113.7:40000");
const endpoint inside = at("192.168.1.5:51820");
const endpoint six = at("[2001:db8::5]:51820");

struct host {
  explicit host(config c = {.self = key(1)}, std::vector<endpoint> local = {inside},
                std::uint64_t last = 0)
      : it(c, std::move(local), last, random) {
    it.start(t0);
  }
  void is(nat_class kind, endpoint external = outside, bool serves = false) {
    it.handle(now, reachability{kind, external, serves}, out);
  }
  void homes(std::vector<wire::contact> relays, bool complete = false) {
    it.handle(now, homes_changed{std::move(relays), complete}, out);
  }
  void let(duration d) { now = pass(it, now + d, out); }
  std::vector<wire::record> records() const {
    std::vector<wire::record> r;
    for (const auto& p : all<publish_record>(out)) r.push_back(p.unsigned_record);
    return r;
  }

  seeded_rng random{seed{3}};
  wh::member::member it;
  time_point now = t0;
  actions out;
};

wire::contact relay(std::uint32_t n) {
  return {key(n), {ip_address::v4(198, 51, 100, static_cast<std::uint8_t>(n)), 51820}};
}

}  // namespace

TEST_CASE("a record tells the class and the endpoints and the homes and lasts two hours") {
  host h;
  h.is(nat_class::endpoint_independent);
  h.homes({relay(8), relay(9)});
  h.let(1s);
  REQUIRE(h.records().size() == 1);
  const wire::record r = h.records()[0];
  CHECK(r.key == key(1));
  CHECK(r.nat == nat_class::endpoint_independent);
  CHECK(r.endpoints.items() == std::vector{outside});
  CHECK(r.relays.items() == std::vector{relay(8), relay(9)});
  CHECK(r.expires == unix_seconds(t0 + 500ms + 2h));
  CHECK(r.sign == signature{});
}

TEST_CASE("addresses that are not met on the internet are told to members never published") {
  host h({.self = key(1)}, {inside, at("10.0.0.1:51820"), at("100.64.0.1:51820"),
                            at("127.0.0.1:51820"), at("[fe80::1]:51820"), six});
  h.is(nat_class::endpoint_independent, at("100.64.9.9:1"));
  h.let(1s);
  REQUIRE(h.records().size() == 1);
  CHECK(h.records()[0].endpoints.items() == std::vector{six});
  const auto told = all<tell_paths>(h.out).back().candidates;
  CHECK(std::find(told.begin(), told.end(), inside) != told.end());
  CHECK(told.size() == 7);
}

TEST_CASE("candidates come likeliest first and each once and eight at most") {
  std::vector<endpoint> many;
  for (std::uint8_t i = 1; i <= 20; ++i) many.push_back({ip_address::v4(10, 0, 0, i), 51820});
  host h({.self = key(1)}, many);
  h.is(nat_class::endpoint_independent, many[3]);
  const auto c = h.it.candidates();
  REQUIRE(c.size() == 8);
  CHECK(c[0] == many[3]);
  CHECK(c[1] == many[0]);
  CHECK(std::count(c.begin(), c.end(), many[3]) == 1);
}

TEST_CASE("another port that is seen is told to members and changes no record") {
  host h;
  h.is(nat_class::endpoint_independent);
  h.let(1s);
  REQUIRE(h.records().size() == 1);
  const endpoint also{outside.address, 7};
  h.it.handle(h.now, reachability{nat_class::endpoint_independent, outside, false, also}, h.out);
  const auto told = all<tell_paths>(h.out).back().candidates;
  CHECK(told[0] == outside);
  CHECK(told[1] == also);
  h.let(20s);
  CHECK(h.records().size() == 1);
}

TEST_CASE("where the mapping varies our own port is tried outside as well") {
  host h;
  h.is(nat_class::endpoint_dependent);
  CHECK(h.it.candidates() ==
        std::vector{outside, endpoint{outside.address, inside.port()}, inside});
  host dark;
  dark.is(nat_class::endpoint_dependent, {});
  CHECK(dark.it.candidates() == std::vector{inside});
}

TEST_CASE("changes within half a second make one record") {
  host h;
  for (std::uint16_t i = 0; i < 40; ++i) {
    h.is(nat_class::endpoint_independent, {outside.address, static_cast<std::uint16_t>(4000 + i)});
    h.let(10ms);
  }
  h.let(1s);
  REQUIRE(h.records().size() == 1);
  CHECK(h.records()[0].endpoints[0].port() == 4039);
}

TEST_CASE("who has all homes it can have tells of them without waiting for the class") {
  host h;
  h.is(nat_class::unknown);
  h.homes({relay(8)});
  h.let(100ms);
  CHECK(h.records().empty());
  h.homes({relay(8), relay(9)}, true);
  h.let(100ms);
  REQUIRE(h.records().size() == 1);
  CHECK(h.records()[0].relays.size() == 2);
  h.is(nat_class::endpoint_dependent);
  h.let(6s);
  REQUIRE(h.records().size() == 2);
  CHECK(h.records()[1].nat == nat_class::endpoint_dependent);
}

TEST_CASE("a home is told of as soon as it is clear that there is no second one") {
  host h;
  h.is(nat_class::unknown);
  h.homes({relay(8)});
  h.let(100ms);
  CHECK(h.records().empty());
  h.homes({relay(8)}, true);
  h.let(50ms);
  REQUIRE(h.records().size() == 1);
  CHECK(h.records()[0].relays.items() == std::vector{relay(8)});
  // One that comes later all the same is told of.
  h.homes({relay(8), relay(9)}, true);
  h.let(6s);
  REQUIRE(h.records().size() == 2);
  CHECK(h.records()[1].relays.size() == 2);
}

TEST_CASE("that no more homes come is no news once a record is out") {
  host h;
  h.is(nat_class::unknown);
  h.homes({relay(8)});
  h.let(1s);
  REQUIRE(h.records().size() == 1);
  h.homes({relay(8)}, true);
  h.let(20min);
  CHECK(h.records().size() == 1);
}

TEST_CASE("without a home the class is waited for though no homes are to be had") {
  host h;
  h.is(nat_class::unknown);
  h.homes({}, true);
  h.let(100ms);
  CHECK(h.records().empty());
  h.is(nat_class::endpoint_independent);
  h.let(50ms);
  REQUIRE(h.records().size() == 1);
  CHECK(h.records()[0].nat == nat_class::endpoint_independent);
}

TEST_CASE("what was known of homes does not count when they are wanted anew") {
  host h;
  h.is(nat_class::unknown);
  h.homes({}, true);
  h.is(nat_class::open, {});  // nowhere to be met: no record
  h.let(1s);
  h.is(nat_class::endpoint_dependent);
  CHECK(h.it.next_timeout() == h.now + 500ms);
}

TEST_CASE("after the first record there is at most one in five seconds and the last word is told") {
  host h;
  for (std::uint16_t i = 0; i < 300; ++i) {
    h.is(nat_class::endpoint_independent, {outside.address, static_cast<std::uint16_t>(4000 + i)});
    h.let(100ms);
  }
  h.let(5s);
  CHECK(h.records().size() >= 6);
  CHECK(h.records().size() <= 8);
  CHECK(h.records().back().endpoints[0].port() == 4299);
}

TEST_CASE("what did not change is not published again") {
  host h;
  h.is(nat_class::endpoint_independent);
  h.homes({relay(8)});
  h.let(10s);
  h.is(nat_class::endpoint_independent);
  h.homes({relay(8)});
  h.it.handle(h.now, addresses_changed{{inside}}, h.out);
  h.let(1min);
  CHECK(h.records().size() == 1);
}

TEST_CASE("a record is renewed every half hour - up to a tenth earlier") {
  host h;
  h.is(nat_class::open, outside, true);
  std::vector<time_point> when;
  while (h.now < t0 + 10h) {
    const auto before = h.records().size();
    h.now = *h.it.next_timeout();
    h.it.handle_timeout(h.now, h.out);
    CHECK(*h.it.next_timeout() > h.now);
    if (h.records().size() > before) when.push_back(h.now);
  }
  REQUIRE(when.size() > 18);
  bool differ = false;
  for (std::size_t i = 1; i < when.size(); ++i) {
    CHECK(when[i] - when[i - 1] <= 30min);
    CHECK(when[i] - when[i - 1] >= 27min);
    differ |= i > 1 && when[i] - when[i - 1] != when[1] - when[0];
  }
  CHECK(differ);
}

TEST_CASE("a record's number is the time or one more than the last where that is larger") {
  host fresh;
  fresh.is(nat_class::open);
  fresh.let(1s);
  CHECK(fresh.records()[0].sequence == unix_seconds(t0));
  CHECK(all<save_sequence>(fresh.out).back().sequence == unix_seconds(t0));

  const std::uint64_t ahead = unix_seconds(t0) + 1000;  // the clock was set back
  host known({.self = key(1)}, {inside}, ahead);
  known.is(nat_class::open);
  known.let(1s);
  known.is(nat_class::endpoint_independent);
  known.let(6s);
  REQUIRE(known.records().size() == 2);
  CHECK(known.records()[0].sequence == ahead + 1);
  CHECK(known.records()[1].sequence == ahead + 2);
}

TEST_CASE("a number is kept before its record leaves") {
  host h;
  h.is(nat_class::open);
  h.let(1s);
  const auto saved = std::find_if(h.out.begin(), h.out.end(), [](const action& a) {
    return std::holds_alternative<save_sequence>(a);
  });
  const auto sent = std::find_if(h.out.begin(), h.out.end(), [](const action& a) {
    return std::holds_alternative<publish_record>(a);
  });
  CHECK(saved < sent);
}

TEST_CASE("who cannot be met anywhere publishes nothing until it can") {
  host h;
  h.is(nat_class::unknown, {});
  h.it.handle(h.now, addresses_changed{{at("10.1.1.1:5")}}, h.out);
  h.let(1min);
  CHECK(h.records().empty());
  h.homes({relay(8)});
  h.let(1s);
  CHECK(h.records().size() == 1);
}

TEST_CASE("homes are wanted by whoever strangers do not reach and not by the others") {
  host h;
  CHECK(all<want_homes>(h.out).empty());
  h.is(nat_class::endpoint_independent);
  h.is(nat_class::endpoint_dependent);
  REQUIRE(all<want_homes>(h.out).size() == 1);
  CHECK(all<want_homes>(h.out)[0].wanted);
  h.is(nat_class::open);
  CHECK_FALSE(all<want_homes>(h.out).back().wanted);
  h.is(nat_class::blocked);
  CHECK(all<want_homes>(h.out).back().wanted);

  host open;
  open.is(nat_class::open);
  CHECK(all<want_homes>(open.out).empty());
}

TEST_CASE("who does not publish wants no homes and says nothing to the DHT") {
  host h({.self = key(1), .publishes = false});
  h.is(nat_class::endpoint_independent);
  h.homes({relay(8)});
  h.let(1h);
  CHECK(h.records().empty());
  CHECK(all<want_homes>(h.out).empty());
  CHECK_FALSE(all<tell_paths>(h.out).empty());
}

TEST_CASE("serving is told when it changes") {
  host h;
  h.is(nat_class::unknown, outside, true);
  h.is(nat_class::open, outside, true);
  h.is(nat_class::endpoint_independent, outside, false);
  const auto told = all<set_serving>(h.out);
  REQUIRE(told.size() == 2);
  CHECK(told[0].serves);
  CHECK_FALSE(told[1].serves);
}

TEST_CASE("the endpoint cache is saved every five minutes") {
  host h;
  h.let(1h);
  CHECK(all<save_endpoint_cache>(h.out).size() == 12);
}

TEST_CASE("whatever comes a member's next timeout lies ahead and its records keep their promises") {
  for (std::uint64_t s = 1; s <= 40; ++s) {
    seeded_rng r{seed{s}};
    host h({.self = key(1), .publishes = r.chance(0.9)});
    std::uint64_t last = 0;
    std::optional<time_point> before;
    for (int i = 0; i < 300; ++i) {
      h.out.clear();
      const auto port = static_cast<std::uint16_t>(r.below(4));
      switch (r.below(4)) {
        case 0:
          h.is(static_cast<nat_class>(r.below(5)),
               r.chance(0.2) ? endpoint{} : endpoint{outside.address, port}, r.chance(0.5));
          break;
        case 1:
          h.homes(std::vector<wire::contact>(r.below(5), relay(static_cast<std::uint32_t>(port))),
                  r.chance(0.5));
          break;
        case 2:
          h.it.handle(h.now, addresses_changed{std::vector<endpoint>(r.below(12), inside)}, h.out);
          break;
        default:
          h.let(duration{static_cast<std::int64_t>(r.below(2'000'000'000))});
      }
      for (const wire::record& rec : h.records()) {
        REQUIRE(rec.sequence > last);
        REQUIRE(rec.endpoints.size() + rec.relays.size() > 0);
        for (const endpoint& e : rec.endpoints) REQUIRE(e.address.is_global());
        if (before) REQUIRE(h.now - *before >= 2s);
        last = rec.sequence;
        before = h.now;
      }
    }
  }
}
