// Datagrams a second through the datagram port, by its way of binding, beside a bare UDP forwarder.
//
//   bench_port [ROUNDS] [SECONDS]        in namespaces of its own; 5 rounds of 0.5 s each by
//   default
//
// Three hosts in a row: the left one sends, the middle one passes every datagram on to the right
// one, whose kernel drops it. First as fast as the left one can: counted is what the middle one
// passes on. Then 20 000 a second, for the CPU time a datagram costs the middle one: in a flood the
// kernel moves part of the work to a thread of its own, which nobody pays for. Receiving in the
// kernel is the sender's cost, sending the middle one's. All ways take turns within a round, so
// that what else the machine does hits them alike.

#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <vector>

#include "real/net/port.hpp"
#include "tests/support/isolation.hpp"
#include "tests/support/net_space.hpp"

namespace {

using namespace wh;
using namespace wh::real;
using namespace wh::test;
using wall = std::chrono::steady_clock;

constexpr std::uint16_t number = 51820;
const endpoint middle_in{ip_address::v4(10, 1, 0, 1), number};
const endpoint right_in{ip_address::v4(10, 2, 0, 2), number};

struct figures {
  std::uint64_t datagrams = 0;
  double cpu_us = 0;
  double wall_us = 0;
};

double cpu_us() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  const auto of = [](const timeval& t) {
    return 1e6 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec);
  };
  return of(u.ru_utime) + of(u.ru_stime);
}

/// Calls `turn` until the time is over. `turn` waits by itself, and returns what it passed on.
figures measure(double seconds, const std::function<std::uint64_t()>& turn) {
  figures f;
  // The sender may be late on a busy machine; its first datagrams find routes and neighbours.
  const auto late = wall::now() + std::chrono::seconds(5);
  while (turn() == 0 && wall::now() < late) {
  }
  const auto warm = wall::now() + std::chrono::milliseconds(50);
  while (wall::now() < warm) turn();
  const double cpu = cpu_us();
  const auto start = wall::now();
  const auto end = start + std::chrono::duration<double>(seconds);
  while (wall::now() < end) f.datagrams += turn();
  f.cpu_us = cpu_us() - cpu;
  f.wall_us = std::chrono::duration<double, std::micro>(wall::now() - start).count();
  return f;
}

void wait_readable(std::vector<pollfd>& fds) { ::poll(fds.data(), fds.size(), 20); }

