#include "tests/real/net/host/real_world.hpp"

#include <poll.h>

#include <chrono>
#include <stdexcept>

namespace wh::test {

namespace {

const char* const addresses_v4[] = {"203.0.113.2", "198.51.100.2"};
const char* const addresses_v6[] = {"2001:db8:1::2", "2001:db8:2::2"};

bool readable(int fd, int milliseconds) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, milliseconds) > 0;
}

}  // namespace

plain_socket::plain_socket(const net_space& where, const endpoint& here) {
  where.within([&] {
    fd_ = descriptor{::socket(domain(family_of(here.address)), SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!here.address.is_v4()) {
      const int only = 1;
      ::setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    }
    const socket_address a = to_socket_address(here);
    if (::bind(fd_.get(), a.get(), a.length) != 0) fail("bind " + here.to_string());
  });
}

void plain_socket::send(const endpoint& to, const bytes& payload) const {
  const socket_address a = to_socket_address(to);
  if (::sendto(fd_.get(), payload.data(), payload.size(), 0, a.get(), a.length) < 0)
    fail("sendto " + to.to_string());
}

std::optional<bytes> plain_socket::receive(int milliseconds) const {
  if (!readable(fd_.get(), milliseconds)) return std::nullopt;
  bytes room(65536);
  const ssize_t n = ::recv(fd_.get(), room.data(), room.size(), 0);
  if (n < 0) return std::nullopt;
  room.resize(static_cast<std::size_t>(n));
  return room;
}

endpoint plain_socket::where() const {
  socket_address own;
  own.length = sizeof own.storage;
  ::getsockname(fd_.get(), own.get(), &own.length);
  return from_socket_address(own.get()).value_or(endpoint{});
}

void machine::open(std::optional<capture> how, port_options o) {
  o.port = real_world::number;
  o.how = how;
  if (how && o.wireguard.empty()) o.wireguard = "wg0";
  if (!o.wireguard.empty() && !wireguard_v4) {
    wireguard_v4.emplace(space, endpoint{ip_address::v4(0), o.port});
    wireguard_v6.emplace(space, endpoint{ip_address{}, o.port});
  }
  space.within([&] {
    port = std::make_unique<host_port>(
        o,
        [this](const arrival& a) {
          got.push_back({a.from, {a.payload.begin(), a.payload.end()}});
          got_at.push_back(a.to);
          if (a.when != now) throw std::logic_error("the time of arrival is another");
        },
        [this] { ++changes; });
  });
}

void machine::close() {
  space.within([this] { port.reset(); });
}

void machine::send(const endpoint& to, const bytes& payload, ttl limit) {
  port->send(to, payload, limit);
  port->flush(now);
}

bool machine::turn(int milliseconds) {
  now += 1ms;
  port->flush(now);
  std::vector<pollfd> fds;
  for (const int fd : port->descriptors()) fds.push_back({fd, POLLIN, 0});
  if (::poll(fds.data(), fds.size(), milliseconds) <= 0) return false;
  // What a port asks the system about, it asks where it is.
  space.within([&] {
    for (const pollfd& p : fds)
      if (p.revents != 0) port->readable(p.fd, now);
  });
  return true;
}

std::vector<came> machine::wait(std::size_t datagrams, int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (got.size() < datagrams && std::chrono::steady_clock::now() < end) turn(50);
  while (turn(0)) {
  }
  return std::exchange(got, {});
}

real_world::real_world(std::optional<capture> how) {
  connect(left_.space, "eth0", middle_.space, "to_left");
  connect(right_.space, "eth0", middle_.space, "to_right");
  middle_.space.ip("addr add 203.0.113.1/24 dev to_left");
  middle_.space.ip("addr add 198.51.100.1/24 dev to_right");
  middle_.space.ip("addr add 2001:db8:1::1/64 dev to_left nodad");
  middle_.space.ip("addr add 2001:db8:2::1/64 dev to_right nodad");
  middle_.space.run(
      "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
  const char* const routers_v4[] = {"203.0.113.1", "198.51.100.1"};
  const char* const routers_v6[] = {"2001:db8:1::1", "2001:db8:2::1"};
  for (const side s : {port_world::left, port_world::right}) {
    const net_space& n = at(s).space;
    n.ip(std::string("addr add ") + addresses_v4[s] + "/24 dev eth0");
    n.ip(std::string("addr add ") + addresses_v6[s] + "/64 dev eth0 nodad");
    n.ip(std::string("route add default via ") + routers_v4[s]);
    n.ip(std::string("route add default via ") + routers_v6[s]);
    at(s).open(how);
  }
}

endpoint real_world::where(side s, bool v4) const {
  return {*ip_address::parse((v4 ? addresses_v4 : addresses_v6)[s]), number};
}

std::vector<came> real_world::wait(side s, std::size_t datagrams) {
  // The other side's datagrams have to leave first.
  for (const side each : {port_world::left, port_world::right}) at(each).turn(0);
  return at(s).wait(datagrams);
}

}  // namespace wh::test
