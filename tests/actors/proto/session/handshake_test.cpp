#include <catch2/catch.hpp>

#include "tests/actors/proto/session/link.hpp"

using namespace wh;
using namespace wh::test;

TEST_CASE("the first question to a stranger is answered within one round trip") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob", {.serves_dht = true});
  bob.answer = full_answer;
  net.say(alice, bob, ask(7));
  net.run(20ms);
  REQUIRE(alice.inbox.size() == 1);
  const auto& reply = alice.inbox[0];
  CHECK(std::get<wire::nodes>(reply.what).tx.value == 7);
  CHECK(std::get<wire::nodes>(reply.what).contacts.size() == wire::k);
  CHECK_FALSE(reply.early);
  CHECK(reply.serves_dht);
  CHECK(alice.up.size() == 1);
  REQUIRE(bob.inbox.size() == 1);
  CHECK(bob.inbox[0].early);
  CHECK_FALSE(bob.inbox[0].serves_dht);
  CHECK(bob.up.empty());  // not before alice has shown that she got the response
  net.run(10ms);
  CHECK(bob.up.size() == 1);
  CHECK(bob.up[0].via == wire::direct(alice.address));
  CHECK(net.sent.size() == 3);
}

TEST_CASE("each packet says what it is and what stands in it") {
  using kinds = std::vector<std::string>;
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  net.say(alice, bob, ask(7));
  net.run(30ms);
  CHECK(net.kinds == kinds{"initiation_find_node", "response_nodes", "confirmation"});
  net.kinds.clear();
  net.say(alice, bob, ask(8));
  net.run(30ms);
  CHECK(net.kinds == kinds{"find_node", "nodes"});
  net.kinds.clear();
  // What may not ride in an initiation follows it, and confirms.
  net.say(bob, net.add("carol"), wire::relay_attach{wire::transaction{1}});
  net.run(60ms);
  CHECK(net.kinds == kinds{"initiation", "response", "relay_attach"});
  net.kinds.clear();
  alice.address = *endpoint::parse("10.77.0.1:7");
  net.say(alice, bob, wire::ping{wire::transaction{9}});
  net.run(60ms);
  CHECK(net.kinds == kinds{"ping", "path_challenge", "pong", "path_echo"});
  net.kinds.clear();
  actions out;
  alice.engine->send_reach(bob.address, 1, out);
  net.apply(alice, out);
  CHECK(net.kinds == kinds{"reach"});
}

TEST_CASE("a response goes without an answer when none comes in time") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  net.say(alice, bob, ask());
  net.run(10ms + response_held + 9ms);
  CHECK(alice.up.empty());
  net.run(1ms);
  CHECK(alice.up.size() == 1);
  net.run(10ms);
  CHECK(bob.up.size() == 1);
  net.say(bob, alice, wire::nodes{wire::transaction{1}, alice.address, {}});
  net.run(10ms);
  CHECK(alice.inbox.size() == 1);
}

TEST_CASE("what may not be answered twice waits for the session") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  for (std::uint32_t i = 0; i < 10; ++i)
    net.say(alice, bob, wire::relay_attach{wire::transaction{i}}, wire::direct(bob.address));
  CHECK(alice.count(note_kind::session_queue_full) == 2);
  net.run(40ms);
  REQUIRE(bob.inbox.size() == 8);
  for (std::uint32_t i = 0; i < 8; ++i) {
    CHECK_FALSE(bob.inbox[i].early);
    CHECK(std::get<wire::relay_attach>(bob.inbox[i].what).tx.value == i);
  }
}

