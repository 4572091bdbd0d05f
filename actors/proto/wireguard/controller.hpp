#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "actors/proto/note.hpp"
#include "actors/proto/wire/route.hpp"
#include "transport/ports.hpp"

/// Keeps the WireGuard device as the network file and the paths want it.
namespace wh::wireguard {

struct config {
  public_key self{};
  /// How often the device is asked what it carried; also how soon an endpoint that WireGuard roamed
  /// away from is set again.
  duration poll = 2s;
  /// Datagrams kept for a peer whose path is being made: a handshake and the first packets.
  std::size_t held_max = 8;
  /// While the other side still relays, WireGuard roams to the tunnel with each packet; it is led
  /// back this often. What it sends meanwhile takes the direct path all the same.
  duration lead_back = 100ms;
  /// A handshake that went out and is not answered so long after, on a path that carries, is begun
  /// anew; the next time after twice as long. Two of the path's round trips where they take longer.
  /// WireGuard itself waits 5 s.
  duration kick_after = 1500ms;
  /// Before that it is sent again as it is, after two of the path's round trips, where they are
  /// known, and after twice that: if it was lost, this is all it takes, and if its answer was, the
  /// other side's controller has that still. WireGuard takes no copy.
  duration repeat_after = 250ms;
  unsigned repeats_max = 2;
  /// When a path is back both sides' WireGuards may have a handshake waiting, and of two that cross
  /// neither comes to its end. The larger key's waits so long for the other one, or two round
  /// trips.
  duration yield = 500ms;
  /// So often while the path stays the same. Packets that wait in WireGuard are lost each time, and
  /// without a bound a peer whose WireGuard is silent would be asked for ever.
  unsigned kicks_max = 2;
  /// WireGuard refuses packets of a session older than this (REJECT_AFTER_TIME).
  duration session_age_max = 180s;
};

/// A member of the network file. `where` is an endpoint that the file gives.
struct member {
  public_key key;
  std::vector<allowed_ip> allowed;
  std::optional<endpoint> where;
};
/// From PUNCH: WireGuard's traffic for this peer goes this way; without a route it waits.
struct path {
  public_key peer;
  std::optional<wire::route> via;
  duration rtt{0};  // as far as it is known
};
/// The path's round trip, once it is known.
struct path_measured {
  public_key peer;
  duration rtt{0};
};
/// WireGuard sent this to the peer's tunnel endpoint.
struct from_tunnel {
  public_key peer;
  bytes datagram;
};
/// A relay brought this from a peer.
struct from_relay {
  public_key peer;
  bytes datagram;
};
struct polled {
  std::vector<wireguard_peer_status> peers;
};

struct set_peer {
  wireguard_peer what;
};
struct remove_peer {
  public_key peer;
};
struct inject {
  public_key peer;
  bytes datagram;
};
/// Hand a datagram of WireGuard's to the peer by the given route.
struct carry {
  public_key peer;
  wire::route via;
  bytes datagram;
};
/// Payload waits, or went lately: PUNCH is to have a path.
struct want_path {
  public_key peer;
};
struct payload_seen {
  public_key peer;
};

using action = std::variant<set_peer, remove_peer, inject, carry, want_path, payload_seen, note>;
using actions = std::vector<action>;

/// Every member's WireGuard endpoint is its tunnel, a loopback endpoint of this host, until there
/// is a direct path. So WireGuard always has somewhere to send, its first packet tells that a path
/// is wanted, and a change of path is one endpoint set, without a new handshake.
class controller {
 public:
  explicit controller(config c) : config_(c) {}

  /// `tunnel` is the device's `open_tunnel` of this member. A known member is brought up to date.
  void add_member(time_point now, const member& m, const endpoint& tunnel, actions& out);
  void drop_member(const public_key& k, actions& out);
  void handle(time_point now, const path& in, actions& out);
  void handle(time_point now, const path_measured& in);
  void handle(time_point now, from_tunnel&& in, actions& out);
  void handle(time_point now, from_relay&& in, actions& out);
  void handle(time_point now, const polled& in, actions& out);
  std::optional<time_point> next_poll() const { return next_poll_; }
  std::size_t members() const { return peers_.size(); }
  const config& settings() const { return config_; }

 private:
  struct entry {
    member who;
    endpoint tunnel;
    std::optional<wire::route> via;
    duration rtt{0};
    std::vector<bytes> held;
    time_point held_initiation{};  // when the one in `held` came
    bytes initiation;              // the handshake that is not answered yet; empty: none
    time_point initiated{};
    std::uint8_t kicks = 0, repeats = 0;
    bool had_path = false;
    bool yields = false;  // the path is back, there is no session yet, and the other key is smaller
    std::optional<time_point> yields_until;
    bytes asked, answer;  // a relayed handshake of the other side, and what our WireGuard said
    time_point answered{};
    std::uint64_t carried_bytes = 0;  // sent and received, as the device last said
    std::optional<time_point> said_payload, led_back;
  };

  entry* find(const public_key& k);
  void point(const entry& e, actions& out) const;
  void saw_payload(time_point now, entry& e, actions& out) const;
  void send(time_point now, entry& e, bytes datagram, actions& out);
  void kick(entry& e, actions& out) const;
  void repeat(time_point now, entry& e, actions& out);
  void end_yielding(time_point now, entry& e, actions& out);
  std::optional<time_point> repeat_at(const entry& e) const;
  time_point kick_at(const entry& e) const {
    const duration wait = std::max<duration>(config_.kick_after, 2 * e.rtt) * (1 << e.kicks);
    return e.initiated + (e.yields ? wait * 3 / 2 : wait);  // nor are two kicks to cross
  }

  config config_;
  std::vector<entry> peers_;  // by key
  std::optional<time_point> next_poll_;
};

}  // namespace wh::wireguard
