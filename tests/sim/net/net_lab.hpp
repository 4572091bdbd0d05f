#pragma once

#include <deque>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "sim/net/network.hpp"
#include "sim/runtime/simulation.hpp"
#include "sim/runtime/trace.hpp"

/// Words for tests of the network: hosts that remember what they were sent.
namespace wh::sim::lab {

enum class level { cloud, packets };

inline std::ostream& operator<<(std::ostream& out, level l) {
  return out << (l == level::cloud ? "cloud" : "packets");
}

struct datagram {
  time_point at;
  endpoint from;
  endpoint to;
  bytes payload;
};

class mailbox final : public receiver {
 public:
  explicit mailbox(simulation& s) : simulation_(s) {}
  void on_datagram(const endpoint& from, const endpoint& to, bytes&& payload) override {
    got.push_back({simulation_.now(), from, to, std::move(payload)});
  }
  std::vector<datagram> got;

 private:
  simulation& simulation_;
};

inline ip_address ip(std::string_view text) { return ip_address::parse(text).value(); }
inline endpoint ep(std::string_view text) { return endpoint::parse(text).value(); }

inline std::shared_ptr<const nat::config> nat_of(nat::config c) {
  return std::make_shared<const nat::config>(c);
}

struct world {
  explicit world(level l, path_options options = {}, std::uint64_t root = 1)
      : net(l == level::cloud ? make_cloud(s, options, seed{root}, &log)
                              : make_packets(s, options, seed{root}, &log)) {}

  box_id box(std::string_view external, nat::config c = {}) {
    return net->add_box({nat_of(c), {ip(external)}, {}});
  }
  host_id host(std::string_view address, std::vector<box_id> boxes = {},
               std::uint16_t port = 5000) {
    host_spec spec;
    spec.address = ip(address);
    spec.port = port;
    spec.boxes = std::move(boxes);
    return host(spec);
  }
  host_id host(const host_spec& spec) {
    mailboxes.emplace_back(s);
    return net->add_host(spec, &mailboxes.back());
  }
  const std::vector<datagram>& got(host_id h) const { return mailboxes[h.value].got; }
  void send(host_id from, std::string_view to, std::uint8_t ttl = 0, std::size_t size = 10) {
    net->send(from, ep(to), bytes(size, std::uint8_t{7}), ttl);
  }
  std::uint64_t dropped(drop d) const { return net->stats().dropped[static_cast<std::size_t>(d)]; }

  simulation s;
  trace log;
  std::deque<mailbox> mailboxes;
  std::unique_ptr<network> net;
};

}  // namespace wh::sim::lab
