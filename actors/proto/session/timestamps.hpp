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
  /// As if heard from now.
  void keep(time_point now, const public_key& peer);
  /// Half of a key names its peer.
  using short_key = fixed_bytes<16>;
  static short_key short_form(const public_key& k);
  /// Forgets whoever was not heard from for `memory`, but for those of whom `needed(short_key)` is
  /// true.
  template <class F>
  void prune(time_point now, F needed) {
    std::erase_if(entries_, [&](entry& e) {
      if (now - e.heard < memory) return false;
      if (!needed(e.peer)) return true;
      e.heard = now;
      return false;
    });
  }
  std::size_t size() const { return entries_.size(); }

 private:
  struct entry {
    short_key peer;
    std::uint64_t stamp;
    time_point heard;
  };
  std::vector<entry>::iterator at(const public_key& peer);
  std::vector<entry> entries_;  // by peer
  std::size_t max_;
};

}  // namespace wh::session