/// What a forwarder takes that has nothing to decide.
figures bare(double seconds) {
  const descriptor s{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int size = 4 << 20;
  ::setsockopt(s.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  ::setsockopt(s.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  const socket_address here = to_socket_address({ip_address::v4(0), number});
  if (::bind(s.get(), here.get(), here.length) != 0) fail("bind");
  socket_address there = to_socket_address(right_in);
  constexpr unsigned batch = 32;
  std::vector<std::array<std::uint8_t, 2048>> room(batch);
  std::array<iovec, batch> parts;
  std::array<mmsghdr, batch> messages{};
  std::vector<pollfd> fds{{s.get(), POLLIN, 0}};
  return measure(seconds, [&]() -> std::uint64_t {
    wait_readable(fds);
    std::uint64_t passed = 0;
    for (int round = 0; round < 8; ++round) {
      for (unsigned i = 0; i < batch; ++i) {
        parts[i] = {room[i].data(), room[i].size()};
        messages[i].msg_hdr = {};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
      }
      const int n = ::recvmmsg(s.get(), messages.data(), batch, MSG_DONTWAIT, nullptr);
      if (n <= 0) break;
      for (int i = 0; i < n; ++i) {
        const auto k = static_cast<std::size_t>(i);
        parts[k].iov_len = messages[k].msg_len;
        messages[k].msg_hdr.msg_name = there.get();
        messages[k].msg_hdr.msg_namelen = there.length;
      }
      const int sent = ::sendmmsg(s.get(), messages.data(), static_cast<unsigned>(n), MSG_DONTWAIT);
      if (sent > 0) passed += static_cast<std::uint64_t>(sent);
    }
    return passed;
  });
}

/// `how` empty: without WireGuard.
figures by_port(std::optional<capture> how, double seconds) {
  port_options o;
  o.port = number;
  o.how = how;
  descriptor wireguard;
  if (how) {
    o.wireguard = "wg0";
    wireguard = descriptor{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const socket_address here = to_socket_address({ip_address::v4(0), number});
    if (::bind(wireguard.get(), here.get(), here.length) != 0) fail("bind");
  }
  host_port* port = nullptr;
  host_port p(o,
              [&](const arrival& a) {
                port->send(right_in, bytes(a.payload.begin(), a.payload.end()), ttl::host_default);
              },
              {});
  port = &p;
  std::vector<pollfd> fds;
  for (const int fd : p.descriptors()) fds.push_back({fd, POLLIN, 0});
  time_point now{std::chrono::seconds{1}};
  return measure(seconds, [&] {
    const std::uint64_t before = p.stats().sent;
    wait_readable(fds);
    now += 1us;
    for (const pollfd& f : fds)
      if (f.revents != 0) p.readable(f.fd, now);
    p.flush(now);
    return p.stats().sent - before;
  });
}

/// Sends until it is killed; `rate` datagrams a second, 0: as many as it can.
void generate(std::size_t size, unsigned rate) {
  const descriptor s{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const socket_address there = to_socket_address(middle_in);
  if (::connect(s.get(), there.get(), there.length) != 0) fail("connect");
  bytes payload(size, 0xff);
  iovec part{payload.data(), payload.size()};
  std::array<mmsghdr, 32> messages{};
  for (mmsghdr& m : messages) {
    m.msg_hdr.msg_iov = &part;
    m.msg_hdr.msg_iovlen = 1;
  }
  // Refused while nobody has the port yet: it goes on.
  const auto start = wall::now();
  for (std::uint64_t sent = 0;; sent += messages.size()) {
    if (rate != 0) {
      const auto left = start + std::chrono::nanoseconds(1'000'000'000 * sent / rate) - wall::now();
      const auto us = std::chrono::duration_cast<std::chrono::microseconds>(left).count();
      if (us > 0) ::usleep(static_cast<useconds_t>(us));
    }
    ::sendmmsg(s.get(), messages.data(), messages.size(), 0);
  }
}

template <class F>
pid_t in_process(const net_space& where, F f) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    where.within(f);
    ::_exit(0);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    ::_exit(1);
  }
}

struct way {
  const char* name;
  std::function<figures(double)> run;
};

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v.empty() ? 0 : v[v.size() / 2];
}

figures run(const way& w, const net_space& left, const net_space& middle, double seconds,
            std::size_t size, unsigned rate) {
  int out[2];
  if (::pipe(out) != 0) fail("pipe");
  const pid_t forwarder = in_process(middle, [&] {
    const figures f = w.run(seconds);
    if (::write(out[1], &f, sizeof f) != sizeof f) fail("write");
  });
  const pid_t generator = in_process(left, [&] { generate(size, rate); });
  ::close(out[1]);
  figures f;
  const bool there = ::read(out[0], &f, sizeof f) == sizeof f;
  ::close(out[0]);
  ::kill(generator, SIGKILL);
  ::waitpid(generator, nullptr, 0);
  ::waitpid(forwarder, nullptr, 0);
  if (!there || f.datagrams == 0)
    throw std::runtime_error(std::string(w.name) + ": nothing came through");
  return f;
}

int compare(int count, char** words) {
  const int rounds = count > 1 ? std::atoi(words[1]) : 5;
  const double seconds = count > 2 ? std::atof(words[2]) : 0.5;
  const net_space left("left"), middle("middle"), right("right");
  connect(left, "eth0", middle, "in");
  connect(middle, "out", right, "eth0");
  left.ip("addr add 10.1.0.2/24 dev eth0");
  middle.ip("addr add 10.1.0.1/24 dev in");
  middle.ip("addr add 10.2.0.1/24 dev out");
  right.ip("addr add 10.2.0.2/24 dev eth0");
  // Before it takes a socket, so that nobody is told of a port nobody has.
  right.run(
      "nft 'table inet sink { chain c { type filter hook prerouting priority -400; "
      "udp dport 51820 drop; }; }'");
  const way ways[] = {
      {"bare UDP forwarder", bare},
      {"plain UDP socket", [](double s) { return by_port(std::nullopt, s); }},
      {"raw", [](double s) { return by_port(capture::raw, s); }},
      {"pcap", [](double s) { return by_port(capture::pcap, s); }},
      {"nft", [](double s) { return by_port(capture::nft, s); }},
  };
  constexpr std::size_t n = std::size(ways);
  for (const std::size_t size : {200U, 1400U}) {
    std::vector<double> rate[n], cpu[n], rate_ratio[n], cpu_ratio[n];
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < n; ++i) {
        const figures flood = run(ways[i], left, middle, seconds, size, 0);
        const figures paced = run(ways[i], left, middle, seconds, size, 20000);
        rate[i].push_back(1e6 * static_cast<double>(flood.datagrams) / flood.wall_us);
        cpu[i].push_back(paced.cpu_us / static_cast<double>(paced.datagrams));
        rate_ratio[i].push_back(rate[i].back() / rate[0].back());
        cpu_ratio[i].push_back(cpu[i].back() / cpu[0].back());
      }
    }
    std::printf("%zu bytes, medians of %d rounds of %.1f s; ratios within a round\n", size, rounds,
                seconds);
    std::printf("  %-20s %14s %7s %18s %7s\n", "", "datagrams/s", "ratio", "CPU us/datagram",
                "ratio");
    for (std::size_t i = 0; i < n; ++i)
      std::printf("  %-20s %14.0f %7.2f %18.2f %7.2f\n", ways[i].name, median(rate[i]),
                  median(rate_ratio[i]), median(cpu[i]), median(cpu_ratio[i]));
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const auto guarded = [](int n, char** w) {
    try {
      return compare(n, w);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
      return 1;
    }
  };
  return run_isolated(guarded, count, words);
}
