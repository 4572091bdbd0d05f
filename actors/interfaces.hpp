#pragma once

#include "actors/caf.hpp"
#include "actors/proto/dht/node.hpp"
#include "actors/proto/member/member.hpp"
#include "actors/proto/nat/classifier.hpp"
#include "actors/proto/punch/paths.hpp"
#include "actors/proto/relay/guest.hpp"
#include "actors/proto/session/layer.hpp"
#include "actors/proto/wireguard/controller.hpp"
#include "actors/status.hpp"

/// The map of a running peer: who says what to whom. Messages are the engines' own inputs wherever
/// there is one; what an actor tells itself (its alarm) is not here.
namespace wh::actors {

/// A datagram that the host's port received, for us or for WireGuard's tunnel.
struct arrived {
  wire::route via;
  bytes payload;
};
/// What a wireguard_device's tunnel endpoint of a peer received from WireGuard.
struct tunnelled {
  public_key peer;
  bytes datagram;
};
/// Send a `reach` datagram (see wire/SPEC.md).
struct reach {
  endpoint to;
  std::uint64_t nonce = 0;
};
struct serve {
  bool serves = false;
};
/// The host's own addresses changed: all that was learned about NATs is void.
struct readdressed {
  std::vector<endpoint> local;
};
/// The network file's members, anew after each reload.
struct members_changed {
  std::vector<wireguard::member> members;
};
/// What the owner gives to guests from now on; what is not said stays as it is. Who is a guest
/// already stays one.
struct relay_room {
  std::optional<std::size_t> guests;
  std::optional<std::uint64_t> bytes_per_s;
};
struct save_now {};

}  // namespace wh::actors

WH_ACTOR_MESSAGE(wh::actors::arrived)
WH_ACTOR_MESSAGE(wh::actors::tunnelled)
WH_ACTOR_MESSAGE(wh::actors::reach)
WH_ACTOR_MESSAGE(wh::actors::serve)
WH_ACTOR_MESSAGE(wh::actors::readdressed)
WH_ACTOR_MESSAGE(wh::actors::members_changed)
WH_ACTOR_MESSAGE(wh::actors::relay_room)
WH_ACTOR_MESSAGE(wh::actors::save_now)
WH_ACTOR_MESSAGE(wh::actors::ask_status)
WH_ACTOR_MESSAGE(wh::actors::gateway_status)
WH_ACTOR_MESSAGE(wh::actors::dht_status)
WH_ACTOR_MESSAGE(wh::actors::relay_status)
WH_ACTOR_MESSAGE(wh::actors::punch_status)
WH_ACTOR_MESSAGE(wh::actors::wireguard_status)
WH_ACTOR_MESSAGE(wh::actors::network_status)
WH_ACTOR_MESSAGE(wh::public_key)
WH_ACTOR_MESSAGE(wh::wire::record)
WH_ACTOR_MESSAGE(wh::wire::relay_unknown)
WH_ACTOR_MESSAGE(wh::session::send)
WH_ACTOR_MESSAGE(wh::session::deliver)
WH_ACTOR_MESSAGE(wh::session::gave_up)
WH_ACTOR_MESSAGE(wh::session::begun_anew)
WH_ACTOR_MESSAGE(wh::punch::not_reached)
WH_ACTOR_MESSAGE(wh::session::reached)
WH_ACTOR_MESSAGE(wh::dht::add_contacts)
WH_ACTOR_MESSAGE(wh::dht::lookup)
WH_ACTOR_MESSAGE(wh::dht::finished)
WH_ACTOR_MESSAGE(wh::dht::find_relays)
WH_ACTOR_MESSAGE(wh::dht::enough_relays)
WH_ACTOR_MESSAGE(wh::dht::relay_seen)
WH_ACTOR_MESSAGE(wh::dht::relays_told)
WH_ACTOR_MESSAGE(wh::dht::set_relay_room)
WH_ACTOR_MESSAGE(wh::relay::want_homes)
WH_ACTOR_MESSAGE(wh::relay::homes)
WH_ACTOR_MESSAGE(wh::punch::visit_relay)
WH_ACTOR_MESSAGE(wh::punch::suspect_relay)
WH_ACTOR_MESSAGE(wh::punch::want)
WH_ACTOR_MESSAGE(wh::punch::payload)
WH_ACTOR_MESSAGE(wh::punch::forget)
WH_ACTOR_MESSAGE(wh::punch::probe)
WH_ACTOR_MESSAGE(wh::punch::probed)
WH_ACTOR_MESSAGE(wh::punch::network_back)
WH_ACTOR_MESSAGE(wh::punch::self_changed)
WH_ACTOR_MESSAGE(wh::punch::relay_up)
WH_ACTOR_MESSAGE(wh::punch::relay_down)
WH_ACTOR_MESSAGE(wh::punch::use)
WH_ACTOR_MESSAGE(wh::punch::measured)
WH_ACTOR_MESSAGE(wh::nat::verdict)
WH_ACTOR_MESSAGE(wh::nat::observed)
WH_ACTOR_MESSAGE(wh::nat::sent_to)
WH_ACTOR_MESSAGE(wh::wireguard::carry)
WH_ACTOR_MESSAGE(wh::wireguard::from_relay)

