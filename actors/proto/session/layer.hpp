#pragma once

#include <string>
#include <variant>
#include <vector>

#include "actors/proto/note.hpp"
#include "actors/proto/round_trips.hpp"
#include "actors/proto/session/cookie.hpp"
#include "actors/proto/session/opened.hpp"
#include "actors/proto/session/packet_kind.hpp"
#include "actors/proto/session/rate_limit.hpp"
#include "actors/proto/session/session_table.hpp"
#include "actors/proto/session/timestamps.hpp"
#include "actors/proto/wire/codec.hpp"

/// The GATEWAY's engine: datagrams on one side, messages of authenticated peers on the other. What
/// goes over the wire, its timers and its limits: wire/SPEC.md.
namespace wh::session {

/// A datagram that came, with WireHub's first byte.
struct received {
  wire::route via;
  byte_view datagram;
};

/// A message to a peer. Without `via` it goes by the session's default route.
struct send {
  public_key to;
  std::optional<wire::route> via;
  wire::message what;
  ttl limit = ttl::host_default;
};

/// A datagram that is to go to `to` by `via`. `payload`: it is a relay's frame around WireGuard's.
struct transmit {
  wire::route via;
  bytes datagram;
  ttl limit = ttl::host_default;
  public_key to;
  packet_kind what;
  bool payload = false;
};

/// A message from a peer. `early`: it rode in an initiation; the peer is who it says, but the
/// message may be a copy and `via` forged. It may be answered, and nothing learned from it.
/// `reads_options`: optional fields and later kinds of messages reach it.
struct deliver {
  public_key from;
  wire::route via;
  bool serves_dht = false;
  bool early = false;
  wire::message what;
  bool reads_options = false;
};

/// There was no session with the peer and now there is one, confirmed by both sides.
struct established {
  public_key peer;
  wire::route via;
  bool serves_dht = false;
};

/// A session took the place of one that was not due for renewal: one side likely began a new life.
struct begun_anew {
  public_key peer;
};

/// The peer did not answer our handshakes; what waited for it is dropped.
struct gave_up {
  public_key peer;
};

/// A `reach` datagram came. Nothing is known of its sender.
struct reached {
  endpoint from;
  std::uint64_t nonce = 0;
};

/// To be kept, before what follows is done: no initiation of ours has a timestamp greater than
/// `stamp`, and the next process begins behind it (`layer::config::timestamp_after`).
struct keep_timestamp {
  std::uint64_t stamp = 0;
};

using action = std::variant<transmit, deliver, established, begun_anew, gave_up, reached,
                            keep_timestamp, note>;
using actions = std::vector<action>;

/// At each bound: wire/SPEC.md, section 4.
struct limits {
  std::size_t sessions = 1024;
  std::size_t initiating = 128;
  std::size_t half_open = 128;
  std::size_t queue = 8;
  std::size_t timestamps = 2048;
  std::size_t prefixes = 128;
  rate prefix_unproven{20, 200ms};
  rate prefix_proven{50, 50ms};
  rate all_unproven{100, 10ms};
  rate all_proven{400, 2500us};
};

class layer {
 public:
  struct config {
    private_key secret{};
    std::string name_space{};
    /// The proof of work that every peer's key must carry.
    unsigned workbit = 0;
    /// Told to every peer.
    bool serves_dht = false;
    /// Initiations are stamped with something greater: what the process before was told to keep,
    /// so that a clock set back does not lock a peer out.
    std::uint64_t timestamp_after = 0;
    session::limits limits{};
  };

  /// `crypto` and `random` must outlive the layer.
  layer(config c, const crypto_suite& crypto, rng& random);
  ~layer();
  layer(const layer&) = delete;
  layer& operator=(const layer&) = delete;

  void handle(time_point now, const received& r, actions& out);
  void handle(time_point now, const send& s, actions& out);
  void handle_timeout(time_point now, actions& out);
  /// When `handle_timeout` has something to do, perhaps: it may be early, never late. O(1).
  std::optional<time_point> next_timeout() const;

  /// One datagram that says only `nonce`.
  void send_reach(const endpoint& to, std::uint64_t nonce, actions& out) const;
  /// What handshakes tell of us from now on. Sessions that stand were told otherwise: each is
  /// renewed when it is next used.
  void set_serves_dht(bool serves) { config_.serves_dht = serves; }
  /// Ends everything with the peer, without a word.
  void forget(const public_key& k);

  const public_key& key() const { return public_; }
  std::size_t session_count() const { return session_count_; }
  /// The default route of an established session.
  std::optional<wire::route> route_of(const public_key& k) const;
  /// Bytes held for peers, in use or not.
  std::size_t memory() const { return peers_.memory(); }

 private:
  using slot = session_table::slot;

  // layer.cpp: what is sent, and time.
  void send_now(time_point now, slot s, const send& what, const packed& encoded, actions& out);
  bool answer_with(time_point now, slot s, const send& what, const packed& encoded, actions& out);
  void detour(time_point now, slot s, const send& what);
  void wait(slot s, const send& what, const packed& encoded, actions& out);
  void flush(time_point now, slot s, actions& out);
  void wake_by(slot s, time_point deadline);
  void expire_by(time_point t);
  void wake(time_point now, slot s, actions& out);
  void sweep(time_point now, actions& out);
  void sweep_activity(time_point now, slot s, actions& out);
  void end_session(slot s);
  void release(slot s);
  void remove(slot s);
  void say(actions& out, note_kind what, const wire::route& via, const public_key& peer = {},
           std::int64_t value = 0) const;

