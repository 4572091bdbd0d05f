#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "transport/time.hpp"

namespace wh {

/// The round trips to other peers that an engine measured last, and what they have in common: our
/// own line. On a satellite link or a slow modem even the nearest peer takes long, and a stranger
/// must not be held to what is usual elsewhere.
///
/// Of the last 8 the third fastest counts (of fewer, one a quarter of the way up): one peer on a
/// fast line among seven on slow ones is no contradiction, and who wants us to be patient by
/// answering late has to be most of those that we talk to. `longest` bounds what they can do.
class round_trips {
 public:
  static constexpr duration longest = 4s;

  void add(duration rtt) {
    const auto ms = std::clamp<std::int64_t>(rtt / 1ms, 0, longest / 1ms);
    last_[next_] = static_cast<std::uint16_t>(ms);
    next_ = static_cast<std::uint8_t>((next_ + 1) % last_.size());
    count_ = static_cast<std::uint8_t>(std::min<std::size_t>(count_ + 1U, last_.size()));
  }

  /// Zero while nothing was measured.
  duration line() const {
    for (std::size_t i = 0; i < count_; ++i) {
      const auto faster = std::count_if(last_.begin(), last_.begin() + count_,
                                        [&](auto other) { return other < last_[i]; });
      const auto as_fast = std::count(last_.begin(), last_.begin() + count_, last_[i]);
      if (faster <= count_ / 4 && count_ / 4 < faster + as_fast)
        return std::chrono::milliseconds{last_[i]};
    }
    return duration{0};
  }

  /// How long to wait for an answer that usually comes within `usual`: longer where our line alone
  /// takes most of it.
  duration patience(duration usual) const { return std::max<duration>(usual, line() * 3 / 2); }

 private:
  std::array<std::uint16_t, 8> last_{};  // milliseconds
  std::uint8_t next_ = 0, count_ = 0;
};

}  // namespace wh
