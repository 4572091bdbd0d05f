#include "real/wireguard/tunnels.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "transport/check.hpp"

namespace wh::real {

namespace {

constexpr std::uint32_t first_address = 127u << 24 | 1u << 16;
constexpr std::size_t batch_max = 64;
// A full-size datagram of any tunnel that a relay could carry; larger ones arrive cut and are lost.
constexpr std::size_t datagram_max = 2048;
constexpr int buffer_bytes = 4 << 20;

sockaddr_in address_of(std::uint32_t ip, std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(ip);
  return a;
}

void enlarge(int fd, int forced, int plain) {
  // Beyond the system's limit with CAP_NET_ADMIN, up to it without.
  if (::setsockopt(fd, SOL_SOCKET, forced, &buffer_bytes, sizeof buffer_bytes) != 0)
    ::setsockopt(fd, SOL_SOCKET, plain, &buffer_bytes, sizeof buffer_bytes);
}

constexpr std::size_t info_space = CMSG_SPACE(sizeof(in_pktinfo));

}  // namespace

expected<std::unique_ptr<tunnels>, std::string> tunnels::open(reactor& r, std::uint16_t port,
                                                              receiver tunnelled) {
  const auto bad = [](const char* what) {
    return unexpected(std::string("the socket for relayed peers: ") + what + ": " +
                      std::strerror(errno));
  };
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return bad("cannot be made");
  std::unique_ptr<tunnels> t{new tunnels(r, port, std::move(tunnelled), fd)};
  // Before it is bound: bound to every address, it is to be heard on the loopback interface alone.
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0)
    return bad("cannot be kept to the loopback interface");
  if (::setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0) return bad("IP_PKTINFO");
  enlarge(fd, SO_RCVBUFFORCE, SO_RCVBUF);
  enlarge(fd, SO_SNDBUFFORCE, SO_SNDBUF);
  sockaddr_in a = address_of(INADDR_ANY, 0);
  socklen_t size = sizeof a;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size) != 0)
    return bad("cannot be bound");
  t->own_ = ntohs(a.sin_port);
  r.watch(fd, [p = t.get()] { p->readable(); });
  return t;
}

tunnels::~tunnels() {
  reactor_.unwatch(fd_);
  ::close(fd_);
}

endpoint tunnels::open_tunnel(const public_key& k) {
  const auto known = numbers_.find(k);
  if (known != numbers_.end()) return {ip_address::v4(known->second), own_};
  std::uint32_t number = first_address;
  for (const auto& [used, key] : keys_) {
    if (used != number) break;
    ++number;
  }
  WH_CHECK(number - first_address < tunnels_max);
  numbers_.emplace(k, number);
  keys_.emplace(number, k);
  return {ip_address::v4(number), own_};
}

void tunnels::close_tunnel(const public_key& k) {
  const auto known = numbers_.find(k);
  if (known == numbers_.end()) return;
  keys_.erase(known->second);
  numbers_.erase(known);
}

void tunnels::inject(const public_key& k, bytes datagram) {
  const auto known = numbers_.find(k);
  if (known == numbers_.end()) return;
  out_.push_back({known->second, std::move(datagram)});
  if (out_.size() == batch_max) flush();
}

void tunnels::flush() {
  if (out_.empty()) return;
  sockaddr_in to = address_of(INADDR_LOOPBACK, wireguard_);
  mmsghdr messages[batch_max];
  iovec parts[batch_max];
  alignas(cmsghdr) std::uint8_t infos[batch_max][info_space];
  std::memset(messages, 0, sizeof messages);
  std::memset(infos, 0, sizeof infos);
  for (std::size_t i = 0; i < out_.size(); ++i) {
    parts[i] = {out_[i].datagram.data(), out_[i].datagram.size()};
    msghdr& h = messages[i].msg_hdr;
    h.msg_name = &to;
    h.msg_namelen = sizeof to;
    h.msg_iov = &parts[i];
    h.msg_iovlen = 1;
    h.msg_control = infos[i];
    h.msg_controllen = info_space;
    cmsghdr* c = CMSG_FIRSTHDR(&h);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo info{};
    info.ipi_spec_dst.s_addr = htonl(out_[i].from);
    std::memcpy(CMSG_DATA(c), &info, sizeof info);
  }
  for (std::size_t done = 0; done < out_.size();) {
    const int n =
        ::sendmmsg(fd_, messages + done, static_cast<unsigned>(out_.size() - done), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n > 0) {
      counted_.to_wireguard += static_cast<std::uint64_t>(n);
      done += static_cast<std::size_t>(n);
    } else {
      // One that cannot go (WireGuard is away, its queue is full) does not hold up the others.
      ++counted_.lost;
      ++done;
    }
  }
  out_.clear();
}

void tunnels::readable() {
  static thread_local std::uint8_t buffers[batch_max][datagram_max];
  mmsghdr messages[batch_max];
  iovec parts[batch_max];
  sockaddr_in from[batch_max];
  alignas(cmsghdr) std::uint8_t infos[batch_max][info_space];
  std::memset(messages, 0, sizeof messages);
  for (std::size_t i = 0; i < batch_max; ++i) {
    parts[i] = {buffers[i], datagram_max};
    msghdr& h = messages[i].msg_hdr;
    h.msg_name = &from[i];
    h.msg_namelen = sizeof from[i];
    h.msg_iov = &parts[i];
    h.msg_iovlen = 1;
    h.msg_control = infos[i];
    h.msg_controllen = info_space;
  }
  // One batch a turn: others have theirs. An error is one of an earlier send, and says nothing new.
  const int n = ::recvmmsg(fd_, messages, batch_max, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < n; ++i) {
    msghdr& h = messages[i].msg_hdr;
    std::uint32_t to = 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&h); c != nullptr; c = CMSG_NXTHDR(&h, c)) {
      if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO) continue;
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      to = ntohl(info.ipi_addr.s_addr);
    }
    if (from[i].sin_addr.s_addr != htonl(INADDR_LOOPBACK) ||
        from[i].sin_port != htons(wireguard_)) {
      ++counted_.foreign;
      continue;
    }
    const auto known = keys_.find(to);
    if (known == keys_.end() || (h.msg_flags & MSG_TRUNC) != 0) {
      ++counted_.nobody;
      continue;
    }
    ++counted_.from_wireguard;
    // A copy: what is told may close the tunnel.
    const public_key k = known->second;
    tunnelled_(k, bytes(buffers[i], buffers[i] + messages[i].msg_len));
  }
}

}  // namespace wh::real
