#pragma once

#include <memory>
#include <vector>

#include "actors/proto/session/cookie.hpp"
#include "actors/proto/session/noise.hpp"
#include "actors/proto/session/replay_window.hpp"
#include "actors/proto/session/timestamps.hpp"
#include "actors/proto/wire/route.hpp"
#include "transport/ports.hpp"
#include "transport/time.hpp"

namespace wh::session {

constexpr time_point never = time_point::max();

/// Keys that both sides have, and what was done with them. Absent when `mine` is 0.
struct session_state {
  aead_key send_key;
  aead_key receive_key;
  std::uint32_t mine = 0;
  std::uint32_t theirs = 0;
  std::uint64_t sent = 0;
  replay_window seen;
  time_point born{};
  bool initiator = false;
  bool told_serves = false;  // its handshake said that we serve the DHT

  session_state() = default;
  session_state(const session_state&) = default;
  session_state& operator=(const session_state&) = default;
  ~session_state() {
    wipe(send_key.value);
    wipe(receive_key.value);
  }
  bool exists() const { return mine != 0; }
};

/// An encoded message, and how much of it is for a peer that reads no optional fields: nothing when
/// it does not know the kind.
struct packed {
  byte_view whole;
  std::size_t plain = 0;

  byte_view for_whom(bool reads_options) const {
    return reads_options ? whole : whole.first(plain);
  }
  std::uint8_t kind() const { return whole[0]; }
};

/// A message that waits for a session, encoded.
struct waiting_message {
  bytes encoded;
  std::size_t plain;
  std::optional<wire::route> via;
  ttl limit;

  packed what() const { return {encoded, plain}; }
};

/// Our handshake with a peer.
struct initiating {
  std::optional<noise::handshake> state;
  wire::route via;       // of the last try
  wire::route via_next;  // of the next
  ttl limit = ttl::host_default;
  std::uint32_t mine = 0;
  std::uint8_t tries = 0;
  std::uint8_t detours = 0;  // tries moved forward because of a new way
  bool told_serves = false;
  bool resent_with_cookie = false;
  bool has_cookie = false;
  time_point try_last{};
  time_point try_next{};
  duration round_trip{0};  // of an earlier try, answered when the next one had left
  session::cookie cookie{};
  fixed_bytes<packet::mac_size> mac1{};
  bytes riding;  // the encoded message inside the initiation; empty: none
};

/// A peer's handshake whose response is held, in case its answer comes in a moment.
struct answering {
  noise::handshake state;
  wire::route via;
  std::uint32_t theirs = 0;
  time_point deadline{};
  std::size_t size_max = 0;
};

/// What a peer needs only while something is going on with it.
struct activity {
  std::unique_ptr<session::initiating> initiating;
  std::unique_ptr<session::answering> answering;
  std::vector<waiting_message> queue;
  time_point start_at = never;  // begin a handshake of our own, if there is no session by then

  session_state next;  // answered, not confirmed
  wire::route next_via;
  bool next_serves_dht = false;
  bool next_reads_options = false;
  time_point half_open_since = never;  // while answering or next

  session_state previous;  // replaced, still received with
  time_point previous_heard{};

  endpoint candidate;  // an address not proven
  std::uint64_t challenge = 0;
  time_point challenged = time_point::min();
  std::uint32_t candidate_received = 0;
  std::uint32_t candidate_sent = 0;
  std::vector<waiting_message> for_candidate;  // too large for it before it is proven

  bool half_open() const { return answering != nullptr || next.exists(); }
  bool idle() const {
    return !initiating && !half_open() && queue.empty() && !previous.exists() &&
           candidate.is_unspecified();
  }
};

struct peer {
  public_key key;
  session_state current;
  time_point active{};       // last packet, either way; session_table::touch sets it
  time_point asked = never;  // first request since something came
  time_point direct_heard{};
  endpoint proven[2];                  // addresses, the last used first
  std::uint16_t rtt_ms = 0;            // of the handshake; 0: not measured
  std::uint16_t older = 0, newer = 0;  // session_table's order by `active`
  bool relayed = false;                // the default route is through `relay`
  bool serves_dht = false;
  bool reads_options = false;  // optional fields, and messages of later kinds
  bool timed = false;          // listed by the layer for its deadlines
  bool stirred = false;        // listed by the table, for it has an activity or had one lately
  std::unique_ptr<public_key> relay;
  std::unique_ptr<session::activity> activity;

  duration rtt() const { return std::chrono::milliseconds{rtt_ms}; }
  bool has_route() const { return relayed || !proven[0].is_unspecified(); }
  wire::route route() const { return relayed ? wire::through(*relay) : wire::direct(proven[0]); }
};

/// Peers in numbered slots; an index on the wire is 16 random bits and the slot. A peer's address
/// in memory does not change until it is removed.
class session_table {
 public:
  using slot = std::uint16_t;
  static constexpr std::size_t slots_max = 65535;

  std::optional<slot> find(const public_key& k) const;
  /// `k` must not be there, and the table not full.
  slot add(const public_key& k);
  void remove(slot s);
  /// The slot must be in use.
  peer& operator[](slot s) { return *slots_[s]; }
  const peer& operator[](slot s) const { return *slots_[s]; }
  bool used(slot s) const { return slots_[s] != nullptr; }
  /// A packet came from the peer, or went to it.
  void touch(slot s, time_point now);
  /// Calls f(slot) for each peer, the one silent longest first, until f says no.
  template <class F>
  void each_by_age(F f) const {
    for (slot s = oldest_; s != none && f(s); s = slots_[s]->newer) {
    }
  }
  /// The slot an index belongs to, if it is in use.
  std::optional<slot> slot_of(std::uint32_t index) const;
  /// An index that no session or handshake of the slot has; never 0.
  std::uint32_t fresh_index(slot s, rng& random) const;

  activity& activity_of(slot s);
  /// Calls f(slot) for each peer that has an activity; f may remove the peer.
  template <class F>
  void each_active(F f) {
    std::vector<slot> all;
    all.swap(stirred_);
    for (const slot s : all) {
      slots_[s]->stirred = false;
      if (!slots_[s]->activity) continue;
      f(s);
      if (slots_[s] && slots_[s]->activity && !slots_[s]->stirred) stir(s);
    }
  }
  /// Whether there is a peer with a session whose key begins so.
  bool has_session(const timestamps::short_key& begin) const;
  std::size_t size() const { return order_.size(); }
  /// Slots run from 0 to below this; some may be unused.
  std::size_t slot_end() const { return slots_.size(); }
  std::size_t memory() const {
    return size() * sizeof(peer) + slots_.capacity() * sizeof(void*) +
           order_.capacity() * sizeof(entry) + free_.capacity() * sizeof(slot);
  }

 private:
  struct entry {
    std::uint64_t prefix;  // first bytes of the key; most comparisons end here
    slot at;
  };
  static constexpr slot none = slots_max;
  std::vector<entry>::const_iterator position(const public_key& k) const;
  void link_newest(slot s);
  void unlink(slot s);
  void stir(slot s);

  // Each on the heap by itself: a table keeps no memory of its busiest hour.
  std::vector<std::unique_ptr<peer>> slots_;
  std::vector<entry> order_;  // by key
  std::vector<slot> free_;
  std::vector<slot> stirred_;
  slot oldest_ = none, newest_ = none;
};

}  // namespace wh::session
