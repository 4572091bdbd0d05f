#pragma once

#include <optional>
#include <vector>

#include "actors/proto/note.hpp"
#include "actors/proto/punch/attempt.hpp"
#include "actors/proto/punch/reason.hpp"
#include "actors/proto/wire/messages.hpp"
#include "actors/proto/wire/route.hpp"
#include "transport/ports.hpp"
#include "transport/rng.hpp"

namespace wh::punch {

struct config {
  attempt_config attempt;
  /// While payload flows a path is asked this often.
  duration heartbeat = 1s;
  /// Else only often enough for the NATs to keep the mapping: below the strictest common 30 s.
  duration keepalive = 25s;
  /// A peer whose only path was lost is asked at all places where it may be as often as payload's
  /// paths are, later once in a sixty-fourth of the time since, at most this.
  duration seek_max = 60s;
  duration payload_recent = 15s;
  unsigned misses_to_suspect = 2;  // then the relay carries, the path is still asked
  unsigned misses_to_drop = 5;
  /// A ping is missed after three of its path's round trips, within these bounds; after one and a
  /// half where they take longer than that. An answer that comes later still, up to `ping_memory`,
  /// takes the miss back.
  duration ping_timeout_min = 300ms;
  duration ping_timeout = 1s;
  duration ping_memory = 10s;
  /// Where a peer has answered us lately, its pings say nothing new.
  duration proven_for = 10s;
  duration probe_timeout = 5s;  // to find, contact and ping a peer that somebody asks about
  /// Doubled each time. Two hosts that come up together look for each other before either has
  /// published: a second lookup soon is the difference between 0.2 s and 2 s to the first packet.
  duration lookup_retry = 100ms;
  /// A peer whose record was found has at least so long to answer before it is looked for again.
  duration contact_timeout = 2s;
  /// It is looked up again after this the first time, for what was found may be of an earlier life.
  duration contact_first = 500ms;
  duration lookup_retry_max = 60s;
  /// While payload waits for a peer that had no path yet, the wait is no longer than this part of
  /// the time since it is missed, so that an outage costs little more than itself; at least
  /// `contact_timeout`.
  unsigned lookup_part = 8;
  /// The larger key waits this long for the other side's offer, and who was come to for the other
  /// side's next word before it begins a lookup.
  duration courtesy = 2s;
  /// A path that carried nothing for so long is let go.
  duration idle = 10min;
  std::size_t candidates_max = 8;
  std::size_t relays_max = 4;
  /// A member's offers that are answered: this many in a row, then one per interval. Its candidates
  /// may be anybody's addresses, and an attempt sends 64 packets.
  unsigned offers_burst = 4;
  duration offer_interval = 30s;
};

/// Somebody who may have a path; `where` when the network file gives an endpoint.
struct member {
  public_key key;
  std::optional<endpoint> where;
};
/// Payload waits for this peer, or it is wanted for another reason.
struct want {
  public_key peer;
};
/// The peer left the network.
struct forget {
  public_key peer;
};
/// Somebody asks whether the peer answers now, and how fast. Counts as `want`.
struct probe {
  public_key peer;
};
/// What we can tell others about ourselves.
struct self_changed {
  wire::nat_class kind = wire::nat_class::unknown;
  std::vector<endpoint> candidates;  // likeliest first
};
struct found {
  public_key peer;
  std::optional<wire::record> what;
};
struct received {
  public_key from;
  wire::route via;
  wire::message what;
};
struct relay_up {
  wire::contact relay;
  duration rtt{0};
};
struct relay_down {
  public_key relay;
};
/// A relay says that the peer is not its guest.
struct not_a_guest {
  public_key relay;
  public_key peer;
};
/// Payload went or came over WireGuard since the last such word. Counts as `want` where there is no
/// path: it goes a way that we know nothing of, and nobody keeps it open.
struct payload {
  public_key peer;
};
/// The DHT answers again after it had fallen silent: what was not found before may be now.
struct network_back {};

struct find {
  public_key peer;
};
/// `peer`: for whose sake. A relay whose endpoint is not known is asked by its session's own route.
struct visit_relay {
  wire::contact relay;
  bool wanted = true;
  public_key peer{};
};
/// A direct route to nowhere in particular is the session's own.
struct send {
  public_key to;
  wire::route via;
  wire::message what;
  ttl limit = ttl::host_default;
};
/// WireGuard's traffic for the peer is to go this way from now on; without a route it waits. `rtt`
/// as far as it is known.
struct use {
  public_key peer;
  std::optional<wire::route> via;
  duration rtt{0};
};
/// The way in use was told before it was measured.
struct measured {
  public_key peer;
  duration rtt{0};
};
struct suspect_relay {
  public_key relay;
};
/// For people: emitted whenever state or reason changes.
struct status {
  public_key peer;
  path_state state = path_state::none;
  reason why = reason::none;
  wire::route via;
  duration rtt{0};
};

/// The answer to a probe; without `rtt` the peer did not answer in time, or is no member.
struct probed {
  public_key peer;
  wire::route via;
  std::optional<duration> rtt;
};

/// An attempt to open a direct path failed: what anybody sends it straight is lost, and keeps a
/// confused router from forgetting before the next one.
struct not_reached {
  public_key peer;
};

using action = std::variant<find, visit_relay, send, use, measured, suspect_relay, status, probed,
                            not_reached, note>;
using actions = std::vector<action>;

/// All that is known of a path, for people.
struct report {
  struct relay {
    wire::contact who;
    bool attached = false;
    bool answered = false;  // the peer answered a ping over it
    duration rtt{0};
  };
  status now;
  wire::nat_class theirs = wire::nat_class::unknown;
  std::vector<endpoint> candidates;
  std::vector<relay> relays;
  unsigned failures = 0;  // attempts in a row to open a direct path
  bool looking = false;
  std::optional<time_point> next_open, next_lookup;
};

/// Paths to the members of our networks: looks a wanted peer up, meets it at a relay at once, opens
/// a direct path from there, keeps it alive, and goes back to the relay the moment it is lost.
///
/// Only members have state here; anyone else's message is dropped. `direct` means that a ping of
/// ours was answered over that very endpoint lately.
class paths {
 public:
  paths(config c, const public_key& self, rng& random);

