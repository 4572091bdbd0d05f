#include "actors/proto/punch/paths.hpp"

#include "tests/support/path_world.hpp"

using namespace wh;
using namespace wh::punch;
using test::path_world;
using wire::nat_class;

namespace {

constexpr auto easy = nat_class::endpoint_independent;
constexpr auto hard = nat_class::endpoint_dependent;

/// Two relays, and two hosts behind NATs of these kinds.
struct pair_world : path_world {
  pair_world(std::string_view nat_a, nat_class kind_a, std::string_view nat_b, nat_class kind_b,
             punch::config c = {})
      : path_world(1, c),
        relays{&add_open(), &add_open()},
        a(nat_a.empty() ? add_open() : add(nat_a, kind_a)),
        b(nat_b.empty() ? add_open() : add(nat_b, kind_b)) {
    settle(relays);
  }
  std::vector<host*> relays;
  host& a;
  host& b;
};

struct cones : pair_world {
  explicit cones(punch::config c = {})
      : pair_world("cone_port_restricted", easy, "cone_port_restricted", easy, c) {}
};

std::vector<reason> reasons(const path_world::host& h) {
  std::vector<reason> r;
  for (const status& s : h.told) r.push_back(s.why);
  return r;
}

}  // namespace

TEST_CASE("two public hosts meet directly a lookup and a round trip after the wish") {
  pair_world w("", {}, "", {});
  w.want(w.a, w.b);
  CHECK(w.why(w.a, w.b) == reason::looking_up);
  CHECK(w.until(5s, w.a, w.b, path_state::direct) == 200ms);
  CHECK(w.why(w.a, w.b) == reason::none);
  w.run(25ms);
  CHECK(w.direct(w.a, w.b));
  CHECK(w.a.route[w.b.self] == wire::direct(w.b.local));
  CHECK(w.a.paths.status_of(w.b.self)->rtt == 50ms);
  CHECK(w.b.lookups == 0);  // who came to us by itself is not looked for
}

TEST_CASE("hosts behind port restricted cones are relayed first and direct within a second") {
  cones w;
  w.want(w.a, w.b);
  CHECK(w.until(5s, w.a, w.b, path_state::relayed) < 400ms);
  CHECK(w.state(w.b, w.a) != path_state::direct);
  CHECK(w.run_until(5s, [&] { return w.direct(w.a, w.b); }) < 600ms);
  CHECK(path_world::noted(w.a, note_kind::punch_failed) == 0);
  CHECK(w.a.route[w.b.self] == wire::direct(w.b.seen));
  // Reasons in order, none without its turn.
  CHECK(reasons(w.a) ==
        std::vector{reason::looking_up, reason::contacting, reason::opening, reason::none});
}

TEST_CASE("either side may want the other or both at once") {
  for (int who = 0; who < 3; ++who) {
    cones w;
    if (who != 1) w.want(w.a, w.b);
    if (who != 0) w.want(w.b, w.a);
    CHECK(w.run_until(5s, [&] { return w.direct(w.a, w.b); }) < 3s);
    CHECK(path_world::noted(w.a, note_kind::punch_failed) +
              path_world::noted(w.b, note_kind::punch_failed) ==
          0);
  }
}

TEST_CASE("routers that answer for themselves are opened from inside first") {
  pair_world w("linux_input_accept", easy, "linux_input_accept", easy);
  w.want(w.a, w.b);
  CHECK(w.run_until(5s, [&] { return w.direct(w.a, w.b); }) < 1s);
  CHECK(path_world::noted(w.a, note_kind::punch_failed) == 0);
  CHECK(w.a.route[w.b.self] == wire::direct(w.b.seen));
}

