#include "real/wireguard/genl_messages.hpp"

#include <linux/genetlink.h>
#include <linux/wireguard.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "transport/rng.hpp"

using namespace wh;
using namespace wh::real;

namespace {

public_key key(std::uint32_t n) {
  public_key k;
  store_be(k.value.data(), n);
  return k;
}

bytes body_of(netlink_message& m) {
  const byte_view all = m.finish(1);
  return {all.begin() + sizeof(nlmsghdr), all.end()};
}

/// The kernel's side of a set request, as its netlink.c reads it: flags, replacement, order.
struct kernel_model {
  struct peer {
    std::optional<endpoint> where;
    std::uint16_t keepalive_s = 0;
    std::vector<allowed_ip> allowed;
    bool operator==(const peer&) const = default;
  };
  std::map<public_key, peer> peers;
  std::optional<private_key> secret;
  std::uint16_t port = 0;

  void take(byte_view body) {
    device_state s;
    // What is set has the attributes of what is got; their meaning is in the flags besides.
    REQUIRE(genl::parse_get(body, s));
    if (s.secret) secret = s.secret;
    if (s.port != 0) port = s.port;
    std::vector<std::uint32_t> flags;
    std::vector<bool> endpoint_given;
    each_attribute(body.subspan(GENL_HDRLEN), [&](std::uint16_t type, byte_view v) {
      if (type == WGDEVICE_A_FLAGS && (as_u32(v) & WGDEVICE_F_REPLACE_PEERS) != 0) peers.clear();
      if (type != WGDEVICE_A_PEERS) return;
      each_attribute(v, [&](std::uint16_t, byte_view one) {
        flags.push_back(0);
        each_attribute(one, [&](std::uint16_t t, byte_view x) {
          if (t == WGPEER_A_FLAGS) flags.back() = as_u32(x);
        });
      });
    });
    REQUIRE(flags.size() == s.peers.size());
    for (std::size_t i = 0; i < flags.size(); ++i) {
      const peer_state& in = s.peers[i];
      if ((flags[i] & WGPEER_F_REMOVE_ME) != 0) {
        peers.erase(in.key);
        continue;
      }
      peer& p = peers[in.key];
      if ((flags[i] & WGPEER_F_REPLACE_ALLOWEDIPS) != 0) p.allowed.clear();
      if (in.where) p.where = in.where;
      if (in.keepalive_s != 0) p.keepalive_s = in.keepalive_s;
      p.allowed.insert(p.allowed.end(), in.allowed.begin(), in.allowed.end());
    }
  }
};

allowed_ip arbitrary_prefix(rng& r) {
  if (r.chance(0.5))
    return {ip_address::v4(static_cast<std::uint32_t>(r.next())),
            static_cast<std::uint8_t>(r.below(33))};
  fixed_bytes<16> b;
  r.fill(b);
  b[0] = 0x20;
  return {ip_address::v6(b), static_cast<std::uint8_t>(r.below(129))};
}

peer_change arbitrary_peer(rng& r, std::uint32_t n, std::size_t prefixes_max) {
  peer_change p{.key = key(n)};
  if (r.chance(0.7))
    p.where = endpoint{arbitrary_prefix(r).address, static_cast<std::uint16_t>(r.below(65536))};
  if (r.chance(0.5)) p.keepalive = std::chrono::seconds{r.between(1, 65535)};
  if (r.chance(0.8)) {
    p.allowed.emplace();
    for (auto i = r.below(prefixes_max + 1); i > 0; --i) p.allowed->push_back(arbitrary_prefix(r));
  }
  return p;
}

}  // namespace

