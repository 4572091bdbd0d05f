#include "real/control/client.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "real/control/unix_address.hpp"
#include "real/net/descriptor.hpp"

namespace wh::real {

namespace {

/// Larger answers do not exist: a status of 65536 members has 60 MB.
constexpr std::size_t answer_max = 256 << 20;

std::string in_words(const std::string& socket, int error) {
  switch (error) {
    case ENOENT:
    case ECONNREFUSED:
      return "no daemon listens at " + socket;
    case EACCES:
    case EPERM:
      return "you may not talk to the daemon at " + socket + "; try as root";
    default:
      return socket + ": " + std::strerror(error);
  }
}

/// A connected socket, or errno.
expected<descriptor, int> connect_to(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return unexpected(ENAMETOOLONG);
  descriptor s(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!s || ::connect(s.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return unexpected(errno);
  return s;
}

}  // namespace

bool somebody_listens(const std::string& socket) {
  const auto s = connect_to(socket);
  return s || (s.error() != ENOENT && s.error() != ECONNREFUSED);
}

expected<std::string, std::string> ask_daemon(const std::string& socket, const std::string& request,
                                              std::chrono::seconds patience) {
  const auto s = connect_to(socket);
  if (!s) return unexpected(in_words(socket, s.error()));
  const timeval wait{patience.count(), 0};
  ::setsockopt(s->get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  ::setsockopt(s->get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  const std::string line = request + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const auto n = ::send(s->get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    // Whoever is refused is told so before he has said what he wants.
    if (n < 0 && errno == EPIPE) break;
    if (n < 0) return unexpected(in_words(socket, errno));
    sent += static_cast<std::size_t>(n);
  }
  std::string answer;
  char buffer[16384];
  while (answer.size() < answer_max) {
    const auto n = ::recv(s->get(), buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return unexpected("the daemon at " + socket + " did not answer in time");
    if (n <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(n));
    if (answer.back() == '\n') break;
  }
  if (answer.empty() || answer.back() != '\n')
    return unexpected("the daemon at " + socket + " ended before it had answered");
  answer.pop_back();
  return answer;
}

}  // namespace wh::real
