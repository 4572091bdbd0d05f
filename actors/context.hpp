#pragma once

#include "actors/peer.hpp"

namespace wh::actors {

/// Each actor is made in its own file; only `spawn_peer` calls these.
gateway_actor spawn_gateway(caf::actor_system& s, context_ptr c, const peer_config& config,
                            const peer_ports& ports);
dht_actor spawn_dht(caf::actor_system& s, context_ptr c, const peer_config& config,
                    const peer_ports& ports);
relay_actor spawn_relay(caf::actor_system& s, context_ptr c, const peer_config& config,
                        const peer_ports& ports);
punch_actor spawn_punch(caf::actor_system& s, context_ptr c, const peer_config& config,
                        const peer_ports& ports);
wireguard_actor spawn_wireguard(caf::actor_system& s, context_ptr c, const peer_config& config,
                                const peer_ports& ports);
network_actor spawn_network(caf::actor_system& s, context_ptr c, const peer_config& config,
                            const peer_ports& ports);

}  // namespace wh::actors
