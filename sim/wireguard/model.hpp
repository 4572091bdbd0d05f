#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "actors/proto/note.hpp"
#include "actors/proto/wire/mtu.hpp"
#include "sim/wireguard/messages.hpp"
#include "transport/ports.hpp"
#include "transport/rng.hpp"

namespace wh::sim {

namespace wireguard {

/// A datagram that leaves from WireGuard's port; `to` may be a tunnel of this device.
struct transmit {
  endpoint to;
  bytes datagram;
};
/// A packet that came out of the tunnel, from the peer that sent it.
struct delivered {
  public_key from;
  bytes payload;
};
using action = std::variant<transmit, delivered, note>;
using actions = std::vector<action>;

// Section 6.1 of the white paper, and the kernel's timers.c where the paper is silent.
constexpr duration rekey_after = 120s;
constexpr duration reject_after = 180s;
constexpr duration rekey_timeout = 5s;
constexpr duration rekey_jitter = 333ms;
constexpr duration keepalive_timeout = 10s;
constexpr unsigned attempts_max = 18;  ///< 90 s of them
/// Packets kept for a peer while there is no session: MAX_STAGED_PACKETS. The oldest gives way.
constexpr std::size_t staged_max = 128;
constexpr std::size_t peers_max = 65535;

}  // namespace wireguard

/// A WireGuard interface as a value machine: sessions, timers, roaming and queues as the kernel has
/// them, cryptography only modelled. The host carries what it transmits and hands it what arrives.
///
/// Notes: `wireguard.session` (value: attempts), `wireguard.roamed` (where: the new endpoint),
/// `wireguard.gave_up` (value: packets lost), `wireguard.staged_full`, `wireguard.no_endpoint`,
/// `wireguard.no_peer`, `wireguard.too_big` (above `tunnel_mtu`), `wireguard.forged`,
/// `wireguard.replay`, `wireguard.full`.
class wireguard_model {
 public:
  wireguard_model(const public_key& own, seed s);
  wireguard_model(wireguard_model&&) noexcept;
  wireguard_model& operator=(wireguard_model&&) noexcept;
  ~wireguard_model();

  /// Adds or replaces. An absent endpoint leaves the one there is; packets that wait are sent, or a
  /// handshake for them begun, at once. Beyond `peers_max` nothing happens but a note.
  void set_peer(time_point now, const wireguard_peer& p, wireguard::actions& out);
  /// Forgets its sessions and what waits for it; its tunnel stays.
  void remove_peer(const public_key& k);
  std::vector<wireguard_peer_status> status() const;  ///< by key

  /// 127.a.b.c:51820, another for each key of this device; the same when asked again.
  endpoint open_tunnel(const public_key& k);
  void close_tunnel(const public_key& k);
  /// Whose tunnel an endpoint is.
  std::optional<public_key> is_tunnel(const endpoint& e) const;

  /// A packet of the host for a peer, of `tunnel_mtu` bytes at most.
  void payload(time_point now, const public_key& to, bytes packet, wireguard::actions& out);
  /// A datagram that arrived on WireGuard's port. What is not for this device is ignored.
  void received(time_point now, const endpoint& from, byte_view datagram, wireguard::actions& out);
  /// The same, as if it came out of the peer's tunnel, which is opened if need be.
  void inject(time_point now, const public_key& k, byte_view datagram, wireguard::actions& out) {
    received(now, open_tunnel(k), datagram, out);
  }

  /// To be called at `next_timeout`, or whenever.
  void alarm(time_point now, wireguard::actions& out);
  std::optional<time_point> next_timeout() const;

  const public_key& key() const { return own_; }
  std::size_t memory_bytes() const;

 private:
  struct session;
  struct activity;
  struct peer;
  struct tunnel {
    public_key key;
    std::uint32_t number = 0;
  };
  using peer_list = std::vector<std::unique_ptr<peer>>;
  struct step;  // one call: the time, where actions go, and what they have in common

  peer* find(const public_key& k) const;
  peer* find_index(std::uint32_t index) const;
  std::uint32_t new_index(peer& p);

  public_key own_;
  seeded_rng random_;
  peer_list peers_;              // by key
  std::vector<peer*> by_id_;     // a peer's number is half of its session indices
  std::vector<tunnel> tunnels_;  // by key
};

}  // namespace wh::sim
