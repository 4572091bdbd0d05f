#pragma once

#include "actors/proto/wire/codec.hpp"

namespace wh::wire {

/// What a session's packet costs more than the message in it (SPEC.md, 1.4).
constexpr std::size_t session_overhead = 32;
/// What a datagram of WireGuard's costs more when it goes through a relay: the frame, and the
/// packet of the session with the relay.
constexpr std::size_t relay_overhead = encoded_max - relayed_max + session_overhead;
/// Header and tag of WireGuard's transport data message.
constexpr std::size_t wireguard_overhead = 32;

/// The tunnel interface's MTU. WireGuard pads to 16 bytes, and a full packet is to reach the other
/// side unfragmented whatever way it goes: relayed, over IPv6, on a line with PPPoE (RFC 2516).
/// IPv4 alone would allow 1360, plain Ethernet 1344 as well.
constexpr std::size_t tunnel_mtu = 1344;

static_assert(relay_overhead == 67);
static_assert(tunnel_mtu % 16 == 0 && tunnel_mtu >= 1280);  // IPv6 inside asks for 1280
static_assert(tunnel_mtu + wireguard_overhead + relay_overhead + 8 + 40 <= 1492);
static_assert(tunnel_mtu + 16 + wireguard_overhead + relay_overhead + 8 + 40 > 1492);
static_assert(tunnel_mtu + wireguard_overhead <= relayed_max);

}  // namespace wh::wire
