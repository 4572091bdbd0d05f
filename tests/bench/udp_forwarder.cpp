// A relay that has nothing to decide: what comes from one of the two that wrote last goes to the
// other one. The measure for relays that do decide something (real_figures.py).
//
//   udp_forwarder PORT        until it is killed

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t batch = 32;

bool same(const sockaddr_in& a, const sockaddr_in& b) {
  return a.sin_addr.s_addr == b.sin_addr.s_addr && a.sin_port == b.sin_port;
}

int fail(const char* what) {
  std::perror(what);
  return 1;
}

}  // namespace

int main(int count, char** words) {
  const int port = count == 2 ? std::atoi(words[1]) : 0;
  if (port <= 0 || port > 65535) {
    std::fprintf(stderr, "udp_forwarder PORT\n");
    return 2;
  }
  const int s = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return fail("socket");
  // Past the system's limit where that is allowed, as the daemon's own sockets.
  const int size = 4 << 20;
  if (::setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
    ::setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (::setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
    ::setsockopt(s, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::bind(s, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) return fail("bind");

  // Unknown ones have port 0; the one that wrote last stands first.
  std::array<sockaddr_in, 2> known{};
  static std::array<std::array<char, 2048>, batch> room;
  std::array<sockaddr_in, batch> from{}, to{};
  std::array<iovec, batch> parts{};
  std::array<mmsghdr, batch> in{}, out{};
  for (;;) {
    for (std::size_t i = 0; i < batch; ++i) {
      parts[i] = {room[i].data(), room[i].size()};
      in[i].msg_hdr = {};
      in[i].msg_hdr.msg_name = &from[i];
      in[i].msg_hdr.msg_namelen = sizeof from[i];
      in[i].msg_hdr.msg_iov = &parts[i];
      in[i].msg_hdr.msg_iovlen = 1;
    }
    const int n = ::recvmmsg(s, in.data(), batch, MSG_WAITFORONE, nullptr);
    if (n < 0) continue;  // what the other side's host says of a closed port, or a signal
    unsigned used = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      if (!same(from[i], known[0])) {
        std::swap(known[0], known[1]);
        if (!same(from[i], known[0])) known[0] = from[i];
      }
      if (known[1].sin_port == 0) continue;
      to[used] = known[1];
      parts[i].iov_len = in[i].msg_len;
      out[used].msg_hdr = {};
      out[used].msg_hdr.msg_name = &to[used];
      out[used].msg_hdr.msg_namelen = sizeof to[used];
      out[used].msg_hdr.msg_iov = &parts[i];
      out[used].msg_hdr.msg_iovlen = 1;
      ++used;
    }
    for (unsigned done = 0; done < used;) {
      const int sent = ::sendmmsg(s, &out[done], used - done, 0);
      done += sent > 0 ? static_cast<unsigned>(sent) : 1;
    }
  }
}