  // layer_handshake.cpp
  bool begin(time_point now, slot s, const wire::route& via, ttl limit, byte_view riding,
             actions& out);
  void initiate(time_point now, slot s, actions& out);
  duration expected(slot s, const wire::route& via) const;
  void remember_try(slot s);
  void late_response(time_point now, byte_view d, std::uint32_t index);
  void measured(slot s, duration rtt, const wire::route& via);
  void give_up(time_point now, slot s, actions& out);
  void end_initiating(slot s);
  void respond(time_point now, slot s, byte_view riding, ttl limit, actions& out);
  void make_half_open(time_point now, slot s, actions& out);
  void end_half_open(slot s);
  void establish(time_point now, slot s, const session_state& fresh, actions& out);
  void make_room(slot keep, actions& out);
  bool admit(time_point now, const received& r, bool& proven, actions& out);
  void on_initiation(time_point now, const received& r, actions& out);
  void on_response(time_point now, const received& r, actions& out);
  void on_cookie_reply(time_point now, const received& r, actions& out);

  // layer_transport.cpp
  void on_transport(time_point now, const received& r, actions& out);
  void send_sealed(time_point now, slot s, byte_view plain, const wire::route& via, ttl limit,
                   actions& out);
  void send_message(time_point now, slot s, const packed& encoded,
                    const std::optional<wire::route>& via, ttl limit, actions& out);
  void undecoded(wire::decode_error why, byte_view message, const wire::route& via,
                 const public_key& peer, actions& out) const;
  void heard(time_point now, slot s, const wire::route& via, std::size_t size, actions& out);
  void take_route(time_point now, slot s, const wire::route& via, actions& out);
  void on_path(time_point now, slot s, const wire::route& via, byte_view plain, actions& out);

  config config_;
  const crypto_suite& crypto_;
  rng& random_;
  public_key public_;
  fixed_bytes<32> mac_key_;     // K1 of ourselves
  fixed_bytes<32> cookie_key_;  // seals our cookie replies
  bytes prologue_;

  session_table peers_;
  timestamps stamps_;
  prefix_buckets prefixes_;
  token_bucket all_unproven_;
  token_bucket all_proven_;
  cookie_jar cookies_;
  opened_initiations opened_;
  round_trips line_;
  /// Initiations that another one followed, or nothing: their responses open no session any more,
  /// and tell how long the way is.
  struct tried {
    std::uint64_t key = 0;  // its first bytes
    time_point sent{};
    std::uint32_t index = 0;
    std::uint16_t rtt_ms = 0;  // answered after this
    bool relayed = false;

    duration rtt() const { return std::chrono::milliseconds{rtt_ms}; }
  };
  std::vector<tried> tried_;  // oldest first
  std::uint64_t timestamp_last_;
  std::uint64_t timestamp_kept_;

  std::vector<slot> timed_;      // peers with a deadline of less than seconds
  time_point urgent_ = never;    // at most the earliest of theirs
  time_point sweep_at_ = never;  // at most the earliest of everything slower
  time_point prune_at_{};
  std::size_t session_count_ = 0;
  std::size_t initiating_count_ = 0;
  std::size_t half_open_count_ = 0;
};

/// K1 and the cookie key of whoever has `key`.
fixed_bytes<32> mac_key_of(const crypto_suite& crypto, const public_key& key, std::string_view ns);
fixed_bytes<32> cookie_key_of(const crypto_suite& crypto, const public_key& key,
                              std::string_view ns);

/// Whoever wants more than a second try asks again: most peers that do not answer twice are gone,
/// and a DHT under churn pays for every packet to one.
constexpr unsigned tries_max = 2;
/// Kept timestamps are ahead of what is used, so that few are written.
constexpr duration timestamps_ahead = 1min;
constexpr duration response_held = 20ms;
constexpr duration half_open_kept = 30s;
constexpr duration idle_max = 90s;
constexpr duration idle_doubted = 2s;
constexpr duration rekey_initiator = 10min;
constexpr duration rekey_responder = 12min;
constexpr duration age_max = 15min;
constexpr std::uint64_t rekey_packets = std::uint64_t{1} << 32;
constexpr std::uint64_t packets_max = std::uint64_t{1} << 48;
/// Longer than most round trips, relayed ones included; two of the handshake's own where they are
/// longer. What a wrong guess costs is a handshake.
constexpr duration unanswered_max = 2s;
constexpr duration both_at_once = 2s;
constexpr std::size_t tried_max = 8;
/// So late a response may come to tell how long the way is.
constexpr duration tried_kept = 10s;
constexpr duration direct_preferred = 15s;
/// How long nothing may come after a request before the session is doubted.
inline duration silence_of(const peer& p) {
  return std::max<duration>(unanswered_max, 2 * p.rtt());
}
/// No way is taken for longer, whatever the other side does to have it so.
constexpr duration rtt_max = 8s;
constexpr duration challenge_interval = 200ms;

}  // namespace wh::session
