#include "tests/contract/wireguard_device.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace wh::test {

namespace {

struct contract {
  explicit contract(std::unique_ptr<device_pair> p) : pair(std::move(p)) {}

  wireguard_peer peer(std::size_t of, std::optional<endpoint> where,
                      std::chrono::seconds keepalive = 0s) {
    return {pair->key(1 - of),
            {{ip_address::v4(10, 7, 0, static_cast<std::uint8_t>(2 - of)), 32}},
            where,
            keepalive};
  }
  /// Each knows the other at its tunnel.
  void introduce() {
    for (std::size_t i : {0u, 1u}) pair->device(i).set_peer(peer(i, tunnel(i)));
  }
  endpoint tunnel(std::size_t i) { return pair->device(i).open_tunnel(pair->key(1 - i)); }
  std::optional<wireguard_peer_status> status(std::size_t of) {
    for (const auto& s : pair->device(of).status())
      if (s.key == pair->key(1 - of)) return s;
    return std::nullopt;
  }
  bool delivers(std::size_t from, std::uint8_t what, duration limit = 2s) {
    const bytes packet(100, what);
    auto& at = pair->got[1 - from];
    pair->send(from, packet);
    return pair->until([&] { return std::find(at.begin(), at.end(), packet) != at.end(); }, limit);
  }
  std::size_t initiations() const {
    return static_cast<std::size_t>(std::count_if(
        pair->all.begin(), pair->all.end(), [](const auto& c) { return c.datagram.at(0) == 1; }));
  }

  std::unique_ptr<device_pair> pair;
};

}  // namespace

void wireguard_device_contract(const std::function<std::unique_ptr<device_pair>()>& make) {
  contract c{make()};

  SECTION("a peer is there from set_peer to remove_peer, and removing it twice does no harm") {
    CHECK(c.pair->device(0).status().empty());
    c.introduce();
    auto s = c.status(0);
    REQUIRE(s);
    CHECK(s->where == c.tunnel(0));
    CHECK_FALSE(s->last_handshake);
    c.pair->device(0).remove_peer(c.pair->key(1));
    CHECK(c.pair->device(0).status().empty());
    c.pair->device(0).remove_peer(c.pair->key(1));
    CHECK(c.pair->device(0).status().empty());
  }

  SECTION("an endpoint that is not given stays") {
    const endpoint far{ip_address::v4(192, 0, 2, 1), 9};
    c.pair->device(0).set_peer(c.peer(0, far));
    c.pair->device(0).set_peer(c.peer(0, std::nullopt));
    CHECK(c.status(0)->where == far);
    const endpoint six{*ip_address::parse("2001:db8::1"), 9};
    c.pair->device(0).set_peer(c.peer(0, six));
    CHECK(c.status(0)->where == six);
  }

  SECTION("a tunnel is one loopback endpoint a peer, the same when opened again") {
    public_key other;
    other.value.fill(9);
    const endpoint t = c.tunnel(0);
    CHECK(t.address.is_loopback());
    CHECK(c.tunnel(0) == t);
    const endpoint u = c.pair->device(0).open_tunnel(other);
    CHECK(u.address.is_loopback());
    CHECK(u != t);
    c.pair->device(0).close_tunnel(other);
    c.pair->device(0).close_tunnel(other);
    CHECK(c.tunnel(0) == t);
  }

  SECTION("what a tunnel hands out and gets makes a session, and payload passes both ways") {
    c.introduce();
    CHECK(c.delivers(0, 1));
    CHECK(c.delivers(1, 2));
    for (std::size_t i : {0u, 1u}) {
      const auto s = c.status(i);
      REQUIRE(s);
      CHECK(s->last_handshake);
      CHECK(s->where == c.tunnel(i));
      CHECK(s->received_bytes > 100);
      CHECK(s->sent_bytes > 100);
    }
    REQUIRE(c.pair->all.size() >= 4);
    CHECK(c.initiations() == 1);
    CHECK(c.pair->all[0].from == 0);
    CHECK(c.pair->all[0].to == c.pair->key(1));
    CHECK(c.pair->all[0].datagram.size() == 148);
    CHECK(c.pair->all[1].datagram.size() == 92);
  }

  SECTION("another endpoint, or the same peer once more, leaves the session alone") {
    c.introduce();
    REQUIRE(c.delivers(0, 1));
    const auto before = c.status(0)->last_handshake;
    // Away, where nobody is, and back.
    c.pair->device(0).set_peer(c.peer(0, endpoint{ip_address::v4(127, 0, 0, 9), 9}));
    c.pair->send(0, bytes(100, 2));
    c.pair->pass(50ms);
    c.introduce();
    c.introduce();
    REQUIRE(c.delivers(0, 3));
    REQUIRE(c.delivers(1, 4));
    CHECK(c.initiations() == 1);
    // Its age is taken from two clocks.
    CHECK(*c.status(0)->last_handshake - *before < 10ms);
    CHECK(*before - *c.status(0)->last_handshake < 10ms);
  }

  SECTION("WireGuard roams to the tunnel that a valid datagram came from") {
    c.introduce();
    REQUIRE(c.delivers(0, 1));
    const endpoint away{ip_address::v4(127, 0, 0, 9), 9};
    c.pair->device(1).set_peer(c.peer(1, away));
    CHECK(c.status(1)->where == away);
    REQUIRE(c.delivers(0, 2));
    CHECK(c.status(1)->where == c.tunnel(1));
    CHECK(c.delivers(1, 3));
  }

  SECTION("a lost handshake is tried again after 5 s, but at once for a peer removed and added") {
    c.introduce();
    c.pair->cut = true;
    c.pair->send(0, bytes(100, 1));
    REQUIRE(c.pair->until([&] { return c.initiations() == 1; }, 1s));
    c.pair->cut = false;
    c.introduce();  // an endpoint set again does not make WireGuard hurry
    c.pair->send(0, bytes(100, 2));
    c.pair->pass(1s);
    REQUIRE(c.initiations() == 1);
    REQUIRE_FALSE(c.status(0)->last_handshake);
    c.pair->device(0).remove_peer(c.pair->key(1));
    c.pair->device(0).set_peer(c.peer(0, c.tunnel(0), 25s));
    c.pair->device(0).set_peer(c.peer(0, c.tunnel(0), 0s));
    CHECK(c.pair->until([&] { return c.status(0)->last_handshake.has_value(); }, 1s));
    CHECK(c.initiations() == 2);
    CHECK(c.delivers(1, 3));
  }

  SECTION("a closed tunnel hands out nothing, and what is injected into none is lost") {
    c.introduce();
    for (std::size_t i : {0u, 1u}) c.pair->device(i).close_tunnel(c.pair->key(1 - i));
    c.pair->send(0, bytes(100, 1));
    c.pair->pass(100ms);
    CHECK(c.pair->all.empty());
  }

  SECTION("junk from a tunnel is ignored") {
    c.introduce();
    REQUIRE(c.delivers(0, 1));
    c.pair->device(1).inject(c.pair->key(0), {});
    c.pair->device(1).inject(c.pair->key(0), bytes(1, 4));
    c.pair->device(1).inject(c.pair->key(0), bytes(148, 1));
    c.pair->device(1).inject(c.pair->key(0), bytes(1400, 0xff));
    CHECK(c.delivers(0, 2));
    CHECK(c.delivers(1, 3));
  }
}

}  // namespace wh::test
