#pragma once

#include <optional>
#include <vector>

#include "transport/ports.hpp"

/// What a WireGuard device is told, and what it tells: the same for the kernel's and for one behind
/// a socket, which differ only in how they write it.
namespace wh::real {

/// An address of the interface itself, and which of its bits are the network's.
struct interface_address {
  ip_address address;
  std::uint8_t prefix_bits = 0;
  friend constexpr auto operator<=>(const interface_address&, const interface_address&) = default;
};

/// A peer to be added or changed; what is absent stays as it is.
struct peer_change {
  public_key key;
  bool remove = false;
  std::optional<endpoint> where{};
  std::optional<std::chrono::seconds> keepalive{};
  std::optional<std::vector<allowed_ip>> allowed{};  ///< in place of all it has
  friend bool operator==(const peer_change&, const peer_change&) = default;
};

struct device_change {
  std::optional<private_key> secret{};
  std::optional<std::uint16_t> port{};
  bool replace_peers = false;
  std::vector<peer_change> peers{};  ///< in this order
};

struct peer_state {
  public_key key;
  std::optional<endpoint> where{};
  std::uint16_t keepalive_s = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  /// Since the Unix epoch by this host's wall clock; 0 when there was none.
  std::int64_t handshake_ns = 0;
  std::vector<allowed_ip> allowed{};
  friend bool operator==(const peer_state&, const peer_state&) = default;
};

struct device_state {
  std::optional<private_key> secret{};
  std::uint16_t port = 0;
  std::vector<peer_state> peers{};
};

/// Seconds and nanoseconds of a handshake as one number; 0 when they make no sense.
constexpr std::int64_t handshake_time(std::uint64_t s, std::uint64_t ns) {
  // The year 2200: beyond it a count of nanoseconds overflows soon.
  return s > 7258118400 || ns > 999999999 ? 0 : static_cast<std::int64_t>(s * 1000000000 + ns);
}

}  // namespace wh::real