TEST_CASE("a packet that arrives before the openers costs such a router's port") {
  // What the openers are for: the same pair, and one stray packet of b's to begin with.
  pair_world w("linux_input_accept", easy, "linux_input_accept", easy);
  w.want(w.a, w.b);
  w.until(5s, w.a, w.b, path_state::relayed);
  w.tell(w.b, received{w.a.self, wire::direct(w.a.seen), wire::ping{}});
  w.run(4s);
  CHECK_FALSE(w.direct(w.a, w.b));
  // Once the routers have forgotten it, the next try but one succeeds.
  CHECK(w.run_until(2min, [&] { return w.direct(w.a, w.b); }) < 1min);
}

TEST_CASE("openers die on the way whatever comes after") {
  punch::config c;
  c.attempt.opener_lead = 10s;  // nothing but openers
  cones w(c);
  w.want(w.a, w.b);
  w.until(5s, w.a, w.b, path_state::relayed);
  w.run(4s);
  CHECK((w.sent[{w.a.self, w.b.seen}]) == 1);
  CHECK(w.b.heard.find(w.a.self) == w.b.heard.end());
  CHECK(w.state(w.a, w.b) == path_state::relayed);
}

TEST_CASE("where both mappings vary the pair stays relayed and says why") {
  pair_world w("symmetric", hard, "symmetric", hard);
  w.want(w.a, w.b);
  w.run(6s);
  for (auto* h : {&w.a, &w.b}) {
    const auto& other = h == &w.a ? w.b : w.a;
    CHECK(w.state(*h, other) == path_state::relayed);
    CHECK(w.why(*h, other) == reason::both_mappings_vary);
    CHECK(h->paths.next_attempt(other.self));
  }
}

TEST_CASE("a mapping that varies and a port restricted filter stay relayed and say why") {
  pair_world w("symmetric", hard, "cone_port_restricted", easy);
  w.want(w.a, w.b);
  w.run(10s);
  CHECK(w.state(w.a, w.b) == path_state::relayed);
  CHECK(w.why(w.a, w.b) == reason::mapping_varies);
  CHECK(w.why(w.b, w.a) == reason::mapping_varies);
}

TEST_CASE("a mapping that varies meets a filter that looks at addresses only") {
  pair_world w("symmetric", hard, "cone_restricted", easy);
  w.want(w.a, w.b);
  CHECK(w.run_until(5s, [&] { return w.direct(w.a, w.b); }) < 1s);
  CHECK(w.b.route[w.a.self]->where.address == w.a.seen.address);
  CHECK(w.b.route[w.a.self]->where != w.a.seen);  // a port that only its packets could tell
}

TEST_CASE("who is behind a NAT reaches a public host at once and the other way over a relay") {
  pair_world w("symmetric", hard, "", {});
  w.want(w.a, w.b);
  CHECK(w.run_until(5s, [&] { return w.direct(w.a, w.b); }) < 300ms);

  pair_world v("symmetric", hard, "", {});
  v.want(v.b, v.a);
  CHECK(v.run_until(5s, [&] { return v.direct(v.a, v.b); }) < 3s);
}

TEST_CASE("a host finds its own guest by the way that the guest keeps open") {
  path_world w;
  auto& a = w.add_open();
  auto& b = w.add("symmetric", hard);
  w.settle({&a});
  w.want(a, b);
  CHECK(w.run_until(5s, [&] { return w.direct(a, b); }) < 300ms);
}

TEST_CASE("two hosts on one network meet there") {
  path_world w;
  std::vector<path_world::host*> relays{&w.add_open(), &w.add_open()};
  auto& a = w.add("linux_masquerade", easy);  // which turns nothing round
  auto& b = w.add_beside(a);
  w.settle(relays);
  w.want(a, b);
  CHECK(w.run_until(5s, [&] { return w.direct(a, b); }) < 1s);
  CHECK(a.route[b.self] == wire::direct(b.local));
}

TEST_CASE("the network file's endpoint is tried without waiting for the DHT") {
  pair_world w("", {}, "", {});
  w.dht.clear();
  w.a.paths.set_members({{w.b.self, w.b.local}});
  w.want(w.a, w.b);
  CHECK(w.until(5s, w.a, w.b, path_state::direct) == 50ms);
}

