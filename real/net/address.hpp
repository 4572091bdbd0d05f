#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "transport/endpoint.hpp"

/// Addresses as the system writes them.
namespace wh::real {

enum class family : std::uint8_t { v4, v6 };

inline family family_of(const ip_address& a) { return a.is_v4() ? family::v4 : family::v6; }
inline int domain(family f) { return f == family::v4 ? AF_INET : AF_INET6; }

in_addr to_in_addr(const ip_address& a);
in6_addr to_in6_addr(const ip_address& a);
ip_address from_in_addr(const in_addr& a);
ip_address from_in6_addr(const in6_addr& a);

/// An address with its length, for calls that take both.
struct socket_address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};
socket_address to_socket_address(const endpoint& e);
/// Empty when it is of neither family.
std::optional<endpoint> from_socket_address(const sockaddr* a);

/// fe80::/10. Such an address says nothing without the interface, which an endpoint does not carry.
bool is_link_local_v6(const ip_address& a);

}  // namespace wh::real
