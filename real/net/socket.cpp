#include "real/net/socket.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

namespace wh::real {

namespace {

// A quarter of a second at 10 000 full datagrams a second.
constexpr int buffer_bytes = 4 << 20;

void set(int fd, int level, int name, int value, const char* what) {
  if (::setsockopt(fd, level, name, &value, sizeof value) != 0) fail(what);
}

/// Past the system's limit where that is allowed, else up to it.
void enlarge(int fd, int forced, int plain) {
  const int size = buffer_bytes;
  if (::setsockopt(fd, SOL_SOCKET, forced, &size, sizeof size) != 0)
    ::setsockopt(fd, SOL_SOCKET, plain, &size, sizeof size);
}

descriptor open_socket(family f, int type, int protocol) {
  descriptor d{::socket(domain(f), type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol)};
  if (!d)
    fail(std::string(type == SOCK_RAW ? "raw " : "") + (f == family::v4 ? "IPv4" : "IPv6") +
         " socket");
  return d;
}

void prepare_to_send(int fd, family f, std::uint32_t mark) {
  enlarge(fd, SO_SNDBUFFORCE, SO_SNDBUF);
  if (f == family::v4) set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "IP_MTU_DISCOVER");
  if (mark != 0) set(fd, SOL_SOCKET, SO_MARK, static_cast<int>(mark), "SO_MARK");
}

void prepare_to_receive(int fd, family f) {
  enlarge(fd, SO_RCVBUFFORCE, SO_RCVBUF);
  set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1, "SO_RXQ_OVFL");
  if (f == family::v4)
    set(fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
  else
    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
}

template <std::size_t N>
void filter(int fd, std::array<sock_filter, N> code) {
  const sock_fprog program{static_cast<unsigned short>(N), code.data()};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
    fail("SO_ATTACH_FILTER");
}

constexpr std::uint32_t whole = 0xffffffff;

}  // namespace

bool has_ipv6() {
  const descriptor d{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  return static_cast<bool>(d);
}

descriptor duplicate(const descriptor& d) {
  descriptor r{::fcntl(d.get(), F_DUPFD_CLOEXEC, 0)};
  if (!r) fail("duplicating a descriptor");
  return r;
}

descriptor raw_sending_socket(family f, std::uint32_t mark) {
  descriptor d = open_socket(f, SOCK_RAW, IPPROTO_UDP);
  // A raw socket gets a copy of every UDP packet of the host; this lets none in.
  filter(d.get(), std::array<sock_filter, 1>{{BPF_STMT(BPF_RET | BPF_K, 0)}});
  prepare_to_send(d.get(), f, mark);
  // Where in UDP's header the kernel is to put the checksum. IPv4 has no such option.
  if (f == family::v6) set(d.get(), IPPROTO_IPV6, IPV6_CHECKSUM, 6, "IPV6_CHECKSUM");
  return d;
}

descriptor raw_receiving_socket(family f, std::uint16_t port) {
  // What slips in before the filter stands is refused by the reader.
  descriptor d = open_socket(f, SOCK_RAW, IPPROTO_UDP);
  if (f == family::v4)  // IPv4's header comes first, and tells its length
    filter(d.get(), std::array<sock_filter, 7>{{
                        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
                        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 3),
                        BPF_STMT(BPF_LD | BPF_B | BPF_IND, 8),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xff, 0, 1),
                        BPF_STMT(BPF_RET | BPF_K, whole),
                        BPF_STMT(BPF_RET | BPF_K, 0),
                    }});
  else  // IPv6's is not shown
    filter(d.get(), std::array<sock_filter, 6>{{
                        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 3),
                        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xff, 0, 1),
                        BPF_STMT(BPF_RET | BPF_K, whole),
                        BPF_STMT(BPF_RET | BPF_K, 0),
                    }});
  prepare_to_receive(d.get(), f);
  return d;
}

descriptor udp_socket(family f, std::uint16_t port, std::uint32_t mark) {
  descriptor d = open_socket(f, SOCK_DGRAM, 0);
  filter(d.get(), std::array<sock_filter, 4>{{
                      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8),
                      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xff, 0, 1),
                      BPF_STMT(BPF_RET | BPF_K, whole),
                      BPF_STMT(BPF_RET | BPF_K, 0),
                  }});
  if (f == family::v6) set(d.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
  prepare_to_send(d.get(), f, mark);
  prepare_to_receive(d.get(), f);
  const socket_address here =
      to_socket_address({f == family::v4 ? ip_address::v4(0) : ip_address{}, port});
  if (::bind(d.get(), here.get(), here.length) != 0)
    fail("UDP port " + std::to_string(port) + (f == family::v4 ? " over IPv4" : " over IPv6"));
  return d;
}

void accept_redirected(const descriptor& socket, family f) {
  if (f == family::v4)
    set(socket.get(), IPPROTO_IP, IP_TRANSPARENT, 1, "IP_TRANSPARENT");
  else
    set(socket.get(), IPPROTO_IPV6, IPV6_TRANSPARENT, 1, "IPV6_TRANSPARENT");
}

std::uint16_t bound_port(const descriptor& socket) {
  socket_address own;
  own.length = sizeof own.storage;
  if (::getsockname(socket.get(), own.get(), &own.length) != 0) fail("getsockname");
  return from_socket_address(own.get()).value_or(endpoint{}).port();
}

udp_pair udp_sockets(std::uint16_t port, std::uint32_t mark) {
  // A port that is free over IPv4 may be taken over IPv6: then another.
  for (int tries_left = 16;; --tries_left) {
    udp_pair r;
    r.v4 = udp_socket(family::v4, port, mark);
    r.port = bound_port(r.v4);
    try {
      r.v6 = udp_socket(family::v6, r.port, mark);
      return r;
    } catch (const std::system_error& e) {
      const int error = e.code().value();
      if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL) return r;
      if (error != EADDRINUSE || port != 0 || tries_left == 0) throw;
    }
  }
}

descriptor claim_port(std::uint16_t port) {
  descriptor d{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!d) fail("unix socket");
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  // The abstract namespace, which is the network namespace's and leaves no file behind.
  const std::string name = "wirehub-port-" + std::to_string(port);
  std::memcpy(a.sun_path + 1, name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(d.get(), reinterpret_cast<const sockaddr*>(&a), length) != 0) {
    if (errno == EADDRINUSE)
      fail("another wh-real runs on UDP port " + std::to_string(port) +
           " here: stop it, or choose another listen-port");
    fail("claiming UDP port " + std::to_string(port));
  }
  return d;
}

}  // namespace wh::real
