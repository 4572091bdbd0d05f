#pragma once

#include <optional>

#include "actors/alarm.hpp"
#include "actors/caf.hpp"

namespace wh::actors {

/// An actor tells itself that the timer it set for `at` has rung.
struct alarm_tick {
  time_point at;
};

}  // namespace wh::actors

WH_ACTOR_MESSAGE(wh::actors::alarm_tick)

namespace wh::actors {

/// Base of the actors: a shell around an engine, with the time and one alarm.
///
/// A derived class
/// - hands `actor_config&` and the host's `time_map` through,
/// - puts `alarm_clause()` first in what `make_behavior()` returns,
/// - calls `arm(engine.next_timeout())` after each input it has handled,
/// - lets `on_alarm(now)` hand the timeout to its engine and arm again,
/// - lets `on_exit()` drop its handles of others, who may hold it, and replies not yet given, which
///   hold the actor itself: a circle lives for ever.
///
/// Messages outside the interface are dropped without a word.
template <class Interface>
class shell : public actor_base<extend_if<Interface, result<void>(alarm_tick)>> {
 public:
  /// The interface and the actor's own clauses.
  using inside = extend_if<Interface, result<void>(alarm_tick)>;
  using super = actor_base<inside>;
  using behavior_type = behavior_of<inside>;

  shell(actor_config& config, time_map clock) : super(config), clock_(clock) {
    this->set_default_handler(caf::drop);
  }

  /// What others are given.
  Interface handle() { return caf::actor_cast<Interface>(this); }

 protected:
  time_point now() const { return clock_.to_host(this->home_system().clock().now()); }

  /// `on_alarm` is to come at `deadline`, in place of what was armed before; nothing: not at all.
  void arm(std::optional<time_point> deadline) { start(alarm_.arm(deadline)); }

  /// The deadline is reached and no longer armed.
  virtual void on_alarm(time_point now) = 0;

  auto alarm_clause() {
    return [this](const alarm_tick& tick) {
      const time_point t = now();
      if (alarm_.ring(t, tick.at)) on_alarm(t);
      start(alarm_.timer());
    };
  }

 private:
  void start(std::optional<time_point> at) {
    if (!at) return;
    this->home_system().clock().schedule_message(
        clock_.to_actor(*at), caf::strong_actor_ptr{this->ctrl()},
        caf::make_mailbox_element(nullptr, caf::make_message_id(), caf::no_stages,
                                  alarm_tick{*at}));
  }

  time_map clock_;
  alarm alarm_;
};

}  // namespace wh::actors
