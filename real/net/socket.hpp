#pragma once

#include <cstdint>
#include <optional>

#include "real/net/address.hpp"
#include "real/net/descriptor.hpp"

namespace wh::real {

/// The sockets that the bindings are made of. All are non-blocking, have large buffers, let routers
/// fragment (as WireGuard's own datagrams do over IPv4), and carry the mark that routes may depend
/// on (SO_MARK; 0: none). All throw std::system_error, with what was asked for.

/// Whether the system knows IPv6 at all.
bool has_ipv6();
/// Another descriptor of the same socket.
descriptor duplicate(const descriptor& d);

/// A raw socket that sends UDP and receives nothing.
descriptor raw_sending_socket(family f, std::uint32_t mark);

/// A raw socket that gets a copy of the datagrams of ours (first byte 0xff) to this port.
descriptor raw_receiving_socket(family f, std::uint16_t port);

/// A UDP socket bound to the port on all addresses; 0: any. Only datagrams of ours get in.
descriptor udp_socket(family f, std::uint16_t port, std::uint32_t mark);
/// Lets nftables hand the socket what is addressed to other ports.
void accept_redirected(const descriptor& socket, family f);
std::uint16_t bound_port(const descriptor& socket);

struct udp_pair {
  descriptor v4, v6;  // v6 is empty where the host has no IPv6
  std::uint16_t port = 0;
};
/// Both on the same port; 0: one that is free for both.
udp_pair udp_sockets(std::uint16_t port, std::uint32_t mark);

/// Holds a port for this program within the network namespace, whichever way it is bound: raw
/// sockets and captures do not exclude each other. Throws when another one has it; ends with the
/// descriptor, so with the process too.
descriptor claim_port(std::uint16_t port);

}  // namespace wh::real
