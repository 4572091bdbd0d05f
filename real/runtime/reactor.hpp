#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "transport/time.hpp"

namespace wh::real {

/// Something that a reactor is to do at a time. Owned by whoever holds it until it has rung.
class timed_event {
 public:
  virtual ~timed_event() = default;
  virtual void ring() = 0;
};

/// One thread's loop over file descriptors, timers and functions posted from elsewhere. One turn:
/// what is due and what is ready, then `on_batch` (the actors are drained there), then `on_idle`,
/// then sleep.
///
/// Everything but `post` and `stop` belongs to the thread that runs it. What a callback throws
/// comes out of `run`.
class reactor {
 public:
  reactor();
  ~reactor();
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  /// Calls `readable` in each turn in which `fd` can be read or has failed: level-triggered. A
  /// callback takes a bounded bite and lets others have their turn. Watching a watched descriptor
  /// replaces its callback.
  void watch(int fd, std::function<void()> readable);
  /// The same for writing; `fd` may be watched for both.
  void watch_writable(int fd, std::function<void()> writable);
  void unwatch_writable(int fd);
  /// For both, before the descriptor is closed. Allowed in any callback, its own too; after it none
  /// of the descriptor's callbacks is called, even where the turn had already found it ready.
  void unwatch(int fd);

  /// Calls `f` at `t`, or in the next turn when `t` has passed. Never from within `at`.
  void at(time_point t, std::function<void()> f);
  /// From any thread: `f` is called in one of the next turns, in the order of posting.
  void post(std::function<void()> f);

  /// Called once a turn, after events and timers. There is one: the actors' scheduler.
  void on_batch(std::function<void()> f) { batch_ = std::move(f); }
  /// Called once a turn before the loop sleeps, when all actors have said what they had to say:
  /// batches of datagrams leave here.
  void on_idle(std::function<void()> f) { idle_.push_back(std::move(f)); }

  /// This host's time: the wall clock as it stood when the reactor was made, from there on the
  /// kernel's clock that never goes back and counts while the machine sleeps.
  time_point now() const;

  /// Turns until `stop`, also one that came before.
  void run();
  /// From any thread, and from a signal handler: the turn under way is finished.
  void stop();

  /// Nanoseconds since the machine started; `boot` is that instant in `now()`'s scale.
  std::int64_t now_ns() const;
  time_point boot() const { return boot_; }
  /// Takes an event that is to ring at `now_ns() == at_ns`. Events of one instant ring in the order
  /// of scheduling. `owner` is a mark for `drop_timers`.
  void schedule(std::int64_t at_ns, std::unique_ptr<timed_event> e, const void* owner = nullptr);
  /// Drops the timers of an owner, with what they hold.
  void drop_timers(const void* owner);

 private:
  struct watched {
    std::function<void()> readable, writable;
  };
  struct timer {
    std::int64_t at_ns;
    std::uint64_t order;
    std::unique_ptr<timed_event> what;
    const void* owner;
  };
  static bool later(const timer& a, const timer& b) {
    return a.at_ns != b.at_ns ? a.at_ns > b.at_ns : a.order > b.order;
  }

  void update(int fd);
  void ring_due();
  void run_posted();
  void wake();
  void arm_clock();
  void turn();

  const time_point boot_;
  int epoll_ = -1, wake_ = -1, clock_ = -1;
  // By descriptor; shared, so that a callback may unwatch itself while it runs.
  std::map<int, std::shared_ptr<watched>> watched_;
  std::vector<timer> timers_;  // a heap, earliest first
  std::uint64_t scheduled_ = 0;
  std::int64_t armed_ns_ = 0;  // when the kernel's timer rings; 0: it does not
  std::function<void()> batch_;
  std::vector<std::function<void()>> idle_;
  std::mutex guard_;
  std::vector<std::function<void()>> posted_;  // under guard_
  std::atomic<bool> stopping_ = false;
};

}  // namespace wh::real
