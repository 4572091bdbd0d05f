#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/interfaces.hpp"
#include "actors/observer.hpp"
#include "actors/proto/relay/host.hpp"
#include "transport/crypto.hpp"
#include "transport/ports.hpp"

namespace wh::actors {

/// What a host lends to the peer it makes. Everything outlives the peer's actors.
struct peer_ports {
  datagram_port& datagrams;
  /// Null for a node that only serves the DHT and relays.
  wireguard_device* wireguard = nullptr;
  state_store& state;
  const crypto_suite& crypto;
  time_map clock;
  /// One stream of chance per actor, by the actor's name.
  std::function<std::unique_ptr<rng>(std::string_view)> random;
  observer* watcher = nullptr;
};

struct peer_config {
  private_key secret;
  std::string name_space = "public";
  std::uint16_t workbit = 8;
  nat::mode mode = nat::mode::unknown;
  /// Consents to carry for others.
  bool relays = true;
  /// How many homes we take at a time; visitors and those without another home come on top.
  std::size_t relay_guests = relay::host_config{}.guests_max;
  /// What one guest may send through us, in the long run.
  std::uint64_t relay_bytes_per_s = relay::host_config{}.guest_bytes_per_s;
  /// Publishes its own record, so that others can find it.
  bool publishes = true;
  std::vector<wire::contact> boot;
  std::vector<wireguard::member> members;  // the others; not ourselves
  std::uint8_t k = wire::k;
  std::uint8_t alpha = 3;
  std::uint8_t paths = 2;
  /// Limits on how many contacts of one network the DHT keeps; off only in laboratories.
  bool diverse = true;
};

/// What the actors of one peer share: each other's handles, and who watches. Cleared when the peer
/// ends, for handles in a circle would keep the actors in memory for ever.
struct context {
  public_key self;
  time_map clock;
  observer* watcher = nullptr;
  gateway_actor gateway;
  dht_actor dht;
  relay_actor relay;
  network_actor network;
  punch_actor punch;          // null without WireGuard
  wireguard_actor wireguard;  // null without WireGuard
};
using context_ptr = std::shared_ptr<context>;

/// A running peer. Its host delivers to `gateway` what its port receives, and to `wireguard` what
/// its tunnels receive.
struct peer {
  context_ptr all;
};

/// Makes a peer: the one place where its actors are spawned and introduced to each other.
peer spawn_peer(caf::actor_system& system, const peer_config& config, const peer_ports& ports);

/// Ends the actors, without a word to other peers. Messages still under way are dropped.
void kill_peer(peer& p);

/// What a peer keeps in the state store: the endpoint cache, the record sequence number, and the
/// timestamp that its handshakes have not reached yet.
inline constexpr std::string_view endpoint_cache_name = "endpoints";
inline constexpr std::string_view sequence_name = "sequence";
inline constexpr std::string_view timestamp_name = "timestamp";

}  // namespace wh::actors
