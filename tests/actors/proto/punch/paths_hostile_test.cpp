#include <map>

#include "actors/proto/punch/paths.hpp"
#include "tests/support/actions.hpp"
#include "tests/support/arbitrary.hpp"

using namespace wh;
using namespace wh::punch;
using test::all;
using test::at;
using test::key;
using test::notes;
using test::t0;
using wire::nat_class;

namespace {

constexpr public_key self = key(5), friendly = key(2), larger = key(9), stranger = key(77);
constexpr public_key relay = key(50);
const endpoint victim = at("192.0.2.66:443");

/// One engine, and what it is told.
struct engine {
  engine() : it({}, self, random) {
    it.set_members({{friendly, {}}, {larger, {}}});
    give(self_changed{nat_class::endpoint_independent, {at("203.0.113.7:51820")}});
  }
  template <class Input>
  void give(const Input& in) {
    it.handle(now, in, out);
  }
  void says(const public_key& who, const wire::route& via, wire::message m) {
    give(received{who, via, std::move(m)});
  }
  void let(duration d) {
    const time_point end = now + d;
    while (it.next_timeout() && *it.next_timeout() <= end) {
      now = std::max(now, *it.next_timeout());
      it.handle_timeout(now, out);
      if (it.next_timeout()) REQUIRE(*it.next_timeout() > now);
    }
    now = end;
  }
  /// Datagrams that went straight to this address, since the beginning of `out`.
  std::size_t sent_to(const ip_address& a) const {
    std::size_t n = 0;
    for (const send& s : all<send>(out)) n += !s.via.relay && s.via.where.address == a;
    return n;
  }
  template <class Message>
  std::vector<Message> said() const {
    std::vector<Message> r;
    for (const send& s : all<send>(out))
      if (const auto* m = std::get_if<Message>(&s.what)) r.push_back(*m);
    return r;
  }

  seeded_rng random{seed{11}};
  paths it;
  time_point now = t0;
  actions out;
};

wire::connect offer_of(std::uint32_t id, std::size_t candidates = 8) {
  wire::connect c;
  c.attempt = id;
  c.phase = wire::connect_phase::offer;
  c.nat = nat_class::endpoint_independent;
  for (std::size_t i = 0; i < candidates; ++i)
    c.candidates.push_back({victim.address, static_cast<std::uint16_t>(100 + i)});
  return c;
}

wire::connect sync_of(std::uint32_t id) {
  wire::connect c;
  c.attempt = id;
  c.phase = wire::connect_phase::sync;
  return c;
}

}  // namespace

TEST_CASE("whoever is no member is not answered and leaves no trace") {
  engine e;
  seeded_rng r{seed{1}};
  test::arbitrary any{r};
  for (int i = 0; i < 500; ++i) {
    e.says(stranger, r.chance(0.5) ? wire::direct(victim) : wire::through(relay), any.message());
    e.says(self, wire::direct(victim), any.message());
    e.give(want{stranger});
    e.give(found{stranger, std::nullopt});
    e.give(payload{stranger});
  }
  CHECK(e.out.empty());
  CHECK(e.it.size() == 0);
  CHECK_FALSE(e.it.next_timeout());
}

TEST_CASE("one attempt sends at most 64 packets to addresses that a member names") {
  engine e;
  e.says(friendly, wire::through(relay), offer_of(1));
  CHECK(e.said<wire::connect>().size() == 1);
  CHECK(e.sent_to(victim.address) == 0);
  e.says(friendly, wire::through(relay), sync_of(1));
  CHECK(e.sent_to(victim.address) == 8);  // openers, which die on the way
  e.let(3200ms);
  CHECK(e.sent_to(victim.address) == 64);
}

