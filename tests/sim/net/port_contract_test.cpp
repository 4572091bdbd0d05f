#include "tests/support/port_contract.hpp"
#include "sim/net/port.hpp"
#include "sim/runtime/simulation.hpp"

namespace {

using namespace wh::sim;

/// Two hosts, with the internet between them: its routers are 8 to 20 hops.
class simulated_world : public wh::test::port_world {
 public:
  explicit simulated_world(bool packets)
      : v6_(!packets),
        net_(packets ? make_packets(s_, {}, wh::seed{1}) : make_cloud(s_, {}, wh::seed{1})) {
    for (const side s : {left, right}) ports_[s].emplace(*net_, spec(s));
  }
  ~simulated_world() override { s_.shut_down(); }

  wh::datagram_port& port(side s) override { return *ports_[s]; }
  wh::endpoint where(side s, bool v4 = true) const override {
    if (!v4 && !v6_) return {};
    return {v4 ? spec(s).address : spec(s).other.value_or(attachment{}).address, 51820};
  }
  std::vector<wh::test::came> wait(side s, std::size_t) override {
    s_.run_for(std::chrono::seconds(1));
    return std::exchange(ports_[s]->got, {});
  }

 private:
  struct listening_port final : network_port {
    using network_port::network_port;
    void came(const wh::endpoint& from, wh::bytes&& payload) override {
      got.push_back({from, std::move(payload)});
    }
    void came_for_wireguard(const wh::endpoint&, wh::bytes&&) override {}
    std::vector<wh::test::came> got;
  };
  host_spec spec(side s) const {
    host_spec h;
    h.address = *wh::ip_address::parse(s == left ? "203.0.113.2" : "198.51.100.2");
    h.port = 51820;
    if (v6_)
      h.other =
          attachment{*wh::ip_address::parse(s == left ? "2001:db8:1::2" : "2001:db8:2::2"), {}};
    return h;
  }

  bool v6_;
  simulation s_;
  std::unique_ptr<network> net_;
  std::optional<listening_port> ports_[2];
};

struct cloud_world : simulated_world {
  cloud_world() : simulated_world(false) {}
};
struct packets_world : simulated_world {
  packets_world() : simulated_world(true) {}
};

}  // namespace

#define WH_PORT_WORLDS cloud_world, packets_world
#include "tests/support/port_contract_cases.hpp"
