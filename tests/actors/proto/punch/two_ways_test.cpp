#include <catch2/catch.hpp>
#include <map>

#include "actors/proto/punch/paths.hpp"

using namespace wh;
using namespace wh::punch;

namespace {

/// Two peers with two ways between them, as over IPv4 and IPv6, of which each has chosen another.
struct two_ways {
  struct side {
    explicit side(std::uint8_t n) : random(seed{n}), paths({}, key(n), random), self(key(n)) {}
    static public_key key(std::uint8_t n) {
      public_key k;
      k.value[0] = n;
      return k;
    }
    seeded_rng random;
    punch::paths paths;
    public_key self;
    unsigned pings = 0;
    std::optional<wire::route> in_use;
  };

  static endpoint at(std::uint8_t who, std::uint8_t way) {
    return {ip_address::v4(192, 0, way, who), 1000};
  }

  /// `slower`: how much longer the second way takes.
  explicit two_ways(duration slower = 0ms) : second(1ms + slower) {
    // Each is told of another endpoint of the other one.
    a.paths.set_members({{b.self, at(2, 1)}});
    b.paths.set_members({{a.self, at(1, 2)}});
    give(a, want{b.self});
    give(b, want{a.self});
  }

  template <class Input>
  void give(side& s, const Input& in) {
    actions out;
    s.paths.handle(now, in, out);
    act(s, out);
  }

  void act(side& s, actions& out) {
    for (action& x : out) {
      if (const auto* u = std::get_if<use>(&x)) s.in_use = u->via;
      auto* m = std::get_if<send>(&x);
      if (m == nullptr || m->via.relayed()) continue;
      if (std::holds_alternative<wire::ping>(m->what)) ++s.pings;
      const auto way = static_cast<std::uint8_t>(m->via.where.address.v4_value() >> 8 & 0xff);
      if (broken == way) continue;
      const std::uint8_t me = &s == &a ? 1 : 2;
      received r{s.self, wire::direct(at(me, way)), m->what};
      under_way.emplace(now + (way == 1 ? 1ms : second),
                        std::pair{&s == &a ? &b : &a, std::move(r)});
    }
  }

  void run(duration d) {
    const time_point end = now + d;
    while (true) {
      auto next = end;
      if (!under_way.empty()) next = std::min(next, under_way.begin()->first);
      for (side* s : {&a, &b})
        if (const auto t = s->paths.next_timeout()) next = std::min(next, *t);
      now = std::max(now, next);
      if (now >= end) return;
      while (!under_way.empty() && under_way.begin()->first <= now) {
        auto [to, what] = std::move(under_way.begin()->second);
        under_way.erase(under_way.begin());
        give(*to, what);
      }
      for (side* s : {&a, &b}) {
        if (const auto t = s->paths.next_timeout(); !t || *t > now) continue;
        actions out;
        s->paths.handle_timeout(now, out);
        act(*s, out);
      }
    }
  }

  time_point now = from_unix_seconds(1'000'000);
  side a{1}, b{2};
  std::multimap<time_point, std::pair<side*, received>> under_way;
  duration second;
  std::uint8_t broken = 0;
};

}  // namespace

TEST_CASE("peers that hear each other over two ways do not ask each other without end") {
  const auto slower = GENERATE(-900us, -500us, -1us, 0us, 1us, 300us, 500us, 1000us, 1700us);
  CAPTURE(slower.count());
  two_ways w(slower);
  w.run(100ms);
  REQUIRE(w.a.in_use);
  REQUIRE(w.b.in_use);
  // A ping comes over either way, as from an attempt's candidates.
  for (const auto way : {std::uint8_t{1}, std::uint8_t{2}})
    w.give(w.a, received{w.b.self, wire::direct(w.at(2, way)), wire::ping{{7}}});
  w.run(1s);
  w.a.pings = w.b.pings = 0;
  w.run(10s);
  // A heartbeat a second each, while payload is recent, and little besides.
  CHECK(w.a.pings + w.b.pings < 30);
  w.run(1min);
  w.a.pings = w.b.pings = 0;
  w.run(100s);
  // One in 25 s each; where each uses another way, the other one asks over both in return.
  CHECK(w.a.pings + w.b.pings <= 4 * 2 * 3);
}

TEST_CASE("a way that breaks is left for the other one which the other peer uses") {
  two_ways w;
  w.run(5s);
  w.broken = 1;
  for (int i = 0; i < 50; ++i) {
    w.give(w.a, payload{w.b.self});
    w.give(w.b, payload{w.a.self});
    w.run(100ms);
  }
  CHECK(w.a.in_use == wire::direct(w.at(2, 2)));
  CHECK(w.b.in_use == wire::direct(w.at(1, 2)));
}