TEST_CASE("without a record it is looked for again ever more seldom") {
  cones w;
  w.dht.erase(w.b.self);
  w.want(w.a, w.b);
  w.run(1s);
  CHECK(w.why(w.a, w.b) == reason::no_record);
  const auto start = w.now;
  std::vector<duration> when;
  for (auto n = w.a.lookups; w.now - start < 6min; n = w.a.lookups) {
    w.want(w.a, w.b);  // WireGuard asks again and again
    w.run_until(1s, [&] { return w.a.lookups > n; });
    if (w.a.lookups > n) when.push_back(w.now - start);
  }
  REQUIRE(when.size() >= 8);
  for (std::size_t i = 1; i < when.size(); ++i) {
    const auto gap = when[i] - when[i - 1];
    // Those within the first second are not counted here. First doubled, then an eighth of the time
    // since: an outage of the other side costs no more than that.
    CHECK(gap >= std::min<duration>(400ms * (1U << std::min<std::size_t>(i, 20)),
                                    std::max<duration>(2s, when[i - 1] / 8)));
    CHECK(gap <= std::max<duration>(3s, when[i - 1] / 8 + 2s));
  }
  CHECK(when.size() < 40);
  // It comes: found at the next look.
  w.learn(w.b);
  CHECK(w.run_until(65s, [&] { return w.direct(w.a, w.b); }) < duration{6min} / 8 + 3s);
}

TEST_CASE("a peer that went away is silent and one without relays has none") {
  cones w;
  w.kill(w.b);
  w.want(w.a, w.b);
  w.run(10s);
  CHECK(w.state(w.a, w.b) == path_state::none);
  CHECK(w.why(w.a, w.b) == reason::peer_silent);
  pair_world v("cone_port_restricted", easy, "udp_blocked", nat_class::blocked);
  wire::record r;
  r.key = v.b.self;
  r.sequence = 99;
  r.endpoints.push_back({v.b.behind->outside, 51820});
  v.dht[v.b.self] = r;
  v.want(v.a, v.b);
  v.run(10s);
  CHECK(v.why(v.a, v.b) == reason::no_relay);
}

TEST_CASE("when a relay dies under payload the other one carries within two seconds and a half") {
  for (int phase = 0; phase < 10; ++phase) {
    pair_world w("symmetric", hard, "symmetric", hard);
    w.want(w.a, w.b);
    w.until(5s, w.a, w.b, path_state::relayed);
    w.flow(w.a, w.b);
    w.run(10s + phase * 110ms);
    auto& dead = w.owner(*w.a.route[w.b.self]->relay);
    w.kill(dead);
    const auto moved = [&](path_world::host& h, const path_world::host& other) {
      return h.route[other.self] && h.route[other.self]->relay != dead.self;
    };
    CHECK(w.run_until(10s, [&] { return moved(w.a, w.b) && moved(w.b, w.a); }) < 2500ms);
    CHECK(w.state(w.a, w.b) == path_state::relayed);
  }
}

TEST_CASE("when both relays die the peer is looked up again and met at its new ones") {
  path_world w;
  std::vector<path_world::host*> relays;
  for (int i = 0; i < 6; ++i) relays.push_back(&w.add_open());
  auto& a = w.add("symmetric", hard);
  auto& b = w.add("symmetric", hard);
  w.settle(relays);
  w.want(a, b);
  w.until(5s, a, b, path_state::relayed);
  w.flow(a, b);
  w.run(10s);
  const auto before = a.lookups;
  for (auto* h : {&a, &b})
    for (const auto& c : std::vector(h->homes)) w.kill(w.owner(c.key));
  CHECK(w.run_until(10s, [&] { return a.lookups > before; }) < 3s);
  CHECK(w.run_until(30s, [&] {
    return w.state(a, b) == path_state::relayed && w.state(b, a) == path_state::relayed;
  }) < 15s);
}

