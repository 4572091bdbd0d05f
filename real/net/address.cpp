#include "real/net/address.hpp"

#include <arpa/inet.h>

#include <cstring>

namespace wh::real {

in_addr to_in_addr(const ip_address& a) { return in_addr{htonl(a.v4_value())}; }

in6_addr to_in6_addr(const ip_address& a) {
  in6_addr r;
  std::memcpy(&r, a.raw().data(), sizeof r);
  return r;
}

ip_address from_in_addr(const in_addr& a) { return ip_address::v4(ntohl(a.s_addr)); }

ip_address from_in6_addr(const in6_addr& a) {
  fixed_bytes<16> raw;
  std::memcpy(raw.data(), &a, raw.size());
  return ip_address::v6(raw);
}

socket_address to_socket_address(const endpoint& e) {
  socket_address r;
  if (e.address.is_v4()) {
    sockaddr_in s{};
    s.sin_family = AF_INET;
    s.sin_addr = to_in_addr(e.address);
    s.sin_port = htons(e.port());
    std::memcpy(&r.storage, &s, sizeof s);
    r.length = sizeof s;
  } else {
    sockaddr_in6 s{};
    s.sin6_family = AF_INET6;
    s.sin6_addr = to_in6_addr(e.address);
    s.sin6_port = htons(e.port());
    std::memcpy(&r.storage, &s, sizeof s);
    r.length = sizeof s;
  }
  return r;
}

std::optional<endpoint> from_socket_address(const sockaddr* a) {
  if (a == nullptr) return std::nullopt;
  if (a->sa_family == AF_INET) {
    sockaddr_in s;
    std::memcpy(&s, a, sizeof s);
    return endpoint{from_in_addr(s.sin_addr), ntohs(s.sin_port)};
  }
  if (a->sa_family == AF_INET6) {
    sockaddr_in6 s;
    std::memcpy(&s, a, sizeof s);
    return endpoint{from_in6_addr(s.sin6_addr), ntohs(s.sin6_port)};
  }
  return std::nullopt;
}

bool is_link_local_v6(const ip_address& a) {
  return a.raw()[0] == 0xfe && (a.raw()[1] & 0xc0) == 0x80;
}

}  // namespace wh::real