TEST_CASE("an initiation that carries anything but the three requests is refused") {
  // No layer sends such a thing; build it by hand.
  seeded_rng random{seed{5}};
  const auto& crypto = sodium_crypto();
  network net;
  host& bob = net.add("bob");
  const auto secret = crypto.make_private_key(random);
  int number = 0;
  const auto initiation = [&](const wire::message& m, std::uint8_t flags, bytes tail) {
    bytes prologue{'W', 'i', 'r', 'e', 'H', 'u', 'b', 1, 't', 'e', 's', 't'};
    noise::handshake hs{crypto,
                        {noise::pattern::ik, true, prologue, crypto.to_public(secret), bob.key()}};
    bytes payload(11), message;
    wire::encode(m, message);
    store_be(payload.data(), static_cast<std::uint64_t>(1000 + number++));
    payload[8] = flags;
    store_be(payload.data() + 9, static_cast<std::uint16_t>(message.size()));
    payload.insert(payload.end(), message.begin(), message.end());
    payload.insert(payload.end(), tail.begin(), tail.end());
    bytes d{0xff, 1, 1, 0, 0, 1, 0, 1};
    REQUIRE(hs.write(crypto, secret, crypto.make_private_key(random), payload, d));
    const auto mac = mac_of(crypto, mac_key_of(crypto, bob.key(), "test"), d);
    d.insert(d.end(), mac.begin(), mac.end());
    d.resize(d.size() + 16);
    net.datagram(bob, wire::direct(*endpoint::parse("9.9.9.9:9")), d);
  };
  initiation(wire::relay_attach{}, 0, {});
  CHECK(bob.count(note_kind::session_not_early) == 1);
  initiation(wire::store{}, 0, {});
  CHECK(bob.count(note_kind::session_not_early) == 2);
  initiation(ping(), 0, {0, 0, 1});
  CHECK(bob.count(note_kind::session_undecodable) == 1);
  CHECK(bob.inbox.empty());
  CHECK(net.sent.empty());
  initiation(ping(), 0, {0, 0, 0});
  CHECK(bob.inbox.size() == 1);
}

TEST_CASE("a lost handshake packet is made up for and a peer that is not there is given up") {
  for (int lost = 0; lost < 6; ++lost) {
    network net;
    host& alice = net.add("alice");
    host& bob = net.add("bob");
    bob.answer = full_answer;
    int seen = 0;
    net.tap = [&](flying&) { return seen++ != lost; };
    net.say(alice, bob, ask());
    net.run(1500ms);
    CHECK(alice.inbox.size() == 1);
    net.say(alice, bob, ping(2));
    net.run(1s);
    CHECK(bob.up.size() == 1);  // a lost confirmation is made up for by whatever comes next
    CHECK(alice.down.empty());
  }
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.engine.reset();
  public_key nobody = sodium_crypto().to_public(sodium_crypto().make_private_key(alice.random));
  net.feed(alice, send{nobody, wire::direct(bob.address), ping()});
  net.run(2499ms);
  CHECK(net.sent.size() == 2);
  CHECK(alice.down.empty());
  net.run(1ms);
  REQUIRE(alice.down.size() == 1);
  CHECK(alice.down[0].peer == nobody);
  CHECK_FALSE(alice.engine->next_timeout().has_value());
}

TEST_CASE("without a route or to ourselves or to no key there is no session") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  net.feed(alice, send{bob.key(), std::nullopt, ping()});
  net.feed(alice, send{alice.key(), wire::direct(bob.address), ping()});
  net.feed(alice, send{public_key{}, wire::direct(bob.address), ping()});
  CHECK(alice.down.size() == 3);
  CHECK(alice.count(note_kind::session_no_route) == 1);
  CHECK(alice.count(note_kind::session_bad_key) == 2);
  CHECK(net.sent.empty());
}

TEST_CASE("peers that initiate at the same moment agree on one session") {
  for (const duration apart : {0ms, 3ms, 9ms, 15ms}) {
    network net;
    host& alice = net.add("alice");
    host& bob = net.add("bob");
    alice.answer = bob.answer = full_answer;
    net.say(alice, bob, ask(1));
    net.run(apart);
    net.say(bob, alice, ask(2));
    net.run(200ms);
    CHECK(alice.up.size() == 1);
    CHECK(bob.up.size() == 1);
    const auto answers = [](const host& h) {
      return std::count_if(h.inbox.begin(), h.inbox.end(), [](const deliver& d) {
        return std::holds_alternative<wire::nodes>(d.what);
      });
    };
    CHECK(answers(alice) == 1);
    CHECK(answers(bob) == 1);
    // Both send on the same one: after an idle time that ends the other, all still arrives.
    for (int i = 0; i < 6; ++i) {
      net.run(40s);
      net.say(alice, bob, ping(10));
      net.say(bob, alice, ping(11));
    }
    net.run(1s);
    CHECK(alice.count(note_kind::session_unknown_index) == 0);
    CHECK(bob.count(note_kind::session_unknown_index) == 0);
    CHECK(alice.up.size() == 1);
  }
}