TEST_CASE("a relay that forgot us is reminded at once") {
  pair_world w("symmetric", hard, "symmetric", hard);
  w.want(w.a, w.b);
  w.until(5s, w.a, w.b, path_state::relayed);
  w.flow(w.a, w.b);
  w.run(5s);
  for (auto* r : w.relays) r->carrier = relay::host({});  // restarted
  w.run(1500ms);
  CHECK(w.state(w.a, w.b) == path_state::relayed);
  CHECK(w.state(w.b, w.a) == path_state::relayed);
  for (auto* r : w.relays) CHECK(r->carrier.guests() == 2);
}

TEST_CASE("a direct path lost under payload is relayed within two seconds and a half then direct") {
  for (int phase = 0; phase < 10; ++phase) {
    auto moving = *sim::nat::profile("cone_port_restricted");
    moving.ports = sim::nat::port_allocation::random;  // a reboot is another port
    path_world w;
    std::vector<path_world::host*> relays{&w.add_open(), &w.add_open()};
    auto& a = w.add("cone_port_restricted", easy);
    auto& b = w.add(&moving, easy);
    w.settle(relays);
    w.want(a, b);
    w.flow(a, b);
    REQUIRE(w.run_until(5s, [&] { return w.direct(a, b); }) < 3s);
    w.run(10s + phase * 110ms);
    b.behind->box->reboot();
    CHECK(w.run_until(10s, [&] {
      return w.state(a, b) == path_state::relayed && w.state(b, a) == path_state::relayed;
    }) < 2500ms);
    w.run(1s);
    w.learn(b);
    CHECK(w.run_until(60s, [&] { return w.direct(a, b); }) < 15s);
    w.run(30s);
    CHECK(w.direct(a, b));
  }
}

TEST_CASE("one lost packet or a moment of slowness loses no path") {
  cones w;
  w.want(w.a, w.b);
  w.flow(w.a, w.b);
  w.run_until(5s, [&] { return w.direct(w.a, w.b); });
  w.run(10s);
  const auto told = w.a.told.size();
  w.loss_ratio = 1;
  w.run(300ms);
  w.loss_ratio = 0;
  w.run(5s);
  w.latency = 250ms;  // a round trip ten times what it was, and longer than our patience
  w.run(10s);
  CHECK(w.direct(w.a, w.b));
  w.latency = 25ms;
  w.run(5s);
  CHECK(w.a.told.size() == told);
}

TEST_CASE("a round trip that grows fourteenfold at once may be suspected and is not given up") {
  for (int phase = 0; phase < 10; ++phase) {
    cones w;
    w.want(w.a, w.b);
    w.flow(w.a, w.b);
    w.run_until(5s, [&] { return w.direct(w.a, w.b); });
    w.run(10s + phase * 110ms);
    w.latency = 350ms;
    w.run(10s);
    CHECK(w.direct(w.a, w.b));
    CHECK(path_world::noted(w.a, note_kind::punch_lost) +
              path_world::noted(w.b, note_kind::punch_lost) ==
          0);
  }
}

TEST_CASE("who does not know its class and names no relay is tried at its endpoints") {
  pair_world w("", {}, "", {});
  w.b.kind = nat_class::unknown;
  w.learn(w.b);
  w.run(1s);
  REQUIRE(w.dht[w.b.self].nat == nat_class::unknown);
  w.want(w.a, w.b);
  CHECK(w.until(5s, w.a, w.b, path_state::direct) == 200ms);
}

TEST_CASE("paths are made and kept with three packets of a hundred lost") {
  for (std::uint64_t s = 1; s <= 10; ++s) {
    path_world w(s);
    std::vector<path_world::host*> relays{&w.add_open(), &w.add_open()};
    auto& a = w.add("linux_masquerade", easy);
    auto& b = w.add("linux_input_accept", easy);
    w.settle(relays);
    w.loss_ratio = 0.03;
    w.want(a, b);
    w.flow(a, b);
    CHECK(w.run_until(60s, [&] { return w.direct(a, b); }) < 20s);
    w.run(5min);
    CHECK(w.state(a, b) != path_state::none);
    CHECK(path_world::noted(a, note_kind::punch_lost) == 0);
  }
}

