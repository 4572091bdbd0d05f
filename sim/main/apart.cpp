#include "sim/main/apart.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace wh::sim {
namespace {

[[noreturn]] void in_the_child(const std::function<std::string()>& work, unsigned cpu_s, int to) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit most{cpu_s, cpu_s};
  setrlimit(RLIMIT_CPU, &most);
  // A crash is what is looked for: no dumps, and nobody who makes something else of it.
  for (const int s : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTERM, SIGXCPU})
    std::signal(s, SIG_DFL);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const std::string told = work();
  for (std::size_t at = 0; at < told.size();) {
    const ssize_t n = write(to, told.data() + at, told.size() - at);
    if (n < 0 && errno != EINTR) _exit(2);
    if (n > 0) at += static_cast<std::size_t>(n);
  }
  _exit(0);
}

}  // namespace

apart_end apart(const std::function<std::string()>& work, unsigned cpu_s) {
  apart_end end;
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    end.died = std::string("pipe: ") + std::strerror(errno);
    return end;
  }
  const pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    in_the_child(work, cpu_s, ends[1]);
  }
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    end.died = std::string("fork: ") + std::strerror(errno);
    return end;
  }
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t n = read(ends[0], part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    end.told.append(part.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    // The kernel's for RLIMIT_CPU's hard limit is SIGKILL.
    end.too_long = WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL;
    end.died = strsignal(WTERMSIG(status));
  } else if (WEXITSTATUS(status) != 0) {
    end.died = "exit code " + std::to_string(WEXITSTATUS(status));
  }
  if (!end.died.empty()) end.told.clear();
  return end;
}

}  // namespace wh::sim
