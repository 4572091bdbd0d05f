#pragma once

#include <optional>

#include "transport/bytes.hpp"
#include "transport/endpoint.hpp"

namespace wh::wire {

/// The way a datagram came, or is to go: straight to an endpoint, or wrapped in a frame to a relay
/// of which both ends are guests.
struct route {
  /// The peer's endpoint; unspecified when relayed.
  endpoint where;
  /// The relay's key, when there is one in between.
  std::optional<public_key> relay;

  bool relayed() const { return relay.has_value(); }
  friend bool operator==(const route&, const route&) = default;
};

inline route direct(const endpoint& e) { return {e, std::nullopt}; }
inline route through(const public_key& relay) { return {{}, relay}; }

}  // namespace wh::wire
