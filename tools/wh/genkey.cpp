#include "tools/wh/genkey.hpp"

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "actors/proto/keys/search.hpp"
#include "real/host_rng.hpp"

namespace wh::cli {

namespace {

volatile std::sig_atomic_t interrupted = 0;

extern "C" void on_interrupt(int) { interrupted = 1; }

/// 1234567 -> "1.2M".
std::string short_number(double v) {
  const char* const units[] = {"", "k", "M", "G", "T"};
  std::size_t u = 0;
  while (v >= 1000 && u + 1 < std::size(units)) {
    v /= 1000;
    ++u;
  }
  char text[32];
  std::snprintf(text, sizeof text, u == 0 || v >= 100 ? "%.0f%s" : "%.1f%s", v, units[u]);
  return text;
}

std::string short_time(double s) {
  char text[32];
  if (s < 120)
    std::snprintf(text, sizeof text, "%.0f s", s);
  else if (s < 7200)
    std::snprintf(text, sizeof text, "%.0f min", s / 60);
  else if (s < 172800)
    std::snprintf(text, sizeof text, "%.0f h", s / 3600);
  else if (s < 365.25 * 86400 * 10)
    std::snprintf(text, sizeof text, "%.0f days", s / 86400);
  else
    std::snprintf(text, sizeof text, "more than 10 years");
  return text;
}

/// What all threads of one search share.
struct shared {
  std::mutex guard;
  std::condition_variable ended;
  std::optional<private_key> found;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> tries{0};
};

void work(shared& all, unsigned workbit, const std::string& ns) {
  // A few milliseconds: Ctrl-C and another thread's success are seen soon.
  constexpr std::uint64_t portion = 128;
  real::host_rng random;
  keys::search s(sodium_crypto(), random, workbit, ns);
  while (!all.stop.load(std::memory_order_relaxed)) {
    const std::uint64_t before = s.tries();
    const auto k = s.step(portion);
    all.tries.fetch_add(s.tries() - before, std::memory_order_relaxed);
    if (!k) continue;
    const std::lock_guard lock(all.guard);
    if (!all.found) all.found = k;
    all.stop = true;
    all.ended.notify_all();
  }
}

}  // namespace

std::optional<private_key> search_in_threads(unsigned workbit, const std::string& ns,
                                             unsigned threads) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const auto previous = std::signal(SIGINT, on_interrupt);
  const auto start = std::chrono::steady_clock::now();

  shared all;
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) {
    try {
      workers.emplace_back([&] { work(all, workbit, ns); });
    } catch (const std::system_error&) {
      break;  // fewer threads than asked for search as well
    }
  }
  if (workers.empty()) work(all, workbit, ns);

  bool shown = false;
  std::unique_lock lock(all.guard);
  while (!all.found && interrupted == 0) {
    all.ended.wait_for(lock, std::chrono::milliseconds(250));
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    if (all.found || !terminal || spent.count() < 0.5) continue;
    const auto tries = static_cast<double>(all.tries.load());
    const double rate = tries / spent.count();
    std::fprintf(stderr, "\r\033[K%s keys tried, %s/s, %s on average from any moment on",
                 short_number(tries).c_str(), short_number(rate).c_str(),
                 short_time(std::exp2(workbit) / std::max(rate, 1.0)).c_str());
    shown = true;
  }
  lock.unlock();
  all.stop = true;
  for (std::thread& t : workers) t.join();
  if (shown) std::fputs("\r\033[K", stderr);
  std::signal(SIGINT, previous);
  if (interrupted != 0 && !all.found) std::raise(SIGINT);
  return all.found;
}

}  // namespace wh::cli