  /// Returns those with state here that are members no longer: `forget` them.
  std::vector<public_key> set_members(std::vector<member> members);
  void handle(time_point now, const want& in, actions& out);
  void handle(time_point now, const forget& in, actions& out);
  void handle(time_point now, self_changed in, actions& out);
  void handle(time_point now, const found& in, actions& out);
  void handle(time_point now, const received& in, actions& out);
  void handle(time_point now, const relay_up& in, actions& out);
  void handle(time_point now, const relay_down& in, actions& out);
  void handle(time_point now, const not_a_guest& in, actions& out);
  void handle(time_point now, const payload& in, actions& out);
  void handle(time_point now, const network_back& in, actions& out);
  void handle(time_point now, const probe& in, actions& out);
  void handle_timeout(time_point now, actions& out);
  std::optional<time_point> next_timeout() const;

  std::optional<status> status_of(const public_key& k) const;
  /// When a direct path is tried again; empty when it is not planned.
  std::optional<time_point> next_attempt(const public_key& k) const;
  std::size_t size() const { return peers_.size(); }
  /// Of every peer with state here, by key.
  std::vector<report> all() const;
  const self_changed& self() const { return me_; }

 private:
  struct relay_option {
    wire::contact relay;
    bool attached = false;
    bool answered = false;  // the peer answered a ping over it
    duration rtt{0};
    unsigned missed = 0;
    time_point missed_at{};
  };
  struct direct_path {
    endpoint where;
    duration rtt{0};
    unsigned missed = 0;
    time_point missed_at{};
  };
  struct proven {
    endpoint where;
    time_point at;
  };
  struct pending_ping {
    wire::transaction tx;
    wire::route via;
    time_point sent;
    time_point late_at;
    bool late = false;
  };
  struct peer {
    public_key key;
    bool wanted = false;  // by us; else the other side came to us
    std::optional<wire::record> known;
    std::vector<endpoint> candidates;  // news first
    wire::nat_class their_kind = wire::nat_class::unknown;
    std::vector<relay_option> relays;
    std::optional<direct_path> direct;
    std::optional<endpoint> last_direct;   // where it answered last
    std::optional<time_point> lost_since;  // there was a path, and is none
    std::optional<attempt> opening;
    std::vector<pending_ping> pings;
    std::vector<proven> answered;  // directly, newest last, a few
    std::optional<wire::route> in_use;
    bool rtt_told = false;  // of the path in use
    status told;
    reason why = reason::none;
    unsigned failures = 0;  // attempts in a row
    unsigned unagreed = 0;  // offers in a row that were not answered
    unsigned offers_left = 0;
    time_point offers_filled{};
    duration lookup_wait{0};
    time_point missed_since{};  // the first lookup since there was no path
    bool looking = false;
    std::optional<time_point> next_lookup, next_open;
    time_point next_beat{};
    time_point last_payload{};
    // Somebody asks until then; with the ping that went out for it, once there is a way.
    std::optional<time_point> probe_until;
    wire::transaction probe_tx{};
    bool probing = false;
  };

