#pragma once

#include "sim/net/network.hpp"
#include "transport/ports.hpp"

namespace wh::sim {

/// The binding of `datagram_port` to a host of a network. Whoever derives from it gets what comes
/// to the port, sorted as on a real host: ours, and WireGuard's.
class network_port : public datagram_port, private receiver {
 public:
  /// Puts the host into the network.
  network_port(network& n, const host_spec& where) : network_(n), id_(n.add_host(where, this)) {}
  network_port(const network_port&) = delete;
  network_port& operator=(const network_port&) = delete;

  void send(const endpoint& to, bytes payload, ttl limit) override {
    network_.send(id_, to, std::move(payload), static_cast<std::uint8_t>(limit));
  }
  std::vector<endpoint> local_endpoints() const override {
    std::vector<endpoint> all;
    for (const bool v4 : {true, false})
      if (const endpoint e = network_.local_endpoint(id_, v4); !e.is_unspecified())
        all.push_back(e);
    return all;
  }

  host_id id() const { return id_; }

 protected:
  ~network_port() override = default;
  virtual void came(const endpoint& from, bytes&& payload) = 0;
  virtual void came_for_wireguard(const endpoint& from, bytes&& payload) = 0;

 private:
  void on_datagram(const endpoint& from, const endpoint&, bytes&& payload) final {
    if (is_ours(payload))
      came(from, std::move(payload));
    else if (!payload.empty())
      came_for_wireguard(from, std::move(payload));
  }

  network& network_;
  host_id id_;
};

}  // namespace wh::sim
