#include "real/runtime/actor_loop.hpp"

#include "actors/runtime/coordinator_impl.hpp"

template class wh::actors::coordinator_on<wh::real::loop_timeline>;

namespace wh::real {

struct actor_loop::parts {
  explicit parts(reactor& r)
      : time(r), config(time), system(config), scheduler(coordinator::of(system)) {}

  loop_timeline time;
  coordinator::system_config config;
  caf::actor_system system;
  coordinator& scheduler;
  bool closed = false;
};

actor_loop::actor_loop(reactor& r) : reactor_(r), parts_(std::make_unique<parts>(r)) {
  parts_->scheduler.drain();
  // Everything gathers until the end of a turn: no event drains by itself.
  parts_->scheduler.enter();
  reactor_.on_batch([this] { drain(); });
}

actor_loop::~actor_loop() { shut_down(); }

void actor_loop::shut_down() {
  if (parts_->closed) return;
  parts_->closed = true;
  reactor_.on_batch(nullptr);
  parts_->scheduler.leave();
  parts_->scheduler.end_actors();
  // Pending timers hold actors: dropped while their system is still there.
  parts_->scheduler.close();
  parts_->time.close();
  parts_->scheduler.drain();
}

void actor_loop::drain() { parts_->scheduler.drain(); }

caf::actor_system& actor_loop::system() { return parts_->system; }

actors::time_map actor_loop::clock() const { return {actors::to_actor_time(0), reactor_.boot()}; }

caf::execution_unit* actor_loop::unit() { return parts_->scheduler.unit(); }

const std::string& actor_loop::failure() const { return parts_->scheduler.failure(); }

}  // namespace wh::real
