#include "sim/main/jobs.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include "sim/main/interruption.hpp"

namespace wh::sim {
namespace {

struct child {
  pid_t pid = -1;
  bool over = false;
  job_end end;
};

void start(child& c, const job& work, pid_t parent) {
  c.pid = fork();
  if (c.pid < 0) {
    c.end.died = std::string("fork: ") + std::strerror(errno);
    c.over = true;
  } else if (c.pid == 0) {
    // Whoever kills the parent must not leave its children behind.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(2);
    _exit(work.work());
  }
}

}  // namespace

std::vector<job_end> do_jobs(const std::vector<job>& all, unsigned at_once,
                             const std::function<void(std::size_t, const job_end&)>& ended) {
  const interruption signals;
  const pid_t self = getpid();
  const std::size_t most =
      at_once > 0 ? at_once : std::max(1U, std::thread::hardware_concurrency());
  std::vector<child> children(all.size());
  std::size_t next = 0, running = 0, told = 0;
  bool stopping = false;
  const auto tell = [&] {
    for (; told < children.size() && children[told].over; ++told) ended(told, children[told].end);
  };
  while (told < all.size()) {
    if (interruption::came() && !stopping) {
      stopping = true;
      for (const child& c : children)
        if (c.pid > 0 && !c.over) kill(c.pid, SIGTERM);
      for (; next < all.size(); ++next) {
        children[next].over = children[next].end.skipped = true;
        children[next].end.died = "was not begun";
        children[next].end.code = 1;
      }
    }
    while (!stopping && next < all.size() && running < most) {
      start(children[next], all[next], self);
      if (!children[next].over) ++running;
      ++next;
    }
    tell();
    if (running == 0) continue;
    // Not waited for in the kernel: a signal that comes just before would not be seen.
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
      continue;
    }
    for (child& c : children) {
      if (c.pid != pid || c.over) continue;
      --running;
      c.over = true;
      if (WIFEXITED(status)) {
        c.end.code = WEXITSTATUS(status);
      } else {
        c.end.code = 1;
        c.end.died = std::string("died: ") + strsignal(WTERMSIG(status));
      }
    }
    tell();
  }
  std::vector<job_end> out;
  for (child& c : children) out.push_back(std::move(c.end));
  return out;
}

}  // namespace wh::sim
