// What a node does for others: answers, stores, passes on.
#include "actors/proto/keys/keys.hpp"
#include "actors/proto/record/record.hpp"
#include "actors/proto/wire/codec.hpp"
#include "tests/actors/proto/dht/node_fixture.hpp"

using namespace wh;

namespace {
using fixture = test::node_fixture;
}  // namespace

TEST_CASE_METHOD(fixture, "an answer names the k closest never the asker and fits a datagram") {
  for (int i = 0; i < 60; ++i) {
    auto c = peer();
    c.where.address = *ip_address::parse("2001:db8:" + std::to_string(i + 1) + "::1");
    answer_all(tell(dht::add_contacts{{c}}));
    hear(c, wire::find_node{}, true);
  }
  answer_all(wait(10s));
  const auto asker = node->table().entries()[0].contact();
  const auto a = hear(asker, wire::find_node{{}, keys::node_id_of(crypto, asker.key, ns)});
  const auto n = sent<wire::nodes>(a);
  REQUIRE(n.size() == 1);
  CHECK(n[0].first == asker);
  CHECK(n[0].second.observed == asker.where);
  for (const auto& c : n[0].second.contacts) CHECK(c.key != asker.key);
  CHECK(wire::encoded_size(n[0].second) <= wire::datagram_max - 32);
}

TEST_CASE_METHOD(fixture, "a record is stored with a token and given to whoever asks") {
  const auto owner = peer(), reader = peer();
  const auto r = record_of(owner.key);
  CHECK(store(owner, r) == wire::store_result::stored);
  CHECK(store(owner, r) == wire::store_result::stored);
  const auto a = sent<wire::records>(
      hear(reader, wire::find_record{{}, record::location_of(crypto, owner.key, ns)}, true));
  REQUIRE(a.size() == 1);
  CHECK(a[0].second.found == r);
  CHECK(store(owner, record_of(owner.key, 0)) == wire::store_result::old);
}

TEST_CASE_METHOD(fixture,
                 "a record is refused without a token or when anything about it is wrong") {
  const auto owner = peer();
  const auto good = record_of(owner.key);
  CHECK(store(owner, good, {}) == wire::store_result::bad_token);
  auto forged = good;
  forged.sequence++;
  CHECK(store(owner, forged) == wire::store_result::bad_record);
  CHECK(store(owner, record_of(owner.key, 1, -1s)) == wire::store_result::bad_record);
  CHECK(store(owner, record_of(owner.key, 1, 3h)) == wire::store_result::bad_record);
  // A token of another place does not do.
  const auto other = sent<wire::records>(hear(owner, wire::find_record{}));
  CHECK(store(owner, good, other[0].second.token) == wire::store_result::bad_token);
  CHECK(node->stored_records() == 0);
  // Early data is answered to nobody, token or not.
  const auto t = sent<wire::records>(
      hear(owner, wire::find_record{{}, record::location_of(crypto, owner.key, ns)}));
  CHECK(all<dht::send>(hear(owner, wire::store{{}, t[0].second.token, good}, true)).empty());
  CHECK(node->stored_records() == 0);
}

TEST_CASE_METHOD(fixture, "who does not serve stores nothing") {
  tell(dht::set_serving{false});
  const auto owner = peer();
  CHECK(store(owner, record_of(owner.key)) == wire::store_result::quota);
  tell(dht::set_serving{true});
  CHECK(store(owner, record_of(owner.key)) == wire::store_result::stored);
}

TEST_CASE_METHOD(fixture, "a hundred members behind one address all leave their records here") {
  std::vector<wire::contact> office;
  for (std::uint16_t i = 0; i < 100; ++i) {
    auto c = peer();
    c.where = {ip_address::v4(203, 0, 113, 7), static_cast<std::uint16_t>(1024 + i)};
    CHECK(store(c, record_of(c.key)) == wire::store_result::stored);
    office.push_back(c);
  }
  for (const auto& c : office) CHECK(found(c.key));
}

TEST_CASE_METHOD(fixture, "in a full store one /24 displaces only itself whatever keys it has") {
  config.stores.records = 64;
  restart();
  const auto member = peer();
  CHECK(store(member, record_of(member.key)) == wire::store_result::stored);
  std::size_t refused = 0;
  for (int i = 0; i < 500; ++i) {
    auto c = peer();
    c.where.address = ip_address::v4(203, 0, 113, static_cast<std::uint8_t>(i));
    refused += store(c, record_of(c.key)) == wire::store_result::quota;
  }
  CHECK(refused > 250);
  CHECK(node->stored_records() == 64);
  const auto late = peer();
  CHECK(store(late, record_of(late.key)) == wire::store_result::stored);
  CHECK(found(member.key));
  CHECK(found(late.key));
}

TEST_CASE_METHOD(fixture,
                 "a record whose place is far from us is refused once we know the network") {
  const auto early = peer();
  CHECK(store(early, record_of(early.key, 1, 2h)) == wire::store_result::stored);
  know_thousands();
  std::size_t stored = 0, refused = 0;
  for (int i = 0; i < 200; ++i) {
    const auto c = peer();
    (store(c, record_of(c.key)) == wire::store_result::stored ? stored : refused)++;
  }
  CHECK(refused >= 150);
  // What was taken before is handed out: those who hold it now may be gone.
  CHECK(found(early.key));
}

