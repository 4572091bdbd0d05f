#include <catch2/catch.hpp>
#include <set>

#include "tests/actors/proto/session/link.hpp"

using namespace wh;
using namespace wh::test;

namespace {

const toy_crypto toy;

endpoint address(int i) {
  return {ip_address::v4(static_cast<std::uint32_t>(0x14000000 + i * 256)), 7};
}

/// A layer of its own that talks to `to` by hand.
struct visitor {
  seeded_rng random;
  layer engine;
  endpoint where;
  visitor(int i, const crypto_suite& crypto = toy)
      : random{seed{77}.derive("visitor", static_cast<std::uint64_t>(i))},
        engine{{.secret = crypto.make_private_key(random), .name_space = "test"}, crypto, random},
        where{address(i)} {}
  /// The initiation only.
  bytes initiation(time_point now, const public_key& to, wire::message m = ping()) {
    actions out;
    engine.handle(now, send{to, wire::direct(address(0)), m}, out);
    return std::get<transmit>(out.back()).datagram;
  }
  /// The whole handshake with `to`.
  void meet(time_point now, layer& to) {
    actions out, back;
    to.handle(now, received{wire::direct(where), initiation(now, to.key())}, out);
    to.handle_timeout(now + response_held, out);
    for (const auto& a : out)
      if (const auto* t = std::get_if<transmit>(&a))
        engine.handle(now, received{wire::direct(address(0)), t->datagram}, back);
    for (const auto& a : back)
      if (const auto* t = std::get_if<transmit>(&a))
        to.handle(now, received{wire::direct(where), t->datagram}, out);
  }
};

int count(const actions& all, note_kind what) {
  return static_cast<int>(std::count_if(all.begin(), all.end(), [what](const action& a) {
    const auto* n = std::get_if<note>(&a);
    return n != nullptr && n->what == what;
  }));
}

}  // namespace

TEST_CASE("a counter is fresh once and never when far behind") {
  replay_window w;
  CHECK(w.fresh(0));
  CHECK(w.newest(0));
  w.mark(0);
  CHECK_FALSE(w.fresh(0));
  w.mark(5);
  for (const std::uint64_t c : {1u, 2u, 3u, 4u}) {
    CHECK(w.fresh(c));
    CHECK_FALSE(w.newest(c));
    w.mark(c);
    CHECK_FALSE(w.fresh(c));
  }
  w.mark(68);
  CHECK_FALSE(w.fresh(5));
  CHECK(w.fresh(6));
  w.mark(1000);
  CHECK(w.fresh(937));
  CHECK_FALSE(w.fresh(936));

  seeded_rng random{seed{1}};
  replay_window v;
  std::set<std::uint64_t> seen;
  std::uint64_t greatest = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t c = greatest + 70 - std::min(greatest + 70, random.below(140));
    const bool expected = !seen.contains(c) && (seen.empty() || c + 64 > greatest);
    REQUIRE(v.fresh(c) == expected);
    if (expected) {
      v.mark(c);
      seen.insert(c);
      greatest = std::max(greatest, c);
    }
  }
}

TEST_CASE("a bucket gives its burst and then its rate") {
  token_bucket b;
  const rate r{3, 1s};
  time_point t = from_unix_seconds(1000);
  CHECK(b.take(t, r));
  CHECK(b.take(t, r));
  CHECK(b.take(t, r));
  CHECK_FALSE(b.take(t, r));
  CHECK_FALSE(b.take(t + 999ms, r));
  CHECK(b.take(t + 1s, r));
  CHECK_FALSE(b.take(t + 1s, r));
  CHECK_FALSE(b.is_full(t + 3s));
  CHECK(b.is_full(t + 4s));
}

