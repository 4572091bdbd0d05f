#include "real/wireguard/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

extern char** environ;

namespace wh::real {

namespace {

// One write of the program is one datagram; what is longer is cut.
constexpr std::size_t line_max = 4096;
constexpr int lines_a_turn = 32;
constexpr std::chrono::milliseconds end_patience{2000};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (const std::string& w : words) out.push_back(const_cast<char*>(w.c_str()));
  out.push_back(nullptr);
  return out;
}

int spawn(const std::vector<std::string>& arguments, const std::vector<std::string>& added,
          int errors, pid_t& pid) {
  std::vector<std::string> variables = added;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string_view v{*e};
    bool replaced = false;
    for (const std::string& a : added)
      replaced = replaced || v.starts_with(a.substr(0, a.find('=') + 1));
    if (!replaced) variables.emplace_back(v);
  }
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, errors, 1);
  posix_spawn_file_actions_adddup2(&files, errors, 2);
  // Ours may be blocked, to be read from a descriptor.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const int e = ::posix_spawn(&pid, arguments[0].c_str(), &files, &attributes,
                              pointers(arguments).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return e;
}

}  // namespace

std::string find_program(const std::string& name) {
  const char* path = ::secure_getenv("PATH");
  std::string folders = std::string(path != nullptr ? path : "") +
                        ":/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";
  for (std::size_t at = 0; at <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    std::string full = folders.substr(at, end - at) + "/" + name;
    // Not from where we happen to stand.
    if (full.front() == '/' && end > at && ::access(full.c_str(), X_OK) == 0) return full;
    at = end + 1;
  }
  return {};
}

expected<std::unique_ptr<child>, std::string> child::start(
    reactor& r, const std::vector<std::string>& arguments,
    const std::vector<std::string>& environment, words w) {
  std::unique_ptr<child> c{new child(r, std::move(w))};
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0)
    return unexpected(std::string(std::strerror(errno)));
  c->errors_ = ends[0];
  pid_t pid = -1;
  const int e = spawn(arguments, environment, ends[1], pid);
  ::close(ends[1]);
  if (e != 0) return unexpected(arguments[0] + " cannot be started: " + std::strerror(e));
  if (!c->watch_end(pid)) {
    const int why = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return unexpected(arguments[0] + " cannot be watched: " + std::strerror(why));
  }
  r.watch(c->errors_, [p = c.get()] { p->listen(); });
  return c;
}

expected<std::unique_ptr<child>, std::string> child::adopt(reactor& r, pid_t p, words w) {
  std::unique_ptr<child> c{new child(r, std::move(w))};
  if (!c->watch_end(p))
    return unexpected("process " + std::to_string(p) +
                      " cannot be watched: " + std::strerror(errno));
  return c;
}

bool child::watch_end(pid_t p) {
  end_ = static_cast<int>(::syscall(SYS_pidfd_open, p, 0));
  if (end_ < 0) return false;
  ::fcntl(end_, F_SETFD, FD_CLOEXEC);
  pid_ = p;
  reactor_.watch(end_, [this] {
    listen();
    reactor_.unwatch(end_);
    // What is told may well destroy us.
    const auto tell = words_.ended;
    tell(reap());
  });
  return true;
}

child::~child() {
  for (const int fd : {end_, errors_}) {
    if (fd < 0) continue;
    reactor_.unwatch(fd);
    ::close(fd);
  }
}

void child::listen() {
  char line[line_max];
  for (int i = 0; errors_ >= 0 && i < lines_a_turn; ++i) {
    const ssize_t n = ::recv(errors_, line, sizeof line, MSG_DONTWAIT);
    if (n < 0) return;
    std::string_view rest{line, static_cast<std::size_t>(n)};
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      if (const auto one = rest.substr(0, end); !one.empty()) {
        last_words_ = one;
        words_.said(last_words_);
      }
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }
}

std::string child::reap() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return "gone";  // not our child
  if (WIFSIGNALED(status))
    return "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) +
           ")";
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

bool child::wait(std::chrono::milliseconds longest) {
  pollfd p{end_, POLLIN, 0};
  const int n = ::poll(&p, 1, static_cast<int>(longest.count()));
  listen();
  return n > 0;
}

void child::stop() {
  reactor_.unwatch(end_);
  // By the descriptor: the number may be another's by now.
  const auto signal = [this](int s) { ::syscall(SYS_pidfd_send_signal, end_, s, nullptr, 0); };
  signal(SIGTERM);
  if (!wait(end_patience)) {
    signal(SIGKILL);
    wait(end_patience);
  }
  reap();
}

}  // namespace wh::real