TEST_CASE("a peer that cannot be reached one way is met the other way and nothing waits") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  alice.answer = bob.answer = full_answer;
  bool open = false;
  net.tap = [&](flying& f) {  // bob's firewall lets in only answers
    if (f.to.where == alice.address) open = true;
    return f.to.where != bob.address || open;
  };
  net.say(alice, bob, ask(1));
  net.run(100ms);
  net.say(bob, alice, ask(2));
  net.run(100ms);
  CHECK(alice.up.size() == 1);
  CHECK(bob.up.size() == 1);
  CHECK(std::any_of(alice.inbox.begin(), alice.inbox.end(),
                    [](const deliver& d) { return std::holds_alternative<wire::nodes>(d.what); }));
  net.run(10s);
  CHECK(alice.down.empty());
}

TEST_CASE("a second way is tried when the first does not answer") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  net.feed(alice, send{bob.key(), wire::direct(*endpoint::parse("10.99.0.1:1")), ping(1)});
  public_key relay;
  relay.value.fill(9);
  net.feed(alice, send{bob.key(), wire::through(relay), wire::relay_attach{}});
  net.run(250ms);
  REQUIRE(alice.up.size() == 1);
  CHECK(alice.up[0].via == wire::through(relay));
  CHECK(bob.up[0].via == wire::through(relay));
}

TEST_CASE("sessions renew themselves under traffic and lose nothing by it") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = alice.answer = full_answer;
  std::uint32_t sent = 0;
  for (int s = 0; s < 3600; s += 20) {
    net.say(alice, bob, ping(++sent));
    net.run(20s);
  }
  CHECK(bob.inbox.size() == sent);
  CHECK(alice.inbox.size() == sent);
  CHECK(alice.count(note_kind::session_renewed) == 5);
  CHECK(alice.up.size() == 1);
  CHECK(bob.count(note_kind::session_unknown_index) == 0);
}

TEST_CASE("an idle session ends and the next message makes another") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  net.say(alice, bob, ping(1));
  net.run(60s);
  CHECK(alice.engine->session_count() == 1);
  net.run(40s);
  CHECK(alice.engine->session_count() == 0);
  CHECK(bob.engine->session_count() == 0);
  CHECK_FALSE(alice.engine->next_timeout().has_value());
  CHECK_FALSE(bob.engine->next_timeout().has_value());
  net.say(alice, bob, ping(2));
  net.run(1s);
  CHECK(bob.up.size() == 2);
}

TEST_CASE("a peer that restarted gets back in and takes over only when it has shown itself") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  layer::config c;
  c.secret = sodium_crypto().make_private_key(alice.random);
  net.start(alice, c);
  net.say(alice, bob, ping(1));
  net.run(30s);
  net.start(alice, c);
  net.say(alice, bob, ping(2));
  net.run(20ms);
  CHECK(alice.inbox.size() == 2);
  CHECK(bob.count(note_kind::session_renewed) == 0);
  CHECK(bob.anew.empty());
  net.run(10ms);
  CHECK(bob.count(note_kind::session_renewed) == 1);
  CHECK(bob.anew.size() == 1);
  CHECK(alice.anew.empty());
  net.say(bob, alice, ping(3));
  net.run(10ms);
  CHECK(alice.inbox.size() == 3);
}

TEST_CASE("a clock set back between two lives locks out only who kept no timestamp") {
  const bool kept = GENERATE(true, false);
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  layer::config c;
  c.secret = sodium_crypto().make_private_key(alice.random);
  net.start(alice, c);
  net.say(alice, bob, ping(1));
  net.run(1s);
  REQUIRE(alice.kept.size() == 1);
  net.now -= 1min;
  if (kept) c.timestamp_after = alice.kept.back();
  net.start(alice, c);
  net.say(alice, bob, ping(2));
  net.run(10s);
  CHECK(alice.inbox.size() == (kept ? 2 : 1));
  CHECK((bob.count(note_kind::session_old_timestamp) > 0) == !kept);
}

TEST_CASE("a timestamp is kept before the first one behind it leaves and seldom") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  const time_point begin = net.now;
  std::size_t handshakes = 0;
  net.tap = [&](const flying& f) {
    if (f.to.where != bob.address) return false;
    ++handshakes;
    // Every initiation says the time: alice's clock does not stand still here.
    REQUIRE(!alice.kept.empty());
    CHECK(from_unix_seconds(0) + std::chrono::nanoseconds{alice.kept.back()} >= net.now);
    return false;
  };
  while (net.now < begin + 1h) {
    net.say(alice, bob, ping(1));
    net.run(20s);
  }
  CHECK(handshakes > 100);
  CHECK(alice.kept.size() >= 45);
  CHECK(alice.kept.size() <= 61);
  CHECK(std::is_sorted(alice.kept.begin(), alice.kept.end()));
}

