#pragma once

#include <cstdint>

namespace wh::session {

/// Which of the last 64 counters were seen (RFC 6479 in one word). 16 bytes.
class replay_window {
 public:
  static constexpr std::uint64_t size = 64;

  /// True when `counter` is neither seen nor too old.
  bool fresh(std::uint64_t counter) const {
    if (counter >= next_) return true;
    const std::uint64_t behind = next_ - 1 - counter;
    return behind < size && (seen_ >> behind & 1) == 0;
  }
  /// True when `counter` is greater than all before.
  bool newest(std::uint64_t counter) const { return counter >= next_; }
  /// To be called for authenticated packets only.
  void mark(std::uint64_t counter) {
    if (counter < next_) {
      seen_ |= std::uint64_t{1} << (next_ - 1 - counter);
      return;
    }
    const std::uint64_t ahead = counter - next_ + 1;
    seen_ = ahead < size ? seen_ << ahead | 1 : 1;
    next_ = counter + 1;
  }

 private:
  std::uint64_t next_ = 0;  // one above the greatest seen
  std::uint64_t seen_ = 0;  // bit i: next_ - 1 - i was seen
};

}  // namespace wh::session