TEST_CASE("a member that offers without end has two packets a second sent - no more") {
  engine e;
  std::uint32_t id = 0;
  const duration time = 10min;
  while (e.now < t0 + time) {
    ++id;
    e.says(friendly, wire::through(relay), offer_of(id));
    e.says(friendly, wire::through(relay), sync_of(id));
    e.let(100ms);
  }
  CHECK(notes(e.out, note_kind::punch_offer_ignored) > 0);
  // Four attempts to begin with and one every thirty seconds; its own offers go unanswered.
  CHECK(e.sent_to(victim.address) <= 64 * (4 + 10 * 60 / 30 + 1));
  CHECK(e.sent_to(victim.address) >= 64 * 4);
}

TEST_CASE("an offer while another is being carried out changes nothing") {
  engine e;
  e.says(friendly, wire::through(relay), offer_of(1, 1));
  e.says(friendly, wire::through(relay), sync_of(1));
  e.let(100ms);
  for (std::uint32_t id = 2; id < 50; ++id) e.says(friendly, wire::through(relay), offer_of(id));
  e.let(3s);
  CHECK(e.sent_to(victim.address) == 8);
}

TEST_CASE("of two offers that cross the smaller key's stands") {
  engine e;
  // Relayed both ways, so that we make offers of our own.
  e.says(friendly, wire::through(relay), wire::ping{});
  e.says(larger, wire::through(relay), wire::ping{});
  e.let(2100ms);
  const auto offers = e.said<wire::connect>();
  REQUIRE(offers.size() == 2);
  e.out.clear();
  e.says(larger, wire::through(relay), offer_of(100));
  CHECK(e.said<wire::connect>().empty());
  e.says(friendly, wire::through(relay), offer_of(200));
  REQUIRE(e.said<wire::connect>().size() == 1);
  CHECK(e.said<wire::connect>()[0].phase == wire::connect_phase::answer);
  CHECK(e.said<wire::connect>()[0].attempt == 200);
}

TEST_CASE("answers and syncs that nobody asked for do nothing") {
  engine e;
  auto answer = offer_of(7);
  answer.phase = wire::connect_phase::answer;
  for (int i = 0; i < 100; ++i) {
    e.says(friendly, wire::through(relay), answer);
    e.says(friendly, wire::through(relay), sync_of(7));
  }
  CHECK(e.said<wire::connect>().empty());
  e.says(friendly, wire::through(relay), offer_of(7));
  e.out.clear();
  e.says(friendly, wire::through(relay), answer);  // to an offer of its own
  CHECK(e.said<wire::connect>().empty());
  CHECK(e.sent_to(victim.address) == 0);
}

TEST_CASE("a member's pings are answered one for one and asked back five times a second at most") {
  engine e;
  for (int i = 0; i < 1000; ++i) {
    e.says(friendly, wire::direct(victim), wire::ping{});
    e.let(1ms);
  }
  CHECK(e.said<wire::pong>().size() == 1000);
  CHECK(e.said<wire::ping>().size() <= 6);
}

TEST_CASE("a path is given up after five questions however many pings a question was") {
  engine e;
  e.give(want{friendly});
  wire::record r;
  r.key = friendly;
  r.nat = nat_class::open;
  r.endpoints.push_back(victim);
  e.give(found{friendly, r});
  e.now += 10ms;
  e.says(friendly, wire::direct(victim), wire::pong{e.said<wire::ping>().at(0).tx, {}});
  REQUIRE(e.it.status_of(friendly)->state == path_state::direct);
  // From elsewhere it asks so often that we ask after its old place five times a second.
  const auto asks = [&](duration time) {
    for (const time_point end = e.now + time; e.now < end; e.let(210ms))
      e.says(friendly, wire::direct(at("198.51.100.9:1")), wire::ping{});
  };
  asks(2500ms);
  CHECK(e.sent_to(victim.address) >= 10);
  CHECK(notes(e.out, note_kind::punch_lost) == 0);
  asks(3s);
  CHECK(notes(e.out, note_kind::punch_lost) == 1);
}

