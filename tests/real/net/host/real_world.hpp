#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "real/net/port.hpp"
#include "tests/support/net_space.hpp"
#include "tests/support/port_contract.hpp"

namespace wh::test {

using namespace wh::real;

/// A socket as programs have them, to stand for WireGuard or for a stranger.
class plain_socket {
 public:
  plain_socket(const net_space& where, const endpoint& here);
  void send(const endpoint& to, const bytes& payload) const;
  /// What has come, waiting for at most so long for the first.
  std::optional<bytes> receive(int milliseconds = 5000) const;
  endpoint where() const;
  int fd() const { return fd_.get(); }

 private:
  descriptor fd_;
};

/// One machine with a port: what it was handed, and WireGuard's socket beside it.
class machine {
 public:
  machine(std::string name) : space(std::move(name)) {}
  ~machine() { close(); }
  /// Empty `how`: a plain socket, nobody else's port.
  void open(std::optional<capture> how, port_options o = {});
  void close();
  /// Handles what can be handled at once; waits for it at most so long.
  bool turn(int milliseconds);
  /// What has been handed on since the last call, when there are so many, or after long enough.
  std::vector<came> wait(std::size_t datagrams, int milliseconds = 5000);
  void send(const endpoint& to, const bytes& payload, ttl limit = ttl::host_default);

  net_space space;
  std::optional<plain_socket> wireguard_v4, wireguard_v6;
  std::unique_ptr<host_port> port;
  std::vector<came> got;
  std::vector<endpoint> got_at;  // to which of the own endpoints
  unsigned changes = 0;
  time_point now{std::chrono::seconds{1000}};
};

/// As if a userspace WireGuard served the interface.
struct userspace_wireguard {
  explicit userspace_wireguard(const std::string& interface)
      : path("/run/wireguard/" + interface + ".sock") {
    shell("touch " + path);
  }
  ~userspace_wireguard() { ::unlink(path.c_str()); }
  userspace_wireguard(const userspace_wireguard&) = delete;
  userspace_wireguard& operator=(const userspace_wireguard&) = delete;
  std::string path;
};

/// left --- middle --- right: the middle routes, and can hold a port as well.
class real_world : public port_world {
 public:
  static constexpr std::uint16_t number = 51820;

  explicit real_world(std::optional<capture> how);

  datagram_port& port(side s) override { return *at(s).port; }
  endpoint where(side s, bool v4 = true) const override;
  std::vector<came> wait(side s, std::size_t datagrams) override;
  machine& at(side s) { return s == port_world::left ? left_ : right_; }
  machine& middle() { return middle_; }

 private:
  machine left_{"left"}, middle_{"middle"}, right_{"right"};
};

struct plain_world : real_world {
  plain_world() : real_world(std::nullopt) {}
};
struct raw_world : real_world {
  raw_world() : real_world(capture::raw) {}
};
struct pcap_world : real_world {
  pcap_world() : real_world(capture::pcap) {}
};
struct nft_world : real_world {
  nft_world() : real_world(capture::nft) {}
};

}  // namespace wh::test
