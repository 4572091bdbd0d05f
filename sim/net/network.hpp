#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/net/fabric.hpp"
#include "transport/bytes.hpp"

namespace wh::sim {

class simulation;
class trace;

/// Who gets a host's datagrams. Called within an event: what it posts to actors is dealt with
/// before the next event. `from` is as the last box left it, `to` is the host's own endpoint.
class receiver {
 public:
  virtual void on_datagram(const endpoint& from, const endpoint& to, bytes&& payload) = 0;

 protected:
  ~receiver() = default;
};

/// The network under the peers, made of hosts with one UDP port each, middleboxes, and the internet
/// between them. Two levels of detail: `make_cloud` and `make_packets`.
///
/// Same seed, same calls: the same datagrams at the same times, on both levels. ICMP errors are
/// counted, not carried.
class network {
 public:
  static constexpr std::uint8_t ttl_default = 64;

  /// What the network asks of the simulation and the trace must stay until it is gone. It is to
  /// outlive `simulation::shut_down()`.
  network(simulation& s, path_options options, seed root, trace* t);
  virtual ~network();
  network(const network&) = delete;
  network& operator=(const network&) = delete;

  virtual box_id add_box(box_spec spec);
  /// `r` may be null: nobody listens yet. Addresses must be free where they are to be.
  virtual host_id add_host(const host_spec& spec, receiver* r);
  void set_receiver(host_id h, receiver* r);

  /// From the host's port; `ttl` zero stands for the default. Datagrams to itself are dropped.
  void send(host_id from, const endpoint& to, bytes payload, std::uint8_t ttl = 0);

  /// An offline host neither sends nor gets anything; what is under way to it is lost.
  void set_online(host_id h, bool on);
  /// Gives the host another address and place, or another address at its place: what is under way
  /// to the old one is lost.
  virtual void move(host_id h, const attachment& to);
  /// A box gets other external addresses, and forgets its mappings.
  void change_address(box_id b, std::vector<ip_address> external);
  /// A box forgets its mappings.
  void reboot_box(box_id b);
  /// From now on, across the internet; those behind a common box are not concerned. Its number, for
  /// `calm`.
  std::size_t disturb(disturbance d);
  void calm(std::size_t number);

  /// The host's addresses with its port; unspecified when it has none of that family.
  endpoint local_endpoint(host_id h, bool v4 = true) const { return fabric_.local(h, v4); }
  /// Port mappings, and what an oracle wants to know.
  nat::box& box(box_id b) { return fabric_.box(b); }
  std::optional<box_id> innermost_box(host_id h, bool v4 = true) const {
    return fabric_.innermost(h, v4);
  }
  const fabric& topology() const { return fabric_; }
  const net_stats& stats() const { return fabric_.stats(); }
  std::uint32_t hosts() const { return fabric_.hosts(); }

  /// Writes pcap files: all hosts' interfaces, one host's, or what crosses the internet. Throws
  /// std::runtime_error when the file cannot be written.
  void capture_hosts(const std::string& path);
  void capture_host(host_id h, const std::string& path);
  void capture_internet(const std::string& path);

 protected:
  /// Sends what has been found fit for sending.
  virtual void emit(host_id from, const nat::packet& p, bytes payload) = 0;

  void deliver(host_id h, const nat::packet& p, bytes&& payload);
  void dropped(host_id h, const nat::packet& p, drop why, nat::drop_reason nat);

  enum class tap_point : std::uint8_t { host, internet };
  bool tapped() const { return !taps_.empty(); }
  void tap(tap_point where, host_id h, byte_view ip_packet);

  simulation& simulation_;
  fabric fabric_;

 private:
  struct tap_file;
  void add_tap(tap_point where, std::optional<host_id> h, const std::string& path);

  trace* trace_;
  std::vector<receiver*> receivers_;
  std::vector<std::unique_ptr<tap_file>> taps_;
};

/// One event a datagram and no stack: for 10^4 to 10^6 hosts, IPv4 and IPv6.
std::unique_ptr<network> make_cloud(simulation& s, path_options options, seed root,
                                    trace* t = nullptr);

/// An ns-3 node with IPv4, UDP and a socket for each host, real packets with checksums, boxes as
/// hooks of the devices: for up to a thousand hosts, IPv4 only (adding an IPv6 address throws
/// std::invalid_argument).
std::unique_ptr<network> make_packets(simulation& s, path_options options, seed root,
                                      trace* t = nullptr);

}  // namespace wh::sim