TEST_CASE("a peer that forgot the session is noticed by its silence") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  layer::config c;
  c.secret = sodium_crypto().make_private_key(bob.random);
  net.start(bob, c);
  net.say(alice, bob, ping(1));
  net.run(1s);
  net.start(bob, c);
  net.say(alice, bob, ping(2));
  net.run(2s);
  CHECK(alice.inbox.size() == 1);
  net.say(alice, bob, ping(3));
  net.run(50ms);
  REQUIRE(alice.inbox.size() == 2);
  CHECK(std::get<wire::pong>(alice.inbox[1].what).tx.value == 3);
  net.tap = [&](const flying& f) { return f.from.where != bob.address; };
  net.run(1s);
  net.say(alice, bob, ping(4));
  net.run(3s);
  net.say(alice, bob, ping(5));
  net.run(6s);
  CHECK(alice.down.size() == 1);
  CHECK(alice.engine->session_count() == 0);
}

TEST_CASE("who forgot the session is noticed by ways that the session never went") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  layer::config c;
  c.secret = sodium_crypto().make_private_key(bob.random);
  net.start(bob, c);
  net.say(alice, bob, ping(1));
  net.run(1s);
  net.start(bob, c);
  // Bob moved as well, and is met at a relay only.
  bob.address = {ip_address::v4(10, 77, 0, 1), 1000};
  public_key relay, empty;
  relay.value.fill(9);
  empty.value.fill(8);
  net.tap = [&](const flying& f) { return f.to != wire::through(empty); };
  const time_point restarted = net.now;
  for (std::uint32_t i = 2; alice.inbox.size() < 2 && i < 100; ++i) {
    // The way that leads nowhere comes first.
    net.say(alice, bob, ping(2 * i), wire::through(empty));
    net.say(alice, bob, ping(2 * i + 1), wire::through(relay));
    net.run(500ms);
  }
  CHECK(alice.inbox.size() >= 2);
  CHECK(net.now - restarted <= 3s);
  CHECK(alice.engine->route_of(bob.key()) == wire::through(relay));
}

TEST_CASE("packets that are to die on their way do not make a session suspect") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  net.say(alice, bob, ping(1));
  net.run(1s);
  net.tap = [](const flying&) { return false; };
  net.feed(alice, send{bob.key(), wire::direct(*endpoint::parse("10.9.9.9:9")), ping(2), ttl{4}});
  net.run(5s);
  net.tap = {};
  const auto before = net.sent.size();
  net.say(alice, bob, ping(3));
  net.run(100ms);
  CHECK(net.sent.size() == before + 2);
  CHECK(alice.count(note_kind::session_renewed) == 0);
}

TEST_CASE("an answer forged without the keys makes nobody begin a handshake") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  net.say(alice, bob, ping(1));
  net.run(1s);
  const bytes real = net.sent.back().datagram;
  const auto before = net.sent.size();
  // Of every type, with whatever index a listener may have seen.
  for (std::uint8_t type = 0; type < 8; ++type)
    for (const auto& f : std::vector<flying>(net.sent.begin(), net.sent.begin() + 3)) {
      bytes forged = f.datagram;
      forged[2] = type;
      net.datagram(alice, wire::direct(bob.address), forged);
    }
  net.run(5s);
  CHECK(net.sent.size() == before);
}

TEST_CASE("under loss reordering and copies everything that can be asked again gets through") {
  for (std::uint64_t root = 1; root <= 5; ++root) {
    network net{root};
    net.loss = 0.2;
    net.doubled = 0.2;
    net.jitter = 40ms;
    host& alice = net.add("alice");
    host& bob = net.add("bob");
    alice.answer = bob.answer = full_answer;
    std::map<std::uint32_t, int> answered;
    for (std::uint32_t i = 1; i <= 200; ++i) {
      net.say(i % 2 ? alice : bob, i % 2 ? bob : alice, ping(i));
      net.run(500ms);
    }
    net.run(5s);
    for (const host* h : {&alice, &bob})
      for (const auto& d : h->inbox)
        if (const auto* p = std::get_if<wire::pong>(&d.what)) ++answered[p->tx.value];
    CHECK(answered.size() > 100);  // 0.8^2 of 200 is 128
    for (const auto& [tx, n] : answered) {
      INFO("root " << root << " tx " << tx);
      // Twice only what rode in a handshake that was tried again.
      CHECK(n <= 2);
    }
  }
}

