#include "tests/real/support/isolated.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

#include "tests/support/run_tests.hpp"

// A Catch2 program in namespaces of its own: user, network, mount and process. Nothing it makes is
// seen outside, and nothing survives it, however it ends. Ends with 77 where there are none, which
// ctest reports as skipped.

namespace {

constexpr int skipped = 77;

void write(const char* path, const std::string& text) { std::ofstream(path) << text; }

bool isolate() {
  const std::string uid = std::to_string(::geteuid()), gid = std::to_string(::getegid());
  constexpr int flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID;
  if (::unshare(CLONE_NEWUSER | flags) == 0) {
    write("/proc/self/setgroups", "deny");
    write("/proc/self/uid_map", "0 " + uid + " 1");
    write("/proc/self/gid_map", "0 " + gid + " 1");
    return true;
  }
  // Where user namespaces are forbidden, root does without.
  return ::unshare(flags) == 0;
}

bool furnish() {
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("proc", "/proc", "proc", 0, nullptr) == 0 &&
         ::mount("tmpfs", "/run", "tmpfs", 0, nullptr) == 0 && wh::test::loopback_up();
}

/// Waits for this child, and lets others go that end meanwhile.
int outcome(pid_t child) {
  int status = 0;
  for (pid_t ended = 0; ended != child;) {
    ended = ::waitpid(-1, &status, 0);
    if (ended < 0 && errno != EINTR) return 1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

bool wh::test::loopback_up() {
  const int s = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq lo{};
  std::strcpy(lo.ifr_name, "lo");
  lo.ifr_flags = IFF_UP;
  const bool done = ::ioctl(s, SIOCSIFFLAGS, &lo) == 0;
  ::close(s);
  return done;
}

wh::test::network_namespace::network_namespace() {
  before_ = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (before_ < 0 || ::unshare(CLONE_NEWNET) != 0 || !loopback_up()) FAIL("no network namespace");
  own_ = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  leave();
}
wh::test::network_namespace::~network_namespace() {
  ::close(own_);
  ::close(before_);
}
std::string wh::test::network_namespace::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(own_);
}
void wh::test::network_namespace::enter() const { REQUIRE(::setns(own_, CLONE_NEWNET) == 0); }
void wh::test::network_namespace::leave() const { REQUIRE(::setns(before_, CLONE_NEWNET) == 0); }

int main(int argc, char** argv) {
  // ctest asks for the names at build time.
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]).starts_with("--list")) return run_tests(argc, argv);
  if (!isolate()) {
    std::printf("SKIPPED: no namespaces here: %s\n", std::strerror(errno));
    return skipped;
  }
  const pid_t child = ::fork();  // the first process of the new process namespace
  if (child < 0) return 1;
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Lost with the new user: programs follow our descriptors in /proc.
    ::prctl(PR_SET_DUMPABLE, 1);
    if (!furnish()) {
      std::printf("SKIPPED: namespaces, but not to be furnished: %s\n", std::strerror(errno));
      return skipped;
    }
    if (const std::string why = wh::test::reason_to_skip(); !why.empty()) {
      std::printf("SKIPPED: %s\n", why.c_str());
      return skipped;
    }
    // One more, since the first process is the parent of all that lose theirs.
    const pid_t tests = ::fork();
    if (tests != 0) return tests < 0 ? 1 : outcome(tests);
    return run_tests(argc, argv);
  }
  // At once: a leak checker would need a thread, and this process can start none any more.
  ::_exit(outcome(child));
}
