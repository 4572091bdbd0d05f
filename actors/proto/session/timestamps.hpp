#pragma once

#include <vector>

#include "transport/bytes.hpp"
#include "transport/time.hpp"

namespace wh::session {

/// The greatest timestamp of an initiation by peer, so that a copy is refused. 32 bytes a peer:
/// half of the key names it (a peer would have to find a key with 128 bits of its victim's).
class timestamps {
 public:
  /// After this long without a word from a peer its timestamp may go. Long enough that copies are
  /// not worth the wait, short enough that a clock that was ahead is forgiven.
  static constexpr duration memory = 10min;

  explicit timestamps(std::size_t max) : max_(max) {}

  enum class result : std::uint8_t { advanced, advanced_forgetting_another, not_newer };
  /// Remembers `stamp` when it is greater than all before. At the bound the peer that was not heard
  /// from for longest is forgotten.
  result advance(time_point now, const public_key& peer, std::uint64_t stamp);
  /// As if heard from now; for peers with a session.
  void keep(time_point now, const public_key& peer);
  /// Forgets whoever was not heard from for `memory`.
  void prune(time_point now);
  std::size_t size() const { return entries_.size(); }

 private:
  struct entry {
    fixed_bytes<16> peer;
    std::uint64_t stamp;
    time_point heard;
  };
  std::vector<entry>::iterator at(const public_key& peer);
  std::vector<entry> entries_;  // by peer
  std::size_t max_;
};

}  // namespace wh::session