TEST_CASE(
    "an attempt that failed is repeated after 5 and 40 and 60 seconds then ever more seldom") {
  pair_world w("symmetric", hard, "symmetric", hard);
  w.want(w.a, w.b);
  w.flow(w.a, w.b);
  std::vector<time_point> failed;
  for (std::size_t n = 0; n < 5; ++n) {
    w.run_until(20min, [&] { return path_world::noted(w.a, note_kind::punch_failed) > n; });
    failed.push_back(w.now);
  }
  // The attempt itself takes a little over three seconds.
  const std::vector<duration> pause{5s, 40s, 60s, 5min};
  for (std::size_t i = 0; i < pause.size(); ++i) {
    CHECK(failed[i + 1] - failed[i] >= pause[i] + 3s);
    CHECK(failed[i + 1] - failed[i] <= pause[i] + 7s);
  }
}

TEST_CASE("a new address of ours is tried at once however many attempts failed before") {
  pair_world w("symmetric", hard, "cone_port_restricted", easy);
  w.want(w.a, w.b);
  w.run(8min);
  REQUIRE(path_world::noted(w.a, note_kind::punch_failed) >= 3);
  w.a.behind->box.emplace(sim::nat::borrow(*sim::nat::profile("cone_port_restricted")),
                          w.a.behind->outside, seed{9});
  w.a.kind = easy;
  w.learn(w.a);
  CHECK(w.run_until(30s, [&] { return w.direct(w.a, w.b); }) < 5s);
}

TEST_CASE("payload that wakes up tries again at once") {
  pair_world w("symmetric", hard, "symmetric", hard);
  w.want(w.a, w.b);
  w.run(4min);
  const auto next = w.a.paths.next_attempt(w.b.self);
  REQUIRE(next);
  REQUIRE(*next - w.now > 1min);
  w.tell(w.a, payload{w.b.self});
  CHECK(*w.a.paths.next_attempt(w.b.self) - w.now == 1s);
}

TEST_CASE("a quiet path is asked every 25 seconds and one with payload every second") {
  cones w;
  w.want(w.a, w.b);
  w.run_until(5s, [&] { return w.direct(w.a, w.b); });
  w.run(30s);
  auto before = w.sent[{w.a.self, w.b.seen}];
  w.run(100s);
  // Our own pings and our answers to theirs.
  CHECK(w.sent[{w.a.self, w.b.seen}] - before >= 8);
  CHECK(w.sent[{w.a.self, w.b.seen}] - before <= 10);
  w.flow(w.a, w.b);
  w.run(5s);
  before = w.sent[{w.a.self, w.b.seen}];
  w.run(100s);
  CHECK(w.sent[{w.a.self, w.b.seen}] - before >= 190);
  CHECK(w.sent[{w.a.self, w.b.seen}] - before <= 210);
}

TEST_CASE("after ten minutes without payload both sides let go and nothing is left running") {
  cones w;
  w.want(w.a, w.b);
  w.run(9min);
  CHECK(w.direct(w.a, w.b));
  w.run(2min);
  for (auto* h : {&w.a, &w.b}) {
    CHECK(h->paths.size() == 0);
    CHECK_FALSE(h->paths.next_timeout());
    CHECK_FALSE(h->route[h == &w.a ? w.b.self : w.a.self]);
    CHECK(h->told.back().state == path_state::none);
    CHECK(h->told.back().why == reason::none);
  }
  w.want(w.a, w.b);
  CHECK(w.run_until(5s, [&] { return w.direct(w.a, w.b); }) < 1s);
}

TEST_CASE("a goodbye counts only while no payload flows") {
  cones w;
  w.want(w.a, w.b);
  w.flow(w.a, w.b);
  w.run_until(5s, [&] { return w.direct(w.a, w.b); });
  w.tell(w.a, forget{w.b.self});
  CHECK(w.a.paths.size() == 0);
  w.run(100ms);
  CHECK(w.b.paths.size() == 1);
  CHECK(w.run_until(5s, [&] { return w.direct(w.a, w.b); }) < 3s);
}

