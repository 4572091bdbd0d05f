#include "real/wireguard/uapi_socket.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "real/wireguard/uapi_text.hpp"

namespace wh::real::uapi {

namespace {

// Peers by the thousand take a moment; a program that hangs is to hang us only so long.
constexpr timeval patience{5, 0};
// 65536 peers with some addresses each.
constexpr std::size_t answer_max = 64 << 20;

struct connection {
  connection() : fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() {
    if (fd >= 0) ::close(fd);
  }
  /// 0, or the error.
  int connect(const std::string& path) const {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    if (path.size() >= sizeof a.sun_path) return ENAMETOOLONG;
    path.copy(a.sun_path, path.size());
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0 ? 0 : errno;
  }
  int fd;
};

}  // namespace

expected<pid_t, kernel_error> server_of(const std::string& path) {
  const connection c;
  if (const int e = c.connect(path); e != 0) return unexpected(kernel_error{e, {}});
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(c.fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    return unexpected(kernel_error{errno, {}});
  return who.pid;
}

expected<std::string, kernel_error> exchange(const std::string& path, std::string_view request) {
  const auto failed = [](int e) {
    return unexpected(kernel_error{e == EAGAIN ? ETIMEDOUT : e, {}});
  };
  const connection c;
  if (const int e = c.connect(path); e != 0) return failed(e);
  while (!request.empty()) {
    const ssize_t n = ::send(c.fd, request.data(), request.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    // A refused request may be answered before it is read to its end.
    if (n < 0 && errno == EPIPE) break;
    if (n < 0) return failed(errno);
    request.remove_prefix(static_cast<std::size_t>(n));
  }
  std::string answer;
  for (char part[65536]; !whole(answer);) {
    const ssize_t n = ::recv(c.fd, part, sizeof part, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    if (n == 0) return failed(ECONNRESET);
    answer.append(part, static_cast<std::size_t>(n));
    if (answer.size() > answer_max) return failed(EMSGSIZE);
  }
  return answer;
}

}  // namespace wh::real::uapi