TEST_CASE("a goodbye is not answered with one") {
  engine e;
  e.says(friendly, wire::through(relay), wire::ping{});
  e.let(20s);
  e.out.clear();
  e.says(friendly, wire::through(relay), wire::bye{});
  CHECK(e.it.size() == 0);
  CHECK(e.said<wire::bye>().empty());
  e.says(friendly, wire::through(relay), wire::bye{});
  CHECK(e.it.size() == 0);
}

TEST_CASE("addresses that only this host means are not tried because a member names them") {
  engine e;
  const std::vector<endpoint> bad{at("127.0.0.1:53"),      at("224.0.0.1:5353"),
                                  at("255.255.255.255:9"), at("0.0.0.1:7"),
                                  at("[::1]:53"),          at("[ff02::1]:5353"),
                                  at("[fe80::1]:1"),       {at("192.0.2.1:1").address, 0}};
  wire::connect c = offer_of(1, 0);
  for (const endpoint& x : bad) c.candidates.push_back(x);
  e.says(friendly, wire::through(relay), c);
  e.says(friendly, wire::through(relay), sync_of(1));
  e.give(want{larger});
  wire::record r;
  r.key = larger;
  r.nat = nat_class::open;
  for (std::size_t i = 0; i < 6; ++i) r.endpoints.push_back(bad[i]);
  e.give(found{larger, r});
  e.let(4s);
  for (const endpoint& x : bad) CHECK(e.sent_to(x.address) == 0);
}

TEST_CASE("another peer's record is no record") {
  engine e;
  e.give(want{friendly});
  wire::record r;
  r.key = stranger;
  r.nat = nat_class::open;
  r.endpoints.push_back(victim);
  e.give(found{friendly, r});
  CHECK(e.sent_to(victim.address) == 0);
  CHECK(e.it.status_of(friendly)->why == reason::no_record);
}

TEST_CASE("a pong proves a way only when its ping was ours and went that way") {
  engine e;
  e.give(want{friendly});
  wire::record r;
  r.key = friendly;
  r.nat = nat_class::open;
  r.endpoints.push_back(victim);
  e.give(found{friendly, r});
  const auto tx = e.said<wire::ping>().at(0).tx;
  e.says(friendly, wire::direct(victim), wire::pong{wire::transaction{tx.value + 1}, {}});
  e.says(larger, wire::direct(victim), wire::pong{tx, {}});  // another member's
  CHECK(e.it.status_of(friendly)->state == path_state::none);
  e.says(friendly, wire::through(relay), wire::pong{tx, {}});  // it reaches us by a relay only
  CHECK(e.it.status_of(friendly)->state == path_state::relayed);
  e.says(friendly, wire::direct(victim), wire::pong{tx, {}});  // that answer was counted
  CHECK(e.it.status_of(friendly)->state == path_state::relayed);
}

TEST_CASE("relays that a member comes by are bounded") {
  engine e;
  for (std::uint32_t n = 100; n < 300; ++n) e.says(friendly, wire::through(key(n)), wire::ping{});
  e.out.clear();
  // Losing what is in use again and again shows all that is left.
  for (std::uint32_t n = 100; n < 300; ++n) e.give(relay_down{key(n)});
  std::size_t ways = 0;
  for (const use& u : all<use>(e.out)) ways += u.via.has_value();
  CHECK(ways <= 6);
}

TEST_CASE("candidates are eight at most - the news first") {
  engine e;
  e.says(friendly, wire::through(relay), offer_of(1));
  for (std::uint16_t p = 1; p <= 20; ++p)
    e.says(friendly, wire::direct({at("198.51.100.9:1").address, p}), wire::ping{});
  e.let(2s);
  e.out.clear();
  e.says(friendly, wire::through(relay), offer_of(2, 3));
  e.says(friendly, wire::through(relay), sync_of(2));
  CHECK(e.sent_to(victim.address) == 3);
  CHECK(e.sent_to(at("198.51.100.9:1").address) == 5);
}