TEST_CASE(
    "a member that left is forgotten and its relays are let go and its packets not answered") {
  pair_world w("symmetric", hard, "symmetric", hard);
  w.want(w.a, w.b);
  w.until(5s, w.a, w.b, path_state::relayed);
  const auto gone = w.a.paths.set_members({});
  CHECK(gone == std::vector{w.b.self});
  w.tell(w.a, forget{w.b.self});
  CHECK_FALSE(w.a.route[w.b.self]);
  w.run(1min);
  CHECK(w.a.paths.size() == 0);
  CHECK_FALSE(w.a.paths.next_timeout());
  w.want(w.a, w.b);
  CHECK(w.a.paths.size() == 0);
}

TEST_CASE("becoming open takes no relay from under a path") {
  pair_world w("symmetric", hard, "symmetric", hard);
  w.want(w.a, w.b);
  w.flow(w.a, w.b);
  w.run(5s);
  REQUIRE(w.state(w.b, w.a) == path_state::relayed);
  const auto told = w.b.told.size();
  w.tell(w.b, relay::want_homes{false});
  w.run(2min);
  CHECK(w.state(w.b, w.a) == path_state::relayed);
  for (std::size_t i = told; i < w.b.told.size(); ++i)
    CHECK(w.b.told[i].state == path_state::relayed);
}

TEST_CASE("ten members in a mesh find each other - every pair") {
  path_world w;
  std::vector<path_world::host*> relays{&w.add_open(), &w.add_open(), &w.add_open()};
  std::vector<path_world::host*> members;
  const std::array<std::pair<std::string_view, nat_class>, 5> kinds{{{"cone_port_restricted", easy},
                                                                     {"linux_input_accept", easy},
                                                                     {"symmetric", hard},
                                                                     {"cone_full", nat_class::open},
                                                                     {"linux_masquerade", easy}}};
  for (std::size_t i = 0; i < 10; ++i)
    members.push_back(&w.add(kinds[i % 5].first, kinds[i % 5].second));
  w.settle(relays);
  for (auto* a : members)
    for (auto* b : members)
      if (a != b) w.want(*a, *b);
  w.run(20s);
  for (auto* a : members)
    for (auto* b : members) {
      if (a == b) continue;
      const bool blocked = (a->kind == hard && b->kind != nat_class::open) ||
                           (b->kind == hard && a->kind != nat_class::open);
      CHECK(w.state(*a, *b) == (blocked ? path_state::relayed : path_state::direct));
    }
}

TEST_CASE("the same seed is the same story") {
  const auto story = [](std::uint64_t root) {
    path_world w(root);
    std::vector<path_world::host*> relays{&w.add_open(), &w.add_open()};
    auto& a = w.add("symmetric", hard);
    auto& b = w.add("linux_input_accept", easy);
    w.settle(relays);
    w.loss_ratio = 0.1;
    w.want(a, b);
    w.flow(a, b);
    w.run(2min);
    return std::pair{w.packets, a.told.size()};
  };
  CHECK(story(1) == story(1));
  CHECK(story(1) != story(2));
}

TEST_CASE("on ways of a second hosts are relayed and cones get a direct path that stays") {
  for (const bool cone : {true, false}) {
    path_world w;
    w.latency = 1s;
    auto& relay = w.add_open();
    auto& a = w.add(cone ? "cone_port_restricted" : "symmetric", cone ? easy : hard);
    auto& b = w.add(cone ? "cone_port_restricted" : "symmetric", cone ? easy : hard);
    w.settle({&relay});
    w.run(20s);
    w.want(a, b);
    CHECK(w.until(20s, a, b, path_state::relayed) < 15s);
    w.flow(a, b);
    const auto wanted = cone ? path_state::direct : path_state::relayed;
    CHECK(w.run_until(30s, [&] { return w.state(a, b) == wanted && w.state(b, a) == wanted; }) <
          30s);
    const auto before = a.told.size() + b.told.size();
    w.run(2min);
    CHECK(w.state(a, b) == wanted);
    if (cone) CHECK(a.told.size() + b.told.size() == before);
    CHECK(path_world::noted(a, note_kind::punch_lost) == 0);
  }
}

