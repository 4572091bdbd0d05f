#pragma once

#include <optional>
#include <vector>

#include "transport/bytes.hpp"
#include "transport/endpoint.hpp"
#include "transport/time.hpp"

/// What a peer needs of its host. The host that makes a peer (`sim` or `real`) binds these; nothing
/// above this folder knows which. Each contract has one test suite that runs on every binding.
namespace wh {

/// Time to live of a datagram: `host_default` leaves it to the host.
enum class ttl : std::uint8_t { host_default = 0 };

/// Whether a datagram is the peers' own: WireGuard's begin with 1 to 4, and WireGuard drops others.
inline bool is_ours(byte_view datagram) { return !datagram.empty() && datagram[0] == 0xff; }

/// Datagrams from and to the one UDP port that the peer shares with WireGuard.
///
/// - What `send` takes leaves from that port, so it uses the same NAT mapping as WireGuard.
/// - Delivery is not promised, nor order, nor that a datagram comes once.
/// - A datagram larger than the path's MTU comes whole, or vanishes.
/// - What cannot be sent is dropped, and so is what goes to the port itself.
/// - What arrives and is ours is handed to the peer's GATEWAY with its source, in the order of
///   arrival; nothing else is.
class datagram_port {
 public:
  virtual ~datagram_port() = default;
  virtual void send(const endpoint& to, bytes payload, ttl limit) = 0;
  /// The addresses of this host's interfaces with the port: candidates for the same LAN, and the
  /// public endpoint where there is no NAT. At most 8.
  virtual std::vector<endpoint> local_endpoints() const = 0;
};

struct allowed_ip {
  ip_address address;
  std::uint8_t prefix_bits = 0;
  friend constexpr auto operator<=>(const allowed_ip&, const allowed_ip&) = default;
};

/// A peer as WireGuard is to have it.
struct wireguard_peer {
  public_key key;
  std::vector<allowed_ip> allowed;
  std::optional<endpoint> where;
  std::chrono::seconds keepalive{0};
  friend bool operator==(const wireguard_peer&, const wireguard_peer&) = default;
};

/// A peer as WireGuard has it.
struct wireguard_peer_status {
  public_key key;
  std::optional<endpoint> where;
  std::optional<time_point> last_handshake;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
};

/// The host's WireGuard interface.
///
/// - `set_peer` adds or replaces; an absent endpoint leaves the one WireGuard has.
/// - WireGuard roams: it may change a peer's endpoint by itself; `status` tells.
/// - A tunnel is a loopback endpoint that the host serves for one peer: what WireGuard sends there
/// is
///   handed to the peer's RELAY, and `inject` gives WireGuard a datagram as if it came from there.
///   Opening it twice gives the same endpoint.
class wireguard_device {
 public:
  virtual ~wireguard_device() = default;
  virtual void set_peer(const wireguard_peer& p) = 0;
  virtual void remove_peer(const public_key& k) = 0;
  virtual std::vector<wireguard_peer_status> status() const = 0;
  virtual endpoint open_tunnel(const public_key& k) = 0;
  virtual void close_tunnel(const public_key& k) = 0;
  virtual void inject(const public_key& k, bytes datagram) = 0;
};

/// Small named values that outlive the process: endpoint cache, record sequence number, handshake
/// timestamps. A write replaces the value as a whole or not at all.
class state_store {
 public:
  virtual ~state_store() = default;
  virtual std::optional<bytes> load(std::string_view name) const = 0;
  virtual void save(std::string_view name, bytes value) = 0;
};

}  // namespace wh
