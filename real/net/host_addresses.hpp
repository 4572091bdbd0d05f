#pragma once

#include <string>
#include <vector>

#include "real/net/descriptor.hpp"
#include "transport/endpoint.hpp"

namespace wh::real {

/// The addresses of this host (of its network namespace), and word of their changes.
class host_addresses {
 public:
  /// Interfaces of these names count as WireGuard's, whether or not they exist already; so do those
  /// that the kernel or a userspace WireGuard says are. Throws std::system_error.
  explicit host_addresses(std::vector<std::string> tunnels);

  /// Readable when something changed.
  int fd() const { return netlink_.get(); }
  struct changes {
    bool addresses = false;
    /// Addresses or default routes: what leaves may leave from elsewhere.
    bool sources = false;
  };
  /// Reads what has been reported, and looks again.
  changes update();

  /// Where others may reach this host: no loopback, no link-local IPv6, nothing of tunnels; global
  /// ones first, within these the one that the default route uses; at most 8.
  const std::vector<ip_address>& reachable() const { return reachable_; }
  /// Whether a datagram to this address is for this host.
  bool owns(const ip_address& a) const;
  /// Whether the interface of this number is WireGuard's.
  bool is_tunnel(unsigned interface) const;

 private:
  void read();

  std::vector<std::string> tunnel_names_;
  descriptor netlink_;
  std::vector<ip_address> own_, reachable_;  // own_ is sorted
  std::vector<unsigned> tunnels_;
};

/// Whether a userspace WireGuard serves the interface of this name.
bool is_userspace_wireguard(const std::string& interface);

}  // namespace wh::real
