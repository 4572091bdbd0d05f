#include <catch2/catch.hpp>

#include "tests/actors/proto/session/link.hpp"

using namespace wh;
using namespace wh::test;

namespace {

const crypto_suite& crypto = sodium_crypto();

/// A peer of another release: its packets are made by hand, and what comes is opened by hand.
struct other_release {
  network& net;
  seeded_rng random{seed{5}};
  private_key secret = crypto.make_private_key(random);
  public_key key = crypto.to_public(secret);
  endpoint where = *endpoint::parse("9.9.9.9:9");
  std::optional<noise::handshake> hs{};
  noise::transport_keys keys{};
  std::uint32_t index = 0x00010001, theirs = 0;
  std::uint64_t stamp = 1000, counter = 0;

  bytes prologue() const { return {'W', 'i', 'r', 'e', 'H', 'u', 'b', 1, 't', 'e', 's', 't'}; }

  /// An initiation whose payload, behind the timestamp, is these bytes.
  void initiate(host& to, const bytes& rest) {
    hs.emplace(crypto,
               noise::handshake::parameters{noise::pattern::ik, true, prologue(), key, to.key()});
    bytes payload(8);
    store_be(payload.data(), stamp++);
    payload.insert(payload.end(), rest.begin(), rest.end());
    bytes d{0xff, 1, 1, 0};
    d.resize(8);
    store_be(d.data() + 4, index);
    REQUIRE(hs->write(crypto, secret, crypto.make_private_key(random), payload, d));
    close(d, to, 32);
  }
  /// The payload of the initiation that `from` sent last, without its timestamp.
  bytes initiated(const host& from) {
    const bytes d = last_from(from);
    REQUIRE(d[2] == 1);
    theirs = load_be<std::uint32_t>(d.data() + 4);
    hs.emplace(crypto,
               noise::handshake::parameters{noise::pattern::ik, false, prologue(), key, {}});
    bytes payload;
    REQUIRE(hs->read(crypto, secret, byte_view{d}.subspan(8, d.size() - 40), payload) ==
            noise::read_result::ok);
    return {payload.begin() + 8, payload.end()};
  }
  void respond(host& to, const bytes& payload) {
    bytes d{0xff, 1, 2, 0};
    d.resize(12);
    store_be(d.data() + 4, index);
    store_be(d.data() + 8, theirs);
    REQUIRE(hs->write(crypto, secret, crypto.make_private_key(random), payload, d));
    keys = hs->split(crypto);
    close(d, to, 16);
  }
  /// The payload of the response that `from` sent last.
  bytes responded(const host& from) {
    const bytes d = last_from(from);
    REQUIRE(d[2] == 2);
    theirs = load_be<std::uint32_t>(d.data() + 4);
    bytes payload;
    REQUIRE(hs->read(crypto, secret, byte_view{d}.subspan(12, d.size() - 28), payload) ==
            noise::read_result::ok);
    keys = hs->split(crypto);
    return payload;
  }
  void say(host& to, const bytes& plain) {
    bytes d(16 + plain.size() + 16);
    d[0] = 0xff;
    d[1] = 1;
    d[2] = 4;
    store_be(d.data() + 4, theirs);
    store_be(d.data() + 8, counter);
    crypto.seal(byte_span{d}.subspan(16), keys.send, counter++, {}, plain);
    net.datagram(to, wire::direct(where), d);
  }
  /// What the last transport packet of `from` says.
  bytes said(const host& from) const {
    const bytes d = last_from(from);
    REQUIRE(d[2] == 4);
    bytes plain(d.size() - 32);
    REQUIRE(crypto.open(plain, keys.receive, load_be<std::uint64_t>(d.data() + 8), {},
                        byte_view{d}.subspan(16)));
    return plain;
  }

