// A link between two network namespaces that takes its time, for kernels without netem.
//
//   delay_link NAMESPACE-A INTERFACE-A NAMESPACE-B INTERFACE-B MILLISECONDS
//
// Makes a TAP interface in each namespace (files such as /run/netns/NAME), says "ready", and
// carries every frame from one to the other that much later, in order. TAPs without offloads: the
// kernel fills in checksums and segments before a frame gets here. Ends with whoever started it.

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <vector>

namespace {

// What a link holds under way; the rest is lost, as in a real queue.
constexpr std::size_t frames_max = 10000;
constexpr std::int64_t second_ns = 1'000'000'000;

struct frame {
  std::int64_t due_ns;
  std::vector<std::uint8_t> content;
};

struct direction {
  int from, to;
  std::deque<frame> under_way;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * second_ns + t.tv_nsec;
}

int open_tap(const char* space, const char* name) {
  const int there = open(space, O_RDONLY | O_CLOEXEC);
  if (there < 0 || setns(there, CLONE_NEWNET) != 0) die(space);
  close(there);
  const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) die("/dev/net/tun");
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &request) != 0) die(name);
  return fd;
}

void take(direction& d, std::int64_t delay_ns) {
  std::uint8_t room[65536];
  for (int left = 64; left > 0; --left) {
    const ssize_t n = read(d.from, room, sizeof room);
    if (n <= 0) return;
    if (d.under_way.size() < frames_max)
      d.under_way.push_back({now_ns() + delay_ns, {room, room + n}});
  }
}

void hand_over(direction& d) {
  while (!d.under_way.empty() && d.under_way.front().due_ns <= now_ns()) {
    const auto& content = d.under_way.front().content;
    // A full queue, or an interface that is down: the frame is lost.
    [[maybe_unused]] const ssize_t n = write(d.to, content.data(), content.size());
    d.under_way.pop_front();
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) {
    std::fprintf(stderr, "usage: delay_link NAMESPACE-A IF-A NAMESPACE-B IF-B MILLISECONDS\n");
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_TIMERSLACK, 1UL);
  const auto delay_ns = static_cast<std::int64_t>(std::atof(words[5]) * 1e6);
  // B first: /proc/self/ns/net as A's is the one this was started in, and stays so until the first
  // step elsewhere.
  const int here = open(words[1], O_RDONLY | O_CLOEXEC);
  if (here < 0) die(words[1]);
  const int b = open_tap(words[3], words[4]);
  char path[32];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", here);
  const int a = open_tap(path, words[2]);
  direction ways[2] = {{a, b, {}}, {b, a, {}}};
  const int alarm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  std::printf("ready\n");
  std::fflush(stdout);
  for (;;) {
    std::int64_t next = 0;
    for (direction& w : ways) {
      hand_over(w);
      if (!w.under_way.empty() && (next == 0 || w.under_way.front().due_ns < next))
        next = w.under_way.front().due_ns;
    }
    itimerspec when{};
    when.it_value = {next / second_ns, next % second_ns};
    timerfd_settime(alarm, TFD_TIMER_ABSTIME, &when, nullptr);
    pollfd fds[3] = {{a, POLLIN, 0}, {b, POLLIN, 0}, {alarm, POLLIN, 0}};
    if (poll(fds, 3, -1) < 0) continue;
    std::uint64_t rung;
    if (fds[2].revents != 0 && read(alarm, &rung, sizeof rung) < 0) continue;
    for (int i = 0; i < 2; ++i)
      if (fds[i].revents != 0) take(ways[i], delay_ns);
  }
}