TEST_CASE("who begins to serve the DHT tells its peers when it next talks to them") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  net.say(alice, bob, ping(1));
  net.run(1s);
  alice.engine->set_serves_dht(true);
  net.say(alice, bob, ping(2));
  net.run(1s);
  net.say(alice, bob, ping(3));
  net.run(1s);
  CHECK_FALSE(bob.inbox[1].serves_dht);
  CHECK(bob.inbox.back().serves_dht);
  CHECK(bob.count(note_kind::session_renewed) == 1);
  net.say(alice, bob, ping(4));
  net.run(1s);
  CHECK(bob.count(note_kind::session_renewed) == 1);
}

TEST_CASE(
    "a peer is met over a way longer than the first patience and with one packet after that") {
  for (const duration way : {600ms, 900ms, 1100ms, 1240ms}) {
    network net;
    net.delay = way;
    host& alice = net.add("alice");
    host& bob = net.add("bob");
    host& carol = net.add("carol");
    bob.answer = carol.answer = full_answer;
    net.say(alice, bob, ask(7));
    net.run(10s);
    INFO(way / 1ms);
    CHECK(alice.up.size() == 1);
    CHECK(alice.down.empty());
    REQUIRE(alice.inbox.size() == 1);
    CHECK(std::get<wire::nodes>(alice.inbox[0].what).tx.value == 7);
    CHECK(bob.up.size() == 1);
    // The line is known now: nobody is asked twice.
    const auto before = net.sent.size();
    net.say(alice, carol, ask(8));
    net.run(10s);
    CHECK(alice.inbox.size() == 2);
    CHECK(net.sent.size() == before + 3);
  }
}

TEST_CASE("a way that nobody waits for is known when its answer comes and is waited for then") {
  network net;
  net.delay = 1800ms;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  net.say(alice, bob, ping());
  net.run(3s);
  CHECK(alice.down.size() == 1);
  net.run(2s);
  CHECK(alice.count(note_kind::session_stale_response) >= 1);
  net.say(alice, bob, ping(), wire::direct(bob.address));
  net.run(5s);
  CHECK(alice.up.size() == 1);
  CHECK(alice.down.size() == 1);
}

TEST_CASE("a response that nobody could have sent tells nothing of the way") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.engine.reset();
  const public_key nobody =
      sodium_crypto().to_public(sodium_crypto().make_private_key(alice.random));
  net.feed(alice, send{nobody, wire::direct(bob.address), ping()});
  bytes forged(79, 1);
  forged[0] = 0xff;
  forged[2] = 2;
  forged[3] = 0;
  std::copy_n(net.sent[0].datagram.begin() + 4, 4, forged.begin() + 8);
  net.run(2400ms);
  net.datagram(alice, wire::direct(bob.address), forged);  // its mac1 is not of our key
  net.run(100ms);
  CHECK(alice.down.size() == 1);
}

TEST_CASE("a session on a long way is not doubted before an answer can have come") {
  network net;
  net.delay = 1100ms;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = full_answer;
  net.say(alice, bob, ping());
  net.run(10s);
  REQUIRE(alice.up.size() == 1);
  const auto before = net.sent.size();
  for (std::uint32_t i = 0; i < 10; ++i) {
    net.say(alice, bob, ping(i));
    net.run(1s);
  }
  net.run(3s);
  CHECK(net.sent.size() == before + 20);  // pings and their answers
}

TEST_CASE("over a relay two ways as long as the one to it are waited for") {
  network net;
  net.delay = 1s;
  host& relay = net.add("relay");
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = relay.answer = full_answer;
  net.say(alice, relay, ping());
  net.run(10s);
  net.delay = 2s;  // to the relay and on
  const auto before = net.sent.size();
  net.say(alice, bob, ask(7), wire::through(relay.key()));
  net.run(10s);
  CHECK(alice.up.size() == 2);
  CHECK(alice.inbox.size() == 2);
  CHECK(net.sent.size() == before + 3);
}
