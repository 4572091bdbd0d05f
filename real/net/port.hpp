#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "real/net/arrival.hpp"
#include "real/net/host_addresses.hpp"
#include "real/net/nft_table.hpp"
#include "real/net/receiver.hpp"
#include "real/net/sender.hpp"
#include "real/net/socket.hpp"
#include "transport/ports.hpp"

namespace wh::real {

/// How the datagrams of ours are told from WireGuard's, which come to the same port.
enum class capture : std::uint8_t {
  pcap,  // a copy of what the interfaces get, by libpcap
  raw,   // a copy of what the host accepts, by raw sockets
  nft,   // nftables redirects them to a UDP socket of ours
};
std::optional<capture> parse_capture(std::string_view word);
std::string_view to_string(capture c);

struct port_options {
  /// WireGuard's listen port; without WireGuard the one to bind, 0: any.
  std::uint16_t port = 0;
  /// The interface of the WireGuard that owns the port. Empty: nobody does, a plain UDP socket.
  std::string wireguard;
  /// Empty: chosen by what this process may do.
  std::optional<capture> how;
  /// SO_MARK of what is sent, where routes depend on it; 0: none.
  std::uint32_t mark = 0;
};

/// The datagram port of a real host. Belongs to the network namespace it was made in.
///
/// It has no thread and no loop: whoever has one watches `descriptors()` and calls `readable`, and
/// calls `flush` before it sleeps, for `send` only queues.
class host_port final : public datagram_port {
 public:
  /// Throws std::system_error with what is missing and what to do. `addresses_changed` is called
  /// when `local_endpoints()` became another.
  host_port(const port_options& o, on_arrival deliver, std::function<void()> addresses_changed);
  ~host_port() override;
  host_port(const host_port&) = delete;
  host_port& operator=(const host_port&) = delete;

  /// Dropped here: what goes to this host's own port, and what the system refuses; see `stats`.
  void send(const endpoint& to, bytes payload, ttl limit) override;
  std::vector<endpoint> local_endpoints() const override;

  /// The same for the port's life.
  std::vector<int> descriptors() const;
  void readable(int fd, time_point now);
  void flush(time_point now);

  std::uint16_t port() const { return port_; }
  /// How it is bound, and why so, for the log.
  const std::string& binding() const { return binding_; }
  const port_stats& stats() const { return stats_; }

 private:
  void bind_plain(const port_options& o);
  void bind_shared(const port_options& o);
  void bind_raw(const port_options& o);
  void bind_pcap(const port_options& o);
  void bind_nft(const port_options& o);
  void send_raw(const port_options& o);
  void send_by(const udp_pair& sockets);

  std::uint16_t port_ = 0;
  std::string binding_;
  descriptor claim_;
  host_addresses host_;
  source_table sources_;
  port_stats stats_;
  std::unique_ptr<receiver> receiver_;
  // After the sockets it leads to in this list, so gone before them.
  std::unique_ptr<nft_table> table_;
  std::optional<sender> v4_, v6_;
  on_arrival deliver_;
  std::function<void()> addresses_changed_;
  time_point now_{};
};

}  // namespace wh::real
