#pragma once

#include <caf/actor_system_config.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "actors/runtime/clock.hpp"

namespace wh::actors {

/// A CAF scheduler without threads. Actors that can run stand in one queue, first come, first
/// served; `drain` runs them, and what they set running, until none is left. The actors' time
/// stands still meanwhile.
///
/// A timeline is where time comes from, and events ring:
/// - `event`, and `event_base<D>`, an `event` that calls `D::ring()` when it is due;
/// - `now_ns()`; `schedule(at_ns, event*)`, which takes the event; `drop(event*)`;
/// - `stop()`: whoever lets time pass is to return.
template <class Timeline>
class coordinator_on final : public caf::scheduler::abstract_coordinator {
 public:
  using super = caf::scheduler::abstract_coordinator;
  using event = typename Timeline::event;

  /// What an actor system needs to be given a coordinator.
  struct system_config : caf::actor_system_config {
    explicit system_config(Timeline& t) : time(&t) { load<coordinator_on>(); }
    Timeline* time;
  };

  coordinator_on(caf::actor_system& system, Timeline& time);
  ~coordinator_on() override;
  /// CAF's way of making a module; the system's config must be a `system_config`.
  template <class... Ts>
  static caf::actor_system::module* make(caf::actor_system& system, caf::detail::type_list<Ts...>) {
    return make_for(system);
  }
  static coordinator_on& of(caf::actor_system& system) {
    return static_cast<coordinator_on&>(system.scheduler());
  }

  /// Between `enter` and `leave` messages gather; the outermost `leave` drains.
  void enter() { ++depth_; }
  void leave() {
    if (--depth_ == 0) drain();
  }
  void drain();

  /// Ends every actor, whatever it is waiting for and whoever holds it, and lets them say goodbye.
  void end_actors();
  /// No time passes any more: what is scheduled from now on is dropped.
  void close();

  caf::execution_unit* unit() { return &unit_; }
  Timeline& time() { return time_; }
  std::int64_t now_ns() const { return draining_ ? now_ns_ : time_.now_ns(); }
  void schedule(std::int64_t at_ns, event* e);

  /// Not empty once actors have kept each other busy at one instant beyond the limit: the time, and
  /// who it was. Nothing runs from then on.
  const std::string& failure() const { return failure_; }
  void fail(std::string why);
  void set_instant_limit(std::uint64_t resumes) { instant_limit_ = resumes; }

  std::uint64_t resumes() const { return resumes_; }
  std::uint64_t actors_seen() const { return actors_seen_; }
  std::uint64_t timers() const { return timers_; }

  void enqueue(caf::resumable* job) override;
  caf::actor_clock& clock() noexcept override { return clock_; }
  bool detaches_utility_actors() const override { return false; }
  void start() override;
  void stop() override;

 private:
  class unit_type final : public caf::execution_unit {
   public:
    explicit unit_type(coordinator_on& owner)
        : caf::execution_unit(&owner.system()), owner_(owner) {}
    void exec_later(caf::resumable* job) override { owner_.push(job); }

   private:
    coordinator_on& owner_;
  };
  struct kick_event;

  static caf::actor_system::module* make_for(caf::actor_system& system);
  void push(caf::resumable* job);
  caf::resumable* pop();
  void grow();
  void run(caf::resumable* job);
  void first_met(caf::resumable* job);
  void livelocked(caf::resumable* job);
  void discard_queue();

  Timeline& time_;
  unit_type unit_;
  clock_on<Timeline> clock_;
  // A ring: its size is a power of two, positions count on for ever.
  std::vector<caf::resumable*> ring_;
  std::uint64_t read_ = 0;
  std::uint64_t write_ = 0;
  // Every actor that has run, in the order of its first turn, the dead swept out now and then.
  std::vector<caf::weak_actor_ptr> actors_;
  std::size_t sweep_at_ = 1024;
  std::thread::id owner_ = std::this_thread::get_id();
  unsigned depth_ = 0;
  bool draining_ = false;
  bool kick_pending_ = false;
  bool closed_ = false;
  std::int64_t now_ns_ = 0;
  std::uint64_t instant_resumes_ = 0;
  std::uint64_t instant_limit_ = 50'000'000;
  std::uint64_t resumes_ = 0;
  std::uint64_t actors_seen_ = 0;
  std::uint64_t timers_ = 0;
  std::string failure_;
};

}  // namespace wh::actors