TEST_CASE("prefixes are counted up to the bound and full buckets make room") {
  prefix_buckets all{4};
  const rate r{2, 1s};
  const time_point t = from_unix_seconds(1000);
  for (int i = 0; i < 4; ++i) {
    auto* b = all.find_or_add(t, address(i).address);
    REQUIRE(b != nullptr);
    b->unproven.take(t, r);
  }
  CHECK(all.find_or_add(t, address(9).address) == nullptr);
  CHECK(all.find_or_add(t, address(2).address) != nullptr);
  CHECK(all.find_or_add(t + 1s, address(9).address) != nullptr);
  CHECK(all.size() == 1);
  CHECK(all.find_or_add(t, ip_address::v4(20, 0, 9, 200)) ==
        all.find_or_add(t, address(9).address));
  CHECK(all.find_or_add(t, *ip_address::parse("2001:db8:1::1")) ==
        all.find_or_add(t, *ip_address::parse("2001:db8:1:ff::2")));
}

TEST_CASE(
    "timestamps are remembered up to the bound for ten minutes and the longest unseen goes first") {
  timestamps all{3};
  const auto key = [](std::uint8_t i) {
    public_key k;
    k.value[0] = i;
    return k;
  };
  using result = timestamps::result;
  time_point t = from_unix_seconds(1000);
  for (std::uint8_t i = 1; i <= 3; ++i)
    CHECK(all.advance(t + i * 1s, key(i), 100) == result::advanced);
  CHECK(all.advance(t + 4s, key(1), 100) == result::not_newer);
  CHECK(all.advance(t + 4s, key(1), 99) == result::not_newer);
  CHECK(all.advance(t + 5s, key(1), 101) == result::advanced);
  CHECK(all.advance(t + 6s, key(4), 1) == result::advanced_forgetting_another);  // key 2
  CHECK(all.advance(t + 7s, key(3), 100) == result::not_newer);
  CHECK(all.advance(t + 10min, key(3), 50) == result::not_newer);
  all.keep(t + 10min, key(3));
  CHECK(all.advance(t + 15min, key(3), 50) == result::not_newer);
  CHECK(all.advance(t + 15min, key(4), 1) == result::advanced);
  all.prune(t + 16min, [&](const auto& k) { return k == timestamps::short_form(key(1)); });
  CHECK(all.size() == 3);  // key 1 is old, and needed
  CHECK(all.advance(t + 16min, key(1), 101) == result::not_newer);
  all.prune(t + 24min, [](const auto&) { return false; });
  CHECK(all.size() == 2);
}

