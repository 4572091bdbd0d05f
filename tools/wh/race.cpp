#include "tools/wh/race.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "tools/wh/cost.hpp"

namespace wh::cli {

namespace {

// Lock-free, so that a signal handler may set it and any thread may read it.
std::atomic<int> caught{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int number) { caught.store(number); }

constexpr int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};

/// What all threads of one search share.
struct shared {
  std::mutex guard;
  std::condition_variable changed;
  std::unique_ptr<runner> winner;
  unsigned running = 0;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> tries{0};
};

void work(shared& all, std::unique_ptr<runner> mine) {
  bool found = false;
  std::uint64_t counted = 0;
  while (!found && !mine->ended() && caught == 0 && !all.stop.load(std::memory_order_relaxed)) {
    found = mine->step();
    all.tries.fetch_add(mine->tries() - counted, std::memory_order_relaxed);
    counted = mine->tries();
  }
  const std::lock_guard lock(all.guard);
  if (found && !all.winner) all.winner = std::move(mine);
  if (all.winner) all.stop = true;
  mine.reset();
  --all.running;
  all.changed.notify_all();
}

/// Fits into 80 columns.
void show_progress(double tries, double seconds, unsigned workbit) {
  const double rate = tries / seconds, expected = tries_expected(workbit);
  const double probability = -std::expm1(-tries / expected);
  std::fprintf(stderr, "\r\033[K%s keys tried, %s/s, found by now with %.0f %%, %s more on average",
               count_text(tries).c_str(), count_text(rate).c_str(), 100 * probability,
               time_text(expected / std::max(rate, 1.0)).c_str());
}

}  // namespace

std::unique_ptr<runner> race(unsigned threads, unsigned workbit,
                             const std::function<std::unique_ptr<runner>(unsigned)>& make) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  void (*previous[std::size(ending_signals)])(int);
  for (std::size_t i = 0; i < std::size(ending_signals); ++i) {
    previous[i] = std::signal(ending_signals[i], on_signal);
    // nohup wants it ignored. A shell script that puts us into the background ignores SIGINT too,
    // but who then sends one means it.
    if (previous[i] == SIG_IGN && ending_signals[i] == SIGHUP) std::signal(SIGHUP, SIG_IGN);
  }
  const auto start = std::chrono::steady_clock::now();

  shared all;
  std::vector<std::thread> workers;
  all.running = threads;
  for (unsigned i = 0; i < threads; ++i) {
    try {
      workers.emplace_back([&all, &make, i] { work(all, make(i)); });
    } catch (const std::system_error&) {
      const std::lock_guard lock(all.guard);
      all.running -= threads - i;
      break;
    }
  }
  if (workers.empty()) {
    all.running = 1;
    work(all, make(0));
  }

  bool shown = false;
  std::unique_lock lock(all.guard);
  while (!all.winner && all.running > 0 && caught == 0) {
    all.changed.wait_for(lock, std::chrono::milliseconds(100));
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    if (all.winner || !terminal || spent.count() < 0.5) continue;
    show_progress(static_cast<double>(all.tries.load()), spent.count(), workbit);
    shown = true;
  }
  lock.unlock();
  all.stop = true;
  for (std::thread& t : workers) t.join();
  if (shown) std::fputs("\r\033[K", stderr);
  for (std::size_t i = 0; i < std::size(ending_signals); ++i)
    std::signal(ending_signals[i], previous[i]);
  if (caught != 0) {
    // Also when a key was found meanwhile: who interrupts wants none.
    all.winner.reset();
    std::signal(caught, SIG_DFL);
    std::raise(caught);
  }
  return std::move(all.winner);
}

}  // namespace wh::cli
