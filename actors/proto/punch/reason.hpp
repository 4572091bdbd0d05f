#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "actors/proto/wire/messages.hpp"
#include "transport/words.hpp"

namespace wh::punch {

/// How payload can reach a peer now.
enum class path_state : std::uint8_t { none, relayed, direct };
inline constexpr std::array<std::string_view, 3> path_state_words{"none", "relayed", "direct"};
constexpr words words_of(path_state) { return path_state_words; }

/// Why a path is not direct. Every peer that is relayed or unreachable has one.
enum class reason : std::uint8_t {
  none,                // it is direct, or nobody wants it
  looking_up,          // its record is being looked for
  udp_blocked,         // no UDP comes back to this host, or to the peer
  no_record,           // the DHT holds no record of it
  contacting,          // its record is known, no answer yet
  peer_silent,         // neither its endpoints nor its relays answer for it
  no_relay,            // it is behind a NAT and names no relay, and its endpoints do not answer
  opening,             // relayed while a direct path is being opened
  both_mappings_vary,  // both NATs give each destination another port
  mapping_varies,      // one NAT does, and the other one lets only known ports in
  no_answer,           // both NATs allow it as far as is known; no packet came through
  no_hairpin,          // both are behind one box, and no packet came through it
  lost,                // it was direct; its packets stopped
};

std::string_view code(reason r);
/// One sentence: what blocks the direct path, and what would help.
std::string_view explain(reason r);

/// Why an attempt between two NATs failed, as far as their classes tell.
reason why_failed(wire::nat_class mine, wire::nat_class theirs);

}  // namespace wh::punch