TEST_CASE("after minutes of silence a path is back within a sixty-fourth of them") {
  cones w;
  w.want(w.a, w.b);
  w.flow(w.a, w.b);
  w.run_until(5s, [&] { return w.direct(w.a, w.b); });
  const auto lookups = w.a.lookups;
  w.b.alive = false;
  w.run(4min);
  CHECK(w.state(w.a, w.b) == path_state::none);
  const auto asked_since = w.a.lookups - lookups;
  CHECK(asked_since <= 12);  // a minute apart at last
  w.b.alive = true;
  CHECK(w.run_until(10s, [&] { return w.state(w.a, w.b) == path_state::direct; }) <= 4s);
}

TEST_CASE("without payload a peer is looked for a minute apart at last") {
  cones w;
  w.dht.erase(w.b.self);
  w.want(w.a, w.b);
  w.run(5min);
  const auto n = w.a.lookups;
  w.run(4min);
  CHECK(w.a.lookups <= n + 4);
}

TEST_CASE("payload from a member without a path is a want") {
  cones w;
  w.tell(w.a, payload{w.b.self});  // it goes a way that WireGuard found out by itself
  CHECK(w.until(5s, w.a, w.b, path_state::direct) < 5s);
  // Both people say that all is to begin anew, while it flows.
  w.flow(w.a, w.b);
  w.tell(w.a, forget{w.b.self});
  w.tell(w.b, forget{w.a.self});
  CHECK(w.run_until(10s, [&] { return w.direct(w.a, w.b); }) < 5s);
}

TEST_CASE("when the network is back whoever waits for a lookup has it at once") {
  cones w;
  const auto record = w.dht.extract(w.b.self);
  w.want(w.a, w.b);
  w.run(9min);
  w.dht.insert(w.dht.end(), {record.key(), record.mapped()});
  const auto n = w.a.lookups;
  w.tell(w.a, network_back{});
  w.run(1s);
  CHECK(w.a.lookups == n + 1);
  CHECK(w.state(w.a, w.b) != path_state::none);
  w.tell(w.a, network_back{});
  w.run(1s);
  CHECK(w.a.lookups == n + 1);
}

TEST_CASE("who meets a peer at a relay that it left becomes a guest there again") {
  pair_world w("symmetric", hard, "symmetric", hard);
  w.want(w.a, w.b);
  w.flow(w.a, w.b);
  w.run(10s);
  REQUIRE(w.state(w.b, w.a) == path_state::relayed);
  // B takes its relays for dead and gives them up; they do not know it and carry on.
  for (auto* r : w.relays) w.tell(w.b, relay::guest_failed{r->self});
  w.tell(w.b, relay::want_homes{false});
  w.run(2s);
  CHECK(w.state(w.b, w.a) == path_state::relayed);
  w.run(3min);  // longer than a lease
  CHECK(w.state(w.b, w.a) == path_state::relayed);
  CHECK(w.state(w.a, w.b) == path_state::relayed);
}

TEST_CASE("behind one box that turns no packets round a pair stays relayed and says so") {
  pair_world w("linux_masquerade", easy, "linux_masquerade", easy);
  auto& c = w.add_beside(w.a);
  w.settle(w.relays);
  // Neither hears of the other's address inside.
  for (auto* h : {&w.a, &c}) w.tell(*h, self_changed{h->kind, {h->seen}});
  w.want(w.a, c);
  w.run(10s);
  CHECK(w.state(w.a, c) == path_state::relayed);
  CHECK(w.why(w.a, c) == reason::no_hairpin);
}
