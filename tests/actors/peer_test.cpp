#include "actors/peer.hpp"

#include "actors/asker.hpp"
#include "actors/proto/record/record.hpp"
#include "tests/actors/village.hpp"

namespace {

using namespace wh;
using namespace wh::test;

constexpr std::size_t boot = 0, anna = 1, bert = 2;

/// A boot node and two members who know it and each other.
struct three : village {
  three() : village(3) {
    actors::peer_config c;
    c.mode = nat::mode::direct;
    at(boot).start(c);
    start(anna, bert);
    start(bert, anna);
  }
  void start(std::size_t who, std::size_t other) {
    actors::peer_config c;
    c.boot = {at(boot).contact()};
    c.members = {at(other).member()};
    at(who).start(c);
  }
  /// A second each, both ways, as WireGuard with payload does.
  void talk(unsigned seconds) {
    for (unsigned i = 0; i < seconds; ++i) {
      if (at(anna).runs()) at(anna).wireguard_sends(at(bert).key());
      if (at(bert).runs()) at(bert).wireguard_sends(at(anna).key());
      pass(1s);
    }
  }
  bool direct(std::size_t a, std::size_t b) {
    const auto p = path(at(a), at(b));
    return p && p->state == punch::path_state::direct;
  }
};

TEST_CASE("what WireGuard sends makes a path and goes straight from then on") {
  three v;
  v.pass(30s);
  CHECK(!v.path(v.at(anna), v.at(bert)));
  v.talk(10);
  CHECK(v.direct(anna, bert));
  CHECK(v.direct(bert, anna));
  const unsigned before = v.at(bert).came_direct, relayed = v.at(bert).came_relayed;
  v.talk(10);
  CHECK(v.at(bert).came_direct == before + 10);
  CHECK(v.at(bert).came_relayed == relayed);
  CHECK(v.at(anna).device.at(v.at(bert).key()).where == v.at(bert).contact().where);
}

TEST_CASE("the first packets of WireGuard are not lost while the path is made") {
  three v;
  v.pass(30s);
  v.at(anna).wireguard_sends(v.at(bert).key());
  v.pass(5s);
  CHECK(v.at(bert).came_direct + v.at(bert).came_relayed == 1);
}

TEST_CASE("where there is one relay only a record does not wait for a second one") {
  three v;
  v.pass(200ms);
  CHECK(v.at(anna).sequence() > 0);
  CHECK(v.at(bert).sequence() > 0);
  // Nor is there another record soon after.
  const auto first = v.at(anna).sequence();
  v.pass(2s);
  CHECK(v.at(anna).sequence() == first);
}

TEST_CASE("a relay found while we join is known to be the only one when we have joined") {
  village v(3);
  actors::peer_config c;
  c.mode = nat::mode::direct;
  v.at(boot).start(c);
  actors::peer_config member;
  member.boot = {v.at(boot).contact(), v.at(bert).contact()};  // bert is dead: 0.2 s
  v.at(anna).start(member);
  v.pass(199ms);
  CHECK(v.noted(note_kind::dht_joined) == 0);
  CHECK(v.at(anna).sequence() == 0);
  v.pass(60ms);
  CHECK(v.noted(note_kind::dht_joined) == 1);
  CHECK(v.at(anna).sequence() > 0);
}

TEST_CASE("a killed peer leaves no actor behind whatever was under way") {
  for (const duration when : {0ms, 1ms, 15ms, 25ms, 500ms, 10'000ms, 30'000ms}) {
    three v;
    CHECK(v.actors_alive() == 18);
    v.pass(when);
    for (const std::size_t i : {anna, bert}) v.at(i).stop();
    CHECK(v.actors_alive() == 6);
    // Datagrams, alarms and answers that were on their way find nobody.
    v.pass(2min);
    CHECK(v.actors_alive() == 6);
    v.at(boot).stop();
    CHECK(v.actors_alive() == 0);
  }
}

TEST_CASE("a killed peer says nothing any more") {
  three v;
  v.pass(20s);
  v.at(anna).stop();
  const auto before = v.at(anna).sent_datagrams;
  v.pass(1min);
  CHECK(v.at(anna).sent_datagrams == before);
}

TEST_CASE("who asked a peer that is killed meanwhile hears that there is no answer") {
  three v;
  v.pass(20s);
  const auto asker = v.s.system().spawn<actors::asker_shell>(v.s.clock());
  unsigned answers = 0, found = 0;
  dht::lookup l;
  l.target = record::location_of(v.crypto, v.at(bert).key(), "public");
  l.want_record = true;
  const auto ask = [&](const actors::dht_actor& whom) {
    v.s.post(asker, actors::question_to<dht::finished>(whom, l, [&](const dht::finished* f) {
               ++answers, found += f && f->found ? 1 : 0;
             }));
  };
  ask(v.at(anna).actors().dht);
  v.pass(5s);
  CHECK(answers == 1);
  CHECK(found == 1);
  // Somebody who does not exist, so that the lookup takes its time.
  l.target.value[0] ^= 0xff;
  const auto dht = v.at(anna).actors().dht;
  for (int i = 0; i < 3; ++i) ask(dht);
  v.at(anna).stop();
  v.pass(1min);
  CHECK(answers == 4);
  ask(dht);  // one who has ended
  v.pass(1min);
  CHECK(answers == 5);
  CHECK(found == 1);
}

TEST_CASE("a peer that wants somebody unknown can be killed while it looks for him") {
  three v;
  v.at(bert).stop();
  v.pass(30s);
  v.talk(3);
  v.at(anna).stop();
  CHECK(v.actors_alive() == 6);
  v.pass(3min);
  CHECK(v.actors_alive() == 6);
}

TEST_CASE("a second life knows endpoints and goes on with a greater sequence") {
  three v;
  v.pass(30s);
  v.s.post(v.at(anna).actors().network, actors::save_now{});
  const auto first = v.at(anna).sequence();
  CHECK(first > 0);
  CHECK(v.at(anna).endpoints_saved() >= 1);
  v.at(anna).stop();
  v.pass(1s);
  // Without a boot node: what the first life saved has to do.
  actors::peer_config c;
  c.members = {v.at(bert).member()};
  v.at(anna).start(c);
  v.pass(30s);
  CHECK(v.at(anna).sequence() > first);
  v.talk(10);
  CHECK(v.direct(anna, bert));
}

TEST_CASE("a second life stamps its handshakes later than the first whatever its clock says") {
  three v;
  v.talk(30);
  const auto stamp = [&] { return load_number(v.at(anna).disk(), actors::timestamp_name); };
  const auto now = static_cast<std::uint64_t>(v.s.now().time_since_epoch().count());
  REQUIRE(stamp());
  CHECK(*stamp() > now);
  v.at(anna).stop();
  v.pass(1s);
  SECTION("the clock was an hour ahead once, and is right again") {
    const std::uint64_t ahead = now + 3'600'000'000'000;
    save_number(v.at(anna).disk(), actors::timestamp_name, ahead);
    v.start(anna, bert);
    v.talk(10);
    CHECK(v.direct(anna, bert));
    CHECK(*stamp() > ahead);
  }
  SECTION("what was kept is damaged: it costs nothing while the clock goes forward") {
    v.at(anna).disk().save(actors::timestamp_name, {1, 2, 3});
    v.start(anna, bert);
    v.talk(10);
    CHECK(v.direct(anna, bert));
    CHECK(*stamp() > now);
  }
  CHECK(v.noted(note_kind::session_old_timestamp) == 0);
}

TEST_CASE("a pair finds together again after one of the two was killed and started anew") {
  three v;
  v.pass(30s);
  v.talk(5);
  v.at(bert).stop();
  v.talk(30);
  CHECK(!v.direct(anna, bert));
  v.start(bert, anna);
  v.talk(40);
  CHECK(v.direct(anna, bert));
  CHECK(v.direct(bert, anna));
}

TEST_CASE("nonsense from the network does not stop a peer") {
  three v;
  v.pass(20s);
  seeded_rng random{seed{1}};
  const auto shower = [&](auto&& make) {
    for (int i = 0; i < 10'000; ++i) {
      const endpoint from{
          ip_address::v4(0x30000000 + static_cast<std::uint32_t>(random.below(1 << 20))),
          static_cast<std::uint16_t>(random.between(1, 65535))};
      bytes b = make();
      // Straight into GATEWAY, the host's sorting by the first byte left out.
      v.s.post(v.at(anna).actors().gateway, actors::arrived{wire::direct(from), std::move(b)});
    }
  };
  shower([&] {
    bytes b(random.below(1500));
    random.fill(b);
    return b;
  });
  shower([&] {
    bytes b(1 + random.below(200));
    random.fill(b);
    b[0] = 0xff;
    if (b.size() > 2) b[1] = 0x81, b[2] = static_cast<std::uint8_t>(random.below(8));
    return b;
  });
  CHECK(v.actors_alive() == 18);
  v.pass(1min);
  v.talk(10);
  CHECK(v.direct(anna, bert));
}

TEST_CASE("what peers really say does not stop them when it is cut and bent and repeated") {
  three v;
  v.pass(20s);
  // A machine in between hears everything that goes to Anna.
  std::vector<bytes> heard;
  seeded_rng random{seed{2}};
  v.heard = [&](const endpoint& to, const bytes& d) {
    if (to == v.at(anna).contact().where && heard.size() < 500) heard.push_back(d);
  };
  v.talk(20);
  v.heard = {};
  REQUIRE(heard.size() > 20);
  for (int i = 0; i < 10'000; ++i) {
    bytes b = heard[random.below(heard.size())];
    if (random.chance(0.5)) b.resize(random.below(b.size() + 1));
    if (!b.empty() && random.chance(0.7))
      b[random.below(b.size())] ^= static_cast<std::uint8_t>(random.between(1, 255));
    const endpoint from = v.at(random.chance(0.5) ? boot : bert).contact().where;
    v.s.post(v.at(anna).actors().gateway, actors::arrived{wire::direct(from), std::move(b)});
  }
  CHECK(v.actors_alive() == 18);
  v.pass(1min);
  v.talk(10);
  CHECK(v.direct(anna, bert));
}

TEST_CASE("a member that the network file no longer has is forgotten by WireGuard") {
  three v;
  v.pass(30s);
  v.talk(5);
  v.s.post(v.at(anna).actors().network, actors::members_changed{});
  CHECK(v.at(anna).device.empty());
  v.s.post(v.at(anna).actors().network, actors::members_changed{{v.at(bert).member()}});
  v.pass(1s);
  v.talk(10);
  CHECK(v.direct(anna, bert));
}

}  // namespace
