#pragma once

#include <optional>
#include <vector>

#include "actors/proto/note.hpp"
#include "actors/proto/round_trips.hpp"
#include "actors/proto/wire/messages.hpp"
#include "transport/rng.hpp"
#include "transport/time.hpp"

namespace wh::relay {

struct guest_config {
  /// Relays kept warm, so that the death of one costs no search.
  std::size_t homes = 2;
  /// Renewal is the NAT keepalive too: below the 30 s of the strictest common timer.
  duration renew = 25s;
  /// Longer where a relay, or our own line, is known to take longer.
  duration answer_timeout = 1s;
  unsigned tries = 3;
  /// However short the lease that a relay grants: it does not set our pace.
  duration renew_min = 5s;
  /// Relays kept for others' sake (their homes); one more is refused.
  std::size_t visits_max = 64;
  std::size_t candidates_max = 16;
  /// Of those that others name, from one /24 or /48.
  std::size_t candidates_network = 2;
  /// Whoever has less room waits for better ones to be known, and no longer than this.
  std::uint16_t room_ample = 64;
  std::uint16_t room_some = 16;
  duration ample_awaited = 2s;
  /// A relay that failed or was full is not asked to be a home again before. A visit is asked all
  /// the same: the other side is there and nowhere else.
  duration grudge = 2min;
  /// Without any home one that was silent is asked again after this, doubled each time in a row up
  /// to `grudge`: nothing better is left.
  duration grudge_min = 10s;
  /// The same for one whose owner does not consent: that is a setting, and seldom changed.
  duration grudge_refused = 1h;
  /// Without any home, those that were homes and fell silent are asked again after this, or after a
  /// sixty-fourth of the time since, at most `lost_ask_max`: it may be ourselves whom nobody heard.
  duration lost_ask = 2s;
  duration lost_ask_max = 60s;
  std::size_t lost_max = 4;
};

/// A peer that might relay for us, and how many homes it said it takes, if it did. `proven`: it
/// answered us a moment ago; else others name it.
struct candidate {
  wire::contact who;
  std::optional<std::uint16_t> room{};
  bool proven = true;
};
/// The answer to `need_candidates`: who was told is everybody that is known. `searching`: others
/// are looked for, and another of these follows.
struct candidates_end {
  bool searching = false;
};
/// Whether home relays are wanted at all: a peer that strangers reach needs none.
struct want_homes {
  bool wanted = false;
};
/// Become (or stay) a guest of a peer's relay for its sake; `false` ends it. A relay without an
/// endpoint is asked by the session that there is with it.
struct visit {
  wire::contact relay;
  bool wanted = true;
  public_key peer{};
};
/// `where`: the endpoint it came from.
struct guest_received {
  public_key from;
  wire::message what;
  endpoint where{};
};
/// Payload or heartbeats through this relay go unanswered: ask it now whether it lives. Answered
/// with `detached` where we are no guest.
struct suspect {
  public_key relay;
};
/// The session layer gave up on this peer.
struct guest_failed {
  public_key peer;
};

struct guest_send {
  wire::contact to;
  wire::message what;
};
/// This relay carries for us now (told once per change).
struct attached {
  wire::contact relay;
  duration rtt{0};
};
/// Where a relay sees us, with each answer: it is asked far more often than anybody else.
struct seen_at {
  wire::contact by;
  endpoint me;
};
struct detached {
  public_key relay;
};
/// The set of home relays changed: the record is to be published anew. `complete`: they are enough,
/// or nobody else is known who could be one.
struct homes {
  std::vector<wire::contact> relays;
  bool complete = false;
};
/// Homes are wanting (we have so many), and no candidate is left: the DHT should be asked for
/// peers.
struct need_candidates {
  unsigned homes = 0;
};
/// No more are wanted.
struct enough_candidates {};

using guest_action = std::variant<guest_send, attached, seen_at, detached, homes, need_candidates,
                                  enough_candidates, note>;
using guest_actions = std::vector<guest_action>;

/// A relay of ours, for people.
struct stay_report {
  wire::contact relay;
  bool home = false;
  bool granted = false;
  duration rtt{0};
};

/// The side of who is carried: keeps `homes` relays warm and visits others' relays while wanted.
class guest {
 public:
  guest(guest_config c, rng& random) : config_(c), random_(random) {}