TEST_CASE("each peer's visit to a shared relay does not ask all the others") {
  engine e;
  std::vector<member> members;
  for (std::uint32_t n = 100; n < 164; ++n) members.push_back({key(n), {}});
  e.it.set_members(members);
  for (const member& m : members) {
    e.give(want{m.key});
    wire::record r;
    r.key = m.key;
    r.relays.push_back({relay, at("198.51.100.1:1")});
    e.give(found{m.key, r});
    e.give(relay_up{{relay, at("198.51.100.1:1")}, 20ms});
    for (const wire::ping& p : e.said<wire::ping>())
      e.says(m.key, wire::through(relay), wire::pong{p.tx, {}});
  }
  CHECK(e.said<wire::ping>().size() == 64);
  CHECK(all<visit_relay>(e.out).size() == 64);
}

TEST_CASE("a visit that nobody is known to want is ended") {
  engine e;
  e.give(relay_up{{relay, at("198.51.100.1:1")}, 20ms});
  REQUIRE(all<visit_relay>(e.out).size() == 1);
  CHECK_FALSE(all<visit_relay>(e.out)[0].wanted);
}

TEST_CASE("visits end as often as they began whatever comes between") {
  for (std::uint64_t s = 1; s <= 30; ++s) {
    seeded_rng r{seed{s}};
    engine e;
    std::map<public_key, int> visits;
    std::size_t done = 0;
    for (int i = 0; i < 200; ++i) {
      const public_key who = r.chance(0.5) ? friendly : larger;
      const public_key via = key(static_cast<std::uint32_t>(50 + r.below(6)));
      wire::record rec;
      rec.key = who;
      for (int n = 0; n < 2; ++n)
        rec.relays.push_back({key(static_cast<std::uint32_t>(50 + r.below(6))), victim});
      switch (r.below(6)) {
        case 0:
          e.give(want{who});
          break;
        case 1:
          e.give(found{who, rec});
          break;
        case 2:
          if (visits[via] > 0) e.give(relay_up{{via, victim}, 1ms});
          break;
        case 3:
          e.says(who, wire::through(via), wire::ping{});
          break;
        case 4:
          if (r.chance(0.2)) e.give(forget{who});
          break;
        default:
          e.let(duration{static_cast<std::int64_t>(r.below(2'000'000'000))});
      }
      for (; done < e.out.size(); ++done)
        if (const auto* v = std::get_if<visit_relay>(&e.out[done])) {
          auto& n = visits[v->relay.key];
          n += v->wanted ? 1 : -1;
          REQUIRE(n >= 0);
        }
    }
    e.give(forget{friendly});
    e.give(forget{larger});
    for (; done < e.out.size(); ++done)
      if (const auto* v = std::get_if<visit_relay>(&e.out[done]))
        visits[v->relay.key] += v->wanted ? 1 : -1;
    for (const auto& [k, n] : visits) CHECK(n == 0);
  }
}

TEST_CASE(
    "whatever comes paths keep their bounds and tell the truth and never work twice at once") {
  for (std::uint64_t s = 1; s <= 150; ++s) {
    seeded_rng r{seed{s}};
    test::arbitrary any{r};
    engine e;
    std::vector<member> members;
    for (std::uint32_t n = 1; n <= 4; ++n)
      members.push_back({key(n), r.chance(0.3) ? std::optional{victim} : std::nullopt});
    e.it.set_members(members);
    std::map<public_key, std::optional<wire::route>> used;
    std::map<public_key, status> told;
    std::vector<send> pings;
    const auto endpoint_of = [&] {
      return endpoint{ip_address::v4(203, 0, 113, static_cast<std::uint8_t>(r.below(4))),
                      static_cast<std::uint16_t>(r.below(3) + 1)};
    };
    for (int i = 0; i < 400; ++i) {
      e.out.clear();
      const public_key who = key(static_cast<std::uint32_t>(r.below(6)));
      const wire::contact via{key(static_cast<std::uint32_t>(50 + r.below(8))), endpoint_of()};
      switch (r.below(13)) {
        case 0:
          e.give(want{who});
          break;
        case 1:
          if (r.chance(0.1)) e.give(forget{who});
          break;
        case 2:
          e.give(self_changed{static_cast<nat_class>(r.below(5)),
                              std::vector<endpoint>(r.below(12), endpoint_of())});
          break;
        case 3: {
          auto rec = any.make<wire::record>();
          rec.key = who;
          e.give(found{who, r.chance(0.8) ? std::optional{rec} : std::nullopt});
          break;
        }
        case 4:
          e.give(relay_up{via, duration{static_cast<std::int64_t>(r.below(1'000'000'000))}});
          break;
        case 5:
          e.give(relay_down{via.key});
          break;
        case 6:
          e.give(not_a_guest{via.key, r.chance(0.1) ? self : who});
          break;
        case 7:
          e.give(payload{who});
          break;
        case 8: {
          auto m = any.message();
          if (auto* c = std::get_if<wire::connect>(&m)) c->attempt %= 4;
          e.says(who, r.chance(0.5) ? wire::direct(endpoint_of()) : wire::through(via.key),
                 std::move(m));
          break;
        }
        case 9:
        case 10:
          if (!pings.empty()) {
            const send& p = pings[r.below(pings.size())];
            e.says(p.to, r.chance(0.8) ? p.via : wire::through(via.key),
                   wire::pong{std::get<wire::ping>(p.what).tx, {}});
          }
          break;
        default: {
          // Now and then much later, for timeouts may be late.
          e.now += duration{
              static_cast<std::int64_t>(r.below(r.chance(0.02) ? 900'000'000'000 : 1'500'000'000))};
          e.it.handle_timeout(e.now, e.out);
          if (e.it.next_timeout()) REQUIRE(*e.it.next_timeout() > e.now);
        }
      }
      REQUIRE(e.out.size() <= 400);
      for (const action& a : e.out) {
        if (const auto* u = std::get_if<use>(&a)) {
          REQUIRE(used[u->peer] != u->via);  // told when it changes and not else
          used[u->peer] = u->via;
        } else if (const auto* st = std::get_if<status>(&a)) {
          told[st->peer] = *st;
        } else if (const auto* m = std::get_if<send>(&a)) {
          REQUIRE(m->to != stranger);
          REQUIRE((m->to.value[3] >= 1 && m->to.value[3] <= 4));
          if (std::holds_alternative<wire::ping>(m->what) && m->limit == ttl::host_default)
            pings.push_back(*m);
        }
      }
      if (pings.size() > 60) pings.erase(pings.begin(), pings.end() - 60);
      REQUIRE(e.it.size() <= 4);
      for (const member& m : members) {
        const auto st = e.it.status_of(m.key);
        const auto& way = used[m.key];
        if (!st) {
          REQUIRE_FALSE(way);
          continue;
        }
        // What is told is what is used, and what is not direct has a reason.
        REQUIRE((st->state == path_state::none) == !way);
        if (way) {
          REQUIRE(st->via == *way);
          REQUIRE((st->state == path_state::relayed) == way->relayed());
        }
        REQUIRE((st->state == path_state::direct) == (st->why == reason::none));
        REQUIRE((told[m.key].state == st->state && told[m.key].why == st->why));
        // A relay that is gone carries nothing.
        for (const action& a : e.out)
          if (const auto* d = std::get_if<use>(&a); d && d->peer == m.key) REQUIRE(d->via == way);
        // Who is not reached is looked for, who is relayed is tried again, for ever.
        REQUIRE(e.it.next_timeout());
        REQUIRE(*e.it.next_timeout() <= e.now + 25s);
      }
    }
  }
}