TEST_CASE("when sessions are full the least recently used one ends") {
  seeded_rng random{seed{1}};
  layer bob{{.secret = toy.make_private_key(random),
             .name_space = "test",
             .limits = {.sessions = 10, .all_unproven = {1000, 1ms}}},
            toy,
            random};
  std::vector<std::unique_ptr<visitor>> all;
  time_point now = from_unix_seconds(1'700'000'000);
  for (int i = 1; i <= 10; ++i) {
    all.push_back(std::make_unique<visitor>(i));
    all.back()->meet(now, bob);
    now += 1s;
  }
  CHECK(bob.session_count() == 10);
  actions out;
  bob.handle(now, send{all[0]->engine.key(), std::nullopt, ping()}, out);
  all.push_back(std::make_unique<visitor>(11));
  all.back()->meet(now, bob);
  CHECK(bob.session_count() == 10);
  CHECK(bob.route_of(all[0]->engine.key()).has_value());
  CHECK_FALSE(bob.route_of(all[1]->engine.key()).has_value());
  CHECK(bob.route_of(all[10]->engine.key()).has_value());
}

TEST_CASE("when too many do not confirm the oldest of them goes and no session does") {
  seeded_rng random{seed{1}};
  layer bob{{.secret = toy.make_private_key(random),
             .name_space = "test",
             .limits = {.half_open = 5, .all_unproven = {1000, 1ms}}},
            toy,
            random};
  time_point now = from_unix_seconds(1'700'000'000);
  visitor friendly{1};
  friendly.meet(now, bob);
  actions out;
  for (int i = 2; i < 40; ++i) {
    visitor v{i};
    now += 1ms;
    bob.handle(now, received{wire::direct(v.where), v.initiation(now, bob.key())}, out);
  }
  CHECK(count(out, note_kind::session_half_open_evicted) == 38 - 5);
  CHECK(bob.session_count() == 1);
  visitor last{50};
  last.meet(now, bob);
  CHECK(bob.session_count() == 2);
  for (int i = 0; i < 60; ++i) bob.handle_timeout(now += 1s, out);
  CHECK(count(out, note_kind::session_unconfirmed) == 4);
}

TEST_CASE("handshakes of our own are bounded and the caller hears of it") {
  seeded_rng random{seed{1}};
  layer bob{
      {.secret = toy.make_private_key(random), .name_space = "test", .limits = {.initiating = 3}},
      toy,
      random};
  const time_point now = from_unix_seconds(1'700'000'000);
  actions out;
  for (int i = 1; i <= 5; ++i)
    bob.handle(now, send{visitor{i}.engine.key(), wire::direct(address(i)), ping()}, out);
  CHECK(count(out, note_kind::session_handshakes_full) == 2);
  CHECK(std::count_if(out.begin(), out.end(),
                      [](const action& a) { return std::holds_alternative<gave_up>(a); }) == 2);
  out.clear();
  bob.handle_timeout(now + 1s, out);
  bob.handle_timeout(now + 3s, out);
  bob.handle_timeout(now + 5s, out);
  CHECK(std::count_if(out.begin(), out.end(),
                      [](const action& a) { return std::holds_alternative<gave_up>(a); }) == 3);
  CHECK_FALSE(bob.next_timeout().has_value());
  bob.handle(now + 6s, send{visitor{9}.engine.key(), wire::direct(address(9)), ping()}, out);
  CHECK(std::holds_alternative<transmit>(out.back()));
}

TEST_CASE("even with cookies there is an end to what one prefix and all of them may cost") {
  network net{1, toy};
  host& bob = net.add("bob", {.limits = {.prefix_unproven = {1, 1h},
                                         .prefix_proven = {2, 1h},
                                         .all_unproven = {100, 1ms},
                                         .all_proven = {3, 1h}}});
  for (int i = 0; i < 5; ++i) {
    host& h = net.add("n" + std::to_string(i));
    h.address = {ip_address::v4(77, 1, 1, static_cast<std::uint8_t>(i)), 5};
    net.say(h, bob, ping());
  }
  net.run(500ms);
  CHECK(bob.up.size() == 3);
  CHECK(bob.count(note_kind::session_rate_limited) == 2);
  for (int i = 5; i < 8; ++i) {
    host& h = net.add("n" + std::to_string(i));
    h.address = {ip_address::v4(78, 1, 1, static_cast<std::uint8_t>(i)), 5};
    net.say(h, bob, ping());
  }
  net.run(200ms);
  CHECK(bob.up.size() == 5);
  CHECK(bob.count(note_kind::session_overloaded) == 1);
}

TEST_CASE("a message too big for a packet is dropped or loses contacts and nothing breaks") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  net.say(alice, bob, ping());
  net.run(1s);
  net.say(alice, bob, wire::relay_to{{}, bytes(wire::relayed_max + 1)});
  CHECK(alice.count(note_kind::session_too_big) == 1);
  net.say(alice, bob, wire::relay_to{{}, bytes(wire::relayed_max)});
  net.run(1s);
  CHECK(std::get<wire::relay_to>(bob.inbox.back().what).datagram.size() == wire::relayed_max);
  public_key relay;
  relay.value.fill(3);
  net.say(alice, bob, wire::relay_to{{}, bytes(wire::relayed_max)}, wire::through(relay));
  CHECK(alice.count(note_kind::session_too_big) == 2);
  net.say(alice, bob, *full_answer({{}, {}, false, false, wire::find_record{}}));
  net.run(1s);
  CHECK(std::get<wire::records>(bob.inbox.back().what).contacts.size() < wire::k);
  for (const auto& f : net.sent) CHECK(f.datagram.size() <= packet::transport_max);
}

TEST_CASE("a forgotten peer is a stranger") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  net.say(alice, bob, ping());
  net.run(1s);
  alice.engine->forget(bob.key());
  alice.engine->forget(bob.key());
  CHECK(alice.engine->session_count() == 0);
  net.say(bob, alice, ping(2));
  net.run(1s);
  CHECK(alice.inbox.empty());
  CHECK(alice.count(note_kind::session_unknown_index) == 1);
  net.say(alice, bob, ping(3));
  net.run(1s);
  CHECK(alice.up.size() == 2);
}

TEST_CASE("an empty layer and an idle session are small") {
  seeded_rng random{seed{1}};
  layer bob{{.secret = toy.make_private_key(random),
             .name_space = "test",
             .limits = {.all_unproven = {1000, 1ms}}},
            toy,
            random};
  time_point now = from_unix_seconds(1'700'000'000);
  for (int i = 1; i <= 300; ++i) visitor{i}.meet(now += 20ms, bob);
  CHECK(bob.session_count() == 300);
  CHECK(bob.memory() / 300 <= 300);  // slots grow by a quarter: at most so much is spare
  CHECK(sizeof(layer) <= 1024);
  CHECK(sizeof(peer) + 16 <= 288);
}

TEST_CASE("random inputs in random order at random times leave a layer that still works") {
  for (std::uint64_t root = 1; root <= 20; ++root) {
    network net{root, toy};
    net.loss = 0.1;
    net.doubled = 0.1;
    net.jitter = 50ms;
    const limits tight{
        .sessions = 3, .initiating = 2, .half_open = 2, .queue = 2, .timestamps = 3, .prefixes = 2};
    std::vector<layer::config> configs(5);
    for (auto& c : configs) c.limits = tight;
    for (int i = 0; i < 5; ++i) {
      host& h = net.add("h" + std::to_string(i), configs[static_cast<std::size_t>(i)]);
      h.answer = full_answer;
    }
    seeded_rng random{seed{root}.derive("script")};
    for (int step = 0; step < 400; ++step) {
      host& a = net.hosts[random.below(5)];
      host& b = net.hosts[random.below(5)];
      std::optional<wire::route> via;
      if (random.chance(0.5)) via = wire::direct(b.address);
      if (random.chance(0.1)) via = wire::through(net.hosts[random.below(5)].key());
      switch (random.below(8)) {
        case 0:
          a.engine->forget(b.key());
          break;
        case 1:
          a.address = address(static_cast<int>(random.below(50)) + 1000);
          break;
        case 2: {
          actions out;
          a.engine->handle_timeout(net.now, out);
          net.apply(a, out);
          break;
        }
        case 3:
          if (!net.sent.empty())
            net.datagram(a, wire::direct(b.address),
                         net.sent[random.below(net.sent.size())].datagram);
          break;
        case 4:
          net.feed(a, send{b.key(), via, wire::relay_attach{}});
          break;
        case 5:
          net.feed(a, send{b.key(), via, ask(7)});
          break;
        default:
          net.feed(a, send{b.key(), via, ping(7)});
          break;
      }
      net.run(duration{static_cast<std::int64_t>(
          random.below(random.chance(0.1) ? 40'000'000'000 : 100'000'000))});
      for (const host& h : net.hosts) REQUIRE(h.engine->session_count() <= 3);
    }
    net.loss = net.doubled = 0;
    net.run(20min);
    for (const host& h : net.hosts) {
      REQUIRE(h.engine->session_count() == 0);
      REQUIRE_FALSE(h.engine->next_timeout().has_value());
    }
    net.say(net.hosts[0], net.hosts[1], ping(99));
    net.run(1s);
    REQUIRE(net.hosts[1].engine->session_count() == 1);
  }
}
