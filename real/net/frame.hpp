#pragma once

#include <cstdint>
#include <variant>

#include "real/net/arrival.hpp"

namespace wh::real {

/// What stands in front of the IP packet in a captured frame.
enum class link_type : std::uint8_t {
  ethernet,
  sll,       // Linux "cooked", as libpcap has it for the device "any"
  sll2,      // the same with the interface's number
  raw,       // nothing
  loopback,  // BSD's: four bytes with the protocol family
};

struct captured {
  endpoint from, to;
  unsigned interface = 0;  // where the link type tells it
  byte_view payload;
};

/// Takes a captured frame apart, down to the payload of a UDP datagram. Any bytes are safe to give.
/// A frame cut short is malformed.
///
/// Checksums are not looked at: those of datagrams from the same machine are often not filled in
/// yet.
std::variant<captured, refusal> parse_frame(link_type t, byte_view frame);

}  // namespace wh::real
