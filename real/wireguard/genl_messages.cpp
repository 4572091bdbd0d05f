#include "real/wireguard/genl_messages.hpp"

#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "transport/check.hpp"

namespace wh::real::genl {

namespace {

constexpr std::uint8_t controller_version = 1;

netlink_message message(std::uint16_t family, std::uint8_t command, std::uint8_t version) {
  netlink_message m{family, 0};
  genlmsghdr h{};
  h.cmd = command;
  h.version = version;
  m.header(h);
  return m;
}

byte_view attributes(byte_view body) {
  return body.subspan(std::min<std::size_t>(GENL_HDRLEN, body.size()));
}

// Sizes of attributes, header and padding included.
constexpr std::size_t key_size = 4 + 32;
constexpr std::size_t small_size = 4 + 4;
constexpr std::size_t nest_size = 4;
constexpr std::size_t device_size = 20 + small_size * 3 + key_size + 20 + nest_size;
constexpr std::size_t prefix_size(const allowed_ip& a) {
  return nest_size + 2 * small_size + 4 + (a.address.is_v4() ? 4 : 16);
}
std::size_t peer_size(const peer_change& p, bool first) {
  std::size_t n = 2 * nest_size + key_size;
  if (!first) return n;
  n += small_size;
  if (p.where) n += 4 + (p.where->address.is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
  if (p.keepalive) n += small_size;
  return n;
}

const std::vector<allowed_ip>& prefixes(const peer_change& p) {
  static const std::vector<allowed_ip> none;
  return p.allowed && !p.remove ? *p.allowed : none;
}

/// A peer, or the part of it that a message has room for.
struct slice {
  const peer_change* peer;
  std::size_t from, to;  // of its prefixes
  bool first;
};

std::vector<std::vector<slice>> pages(const std::vector<peer_change>& peers, std::size_t limit) {
  std::vector<std::vector<slice>> out(1);
  std::size_t used = device_size;
  const auto turn = [&] {
    out.emplace_back();
    used = device_size;
  };
  for (const peer_change& p : peers) {
    const auto& all = prefixes(p);
    std::size_t at = 0;
    bool first = true;
    do {
      const std::size_t start = peer_size(p, first);
      const std::size_t least = start + (all.empty() ? 0 : prefix_size(all[at]));
      if (used + least > limit && !out.back().empty()) turn();
      slice s{&p, at, at, first};
      used += start;
      while (s.to < all.size() && (s.to == at || used + prefix_size(all[s.to]) <= limit))
        used += prefix_size(all[s.to++]);
      out.back().push_back(s);
      at = s.to;
      first = false;
    } while (at < all.size());
  }
  return out;
}

void put_endpoint(netlink_message& m, const endpoint& e) {
  if (e.address.is_v4()) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(e.port());
    a.sin_addr.s_addr = htonl(e.address.v4_value());
    m.put(WGPEER_A_ENDPOINT, {reinterpret_cast<const std::uint8_t*>(&a), sizeof a});
  } else {
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(e.port());
    std::memcpy(&a.sin6_addr, e.address.raw().data(), 16);
    m.put(WGPEER_A_ENDPOINT, {reinterpret_cast<const std::uint8_t*>(&a), sizeof a});
  }
}

void put_prefix(netlink_message& m, const allowed_ip& a) {
  m.nest(0, [&] {
    m.put_u16(WGALLOWEDIP_A_FAMILY, a.address.is_v4() ? AF_INET : AF_INET6);
    m.put(WGALLOWEDIP_A_IPADDR,
          a.address.is_v4() ? byte_view{a.address.raw()}.subspan(12) : byte_view{a.address.raw()});
    m.put_u8(WGALLOWEDIP_A_CIDR_MASK, a.prefix_bits);
  });
}

void put_slice(netlink_message& m, const slice& s) {
  const peer_change& p = *s.peer;
  m.nest(0, [&] {
    m.put(WGPEER_A_PUBLIC_KEY, view(p.key));
    if (s.first) {
      std::uint32_t flags = 0;
      if (p.remove) flags |= WGPEER_F_REMOVE_ME;
      if (p.allowed && !p.remove) flags |= WGPEER_F_REPLACE_ALLOWEDIPS;
      if (flags != 0) m.put_u32(WGPEER_A_FLAGS, flags);
      if (p.remove) return;
      if (p.where) put_endpoint(m, *p.where);
      if (p.keepalive)
        m.put_u16(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
                  static_cast<std::uint16_t>(p.keepalive->count()));
    }
    if (s.from == s.to) return;
    m.nest(WGPEER_A_ALLOWEDIPS, [&] {
      for (std::size_t i = s.from; i < s.to; ++i) put_prefix(m, prefixes(p)[i]);
    });
  });
}

std::optional<endpoint> endpoint_of(byte_view v) {
  if (v.size() >= sizeof(sockaddr_in6) && as_u16(v) == AF_INET6) {
    sockaddr_in6 a;
    std::memcpy(&a, v.data(), sizeof a);
    fixed_bytes<16> raw;
    std::memcpy(raw.data(), &a.sin6_addr, 16);
    return endpoint{ip_address::v6(raw), ntohs(a.sin6_port)};
  }
  if (v.size() >= sizeof(sockaddr_in) && as_u16(v) == AF_INET) {
    sockaddr_in a;
    std::memcpy(&a, v.data(), sizeof a);
    return endpoint{ip_address::v4(ntohl(a.sin_addr.s_addr)), ntohs(a.sin_port)};
  }
  return std::nullopt;
}

std::optional<allowed_ip> prefix_of(byte_view v) {
  std::uint16_t family = 0;
  byte_view address;
  allowed_ip a;
  if (!each_attribute(v, [&](std::uint16_t type, byte_view x) {
        if (type == WGALLOWEDIP_A_FAMILY) family = as_u16(x);
        if (type == WGALLOWEDIP_A_IPADDR) address = x;
        if (type == WGALLOWEDIP_A_CIDR_MASK) a.prefix_bits = as_u8(x);
      }))
    return std::nullopt;
  if (family == AF_INET && address.size() == 4 && a.prefix_bits <= 32) {
    a.address = ip_address::v4(address[0], address[1], address[2], address[3]);
  } else if (family == AF_INET6 && address.size() == 16 && a.prefix_bits <= 128) {
    fixed_bytes<16> raw;
    std::copy(address.begin(), address.end(), raw.begin());
    a.address = ip_address::v6(raw);
  } else {
    return std::nullopt;
  }
  return a;
}

bool parse_peer(byte_view v, bool first_of_message, device_state& into) {
  peer_state p;
  bool good = true, key = false;
  good = each_attribute(v,
                        [&](std::uint16_t type, byte_view x) {
                          switch (type) {
                            case WGPEER_A_PUBLIC_KEY:
                              key = x.size() == 32;
                              if (key) std::copy(x.begin(), x.end(), p.key.value.begin());
                              break;
                            case WGPEER_A_ENDPOINT:
                              p.where = endpoint_of(x);
                              break;
                            case WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL:
                              p.keepalive_s = as_u16(x);
                              break;
                            case WGPEER_A_RX_BYTES:
                              p.received_bytes = as_u64(x);
                              break;
                            case WGPEER_A_TX_BYTES:
                              p.sent_bytes = as_u64(x);
                              break;
                            case WGPEER_A_LAST_HANDSHAKE_TIME:
                              if (x.size() == 16)
                                p.handshake_ns = handshake_time(as_u64(x), as_u64(x.subspan(8)));
                              break;
                            case WGPEER_A_ALLOWEDIPS:
                              good = each_attribute(x,
                                                    [&](std::uint16_t, byte_view one) {
                                                      const auto a = prefix_of(one);
                                                      if (a) p.allowed.push_back(*a);
                                                      good = good && a;
                                                    }) &&
                                     good;
                              break;
                            default:
                              break;
                          }
                        }) &&
         good;
  if (!good || !key) return false;
  if (first_of_message && !into.peers.empty() && into.peers.back().key == p.key) {
    auto& before = into.peers.back().allowed;
    before.insert(before.end(), p.allowed.begin(), p.allowed.end());
  } else {
    into.peers.push_back(std::move(p));
  }
  return true;
}

}  // namespace

netlink_message family_request() {
  auto m = message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, controller_version);
  m.put_string(CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
  return m;
}

std::uint16_t parse_family(byte_view body) {
  std::uint16_t id = 0;
  each_attribute(attributes(body), [&](std::uint16_t type, byte_view v) {
    if (type == CTRL_ATTR_FAMILY_ID) id = as_u16(v);
  });
  return id;
}

std::vector<netlink_message> set_requests(std::uint16_t family, const std::string& interface,
                                          const device_change& c, std::size_t limit) {
  WH_CHECK(limit <= 60000);
  std::vector<netlink_message> out;
  for (const auto& page : pages(c.peers, limit)) {
    auto m = message(family, WG_CMD_SET_DEVICE, WG_GENL_VERSION);
    m.put_string(WGDEVICE_A_IFNAME, interface);
    if (out.empty()) {
      if (c.replace_peers) m.put_u32(WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
      if (c.secret) m.put(WGDEVICE_A_PRIVATE_KEY, view(*c.secret));
      if (c.port) m.put_u16(WGDEVICE_A_LISTEN_PORT, *c.port);
    }
    if (!page.empty())
      m.nest(WGDEVICE_A_PEERS, [&] {
        for (const slice& s : page) put_slice(m, s);
      });
    out.push_back(std::move(m));
  }
  return out;
}

netlink_message get_request(std::uint16_t family, const std::string& interface) {
  auto m = message(family, WG_CMD_GET_DEVICE, WG_GENL_VERSION);
  m.put_string(WGDEVICE_A_IFNAME, interface);
  return m;
}

bool parse_get(byte_view body, device_state& into) {
  bool good = true;
  return each_attribute(attributes(body),
                        [&](std::uint16_t type, byte_view v) {
                          if (type == WGDEVICE_A_LISTEN_PORT) into.port = as_u16(v);
                          if (type == WGDEVICE_A_PRIVATE_KEY && v.size() == 32) {
                            private_key k;
                            std::copy(v.begin(), v.end(), k.value.begin());
                            // The kernel has no key where it gives zeros.
                            if (k != private_key{}) into.secret = k;
                          }
                          if (type != WGDEVICE_A_PEERS) return;
                          bool first = true;
                          good = each_attribute(v,
                                                [&](std::uint16_t, byte_view peer) {
                                                  good = parse_peer(peer, first, into) && good;
                                                  first = false;
                                                }) &&
                                 good;
                        }) &&
         good;
}

}  // namespace wh::real::genl
