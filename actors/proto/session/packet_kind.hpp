#pragma once

#include <cstdint>
#include <string>

#include "actors/proto/session/packet.hpp"

namespace wh::session {

/// What a packet is, as far as its sender knows: its type, and the message that stands in it.
struct packet_kind {
  packet::type type = packet::type::transport;
  /// Of a message, or of a path challenge or echo; 0: none.
  std::uint8_t message = 0;
  friend auto operator<=>(const packet_kind&, const packet_kind&) = default;
};

/// `initiation`, `initiation_find_node` with a message that rides in it, and so for responses;
/// `cookie_reply`, `reach`; of transport packets the message's name, `path_challenge`, `path_echo`,
/// or `confirmation` when nothing is in it.
std::string to_string(packet_kind k);

}  // namespace wh::session
