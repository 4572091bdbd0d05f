#pragma once

#include <ns3/event-impl.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>

#include "actors/caf.hpp"
#include "transport/time.hpp"

namespace wh::actors {
template <class Timeline>
class coordinator_on;
}

namespace wh::sim {

class timeline;
using coordinator = actors::coordinator_on<timeline>;

/// The simulation cannot go on: actors or events that keep each other busy while time stands still.
/// The text says when and who.
class simulation_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An event that tells the coordinator when it starts and ends, so that everything it sends is
/// dealt with before the next one. Derive from it where a closure would cost too much.
class event : public ns3::EventImpl {
 public:
  explicit event(coordinator& owner) : owner_(&owner) {}

 protected:
  virtual void run() = 0;

 private:
  void Notify() final;
  coordinator* owner_;
};

struct simulation_stats {
  std::uint64_t events = 0;   ///< of ns-3
  std::uint64_t resumes = 0;  ///< turns of actors; each but an actor's first handles one message
  std::uint64_t actors = 0;   ///< that ever ran, three of CAF's own among them
  std::uint64_t timers = 0;   ///< that actors started
};

/// A CAF actor system inside ns-3's simulator: one thread, virtual time. Actors take no time;
/// between two events everything that can run has run, in the order in which it became able to.
///
/// One at a time in a process; a second one after the first has gone gives the same results. Actor
/// handles may outlive it: the actors behind them have ended.
class simulation {
 public:
  /// 2025-01-01 00:00 UTC: late enough for timestamps on the wire that must not be zero.
  static constexpr time_point epoch_default{std::chrono::seconds{1735689600}};

  explicit simulation(time_point epoch = epoch_default);
  ~simulation();
  simulation(const simulation&) = delete;
  simulation& operator=(const simulation&) = delete;

  caf::actor_system& system();
  time_point epoch() const { return epoch_; }
  time_point now() const;
  /// From the actor clock to `now()`, or to a wall clock that is ahead of it, for actors.
  actors::time_map clock(duration ahead = duration{}) const;

  /// Calls `f` at `t`, or now if `t` has passed.
  template <std::invocable F>
  void at(time_point t, F f) {
    schedule(t, new function_event<F>{coordinator_(), std::move(f)});
  }
  template <std::invocable F>
  void after(duration d, F f) {
    at(now() + d, std::move(f));
  }
  /// Takes an event of ns-3.
  void schedule(time_point t, ns3::EventImpl* e);

  /// Hands a message to an actor and lets everything that follows from it happen: at once from
  /// outside of events, at the end of the event from within one.
  template <class Handle, class... Ts>
  void post(const Handle& to, Ts&&... xs) {
    enter();
    actors::enqueue(to, unit(), std::forward<Ts>(xs)...);
    leave();
  }
  /// The same for several messages, or spawned actors, that belong together.
  template <std::invocable F>
  void together(F f) {
    enter();
    f();
    leave();
  }

  /// Lets time pass until `t`, everything due at `t` included. Throws `simulation_error`, or what
  /// an event has thrown. Returns early after `stop`.
  void run_until(time_point t);
  void run_for(duration d) { run_until(now() + d); }
  void stop();
  bool stopped() const;

  /// Ends all actors and drops everything pending. Call it before what the actors use goes away;
  /// the destructor calls it too.
  void shut_down();

  simulation_stats stats() const;
  /// How many turns of actors, and how many events, one instant may have before it counts as a
  /// loop. The default, 50 million, is a million peers that start at once.
  void set_instant_limit(std::uint64_t turns);

  coordinator& scheduler() { return coordinator_(); }

 private:
  template <class F>
  class function_event final : public event {
   public:
    function_event(coordinator& owner, F f) : event(owner), f_(std::move(f)) {}

   private:
    void run() override { f_(); }
    F f_;
  };
  struct parts;
  class stop_event;

  coordinator& coordinator_();
  caf::execution_unit* unit();
  void enter();
  void leave();

  time_point epoch_;
  std::unique_ptr<parts> parts_;
};

}  // namespace wh::sim
