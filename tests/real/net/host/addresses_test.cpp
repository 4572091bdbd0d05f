#include <catch2/catch.hpp>

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <cstring>

#include "tests/real/net/host/real_world.hpp"

namespace {

using namespace wh;
using namespace wh::test;

std::vector<std::string> texts(const std::vector<ip_address>& all) {
  std::vector<std::string> r;
  for (const ip_address& a : all) r.push_back(a.to_string());
  return r;
}

struct place {
  place() {
    // A cable each; what is at its other end has no addresses.
    space.ip("link add one type veth peer name far_one");
    space.ip("link add two type veth peer name far_two");
    for (const char* n : {"one", "two", "far_one", "far_two"})
      space.ip(std::string("link set dev ") + n + " up");
  }
  host_addresses look(std::vector<std::string> tunnels = {}) const {
    return space.within([&] { return host_addresses(std::move(tunnels)); });
  }
  net_space space{"alone"};
};

TEST_CASE("global addresses come first and those of the default route before others") {
  place p;
  p.space.ip("addr add 10.0.0.5/24 dev one");
  p.space.ip("addr add 192.168.4.5/24 dev two");
  p.space.ip("addr add fd00::5/64 dev one nodad");
  p.space.ip("addr add 2001:db8::5/64 dev two nodad");
  p.space.ip("addr add 203.0.113.5/24 dev one");
  p.space.ip("route add default via 192.168.4.1 src 192.168.4.5");
  CHECK(texts(p.look().reachable()) == std::vector<std::string>{"203.0.113.5", "2001:db8::5",
                                                                "192.168.4.5", "10.0.0.5",
                                                                "fd00::5"});
}

TEST_CASE("loopback and link-local IPv6 and tunnels are not among the reachable") {
  place p;
  p.space.ip("addr add 10.0.0.5/24 dev one");
  p.space.ip("addr add 10.7.0.1/16 dev two");
  p.space.ip("addr add 127.0.0.9/8 dev lo");
  p.space.ip("addr add fe80::9/64 dev one nodad");
  CHECK(texts(p.look({"two"}).reachable()) == std::vector<std::string>{"10.0.0.5"});
  // A userspace WireGuard tells by its socket.
  const userspace_wireguard two("two");
  CHECK(texts(p.look().reachable()) == std::vector<std::string>{"10.0.0.5"});
}

TEST_CASE("the address of a tunnel made in userspace is not among the reachable") {
  place p;
  p.space.ip("addr add 10.0.0.5/24 dev one");
  const descriptor tun = p.space.within([] {
    descriptor d{::open("/dev/net/tun", O_RDWR | O_CLOEXEC)};
    ifreq request{};
    std::strncpy(request.ifr_name, "wg7", IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (!d || ::ioctl(d.get(), TUNSETIFF, &request) != 0) d.reset();
    return d;
  });
  if (!tun) {
    WARN("no /dev/net/tun here: nothing to look at");
    return;
  }
  p.space.ip("addr add 10.8.0.1/24 dev wg7");
  p.space.ip("link set dev wg7 up");
  CHECK(texts(p.look({"wg7"}).reachable()) == std::vector<std::string>{"10.0.0.5"});
  CHECK(texts(p.look({}).reachable()).size() == 2);
}

TEST_CASE("what is down is not reachable but its addresses are the host's own") {
  place p;
  p.space.ip("addr add 10.0.0.5/24 dev one");
  p.space.ip("link set dev one down");
  const host_addresses h = p.look();
  CHECK(h.reachable().empty());
  CHECK(h.owns(*ip_address::parse("10.0.0.5")));
  CHECK(h.owns(*ip_address::parse("127.1.2.3")));
  CHECK(h.owns(*ip_address::parse("::1")));
  CHECK_FALSE(h.owns(*ip_address::parse("10.0.0.6")));
}

TEST_CASE("no more than eight are told - the public one among them") {
  place p;
  for (int i = 1; i <= 20; ++i) p.space.ip("addr add 10.0." + std::to_string(i) + ".1/24 dev one");
  p.space.ip("addr add 203.0.113.5/24 dev two");
  const auto all = texts(p.look().reachable());
  CHECK(all.size() == 8);
  CHECK(all[0] == "203.0.113.5");
}

TEST_CASE("a change is told once and what is no change not at all") {
  place p;
  p.space.ip("addr add 10.0.0.5/24 dev one");
  host_addresses h = p.look();
  const auto update = [&] { return p.space.within([&] { return h.update(); }); };
  CHECK_FALSE(update().addresses);
  p.space.ip("addr add 10.0.1.5/24 dev two");
  CHECK(update().addresses);
  CHECK_FALSE(update().addresses);
  // Routes to anywhere but everywhere are no news.
  p.space.ip("route add 10.5.0.0/16 via 10.0.0.1");
  const auto none = update();
  CHECK_FALSE(none.addresses);
  CHECK_FALSE(none.sources);
  p.space.ip("route add default via 10.0.1.1");
  CHECK(update().sources);
  p.space.ip("addr del 10.0.0.5/24 dev one");
  CHECK(update().addresses);
  CHECK(texts(h.reachable()) == std::vector<std::string>{"10.0.1.5"});
}

}  // namespace
