#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "transport/bytes.hpp"
#include "transport/endpoint.hpp"
#include "transport/time.hpp"

namespace wh::real {

/// A datagram of ours (first byte 0xff). The payload is good for the time of the call.
struct arrival {
  endpoint from, to;
  time_point when;
  byte_view payload;
};
using on_arrival = std::function<void(const arrival&)>;

/// Why something that came was not handed on.
enum class refusal : std::uint8_t {
  not_ours,   // first byte not 0xff, or empty
  malformed,  // headers that contradict each other
  fragment,   // a capture sees fragments, not datagrams
  elsewhere,  // to an address that is not this host's, or to a group
  tunnel,     // out of a WireGuard interface: a path through it would end in itself
  no_answer,  // from a link-local address or port 0: nothing can be sent back
};
constexpr std::size_t refusal_count = 6;
const char* to_string(refusal r);

/// What a port counted since it was opened.
struct port_stats {
  std::uint64_t received = 0, received_bytes = 0;
  std::uint64_t sent = 0, sent_bytes = 0;
  std::array<std::uint64_t, refusal_count> refused{};
  /// The kernel had no room: datagrams lost before they were read.
  std::uint64_t overflowed = 0;
  /// How often nftables' rules had to be put back.
  std::uint64_t rules_restored = 0;
  /// Datagrams not sent, by errno; those above the last index count there.
  std::array<std::uint64_t, 134> send_errors{};

  void refuse(refusal r) { ++refused[static_cast<std::size_t>(r)]; }
  std::uint64_t refusals(refusal r) const { return refused[static_cast<std::size_t>(r)]; }
  void send_error(int error);
  std::uint64_t send_errors_total() const;
  /// One line for people: what is not zero.
  std::string to_string() const;
};

}  // namespace wh::real
