#include "real/net/host_addresses.hpp"

#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <tuple>

#include "real/net/address.hpp"
#include "real/net/source_table.hpp"

namespace wh::real {

namespace {

constexpr std::size_t reachable_max = 8;

descriptor watching_socket() {
  descriptor d{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
  if (!d) fail("netlink socket");
  sockaddr_nl a{};
  a.nl_family = AF_NETLINK;
  a.nl_groups =
      RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  if (::bind(d.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) fail("netlink groups");
  return d;
}

/// What the kernel says the interface is, or what a userspace WireGuard leaves beside it.
bool looks_like_wireguard(const char* name) {
  if (is_userspace_wireguard(name)) return true;
  const descriptor d{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&info);
  return d && ::ioctl(d.get(), SIOCETHTOOL, &request) == 0 &&
         std::strncmp(info.driver, "wireguard", sizeof info.driver) == 0;
}

/// The address that the default route of this family leaves from. Documentation addresses (RFC
/// 5737, RFC 3849) are routed nowhere else.
std::optional<ip_address> default_source(source_table& routes, const char* somewhere) {
  return routes.find(*ip_address::parse(somewhere), time_point{});
}

}  // namespace

bool is_userspace_wireguard(const std::string& interface) {
  return ::access(("/run/wireguard/" + interface + ".sock").c_str(), F_OK) == 0;
}

host_addresses::host_addresses(std::vector<std::string> tunnels)
    : tunnel_names_(std::move(tunnels)), netlink_(watching_socket()) {
  read();
}

bool host_addresses::owns(const ip_address& a) const {
  return std::binary_search(own_.begin(), own_.end(), a) || (a.is_v4() && a.is_loopback());
}

bool host_addresses::is_tunnel(unsigned interface) const {
  return std::find(tunnels_.begin(), tunnels_.end(), interface) != tunnels_.end();
}

host_addresses::changes host_addresses::update() {
  changes r;
  bool look = false;
  alignas(nlmsghdr) std::uint8_t room[32768];
  for (;;) {
    const ssize_t n = ::recv(netlink_.get(), room, sizeof room, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    // More happened than there was room for: what it was does not matter.
    if (n < 0 && errno == ENOBUFS) {
      look = r.sources = true;
      continue;
    }
    if (n <= 0) break;
    std::size_t at = 0;
    const auto size = static_cast<std::size_t>(n);
    while (size - at >= sizeof(nlmsghdr)) {
      nlmsghdr head;
      std::memcpy(&head, room + at, sizeof head);
      if (head.nlmsg_len < sizeof head || head.nlmsg_len > size - at) break;
      if (head.nlmsg_type == RTM_NEWROUTE || head.nlmsg_type == RTM_DELROUTE) {
        // Routes change by the thousand on some routers; the default ones are those that matter.
        if (head.nlmsg_len >= NLMSG_LENGTH(sizeof(rtmsg))) {
          rtmsg route;
          std::memcpy(&route, room + at + NLMSG_HDRLEN, sizeof route);
          if (route.rtm_dst_len == 0) look = r.sources = true;
        }
      } else {
        look = true;
      }
      at += std::min<std::size_t>(NLMSG_ALIGN(head.nlmsg_len), size - at);
    }
  }
  if (!look) return r;
  const auto own = std::move(own_);
  const auto reachable = std::move(reachable_);
  read();
  r.addresses = reachable != reachable_;
  if (r.addresses || own != own_) r.sources = true;
  return r;
}

void host_addresses::read() {
  own_.clear();
  reachable_.clear();
  tunnels_.clear();
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
    // Each interface comes once as itself, before its addresses; a tunnel of userspace, which has
    // no hardware address, without any.
    if (i->ifa_addr != nullptr && i->ifa_addr->sa_family != AF_PACKET) continue;
    const bool named =
        std::find(tunnel_names_.begin(), tunnel_names_.end(), i->ifa_name) != tunnel_names_.end();
    if (named || looks_like_wireguard(i->ifa_name))
      tunnels_.push_back(::if_nametoindex(i->ifa_name));
  }
  source_table routes{0};
  const auto v4 = default_source(routes, "192.0.2.1"),
             v6 = default_source(routes, "2001:db8:ffff:ffff::1");
  using ranked = std::tuple<bool, bool, std::size_t>;  // not global, not of the default route
  std::vector<std::pair<ranked, ip_address>> found;
  for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
    const auto e = from_socket_address(i->ifa_addr);
    if (!e) continue;
    own_.push_back(e->address);
    const unsigned up = IFF_UP | IFF_RUNNING;
    if ((i->ifa_flags & up) != up || (i->ifa_flags & IFF_LOOPBACK) != 0) continue;
    if (e->address.is_loopback() || is_link_local_v6(e->address)) continue;
    if (is_tunnel(::if_nametoindex(i->ifa_name))) continue;
    found.push_back({{!e->address.is_global(), e->address != v4 && e->address != v6, found.size()},
                     e->address});
  }
  std::sort(own_.begin(), own_.end());
  std::sort(found.begin(), found.end());
  for (const auto& f : found)
    if (reachable_.size() < reachable_max &&
        std::find(reachable_.begin(), reachable_.end(), f.second) == reachable_.end())
      reachable_.push_back(f.second);
}

}  // namespace wh::real
