#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "transport/time.hpp"

namespace wh::actors {

/// Book-keeping for the one alarm of an actor on top of timers that cannot be cancelled.
///
/// A timer is asked for only when the deadline lies before every timer still under way. A deadline
/// that moves later costs nothing: the early timer finds that it is not due and asks for the rest.
/// So an actor that re-arms with every datagram has one or two timers in flight, not one a
/// datagram.
class alarm {
 public:
  /// Sets or clears the deadline. Returns the time of the timer to start, if one is needed.
  std::optional<time_point> arm(std::optional<time_point> deadline) {
    deadline_ = deadline.value_or(never);
    return timer();
  }

  /// A timer that was set for `at` has rung. True: the deadline is reached, and forgotten. Stray,
  /// early and repeated timers do no harm. Ask `timer()` afterwards.
  bool ring(time_point now, time_point at) {
    while (pending_count_ > 0 && pending_[pending_count_ - 1] <= at) --pending_count_;
    if (deadline_ > now) return false;
    deadline_ = never;
    return true;
  }

  /// The time of the timer to start so that the deadline is met, if none under way rings in time.
  std::optional<time_point> timer() {
    if (deadline_ == never) return {};
    if (pending_count_ > 0 && pending_[pending_count_ - 1] <= deadline_) return {};
    // At the bound the latest deadline takes the earliest one's place. The timer so forgotten still
    // rings, as a stray one.
    if (pending_count_ == pending_.size()) --pending_count_;
    pending_[pending_count_++] = deadline_;
    return deadline_;
  }

  std::optional<time_point> deadline() const {
    return deadline_ == never ? std::nullopt : std::optional{deadline_};
  }

 private:
  static constexpr time_point never = time_point::max();

  time_point deadline_ = never;
  // Timers under way, latest first. Three: a slow one (refresh), a middling one (retry), a fast
  // one.
  std::array<time_point, 3> pending_{};
  std::uint8_t pending_count_ = 0;
};

}  // namespace wh::actors