TEST_CASE_METHOD(fixture, "holders far from a record's place end no lookup before its time") {
  know_thousands();
  std::size_t went_on = 0;
  for (std::uint64_t id = 1; id <= 20; ++id) {
    const auto owner = peer();
    const auto r = record_of(owner.key, unix_seconds(now));
    auto todo = sent<wire::find_record>(
        tell(dht::lookup{id, record::location_of(crypto, owner.key, ns), true, 1}));
    std::vector<dht::finished> done;
    while (!todo.empty() && done.empty()) {
      const auto [to, m] = todo.front();
      todo.erase(todo.begin());
      const auto a = hear(to, wire::records{m.tx, config_endpoint, {}, r, {}});
      for (const auto& s : sent<wire::find_record>(a)) todo.push_back(s);
      for (const auto& f : all<dht::finished>(a)) done.push_back(f);
    }
    REQUIRE(done.size() == 1);
    CHECK(done[0].found == r);
    went_on += done[0].requests > 5;  // with three that count, and three in flight
  }
  CHECK(went_on >= 8);
}

TEST_CASE_METHOD(fixture,
                 "a dial request is passed to one third in another network - at a bounded rate") {
  join(15);
  const auto asker = peer();
  const auto a = sent<wire::dial_back>(hear(asker, wire::dial_request{{}, 77}));
  REQUIRE(a.size() == 1);
  CHECK(a[0].second.target == asker.where);
  CHECK(a[0].second.nonce == 77);
  CHECK(a[0].first.key != asker.key);
  CHECK(network_of(a[0].first.where.address) != network_of(asker.where.address));
  CHECK(sent<wire::dial_back>(hear(peer(), wire::dial_request{})).empty());
  now += 2s;
  CHECK(sent<wire::dial_back>(hear(asker, wire::dial_request{})).empty());
  CHECK(sent<wire::dial_back>(hear(peer(), wire::dial_request{})).size() == 1);
  now += 2s;
  CHECK(sent<wire::dial_back>(hear(peer(), wire::dial_request{}, true)).empty());  // early
  std::size_t passed = 0;
  for (int i = 0; i < 1000; ++i, now += 10ms)
    passed += sent<wire::dial_back>(hear(peer(), wire::dial_request{})).size();
  CHECK(passed <= 201);  // one in 50 ms for 10 s
}

TEST_CASE_METHOD(fixture,
                 "where nobody else serves whoever asked us lately dials a stranger without NAT") {
  const auto guest = peer(), asker = peer();
  const auto speak = [&](const wire::contact& who, bool serves, bool early,
                         wire::translation nat = wire::translation::none) {
    dht::actions todo;
    node->handle(
        now,
        dht::received{who.key, who.where, false, serves, early, wire::dial_request{{}, 7, nat}},
        todo);
    return sent<wire::dial_back>(todo);
  };
  CHECK(speak(guest, false, true).empty());  // early: its address is not proved
  CHECK(speak(asker, false, false).empty());
  now += 1s;
  CHECK(speak(guest, true, false).size() == 1);  // by the asker, and it serves: never a helper
  now += 5s;                                     // one dial in 4 s for one network
  CHECK(speak(asker, false, false).empty());
  CHECK(speak(guest, false, false).size() == 1);
  now += 5s;
  CHECK(speak(asker, false, false, wire::translation::translated).empty());
  const auto dialled = speak(asker, false, false);
  REQUIRE(dialled.size() == 1);
  CHECK(dialled[0].first == guest);
  CHECK(dialled[0].second.target == asker.where);
  now += config.guest_life + 1s;
  CHECK(speak(asker, false, false).empty());  // the guest's NAT may have forgotten us
}

TEST_CASE_METHOD(fixture, "who serves nobody dials strangers for others all the same") {
  tell(dht::set_serving{false});
  const endpoint stranger{ip_address::v4(198, 51, 100, 7), 1000};
  CHECK(all<dht::send_reach>(hear(peer(), wire::dial_back{stranger, 5})).size() == 1);
}

TEST_CASE_METHOD(fixture, "a dial request with nobody to ask is ignored") {
  CHECK(hear(peer(), wire::dial_request{}).empty());
}

TEST_CASE_METHOD(fixture,
                 "nobody is hit by more than one reach datagram in four seconds on our part") {
  const endpoint victim{ip_address::v4(198, 51, 100, 7), 1000};
  std::size_t hits = 0;
  for (int i = 0; i < 100; ++i, now += 100ms)
    hits += all<dht::send_reach>(hear(peer(), wire::dial_back{victim, 5})).size();
  CHECK(hits == 3);  // at 0, 4 and 8 s
  now += 2s;
  CHECK(all<dht::send_reach>(hear(peer(), wire::dial_back{victim, 5})).size() == 1);
  now += 2s;
  CHECK(hear(peer(), wire::dial_back{{ip_address::v4(10, 0, 0, 1), 5}, 5}).empty());
  CHECK(hear(peer(), wire::dial_back{{victim.address, 0}, 5}).empty());
}
