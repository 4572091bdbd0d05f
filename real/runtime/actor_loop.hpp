#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "actors/caf.hpp"
#include "real/runtime/reactor.hpp"

namespace wh::actors {
template <class Timeline>
class coordinator_on;
}

namespace wh::real {

/// A reactor as what actors take time from.
class loop_timeline {
 public:
  using event = timed_event;
  template <class D>
  using event_base = timed_event;

  explicit loop_timeline(reactor& r) : reactor_(r) {}
  std::int64_t now_ns() const { return reactor_.now_ns(); }
  void schedule(std::int64_t at_ns, event* e) {
    reactor_.schedule(at_ns, std::unique_ptr<timed_event>(e), this);
  }
  static void drop(event* e) { delete e; }
  void stop() { reactor_.stop(); }
  void close() { reactor_.drop_timers(this); }

 private:
  reactor& reactor_;
};

/// A CAF actor system on a reactor's thread: no other thread runs actors. What one batch of events
/// sends gathers and is drained at its end, in the order of sending; the actors' time stands still
/// meanwhile.
///
/// A reactor's idle functions run after that: they tell actors nothing, but may `reactor::post`.
class actor_loop {
 public:
  explicit actor_loop(reactor& r);
  ~actor_loop();
  actor_loop(const actor_loop&) = delete;
  actor_loop& operator=(const actor_loop&) = delete;

  caf::actor_system& system();
  /// From the actor clock to `reactor::now()`, for actors.
  actors::time_map clock() const;

  /// Puts a message into an actor's mailbox. On the reactor's thread only.
  template <class Handle, class... Ts>
  void send(const Handle& to, Ts&&... xs) {
    actors::enqueue(to, unit(), std::forward<Ts>(xs)...);
  }

  /// Runs what can run now, for use outside of `reactor::run`.
  void drain();
  /// Ends all actors and drops their timers. Call it before what the actors use goes away; the
  /// destructor calls it too.
  void shut_down();

  /// Not empty when actors kept each other busy without end: who, and when. The reactor was
  /// stopped.
  const std::string& failure() const;

 private:
  using coordinator = actors::coordinator_on<loop_timeline>;
  struct parts;
  caf::execution_unit* unit();

  reactor& reactor_;
  std::unique_ptr<parts> parts_;
};

}  // namespace wh::real