namespace wh::actors {

// clang-format off
using gateway_actor = actor_if<
  result<void>(arrived),                 // from the host: a datagram came
  result<void>(session::send),           // from anyone: say this to a peer, over a session
  result<void>(wireguard::carry),        // from WIREGUARD: a datagram of WireGuard's, as it is
  result<void>(reach),                   // from DHT: knock at a stranger's door for somebody
  result<gateway_status>(ask_status),    // from people, as all others answer it
  result<void>(serve)>;                  // from NETWORK: handshakes say whether we serve the DHT

using dht_actor = actor_if<
  result<void>(session::deliver),        // from GATEWAY: a peer said something about the DHT
  result<void>(session::gave_up),        // from GATEWAY: a peer does not answer handshakes
  result<void>(session::begun_anew),     // from GATEWAY: a peer likely began a new life
  result<void>(session::reached),        // from GATEWAY: a stranger's knock
  result<void>(punch::not_reached),      // from PUNCH: nothing that goes straight to it arrives
  result<void>(nat::sent_to),            // from GATEWAY: our firewall is open for this address
  result<void>(nat::observed),           // from RELAY: a relay sees us there
  result<void>(dht::add_contacts),       // from NETWORK: boot nodes, endpoints of an earlier life
  result<dht::finished>(dht::lookup),    // from PUNCH, and from people: find a record or peers
  result<void>(wire::record),            // from NETWORK: publish this, and keep it published
  result<void>(dht::find_relays),        // from RELAY: homes are wanting
  result<void>(dht::enough_relays),      // from RELAY: not any more
  result<void>(dht::set_relay_room),     // from RELAY: what others are told of it
  result<void>(serve),                   // from NETWORK
  result<dht_status>(ask_status),
  result<void>(save_now),                // from NETWORK: keep the endpoints for the next start
  result<void>(readdressed)>;            // from the host

using relay_actor = actor_if<
  result<void>(session::deliver),        // from GATEWAY: a guest's or a relay's message
  result<void>(session::gave_up),        // from GATEWAY
  result<void>(dht::relay_seen),         // from DHT: one that relays, or may
  result<void>(dht::relays_told),        // from DHT: that was everybody for now
  result<void>(relay::want_homes),       // from NETWORK: somebody is to carry for us, or need not
  result<void>(relay_room),              // from the owner: what others get of us
  result<relay_status>(ask_status),
  result<void>(punch::visit_relay),      // from PUNCH: be a guest where the other side is one
  result<void>(punch::suspect_relay)>;   // from PUNCH: ask it whether it lives

using punch_actor = actor_if<
  result<void>(session::deliver),        // from GATEWAY: pings, answers, agreements to open a path
  result<void>(wire::relay_unknown, public_key),  // from GATEWAY: this relay does not know that peer
  result<void>(punch::want),             // from WIREGUARD: payload waits
  result<void>(punch::payload),          // from WIREGUARD: payload flows
  result<punch_status>(ask_status),
  result<punch::probed>(punch::probe),   // from people: ping this member now
  result<void>(punch::forget),           // from people: begin anew with this member
  result<void>(punch::network_back),     // from DHT: it answers again
  result<void>(punch::self_changed),     // from NETWORK: our own NAT and candidates
  result<void>(punch::relay_up),         // from RELAY
  result<void>(punch::relay_down),       // from RELAY
  result<void>(members_changed)>;        // from NETWORK

using wireguard_actor = actor_if<
  result<void>(tunnelled),               // from the host: WireGuard wants to reach a relayed peer
  result<void>(wireguard::from_relay),   // from GATEWAY: a relay brought a datagram for WireGuard
  result<void>(punch::use),              // from PUNCH: the way to a peer changed
  result<void>(punch::measured),         // from PUNCH: and how long it is
  result<wireguard_status>(ask_status),
  result<void>(members_changed)>;        // from NETWORK

using network_actor = actor_if<
  result<void>(nat::verdict),            // from DHT: what our NAT is
  result<void>(relay::homes),            // from RELAY: who carries for us
  result<void>(members_changed),         // from the host: the network file was read again
  result<void>(readdressed),             // from the host
  result<network_status>(ask_status),
  result<void>(save_now)>;               // from the host: before it ends
// clang-format on

}  // namespace wh::actors
