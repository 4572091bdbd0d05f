#include "real/wireguard/links.hpp"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace wh::real {

namespace {

std::uint8_t family(const ip_address& a) { return a.is_v4() ? AF_INET : AF_INET6; }

byte_view raw(const ip_address& a) {
  return a.is_v4() ? byte_view{a.raw()}.subspan(12) : byte_view{a.raw()};
}

std::optional<ip_address> address_of(byte_view v) {
  if (v.size() == 4) return ip_address::v4(v[0], v[1], v[2], v[3]);
  if (v.size() != 16) return std::nullopt;
  fixed_bytes<16> b;
  std::copy(v.begin(), v.end(), b.begin());
  return ip_address::v6(b);
}

bool link_local(const ip_address& a) { return a.raw()[0] == 0xfe && (a.raw()[1] & 0xc0) == 0x80; }

template <class Header>
std::optional<Header> header_of(byte_view body) {
  if (body.size() < sizeof(Header)) return std::nullopt;
  Header h;
  std::memcpy(&h, body.data(), sizeof h);
  return h;
}

byte_view behind(byte_view body, std::size_t header) {
  return body.subspan(std::min<std::size_t>(NLMSG_ALIGN(header), body.size()));
}

link_info parse_link(const ifinfomsg& h, byte_view attributes) {
  link_info l;
  l.index = static_cast<unsigned>(h.ifi_index);
  l.up = (h.ifi_flags & IFF_UP) != 0;
  each_attribute(attributes, [&](std::uint16_t type, byte_view v) {
    if (type == IFLA_MTU) l.mtu = as_u32(v);
    if (type == IFLA_IFALIAS) l.alias = as_string(v);
    if (type == IFLA_LINKINFO)
      each_attribute(v, [&](std::uint16_t t, byte_view kind) {
        if (t == IFLA_INFO_KIND) l.kind = as_string(kind);
      });
  });
  return l;
}

netlink_message address_message(std::uint16_t type, std::uint16_t flags, unsigned index,
                                const interface_address& a) {
  netlink_message m{type, flags};
  ifaddrmsg h{};
  h.ifa_family = family(a.address);
  h.ifa_prefixlen = a.prefix_bits;
  h.ifa_index = index;
  // Nobody else can have the address on this link: it is usable at once.
  if (!a.address.is_v4()) h.ifa_flags = IFA_F_NODAD;
  m.header(h);
  m.put(IFA_LOCAL, raw(a.address));
  m.put(IFA_ADDRESS, raw(a.address));
  return m;
}

netlink_message route_message(std::uint16_t type, std::uint16_t flags, unsigned index,
                              const allowed_ip& to) {
  netlink_message m{type, flags};
  rtmsg h{};
  h.rtm_family = family(to.address);
  h.rtm_dst_len = to.prefix_bits;
  h.rtm_table = RT_TABLE_MAIN;
  h.rtm_protocol = RTPROT_STATIC;
  h.rtm_scope = to.address.is_v4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  h.rtm_type = RTN_UNICAST;
  m.header(h);
  m.put(RTA_DST, raw(to.address.prefix(to.prefix_bits)));
  m.put_u32(RTA_OIF, index);
  return m;
}

}  // namespace

expected<std::optional<link_info>, kernel_error> links::find(const std::string& name) {
  netlink_message m{RTM_GETLINK, 0};
  m.header(ifinfomsg{});
  m.put_string(IFLA_IFNAME, name);
  const auto answers = kernel_.ask(m);
  if (!answers) {
    if (answers.error().code == ENODEV) return std::optional<link_info>{};
    return unexpected(answers.error());
  }
  for (const bytes& body : *answers)
    if (const auto h = header_of<ifinfomsg>(body))
      return std::optional{parse_link(*h, behind(body, sizeof *h))};
  return std::optional<link_info>{};
}

expected<void, kernel_error> links::create(const std::string& name, const std::string& kind) {
  netlink_message m{RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL};
  m.header(ifinfomsg{});
  m.put_string(IFLA_IFNAME, name);
  m.nest(IFLA_LINKINFO, [&] { m.put(IFLA_INFO_KIND, view(kind)); });
  return kernel_.request(m);
}

expected<void, kernel_error> links::remove(unsigned index) {
  netlink_message m{RTM_DELLINK, 0};
  ifinfomsg h{};
  h.ifi_index = static_cast<int>(index);
  m.header(h);
  return kernel_.request(m);
}

expected<void, kernel_error> links::set(unsigned index, const change& c) {
  netlink_message m{RTM_SETLINK, 0};
  ifinfomsg h{};
  h.ifi_index = static_cast<int>(index);
  if (c.up) {
    h.ifi_change = IFF_UP;
    h.ifi_flags = *c.up ? static_cast<unsigned>(IFF_UP) : 0u;
  }
  m.header(h);
  if (c.mtu) m.put_u32(IFLA_MTU, *c.mtu);
  if (c.alias) m.put(IFLA_IFALIAS, view(*c.alias));
  return kernel_.request(m);
}

expected<std::vector<interface_address>, kernel_error> links::addresses(unsigned index) {
  netlink_message m{RTM_GETADDR, 0};
  ifaddrmsg filter{};
  filter.ifa_index = index;
  m.header(filter);
  const auto answers = kernel_.dump(m);
  if (!answers) return unexpected(answers.error());
  std::vector<interface_address> out;
  for (const bytes& body : *answers) {
    const auto h = header_of<ifaddrmsg>(body);
    if (!h || h->ifa_index != index) continue;
    interface_address a;
    a.prefix_bits = h->ifa_prefixlen;
    bool local = false;
    each_attribute(behind(body, sizeof *h), [&](std::uint16_t type, byte_view v) {
      // On a link between two, ADDRESS is the other end's.
      if (type != IFA_LOCAL && (type != IFA_ADDRESS || local)) return;
      if (const auto x = address_of(v)) a.address = *x;
      local = local || type == IFA_LOCAL;
    });
    out.push_back(a);
  }
  return out;
}

expected<void, kernel_error> links::set_addresses(unsigned index,
                                                  const std::vector<interface_address>& wanted) {
  const auto there = addresses(index);
  if (!there) return unexpected(there.error());
  const auto among = [](const auto& list, const interface_address& a) {
    return std::find(list.begin(), list.end(), a) != list.end();
  };
  for (const auto& a : *there)
    if (!among(wanted, a) && !link_local(a.address))
      if (auto r = remove_address(index, a); !r && r.error().code != EADDRNOTAVAIL) return r;
  for (const auto& a : wanted)
    if (!among(*there, a))
      if (auto r = add_address(index, a); !r) return r;
  return {};
}

expected<void, kernel_error> links::add_address(unsigned index, const interface_address& a) {
  auto m = address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index, a);
  return kernel_.request(m);
}

expected<void, kernel_error> links::remove_address(unsigned index, const interface_address& a) {
  auto m = address_message(RTM_DELADDR, 0, index, a);
  return kernel_.request(m);
}

expected<void, kernel_error> links::add_route(unsigned index, const allowed_ip& to) {
  auto m = route_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, index, to);
  return kernel_.request(m);
}

expected<void, kernel_error> links::remove_route(unsigned index, const allowed_ip& to) {
  auto m = route_message(RTM_DELROUTE, 0, index, to);
  return kernel_.request(m);
}

}  // namespace wh::real
