#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "real/host_rng.hpp"
#include "real/wireguard/device.hpp"
#include "tests/contract/wireguard_device.hpp"
#include "tests/real/support/isolated.hpp"
#include "transport/crypto.hpp"

namespace wh::test {

/// Lets a reactor turn until something holds.
inline bool turn_until(real::reactor& r, const std::function<bool()>& holds, duration limit) {
  const time_point end = r.now() + limit;
  bool held = holds();
  std::function<void()> look = [&] {
    held = holds();
    if (held || r.now() >= end)
      r.stop();
    else
      r.at(r.now() + 1ms, look);
  };
  if (!held) {
    r.at(r.now() + 1ms, look);
    r.run();
  }
  return held;
}

struct key_pair {
  private_key secret;
  public_key known;
};
inline key_pair make_keys() {
  real::host_rng random;
  const auto& crypto = sodium_crypto();
  const private_key s = crypto.make_private_key(random);
  return {s, crypto.to_public(s)};
}

/// Two real devices, each in a network namespace of its own, joined by their tunnels alone.
class real_pair final : public device_pair {
 public:
  explicit real_pair(real::device_choice choice) {
    for (std::size_t i : {0u, 1u}) {
      real::device_config c;
      c.interface = "wg" + std::to_string(i);
      c.secret = ends_[i].keys.secret;
      c.addresses = {{ip_address::v4(10, 7, 0, static_cast<std::uint8_t>(i + 1)), 24}};
      c.choice = choice;
      c.report = [this](std::string s) { said.push_back(std::move(s)); };
      c.tunnelled = [this, i](const public_key& to, bytes d) { tunnelled(i, to, std::move(d)); };
      c.members = {ends_[1 - i].keys.known};
      ends_[i].config = c;
      open(i);
      ends_[i].space.inside([&] {
        ends_[i].socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        const sockaddr_in a = at(i);
        REQUIRE(::bind(ends_[i].socket, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
      });
      turn.watch(ends_[i].socket, [this, i] {
        bytes b(2000);
        const ssize_t n = ::recv(ends_[i].socket, b.data(), b.size(), 0);
        if (n < 0) return;
        b.resize(static_cast<std::size_t>(n));
        got[i].push_back(std::move(b));
      });
    }
  }
  ~real_pair() override {
    for (auto& e : ends_) {
      turn.unwatch(e.socket);
      ::close(e.socket);
    }
  }
  /// As if the daemon were killed and came again.
  void restart(std::size_t i) {
    ends_[i].it->leave_behind();
    ends_[i].it.reset();
    open(i);
  }
  wireguard_device& device(std::size_t i) override { return *ends_[i].it; }
  real::device& real_device(std::size_t i) { return *ends_[i].it; }
  public_key key(std::size_t i) const override { return ends_[i].keys.known; }
  void send(std::size_t from, byte_view payload) override {
    const sockaddr_in to = at(1 - from);
    CHECK(::sendto(ends_[from].socket, payload.data(), payload.size(), 0,
                   reinterpret_cast<const sockaddr*>(&to),
                   sizeof to) == static_cast<ssize_t>(payload.size()));
  }
  bool until(const std::function<bool()>& holds, duration limit) override {
    return turn_until(turn, holds, limit);
  }

  real::reactor turn;
  std::vector<std::string> said;

 private:
  void open(std::size_t i) {
    ends_[i].space.inside([&] {
      auto d = real::device::open(turn, ends_[i].config);
      if (!d) FAIL(d.error());
      ends_[i].it = std::move(*d);
    });
  }
  static sockaddr_in at(std::size_t i) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(7000);
    a.sin_addr.s_addr = htonl(0x0a070001 + static_cast<std::uint32_t>(i));
    return a;
  }
  struct end_of {
    key_pair keys = make_keys();
    network_namespace space;
    real::device_config config;
    std::unique_ptr<real::device> it;
    int socket = -1;
  };
  end_of ends_[2];
};

}  // namespace wh::test