 private:
  bytes last_from(const host& h) const {
    for (auto f = net.sent.rbegin(); f != net.sent.rend(); ++f)
      if (f->from.where == h.address) return f->datagram;
    FAIL("nothing was sent");
    return {};
  }
  void close(bytes& d, host& to, std::size_t macs) {
    const auto mac = mac_of(crypto, mac_key_of(crypto, to.key(), "test"), d);
    d.insert(d.end(), mac.begin(), mac.end());
    d.resize(d.size() + macs - 16);
    net.datagram(to, wire::direct(where), d);
  }
};

bytes encoded(const wire::message& m) {
  bytes b;
  wire::encode(m, b);
  return b;
}

/// Behind an initiation's timestamp: flags, message, and what follows it.
bytes said_early(std::uint8_t flags, const bytes& message, const bytes& rest) {
  bytes b{flags, static_cast<std::uint8_t>(message.size() >> 8),
          static_cast<std::uint8_t>(message.size())};
  b.insert(b.end(), message.begin(), message.end());
  b.insert(b.end(), rest.begin(), rest.end());
  return b;
}

/// Whether 0.1.0 takes an initiation with this behind its timestamp, or this in a response.
bool old_release_takes(const bytes& b, bool initiation) {
  const std::size_t length = load_be<std::uint16_t>(b.data() + 1);
  if ((b[0] & ~1) != 0 || length > b.size() - 3) return false;
  if (!initiation && length != b.size() - 3) return false;
  if (std::any_of(b.begin() + 3 + static_cast<std::ptrdiff_t>(length), b.end(),
                  [](std::uint8_t x) { return x != 0; }))
    return false;
  if (length == 0) return true;
  const auto m = wire::decode(byte_view{b}.subspan(3, length));
  return m && wire::plain_size(*m) == length;
}

wire::relay_attach with_options() { return {wire::transaction{3}, std::nullopt, 1}; }
wire::nodes answer_with_options(std::uint32_t tx) {
  return {wire::transaction{tx}, {ip_address::v4(1, 2, 3, 4), 5}, {}, 7, {}};
}

}  // namespace

TEST_CASE("two peers of this release know from the handshake that both read optional fields") {
  network net;
  host& alice = net.add("alice");
  host& bob = net.add("bob");
  bob.answer = [](const deliver& d) -> std::optional<wire::message> {
    if (const auto* f = std::get_if<wire::find_node>(&d.what))
      return answer_with_options(f->tx.value);
    return std::nullopt;
  };
  net.say(alice, bob, ask(7));
  net.run(50ms);
  REQUIRE(bob.inbox.size() == 1);
  CHECK(bob.inbox[0].reads_options);
  // The very first answer has them: it rides in the response.
  REQUIRE(alice.inbox.size() == 1);
  CHECK(alice.inbox[0].reads_options);
  CHECK(alice.inbox[0].what == wire::message{answer_with_options(7)});
  net.say(alice, bob, with_options());
  net.say(bob, alice, wire::relay_offer{9});
  net.run(50ms);
  CHECK(bob.inbox.back().what == wire::message{with_options()});
  CHECK(alice.inbox.back().what == wire::message{wire::relay_offer{9}});
  CHECK(net.sent.size() == 5);  // none of them for this
}

TEST_CASE("our initiations are such as the first release takes") {
  for (const bool relayed : {false, true})
    for (const wire::message& m :
         {wire::message{ping()}, wire::message{ask()}, wire::message{wire::find_record{}},
          wire::message{with_options()}}) {
      network net;
      host& alice = net.add("alice", {.serves_dht = true});
      other_release old{net};
      net.feed(alice,
               send{old.key, relayed ? wire::through(public_key{}) : wire::direct(old.where), m});
      // A relayed packet comes from the relay; its bytes are the same.
      net.sent.back().from = wire::direct(alice.address);
      const bytes payload = old.initiated(alice);
      CHECK(old_release_takes(payload, true));
      const std::size_t length = load_be<std::uint16_t>(payload.data() + 1);
      CHECK((payload.size() - 3 - length) % 8 == 1);
    }
}

TEST_CASE("a peer of the first release is sent nothing that it does not know - it begins") {
  network net;
  host& bob = net.add("bob");
  bob.answer = [](const deliver&) { return answer_with_options(7); };
  other_release old{net};
  old.initiate(bob, said_early(1, encoded(ask(7)), bytes(216)));
  const bytes response = old.responded(bob);
  CHECK(old_release_takes(response, false));
  REQUIRE(bob.inbox.size() == 1);
  CHECK_FALSE(bob.inbox[0].reads_options);
  CHECK(bob.inbox[0].serves_dht);
  old.say(bob, {});
  REQUIRE(bob.up.size() == 1);
  net.feed(bob, send{old.key, std::nullopt, with_options()});
  CHECK(old.said(bob) == encoded(wire::relay_attach{wire::transaction{3}}));
  const auto packets = net.sent.size();
  net.feed(bob, send{old.key, std::nullopt, wire::relay_offer{9}});
  CHECK(net.sent.size() == packets);
  CHECK(bob.count(note_kind::session_not_understood) == 1);
}

