#pragma once

#include <caf/actor_clock.hpp>
#include <cstdint>
#include <unordered_map>

namespace wh::actors {

template <class Timeline>
class coordinator_on;

/// Between a timeline's nanoseconds and CAF's clock: one nanosecond later, since CAF takes
/// time_point{} for "not set".
inline caf::actor_clock::time_point to_actor_time(std::int64_t ns) {
  return caf::actor_clock::time_point{std::chrono::nanoseconds{ns + 1}};
}
inline std::int64_t to_ns(caf::actor_clock::time_point t) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count() - 1;
}

/// Every time source of CAF (delayed and scheduled sends, request timeouts, idle timeouts) as
/// events of a timeline.
template <class Timeline>
class clock_on final : public caf::actor_clock {
 public:
  using coordinator = coordinator_on<Timeline>;

  explicit clock_on(coordinator& owner) : owner_(owner) {}

  time_point now() const noexcept override;
  duration_type difference(caf::atom_value measurement, long units, time_point from,
                           time_point to) const noexcept override;
  void set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                            std::uint64_t id) override;
  void set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                         std::uint64_t id) override;
  void set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) override;
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override;
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override;
  void cancel_timeouts(caf::abstract_actor* self) override;
  void schedule_message(time_point t, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override;
  void schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override;
  void cancel_all() override;

 private:
  struct idle_event;
  /// The idle timeout of one actor. Each message moves `due`; the event under way stays and asks
  /// for the rest when it comes early.
  struct idle_state {
    std::int64_t due_ns;
    std::int64_t event_ns;
    std::uint64_t id;
  };
  void start_idle(std::int64_t at_ns, caf::abstract_actor* self, caf::atom_value type);

  coordinator& owner_;
  // Never walked through, so its order reaches nothing.
  std::unordered_map<std::uint64_t, idle_state> idle_;
};

}  // namespace wh::actors