TEST_CASE("a peer that is set is these bytes") {
  device_change c{.port = std::uint16_t{51820}};
  c.peers.push_back({.key = key(0x01020304),
                     .where = endpoint{ip_address::v4(192, 0, 2, 1), 7},
                     .keepalive = 25s,
                     .allowed = std::vector<allowed_ip>{{ip_address::v4(10, 7, 0, 2), 32}}});
  auto all = genl::set_requests(0x22, "wg0", c);
  REQUIRE(all.size() == 1);
  CHECK(to_hex(all[0].finish(9)) ==
        "94000000220000000900000000000000"
        "01010000"          // SET_DEVICE, version 1
        "0800020077673000"  // IFNAME
        "060006006cca0000"  // LISTEN_PORT
        "70000880"          // PEERS, nested
        "6c000080"          // one
        "24000100"
        "01020304"
        "00000000000000000000000000000000000000000000000000000000"
        "0800030002000000"  // FLAGS: REPLACE_ALLOWEDIPS
        "14000400"
        "02000007c0000201"
        "0000000000000000"    // ENDPOINT
        "0600050019000000"    // KEEPALIVE
        "20000980"            // ALLOWEDIPS, nested
        "1c000080"            // one
        "0600010002000000"    // FAMILY
        "080002000a070002"    // IPADDR
        "0500030020000000");  // CIDR_MASK
}

TEST_CASE("the kernel has whatever is set in messages of any size") {
  for (std::uint64_t s = 0; s < 300; ++s) {
    seeded_rng r{seed{s}};
    INFO("seed " << s);
    const std::size_t limit = r.between(500, 5000);
    kernel_model got, want;
    for (int round = 0; round < 3; ++round) {
      device_change c;
      c.replace_peers = r.chance(0.3);
      if (r.chance(0.5)) c.port = static_cast<std::uint16_t>(r.between(1, 65535));
      if (r.chance(0.5)) c.secret = r.make_bytes<private_key>();
      if (c.replace_peers) want.peers.clear();
      if (c.port) want.port = *c.port;
      if (c.secret) want.secret = c.secret;
      for (auto n = r.below(20); n > 0; --n) {
        const auto who = static_cast<std::uint32_t>(r.below(10));
        if (r.chance(0.2)) {
          c.peers.push_back({.key = key(who), .remove = true});
          want.peers.erase(key(who));
          continue;
        }
        c.peers.push_back(arbitrary_peer(r, who, r.chance(0.1) ? 300 : 5));
        const peer_change& p = c.peers.back();
        auto& w = want.peers[p.key];
        if (p.where) w.where = p.where;
        if (p.keepalive) w.keepalive_s = static_cast<std::uint16_t>(p.keepalive->count());
        if (p.allowed) w.allowed = *p.allowed;
      }
      for (netlink_message& m : genl::set_requests(0x22, "wg0", c, limit)) {
        REQUIRE(m.size() <= limit);
        got.take(body_of(m));
      }
      REQUIRE(got.secret == want.secret);
      REQUIRE(got.port == want.port);
      REQUIRE(got.peers == want.peers);
    }
  }
}

TEST_CASE("a peer that goes on in the next message of a dump is one peer") {
  device_change c;
  c.peers.push_back(peer_change{.key = key(1), .allowed = std::vector<allowed_ip>{}});
  for (std::uint32_t i = 0; i < 100; ++i) c.peers[0].allowed->push_back({ip_address::v4(i), 32});
  c.peers.push_back({.key = key(2)});
  device_state s;
  const auto parts = genl::set_requests(0x22, "wg0", c, 1000);
  REQUIRE(parts.size() > 3);
  for (netlink_message m : parts) REQUIRE(genl::parse_get(body_of(m), s));
  REQUIRE(s.peers.size() == 2);
  CHECK(s.peers[0].allowed == *c.peers[0].allowed);
}

TEST_CASE("a dump that is cut off or bent is refused or read and never more than that") {
  seeded_rng r{seed{1}};
  device_change c{.secret = r.make_bytes<private_key>(), .port = std::uint16_t{1}};
  for (std::uint32_t i = 0; i < 4; ++i) c.peers.push_back(arbitrary_peer(r, i, 4));
  auto all = genl::set_requests(0x22, "wg0", c);
  const bytes whole = body_of(all[0]);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    device_state s;
    if (genl::parse_get(byte_view{whole}.first(n), s)) CHECK(s.peers.size() <= 4);
  }
  for (int i = 0; i < 20000; ++i) {
    bytes bent = whole;
    for (auto n = r.between(1, 4); n > 0; --n)
      bent[r.below(bent.size())] = static_cast<std::uint8_t>(r.next());
    device_state s;
    (void)genl::parse_get(bent, s);
    for (const auto& p : s.peers)
      for (const auto& a : p.allowed) REQUIRE(a.prefix_bits <= (a.address.is_v4() ? 32 : 128));
  }
}