TEST_CASE("a peer of the first release is sent nothing that it does not know - it answers") {
  network net;
  host& alice = net.add("alice");
  other_release old{net};
  // Waits for the session, and is for whoever it will be with.
  net.feed(alice, send{old.key, wire::direct(old.where), with_options()});
  net.feed(alice, send{old.key, wire::direct(old.where), wire::relay_offer{9}});
  CHECK(old_release_takes(old.initiated(alice), true));
  old.respond(alice, said_early(1, {}, {}));
  REQUIRE(alice.up.size() == 1);
  CHECK(alice.up[0].serves_dht);
  CHECK(old.said(alice) == encoded(wire::relay_attach{wire::transaction{3}}));
  CHECK(alice.count(note_kind::session_not_understood) == 1);
  old.say(alice, encoded(ping(4)));
  REQUIRE(alice.inbox.size() == 1);
  CHECK_FALSE(alice.inbox[0].reads_options);
}

TEST_CASE("what a newer peer adds to a handshake is skipped") {
  network net;
  host& bob = net.add("bob");
  bob.answer = full_answer;
  other_release newer{net};
  // Flags, an optional field, zeros on both sides of it, and a message that goes on.
  bytes message = encoded(ask(7));
  message.insert(message.end(), {77, 1, 1});
  newer.initiate(bob, said_early(0xff, message, {0, 0, 5, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0}));
  REQUIRE(bob.inbox.size() == 1);
  CHECK(bob.inbox[0].what == wire::message{ask(7)});
  CHECK(bob.inbox[0].reads_options);
  const bytes response = newer.responded(bob);
  CHECK((response[0] & 2) == 2);
  CHECK(bob.count(note_kind::session_undecodable) == 0);

  host& alice = net.add("alice");
  net.feed(alice, send{newer.key, wire::direct(newer.where), ask(8)});
  newer.initiated(alice);
  newer.respond(alice, said_early(0xfe, encoded(answer_with_options(8)), {1, 1, 2, 9, 0}));
  REQUIRE(alice.inbox.size() == 1);
  CHECK(alice.inbox[0].what == wire::message{answer_with_options(8)});
  CHECK(alice.inbox[0].reads_options);
  CHECK(alice.count(note_kind::session_undecodable) == 0);
}

TEST_CASE("a kind of message that is not known is counted and does no harm") {
  network net;
  host& bob = net.add("bob");
  other_release newer{net};
  newer.initiate(bob, said_early(0, {0x4f, 1, 2}, bytes(9)));
  CHECK(bob.count(note_kind::session_unknown_kind) == 1);
  CHECK(bob.inbox.empty());
  newer.responded(bob);
  newer.say(bob, {0x4f, 1, 2, 3});  // confirms the session all the same
  CHECK(bob.up.size() == 1);
  newer.say(bob, {0xf7, 1, 2, 3});
  CHECK(bob.count(note_kind::session_unknown_kind) == 3);
  newer.say(bob, encoded(ping(4)));
  REQUIRE(bob.inbox.size() == 1);
  CHECK(bob.inbox[0].what == wire::message{ping(4)});

  host& alice = net.add("alice");
  net.feed(alice, send{newer.key, wire::direct(newer.where), ask(8)});
  newer.initiated(alice);
  newer.respond(alice, said_early(2, {0x4f}, {}));
  CHECK(alice.up.size() == 1);
  CHECK(alice.count(note_kind::session_unknown_kind) == 1);
  CHECK(alice.count(note_kind::session_undecodable) == 0);
}

TEST_CASE("optional fields of a handshake that are cut short are refused") {
  network net;
  host& bob = net.add("bob");
  other_release odd{net};
  odd.initiate(bob, said_early(0, encoded(ask()), {5, 2, 1}));
  CHECK(bob.count(note_kind::session_undecodable) == 1);
  CHECK(bob.inbox.empty());
  CHECK(net.sent.empty());
  host& alice = net.add("alice");
  net.feed(alice, send{odd.key, wire::direct(odd.where), ask(8)});
  odd.initiated(alice);
  odd.respond(alice, said_early(2, encoded(answer_with_options(8)), {5}));
  CHECK(alice.up.size() == 1);
  CHECK(alice.inbox.empty());
  CHECK(alice.count(note_kind::session_undecodable) == 1);
}

TEST_CASE("what a peer reads is of the session - an older process with its key is met anew") {
  network net;
  host& bob = net.add("bob");
  other_release peer{net};
  peer.initiate(bob, said_early(0, {}, bytes(1)));
  peer.responded(bob);
  peer.say(bob, {});
  net.feed(bob, send{peer.key, std::nullopt, with_options()});
  CHECK(peer.said(bob) == encoded(with_options()));
  net.run(3s);
  peer.initiate(bob, said_early(0, {}, {}));
  CHECK(old_release_takes(peer.responded(bob), false));
  peer.counter = 0;
  peer.say(bob, {});
  net.feed(bob, send{peer.key, std::nullopt, with_options()});
  CHECK(peer.said(bob) == encoded(wire::relay_attach{wire::transaction{3}}));
}
