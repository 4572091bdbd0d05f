// Who relays: what contacts say, where relays are looked for, and how they offer themselves.
#include "tests/actors/proto/dht/node_fixture.hpp"

using namespace wh;

namespace {

struct fixture : test::node_fixture {
  const node_id place = dht::relays_place(crypto, ns);

  /// An answer of a peer that reads optional fields.
  dht::actions answers(const wire::contact& from, wire::transaction tx,
                       std::optional<std::uint16_t> room,
                       std::vector<wire::relay_hint> named = {}) {
    wire::nodes m{tx, config_endpoint, {}};
    m.relay_room = room;
    if (!named.empty()) {
      m.relays.emplace();
      for (const auto& h : named) m.relays->push_back(h);
    }
    return tell(dht::received{from.key, from.where, false, true, false, m, true});
  }
  /// Joined by contacts of which the first `relays` say that they have this room.
  std::vector<wire::contact> join_with(std::size_t n, std::size_t relays, std::uint16_t room) {
    dht::add_contacts in;
    for (std::size_t i = 0; i < n; ++i) in.contacts.push_back(peer());
    auto asked = sent<wire::find_node>(tell(in));
    while (!asked.empty()) {
      const auto [to, m] = asked.back();
      asked.pop_back();
      const auto at = std::find(in.contacts.begin(), in.contacts.end(), to) - in.contacts.begin();
      const bool is_relay = static_cast<std::size_t>(at) < relays;
      for (const auto& more :
           sent<wire::find_node>(answers(to, m.tx, is_relay ? std::optional{room} : std::nullopt)))
        asked.push_back(more);
    }
    REQUIRE(node->has_joined());
    return in.contacts;
  }
  std::vector<wire::relay_hint> named_to(const wire::contact& asker) {
    const auto a = sent<wire::nodes>(hear(asker, wire::find_node{{}, place}));
    REQUIRE(a.size() == 1);
    if (!a[0].second.relays) return {};
    return {a[0].second.relays->begin(), a[0].second.relays->end()};
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "contacts that said they relay are named at once and enough of them do") {
  const auto c = join_with(10, 4, 50);
  const auto a = tell(dht::find_relays{0});
  const auto seen = all<dht::relay_seen>(a);
  REQUIRE(seen.size() == 4);  // the six others said that they do not
  for (const auto& s : seen) {
    CHECK(s.proven);
    CHECK(s.room == 32);  // to the next lower power of two
    CHECK(std::find(c.begin(), c.begin() + 4, s.who) != c.begin() + 4);
  }
  REQUIRE(all<dht::relays_told>(a).size() == 1);
  CHECK_FALSE(all<dht::relays_told>(a)[0].searching);
  CHECK(sent<wire::find_node>(a).empty());
}

TEST_CASE_METHOD(fixture, "peers of the first release do not say and may relay") {
  join(5);
  const auto a = tell(dht::find_relays{0});
  const auto seen = all<dht::relay_seen>(a);
  REQUIRE(seen.size() == 5);
  for (const auto& s : seen) CHECK_FALSE(s.room);
}

TEST_CASE_METHOD(fixture, "where too few are known the relays' place is asked") {
  const auto c = join_with(10, 1, 50);
  const auto a = tell(dht::find_relays{0});
  REQUIRE(all<dht::relays_told>(a).size() == 1);
  CHECK(all<dht::relays_told>(a)[0].searching);
  auto asked = sent<wire::find_node>(a);
  REQUIRE(!asked.empty());
  for (const auto& [to, m] : asked) CHECK(m.target == place);
  const wire::contact far = peer();
  const auto told = answers(asked[0].first, asked[0].second.tx, {}, {{far, 7}});
  REQUIRE(all<dht::relay_seen>(told).size() == 1);
  CHECK(all<dht::relay_seen>(told)[0].who == far);
  CHECK(all<dht::relay_seen>(told)[0].room == 7);
  CHECK_FALSE(all<dht::relay_seen>(told)[0].proven);
  SECTION("and the end is told") {
    const auto end = wait(10s);
    REQUIRE(all<dht::relays_told>(end).size() == 1);
    CHECK_FALSE(all<dht::relays_told>(end)[0].searching);
  }
  SECTION("nobody hears of more once there are enough") {
    tell(dht::enough_relays{});
    const auto more = answers(asked[1].first, asked[1].second.tx, {}, {{peer(), 7}});
    CHECK(all<dht::relay_seen>(more).empty());
  }
}

TEST_CASE_METHOD(fixture, "a relay tells its room to whoever asks and offers itself at the place") {
  join(10);
  CHECK_FALSE(sent<wire::nodes>(hear(peer(), wire::find_node{})).at(0).second.relay_room);
  tell(dht::set_relay_room{77});
  CHECK(sent<wire::nodes>(hear(peer(), wire::find_node{})).at(0).second.relay_room == 77);
  const auto offers = sent<wire::relay_offer>(live(20s));
  CHECK(offers.size() == 8);
  for (const auto& [to, m] : offers) CHECK(m.room == 77);
  SECTION("a full one does not") {
    tell(dht::set_relay_room{0});
    CHECK(sent<wire::relay_offer>(live(3h)).empty());
  }
  SECTION("nor one that strangers do not reach") {
    tell(dht::set_serving{false});
    CHECK(sent<wire::relay_offer>(live(3h)).empty());
    CHECK_FALSE(sent<wire::nodes>(hear(peer(), wire::find_node{})).at(0).second.relay_room);
  }
}

TEST_CASE_METHOD(fixture, "offers are named to who asks for the place and age") {
  const auto relay = peer();
  hear(relay, wire::relay_offer{9});
  const auto named = named_to(peer());
  REQUIRE(named.size() == 1);
  CHECK(named[0].who == relay);
  CHECK(named[0].room == 9);
  CHECK(named_to(relay).empty());
  CHECK_FALSE(sent<wire::nodes>(hear(peer(), wire::find_node{})).at(0).second.relays);
  wait(151min);
  CHECK(named_to(peer()).empty());
}

TEST_CASE_METHOD(fixture,
                 "an offer that proves no address or comes from who does not serve is none") {
  hear(peer(), wire::relay_offer{9}, true);
  hear(peer(), wire::relay_offer{9}, false, false);
  CHECK(node->relay_offers() == 0);
}

TEST_CASE_METHOD(fixture, "any number of keys of one network crowds no other network's offer out") {
  const auto honest = peer();
  hear(honest, wire::relay_offer{9});
  for (std::uint16_t port = 1; port <= 500; ++port)
    hear({crypto.to_public(crypto.make_private_key(random)), {ip_address::v4(66, 6, 6, 6), port}},
         wire::relay_offer{60000});
  CHECK(node->relay_offers() == 32);
  // One of each network, so the honest one is always among them.
  for (int i = 0; i < 20; ++i) {
    const auto named = named_to(peer());
    REQUIRE(named.size() == 2);
    CHECK((named[0].who == honest || named[1].who == honest));
  }
}
