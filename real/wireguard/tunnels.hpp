#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "real/runtime/reactor.hpp"
#include "transport/endpoint.hpp"
#include "transport/expected.hpp"

namespace wh::real {

/// Loopback endpoints for relayed peers: 127.1.0.0 and up, a number for each key, the lowest free
/// one. All of them are one socket, bound to the loopback interface: thousands of peers cost one
/// descriptor, and a batch of datagrams to many peers is one call.
///
/// What WireGuard sends to such an address is handed to `tunnelled`; what `inject` takes goes to
/// WireGuard's port from there. A datagram that does not come from WireGuard's port on 127.0.0.1,
/// or to an address that is nobody's, is dropped and counted.
class tunnels {
 public:
  using receiver = std::function<void(const public_key&, bytes)>;
  struct counters {
    std::uint64_t from_wireguard = 0, to_wireguard = 0;
    std::uint64_t foreign = 0;  ///< not from WireGuard's port
    std::uint64_t nobody = 0;   ///< to an address that is no peer's
    std::uint64_t lost = 0;     ///< to WireGuard, which takes no more
  };

  /// `port` is WireGuard's.
  static expected<std::unique_ptr<tunnels>, std::string> open(reactor& r, std::uint16_t port,
                                                              receiver tunnelled);
  tunnels(const tunnels&) = delete;
  tunnels& operator=(const tunnels&) = delete;
  ~tunnels();

  endpoint open_tunnel(const public_key& k);
  void close_tunnel(const public_key& k);
  /// Leaves with the next `flush`, or when a batch is full. Lost without a tunnel.
  void inject(const public_key& k, bytes datagram);
  void flush();

  const counters& counted() const { return counted_; }
  /// 127.1.0.0 to 127.254.255.255.
  static constexpr std::uint32_t tunnels_max = 254u << 16;

 private:
  tunnels(reactor& r, std::uint16_t port, receiver f, int fd)
      : reactor_(r), wireguard_(port), tunnelled_(std::move(f)), fd_(fd) {}
  void readable();

  struct outgoing {
    std::uint32_t from;
    bytes datagram;
  };

  reactor& reactor_;
  std::uint16_t wireguard_, own_ = 0;
  receiver tunnelled_;
  int fd_;
  std::map<public_key, std::uint32_t> numbers_;  // by key: the address
  std::map<std::uint32_t, public_key> keys_;     // and back
  std::vector<outgoing> out_;
  counters counted_;
};

}  // namespace wh::real
