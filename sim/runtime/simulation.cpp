#include "sim/runtime/simulation.hpp"

#include <exception>

#include "sim/runtime/coordinator.hpp"
#include "sim/runtime/timeline.hpp"
#include "transport/check.hpp"

namespace wh::sim {

namespace {

// What an event has thrown. ns-3 does not expect exceptions, so it waits here until its loop has
// returned. A process has one simulation, so one place is enough.
std::exception_ptr thrown;

}  // namespace

struct simulation::parts {
  parts() : config(time), system(config), scheduler(coordinator::of(system)) {}

  timeline time;
  coordinator::system_config config;
  caf::actor_system system;
  coordinator& scheduler;
  std::uint64_t instant_limit = 50'000'000;
  std::uint64_t run = 0;
  bool reached = false;
  bool stop_asked = false;
  bool closed = false;
};

/// Comes back at its instant until nothing else has happened there in between.
class simulation::stop_event final : public ns3::EventImpl {
 public:
  stop_event(parts& p, std::int64_t at_ns) : parts_(p), at_ns_(at_ns), run_(p.run) {}

 private:
  void Notify() override {
    // Left over from a run that something else has stopped.
    if (run_ != parts_.run) return;
    const std::uint64_t n = parts_.time.events();
    if (n == seen_ + 1) {
      parts_.reached = true;
      parts_.time.stop();
      return;
    }
    if (seen_ == 0) first_ = n;
    seen_ = n;
    if (n - first_ > parts_.instant_limit) {
      parts_.scheduler.fail("events do not end at the instant that the simulation is to stop at");
      return;
    }
    Ref();
    parts_.time.schedule(at_ns_, this);
  }

  parts& parts_;
  std::int64_t at_ns_;
  std::uint64_t run_;
  std::uint64_t first_ = 0;
  std::uint64_t seen_ = 0;
};

void event::Notify() {
  owner_->enter();
  try {
    run();
  } catch (...) {
    if (!thrown) thrown = std::current_exception();
    owner_->time().stop();
  }
  owner_->leave();
}

simulation::simulation(time_point epoch) : epoch_(epoch), parts_(std::make_unique<parts>()) {
  thrown = nullptr;
  parts_->scheduler.drain();
}

simulation::~simulation() { shut_down(); }

void simulation::shut_down() {
  if (parts_->closed) return;
  parts_->closed = true;
  parts_->scheduler.end_actors();
  // Drops the pending events while the actor system, in which they hold actors, is still there.
  parts_->scheduler.close();
  parts_->time.close();
  parts_->scheduler.drain();
}

caf::actor_system& simulation::system() { return parts_->system; }

time_point simulation::now() const {
  return epoch_ + std::chrono::nanoseconds{parts_->scheduler.now_ns()};
}

actors::time_map simulation::clock(duration ahead) const {
  return {actors::to_actor_time(0), epoch_ + ahead};
}

void simulation::schedule(time_point t, ns3::EventImpl* e) {
  parts_->time.schedule((t - epoch_).count(), e);
}

void simulation::run_until(time_point t) {
  WH_CHECK(t >= now());
  WH_CHECK(!parts_->closed);
  parts& p = *parts_;
  p.stop_asked = false;
  p.reached = false;
  ++p.run;
  p.scheduler.drain();
  const std::int64_t at_ns = (t - epoch_).count();
  p.time.schedule(at_ns, new stop_event{p, at_ns});
  while (!p.reached && !p.stop_asked && !thrown && p.scheduler.failure().empty() &&
         !p.time.closed())
    p.time.run();
  if (thrown) std::rethrow_exception(std::exchange(thrown, nullptr));
  if (!p.scheduler.failure().empty()) throw simulation_error{p.scheduler.failure()};
}

void simulation::stop() {
  parts_->stop_asked = true;
  parts_->time.stop();
}

bool simulation::stopped() const { return parts_->stop_asked; }

simulation_stats simulation::stats() const {
  const coordinator& c = parts_->scheduler;
  return {parts_->time.events(), c.resumes(), c.actors_seen(), c.timers()};
}

void simulation::set_instant_limit(std::uint64_t turns) {
  parts_->instant_limit = turns;
  parts_->scheduler.set_instant_limit(turns);
}

coordinator& simulation::coordinator_() { return parts_->scheduler; }
caf::execution_unit* simulation::unit() { return parts_->scheduler.unit(); }
void simulation::enter() { parts_->scheduler.enter(); }
void simulation::leave() { parts_->scheduler.leave(); }

}  // namespace wh::sim
