#include "real/control/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "real/control/unix_address.hpp"

namespace wh::real {

namespace {

/// A refusal in the form of every other answer.
std::string refusal(std::string_view why) {
  return R"({"ok":false,"code":1,"error":")" + std::string(why) + "\"}";
}

}  // namespace

control_server::control_server(reactor& r, std::string path, handler h)
    : reactor_(r),
      path_(std::move(path)),
      handler_(std::move(h)),
      self_(std::make_shared<control_server*>(this)) {
  const auto address = unix_address(path_);
  if (!address) fail("the control socket " + path_, ENAMETOOLONG);
  descriptor s(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!s) fail("the control socket");
  ::unlink(path_.c_str());
  // The mode holds from the first moment on; a later chmod would leave a gap.
  const mode_t before = ::umask(0177);
  const int bound = ::bind(s.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  const int error = errno;
  ::umask(before);
  if (bound != 0) fail("the control socket " + path_, error);
  if (::listen(s.get(), SOMAXCONN) != 0) fail("the control socket " + path_);
  listen_ = std::move(s);
  reactor_.watch(listen_.get(), [this] { accept_some(); });
}

control_server::~control_server() {
  reactor_.unwatch(listen_.get());
  ::unlink(path_.c_str());
  while (!clients_.empty()) end(clients_.begin()->first);
}

void control_server::accept_some() {
  for (int i = 0; i < 16; ++i) {
    const int fd = ::accept4(listen_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    ucred who{};
    socklen_t size = sizeof who;
    const bool known = ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0;
    const std::uint64_t id = next_id_++;
    const bool full = clients_.size() >= clients_max;
    clients_.emplace(id, client{fd, {}, {}, 0, {}, false});
    if (!known || (who.uid != 0 && who.uid != ::geteuid())) {
      say(id, refusal("only root and the daemon's own user may ask it"));
    } else if (full) {
      say(id, refusal("too many ask at the same time; try again"));
    } else {
      reactor_.watch(fd, [this, id] { readable(id); });
      set_deadline(id, request_time);
      continue;
    }
    // A refusal fits the socket's buffer; who does not take it is not waited for.
    end(id);
  }
}

void control_server::readable(std::uint64_t id) {
  client& c = clients_.at(id);
  char buffer[4096];
  const auto n = ::recv(c.fd, buffer, sizeof buffer, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return end(id);
  c.in.append(buffer, static_cast<std::size_t>(n));
  const std::size_t line = c.in.find('\n');
  if (line == std::string::npos && c.in.size() <= request_max) return;
  // One request a connection: what comes after it is not read.
  reactor_.unwatch(c.fd);
  c.asked = true;
  set_deadline(id, answer_time);
  if (line == std::string::npos) return say(id, refusal("the request is too long"));
  c.in.resize(line);
  handler_(c.in, [self = std::weak_ptr(self_), id](std::string text) {
    if (const auto server = self.lock()) (*server)->say(id, std::move(text));
  });
}

void control_server::say(std::uint64_t id, std::string line) {
  const auto at = clients_.find(id);
  if (at == clients_.end() || !at->second.out.empty()) return;
  at->second.out = std::move(line) + "\n";
  set_deadline(id, answer_time);
  writable(id);
}

void control_server::writable(std::uint64_t id) {
  client& c = clients_.at(id);
  while (c.sent < c.out.size()) {
    const auto n = ::send(c.fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      reactor_.watch_writable(c.fd, [this, id] { writable(id); });
      return;
    }
    if (n < 0) break;
    c.sent += static_cast<std::size_t>(n);
  }
  if (c.asked) end(id);
}

void control_server::end(std::uint64_t id) {
  const auto at = clients_.find(id);
  if (at == clients_.end()) return;
  reactor_.unwatch(at->second.fd);
  ::close(at->second.fd);
  clients_.erase(at);
}

void control_server::set_deadline(std::uint64_t id, duration d) {
  client& c = clients_.at(id);
  c.deadline = reactor_.now() + d;
  reactor_.at(c.deadline, [self = std::weak_ptr(self_), id] {
    if (const auto server = self.lock()) (*server)->check_deadline(id);
  });
}

void control_server::check_deadline(std::uint64_t id) {
  const auto at = clients_.find(id);
  if (at != clients_.end() && at->second.deadline <= reactor_.now()) end(id);
}

}  // namespace wh::real
