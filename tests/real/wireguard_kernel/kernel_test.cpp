#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "real/net/port.hpp"
#include "real/wireguard/backend.hpp"
#include "real/wireguard/genl_messages.hpp"
#include "tests/real/wireguard_device/pair.hpp"

using namespace wh;
using namespace wh::real;
using wh::test::make_keys;
using wh::test::turn_until;

std::string wh::test::reason_to_skip() {
  links l{std::move(*open_netlink(0))};
  const auto made = l.create("probe", "wireguard");
  if (!made && made.error().code != EEXIST)
    return "this kernel has no WireGuard: " + made.error().text();
  if (const auto there = l.find("probe"); there && *there) (void)l.remove((*there)->index);
  return {};
}

namespace {

struct host {
  host() {
    c.interface = "wg0";
    c.secret = keys.secret;
    c.addresses = {{ip_address::v4(10, 7, 0, 1), 24}};
    c.report = [this](std::string s) { said.push_back(std::move(s)); };
  }
  std::unique_ptr<device> open() {
    auto d = device::open(turn, c);
    if (!d) FAIL(d.error());
    return std::move(*d);
  }
  test::key_pair keys = make_keys();
  reactor turn;
  device_config c;
  std::vector<std::string> said;
};

struct interface {
  interface() : net(std::move(*open_netlink(0))) {
    auto o = open_kernel(net, {.interface = "wg0", .program = {}, .report = {}});
    if (!o) FAIL(o.error().text);
    it = std::move(o->it);
  }
  ~interface() { it->destroy(); }
  device_state read() {
    auto s = it->read();
    if (!s) FAIL(s.error().text());
    std::sort(s->peers.begin(), s->peers.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    for (auto& p : s->peers) std::sort(p.allowed.begin(), p.allowed.end());
    return std::move(*s);
  }
  void apply(const device_change& c) {
    if (auto r = it->apply(c); !r) FAIL(r.error().text());
  }
  links net;
  std::unique_ptr<backend> it;
};

/// Keys that stand for themselves; prefixes that nobody else has.
peer_change peer(std::uint32_t n, std::uint32_t prefixes) {
  peer_change p;
  store_be(p.key.value.data(), n + 1);
  p.key.value[31] = 1;
  p.where = endpoint{ip_address::v4(0x0b000000 + n), static_cast<std::uint16_t>(1000 + n % 1000)};
  if (n % 3 == 0) {
    fixed_bytes<16> six{0x20, 1, 0xd, 0xb8};
    store_be(six.data() + 12, n);
    p.where = endpoint{ip_address::v6(six), 7};
  }
  p.keepalive = std::chrono::seconds{n % 60};
  std::vector<allowed_ip> all;
  for (std::uint32_t i = 0; i < prefixes; ++i) {
    if (i % 2 == 0) {
      all.push_back({ip_address::v4(0x40000000 + n * 8192 + i), 32});
    } else {
      fixed_bytes<16> six{0xfd, 7};
      store_be(six.data() + 8, n);
      store_be(six.data() + 12, i);
      all.push_back({ip_address::v6(six), 128});
    }
  }
  std::sort(all.begin(), all.end());
  p.allowed = std::move(all);
  return p;
}

void check_same(const device_state& s, std::vector<peer_change> want) {
  std::sort(want.begin(), want.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  REQUIRE(s.peers.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    REQUIRE(s.peers[i].key == want[i].key);
    REQUIRE(s.peers[i].where == want[i].where);
    REQUIRE(s.peers[i].keepalive_s == want[i].keepalive->count());
    REQUIRE(s.peers[i].allowed == *want[i].allowed);
  }
}

}  // namespace

TEST_CASE("the kernel's WireGuard keeps the contract of wireguard_device") {
  test::wireguard_device_contract(
      [] { return std::make_unique<test::real_pair>(device_choice::kernel); });
}

TEST_CASE("two thousand peers are set and read back over many messages") {
  interface i;
  device_change c{.secret = make_keys().secret, .port = 51820, .replace_peers = true};
  for (std::uint32_t n = 0; n < 2000; ++n) c.peers.push_back(peer(n, 2));
  CHECK(genl::set_requests(1, "wg0", c).size() > 5);
  i.apply(c);
  const auto s = i.read();
  CHECK(s.secret == c.secret);
  CHECK(s.port == 51820);
  check_same(s, c.peers);
  // Then a difference only.
  i.apply({.peers = {{.key = c.peers[7].key, .remove = true}}});
  c.peers.erase(c.peers.begin() + 7);
  check_same(i.read(), c.peers);
}

TEST_CASE(
    "a peer with more prefixes than a message holds is set and read back whole and replaced") {
  interface i;
  device_change c{.peers = {peer(1, 5000), peer(2, 3), peer(3, 3000)}};
  i.apply(c);
  check_same(i.read(), c.peers);
  c.peers[0].allowed = peer(1, 3001).allowed;
  i.apply({.peers = {c.peers[0]}});
  check_same(i.read(), c.peers);
  c.peers[0].allowed = std::vector<allowed_ip>{};
  i.apply({.peers = {c.peers[0]}});
  check_same(i.read(), c.peers);
}

TEST_CASE("the kernel's refusals are given in words") {
  links l{std::move(*open_netlink(0))};
  REQUIRE(l.create("br0", "bridge"));
  auto o = open_kernel(l, {.interface = "br0", .program = {}, .report = {}});
  REQUIRE(o);
  const auto r = o->it->read();
  REQUIRE_FALSE(r);
  CHECK(r.error().text().find("not supported") != std::string::npos);
  o->it->destroy();
  CHECK(o->it->apply({.port = std::uint16_t{1}}).error().code == ENODEV);
  const auto none = l.create("br1", "no-such-kind");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == EOPNOTSUPP);
  CHECK(none.error().words == "Unknown device type");
}

TEST_CASE("a kernel interface comes up and goes without a trace") {
  host h;
  links l{std::move(*open_netlink(0))};
  {
    const auto d = h.open();
    CHECK(d->why() == "the kernel's");
    const auto link = l.find("wg0");
    REQUIRE((link && *link));
    CHECK((*link)->up);
    CHECK((*link)->kind == "wireguard");
    CHECK((*link)->mtu == 1344);
    CHECK((*link)->alias == "wirehub");
    const auto a = l.addresses(d->index());
    REQUIRE(a);
    CHECK(*a == h.c.addresses);
    host second;
    second.c.interface = "wg1";
    const auto e = device::open(second.turn, second.c);
    REQUIRE_FALSE(e);
    CHECK(e.error().find("UDP port 51820 is in use") != std::string::npos);
  }
  CHECK_FALSE(l.find("wg0")->has_value());
  CHECK(h.said.empty());
}

TEST_CASE("a kernel interface that somebody deletes is made again with everything that was set") {
  host h;
  links l{std::move(*open_netlink(0))};
  const auto d = h.open();
  d->set_peer({make_keys().known, {{ip_address::v4(10, 99, 0, 0), 16}}, std::nullopt, 0s});
  REQUIRE(l.remove(d->index()));
  CHECK(d->status().empty());
  REQUIRE(turn_until(
      h.turn, [&] { return d->status().size() == 1; }, 10s));
  CHECK((*l.find("wg0"))->up);
}

TEST_CASE("a kernel interface left behind is taken over with its session") {
  test::real_pair pair{device_choice::kernel};
  const auto introduce = [&] {
    for (std::size_t i : {0u, 1u})
      pair.device(i).set_peer({pair.key(1 - i),
                               {{ip_address::v4(10, 7, 0, static_cast<std::uint8_t>(2 - i)), 32}},
                               pair.device(i).open_tunnel(pair.key(1 - i)),
                               0s});
  };
  introduce();
  pair.send(0, bytes(50, 1));
  REQUIRE(pair.until([&] { return !pair.got[1].empty(); }, 5s));
  pair.restart(0);
  CHECK(pair.real_device(0).adopted());
  introduce();
  const std::size_t before = pair.all.size();
  pair.send(0, bytes(50, 2));
  REQUIRE(pair.until([&] { return pair.got[1].size() == 2; }, 5s));
  for (std::size_t i = before; i < pair.all.size(); ++i) CHECK(pair.all[i].datagram.at(0) == 4);
}

TEST_CASE("our datagrams share the port with the kernel's WireGuard which does not see them") {
  test::network_namespace spaces[2];
  // A cable between the two.
  REQUIRE(std::system("ip link add c0 type veth peer name c1") == 0);
  reactor turn;  // before what is watched
  struct end_of {
    test::key_pair keys = make_keys();
    std::unique_ptr<device> wireguard;
    std::unique_ptr<host_port> port;
    std::vector<bytes> got;
  } ends[2];
  const auto at = [](std::size_t i) {
    return endpoint{ip_address::v4(198, 51, 100, static_cast<std::uint8_t>(i + 1)), 51820};
  };
  for (std::size_t i : {0u, 1u}) {
    const std::string name = "c" + std::to_string(i);
    REQUIRE(std::system(("ip link set " + name + " netns " + spaces[i].path()).c_str()) == 0);
    spaces[i].inside([&] {
      links l{std::move(*open_netlink(0))};
      const unsigned index = (*l.find(name))->index;
      REQUIRE(l.add_address(index, {at(i).address, 24}));
      REQUIRE(l.set(index, {.up = true}));
      device_config c;
      c.interface = "wg" + std::to_string(i);
      c.secret = ends[i].keys.secret;
      c.addresses = {{ip_address::v4(10, 7, 0, static_cast<std::uint8_t>(i + 1)), 24}};
      c.choice = device_choice::kernel;
      auto d = device::open(turn, c);
      if (!d) FAIL(d.error());
      ends[i].wireguard = std::move(*d);
      ends[i].port = std::make_unique<host_port>(
          port_options{.port = 51820, .wireguard = c.interface, .how = capture::raw},
          [&ends, i](const arrival& a) {
            ends[i].got.emplace_back(a.payload.begin(), a.payload.end());
          },
          [] {});
      for (const int fd : ends[i].port->descriptors())
        turn.watch(fd, [&, i, fd] { ends[i].port->readable(fd, turn.now()); });
    });
  }
  turn.on_idle([&] {
    for (auto& e : ends) e.port->flush(turn.now());
  });
  for (std::size_t i : {0u, 1u})
    ends[i].wireguard->set_peer(
        {ends[1 - i].keys.known, {}, at(1 - i), std::chrono::seconds{i == 0 ? 1 : 0}});
  const auto handshaken = [&] {
    return std::all_of(std::begin(ends), std::end(ends), [](const auto& e) {
      return e.wireguard->status().at(0).last_handshake.has_value();
    });
  };
  REQUIRE(turn_until(turn, handshaken, 10s));
  const auto before = ends[1].wireguard->status().at(0);
  for (std::uint8_t n = 0; n < 20; ++n) ends[0].port->send(at(1), {0xff, n}, ttl::host_default);
  REQUIRE(turn_until(
      turn, [&] { return ends[1].got.size() == 20; }, 10s));
  ends[1].port->send(at(0), {0xff, 99}, ttl::host_default);
  REQUIRE(turn_until(
      turn, [&] { return ends[0].got.size() == 1; }, 10s));
  CHECK(ends[0].got[0] == bytes{0xff, 99});
  const auto after = ends[1].wireguard->status().at(0);
  CHECK(after.where == before.where);
  CHECK(after.last_handshake.has_value());
  for (auto& e : ends)
    for (const int fd : e.port->descriptors()) turn.unwatch(fd);
}