  void handle(time_point now, const candidate& in, guest_actions& out);
  void handle(time_point now, const candidates_end& in, guest_actions& out);
  void handle(time_point now, const want_homes& in, guest_actions& out);
  void handle(time_point now, const visit& in, guest_actions& out);
  void handle(time_point now, const guest_received& in, guest_actions& out);
  void handle(time_point now, const suspect& in, guest_actions& out);
  void handle(time_point now, const guest_failed& in, guest_actions& out);
  void handle_timeout(time_point now, guest_actions& out);
  std::optional<time_point> next_timeout() const;

  std::vector<stay_report> report() const;
  bool is_attached(const public_key& relay) const;
  std::optional<wire::contact> contact_of(const public_key& relay) const;

 private:
  struct stay {
    wire::contact relay;
    bool home = false;
    std::vector<public_key> visited{};  // peers whose paths want it, each as often
    bool granted = false;
    wire::transaction tx{};
    time_point asked{};  // when the question that is out was put first
    time_point due{};    // next renewal or retry
    unsigned unanswered = 0;
    duration rtt{0};
  };
  struct grudge {
    wire::contact relay;
    time_point until;
    duration wait{};                      // until `may_end`, doubled each time in a row
    std::optional<time_point> may_end{};  // of one that was silent
  };
  /// A relay that was dropped before it ever answered.
  struct unheard {
    wire::contact relay;
    wire::transaction tx;
    time_point asked;
  };

  /// A home that fell silent.
  struct lost_home {
    wire::contact relay;
    time_point since, again;
  };

  stay* find(const public_key& k);
  void ask(time_point now, stay& s, guest_actions& out);
  duration patience(const stay& s) const;
  void answered_late(time_point now, const public_key& from, const wire::relay_attached& m,
                     guest_actions& out);
  /// With a grudge for as long as `resent`; `silent`: it may end sooner.
  void drop(time_point now, const public_key& k, duration resent, guest_actions& out,
            bool silent = false);
  void fill_homes(time_point now, guest_actions& out);
  void tell_homes(guest_actions& out);
  void fell_silent(time_point now, const public_key& k, guest_actions& out);
  bool was_home(const public_key& k) const;
  void lose(time_point now, const stay& s);
  void ask_lost(time_point now, guest_actions& out);
  void found_again(const public_key& k);
  /// It has answered us from there.
  void heard_at(time_point now, const wire::contact& who, guest_actions& out);
  std::optional<time_point> next_lost() const;
  std::optional<time_point> next_forgiven(time_point now) const;
  std::size_t homes_granted() const;
  void end_surplus();
  void ask_for_candidates(time_point now, guest_actions& out);
  std::vector<candidate>::iterator best_candidate(time_point now);
  bool homes_complete() const;
  bool resented(time_point now, const public_key& k) const;

  guest_config config_;
  rng& random_;
  bool homes_wanted_ = false;
  std::vector<stay> stays_;
  std::vector<candidate> candidates_;  // newest last
  std::vector<grudge> grudges_;
  std::vector<unheard> unheard_;  // oldest first, a few
  std::vector<lost_home> lost_;   // oldest first, a few
  round_trips trips_;
  std::vector<public_key> homes_told_;
  bool complete_told_ = false;
  bool candidates_all_ = false;   // told since they were asked for
  bool searching_ = false;        // for others
  bool candidates_came_ = false;  // since they were asked for last
  bool asked_for_candidates_ = false;
  time_point wanted_since_{};
  std::optional<time_point> search_again_, ample_until_, forgive_at_;
};

}  // namespace wh::relay
