#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "transport/ports.hpp"

/// What `wireguard_device` promises, as tests that run on every binding: two devices that reach
/// each other only by what their tunnels hand out.
namespace wh::test {

class device_pair {
 public:
  virtual ~device_pair() = default;
  virtual wireguard_device& device(std::size_t i) = 0;
  virtual public_key key(std::size_t i) const = 0;
  /// Sends a packet from one host to the other, into the interface.
  virtual void send(std::size_t from, byte_view payload) = 0;
  /// Lets time pass until it holds; false when it did not within the limit.
  virtual bool until(const std::function<bool()>& holds, duration limit) = 0;

  /// What came out of the interface.
  std::vector<bytes> got[2];
  /// What a tunnel handed out, in order.
  struct carried {
    std::size_t from;
    public_key to;
    bytes datagram;
  };
  std::vector<carried> all;
  /// While it is set, tunnels lead nowhere.
  bool cut = false;

  void pass(duration d) {
    until([] { return false; }, d);
  }

 protected:
  /// A device's tunnels are to call this.
  void tunnelled(std::size_t from, const public_key& to, bytes datagram) {
    all.push_back({from, to, datagram});
    if (!cut && to == key(1 - from)) device(1 - from).inject(key(from), std::move(datagram));
  }
};

/// Runs everything; Catch2 sections keep the sentences apart. `make` gives a fresh pair.
void wireguard_device_contract(const std::function<std::unique_ptr<device_pair>()>& make);

}  // namespace wh::test
