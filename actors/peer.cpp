#include "actors/peer.hpp"

#include "actors/context.hpp"

namespace wh::actors {

peer spawn_peer(caf::actor_system& system, const peer_config& config, const peer_ports& ports) {
  auto c = std::make_shared<context>();
  c->self = ports.crypto.to_public(config.secret);
  c->clock = ports.clock;
  c->watcher = ports.watcher;
  // Each actor starts with its first message, or when the scheduler next runs: by then all handles
  // are in place.
  c->gateway = spawn_gateway(system, c, config, ports);
  c->relay = spawn_relay(system, c, config, ports);
  c->network = spawn_network(system, c, config, ports);
  if (ports.wireguard) {
    c->punch = spawn_punch(system, c, config, ports);
    c->wireguard = spawn_wireguard(system, c, config, ports);
  }
  c->dht = spawn_dht(system, c, config, ports);
  if (!config.members.empty()) caf::anon_send(c->network, members_changed{config.members});
  return {c};
}

void kill_peer(peer& p) {
  if (!p.all) return;
  const context c = *p.all;
  *p.all = context{};
  const auto end = [](const auto& handle) {
    if (handle) caf::anon_send_exit(handle, caf::exit_reason::kill);
  };
  end(c.gateway);
  end(c.dht);
  end(c.relay);
  end(c.network);
  end(c.punch);
  end(c.wireguard);
  p.all.reset();
}

}  // namespace wh::actors
