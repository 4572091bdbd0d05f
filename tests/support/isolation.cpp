#include "tests/support/isolation.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr int skipped = 77;

void put(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text.data(), text.size()) < 0) std::perror(path);
  if (fd >= 0) close(fd);
}

/// Whether it worked; the reason is in errno.
bool leave() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  const int spaces = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID;
  if (unshare(CLONE_NEWUSER | spaces) == 0) {
    put("/proc/self/setgroups", "deny");
    put("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
    put("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
    return true;
  }
  return unshare(spaces) == 0;  // where user namespaces are forbidden, root does without
}

/// The first process inside: mounts of its own, and an end with whoever waits for it.
int live(int (*body)(int, char**), int count, char** words, int parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Lost with the change of user; a leak checker looks at its own process from outside.
  prctl(PR_SET_DUMPABLE, 1);
  // It may have ended before that stood: then its end of the pipe is closed.
  pollfd end{parent, POLLIN, 0};
  if (poll(&end, 1, 0) != 0) return 1;
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("proc", "/proc", "proc", 0, nullptr) != 0 ||
      mount("tmpfs", "/run", "tmpfs", 0, nullptr) != 0) {
    std::printf("SKIPPED: no mounts of our own here: %s\n", std::strerror(errno));
    return skipped;
  }
  mkdir("/run/netns", 0755);
  mkdir("/run/wireguard", 0755);
  if (std::system("PATH=$PATH:/usr/sbin:/sbin; command -v nft >/dev/null && ip link set lo up") !=
      0) {
    std::printf("SKIPPED: no ip or nft on this machine (Debian packages iproute2, nftables)\n");
    return skipped;
  }
  return body(count, words);
}

}  // namespace

int run_isolated(int (*body)(int, char**), int count, char** words) {
  if (!leave()) {
    std::printf("SKIPPED: no namespaces here: %s\n", std::strerror(errno));
    return skipped;
  }
  int alive[2];
  if (pipe2(alive, O_CLOEXEC) != 0) return 1;
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    close(alive[1]);
    std::exit(live(body, count, words, alive[0]));
  }
  if (child < 0) return 1;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  // At once: this process has nothing of its own to clean up, and cannot start any other (a leak
  // checker would), for the process namespace its children would belong to has ended.
  std::fflush(nullptr);
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
