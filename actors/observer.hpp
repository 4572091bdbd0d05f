#pragma once

#include "actors/proto/note.hpp"
#include "actors/proto/punch/paths.hpp"
#include "actors/proto/session/packet_kind.hpp"
#include "transport/time.hpp"

namespace wh::actors {

/// Who wants to know what happens in a peer: the simulator's trace and metrics, a host's log.
/// Called from inside the actors, in the order of events; must not call back into them.
class observer {
 public:
  virtual ~observer() = default;
  virtual void on_note(const public_key& self, time_point now, const note& what) = 0;
  virtual void on_path(const public_key& self, time_point now, const punch::status& what) = 0;
  /// What the session packet is that leaves next, straight to an endpoint.
  virtual void on_packet(const session::packet_kind& what) = 0;
  /// The datagram that leaves next carries WireGuard's payload to or from a relay.
  virtual void on_carried(const public_key& self) = 0;
  /// A message that left or came inside a session, decoded.
  virtual void on_message(const public_key& self, time_point now, const public_key& other,
                          const wire::route& via, const wire::message& what, bool sent) = 0;
};

}  // namespace wh::actors