  const member* find_member(const public_key& k) const;
  peer* find_peer(const public_key& k);
  const peer* find_peer(const public_key& k) const;
  peer& obtain(time_point now, const public_key& k);
  void remove(const public_key& k, bool say_bye, actions& out);
  void plan_open(time_point at, peer& p) const;
  /// The address is ours too: one box stands in front of us and whoever is there.
  bool is_our_address(const endpoint& e) const;
  /// Why there is no direct path, as far as classes and addresses tell.
  reason why_not_direct(const peer& p) const;
  void give_up(time_point now, peer& p, bool agreed, actions& out);
  static void say_opening(peer& p);
  bool accept_offer(time_point now, peer& p) const;
  void on_ping(time_point now, peer& p, const received& in, const wire::ping& m, actions& out);
  void on_pong(time_point now, peer& p, const received& in, const wire::pong& m, actions& out);
  void on_connect(time_point now, peer& p, const received& in, const wire::connect& m,
                  actions& out);
  void ping(time_point now, peer& p, const wire::route& via, actions& out,
            ttl limit = ttl::host_default);
  void look_up(time_point now, peer& p, actions& out);
  duration lookup_wait_max(time_point now, const peer& p) const;
  void look_up_soon(time_point now, peer& p) const;
  void offer(time_point now, peer& p, actions& out);
  void send_connect(peer& p, wire::connect_phase phase, std::uint32_t id, const wire::route& via,
                    actions& out, duration start_in = {});
  void advance_attempt(time_point now, peer& p, actions& out);
  void expire_pings(time_point now, peer& p, actions& out);
  void beat(time_point now, peer& p, actions& out);
  void choose(time_point now, peer& p, actions& out);
  void add_candidates(peer& p, const std::vector<endpoint>& news) const;
  void contact(time_point now, peer& p, actions& out);
  void try_endpoints(time_point now, peer& p, actions& out);
  void seek(time_point now, peer& p, actions& out);
  void add_relay(time_point now, peer& p, const wire::contact& relay, actions& out);
  relay_option* met_at(peer& p, const public_key& relay, actions& out);
  void tick(time_point now, peer& p, actions& out);
  duration patience(const peer& p, const wire::route& via) const;
  duration rtt_in_use(const peer& p) const;
  attempt_config attempt_over(const peer& p) const;
  bool proven_lately(time_point now, const peer& p, const endpoint& e) const;
  bool asked_lately(time_point now, const peer& p, const wire::route& via) const;
  void tell(peer& p, actions& out);
  void advance_probe(time_point now, peer& p, actions& out);
  static void end_probe(peer& p, const wire::route& via, std::optional<duration> rtt, actions& out);
  static relay_option* find_relay(peer& p, const public_key& relay);
  static const relay_option* find_relay(const peer& p, const public_key& relay);
  time_point due(const peer& p) const;
  bool usable(const relay_option& r) const {
    return r.attached && r.answered && r.missed < config_.misses_to_suspect;
  }

  config config_;
  public_key self_;
  rng& random_;
  self_changed me_;
  std::vector<member> members_;          // by key
  std::vector<peer> peers_;              // by key
  std::vector<wire::contact> attached_;  // relays that carry for us, by key
};

}  // namespace wh::punch
