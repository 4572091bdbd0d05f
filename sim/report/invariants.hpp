#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace wh::sim {

/// What must hold at every moment of every run, whatever happens in it.
enum class invariant : std::uint8_t {
  counter,
  forward,
  said,
  payload,
  clear,
  threefold,
  opening,
  bounds,
};

struct invariant_text {
  std::string_view name, about;
};

/// By `invariant`.
inline constexpr std::array<invariant_text, 8> invariant_texts{{
    {"counter", "No session sends two datagrams under one counter."},
    {"forward", "The record that a peer signs, and those that it holds, only become newer."},
    {"said", "A peer hears nothing from another that this one did not say to it."},
    {"payload", "Payload comes out where it was sent to, named after who sent it, and once."},
    {"clear", "No datagram of ours holds a key, or what users send, in clear."},
    {"threefold",
     "A datagram of over 111 bytes answers an address that has shown nothing only within three "
     "times what came from there."},
    {"opening", "A host sends a member 80 direct pings in 4.5 s, at most."},
    {"bounds",
     "A peer keeps within its bounds: contacts, records, lookups, guests, paths, sessions, "
     "memory."},
}};

struct invariant_row {
  std::uint64_t checked = 0, broken = 0;
  std::string first;  ///< what broke it first: when, who; a sentence
};
/// By `invariant`.
using invariant_rows = std::array<invariant_row, invariant_texts.size()>;

}  // namespace wh::sim
