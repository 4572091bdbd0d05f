#pragma once

#include <array>
#include <optional>
#include <vector>

#include "actors/proto/note.hpp"
#include "actors/proto/wire/messages.hpp"
#include "transport/rng.hpp"
#include "transport/time.hpp"

/// What kind of NAT this host sits behind, found out with the help of DHT peers: RFC 5780's tests
/// without its server of two addresses.
namespace wh::nat {

/// What the operator knows: `direct` believes him that strangers reach this host, `behind_nat` that
/// they do not; `unknown` finds out.
enum class mode : std::uint8_t { unknown, direct, behind_nat };

struct config {
  mode how = mode::unknown;
  /// Observers whose answers are compared; more would only cost memory.
  std::size_t observers_max = 8;
  /// RFC 4787 REQ-5 wants mappings to live 5 min: an older observation may be of another mapping.
  duration observation_life = 5min;
  duration dial_interval = 2s;  // between the tries that lead to a verdict
  /// Between verdicts: how often `open` is confirmed, and at most how seldom it is hoped for.
  duration dial_interval_max = 10min;
  /// After a change of mapping or endpoint the next one waits, and ever longer while they follow
  /// each other: some NATs give two ports in turn, and each change is published (cf. RFC 2439).
  duration hold = 5s;
  duration hold_max = 10min;
  /// An untranslated host that knows too few peers to be told by them serves after this.
  duration provisional_after = 10s;
  duration doubt_interval = 10s;  // at least, between two
  /// Too few to agree are believed when they say again after this that we moved.
  duration say_again = 10s;
  /// Somebody may be asked and knock before we know of having talked to him: one is no proof.
  unsigned strangers_needed = 2;
  /// Whom we ask answers within seconds, or nothing comes back at all: `blocked`.
  duration blocked_after = 30s;
  unsigned dial_tries = 3;  // requests passed on in vain until "strangers do not reach us"
};

/// The outcome. `external` is where strangers or punching peers are to send; unspecified while not
/// known. `serves`: may answer the DHT's queries and enter tables. `also`: another port of the same
/// address that observers see; new flows may leave from there.
struct verdict {
  wire::nat_class kind = wire::nat_class::unknown;
  endpoint external;
  bool serves = false;
  endpoint also{};
  friend bool operator==(const verdict&, const verdict&) = default;
};

/// A peer told where it sees us.
struct observed {
  wire::contact by;
  endpoint me;
};
/// Whoever was there does not answer any more.
struct gone {
  ip_address address;
};
/// Something that is no question of the DHT was sent there: a ping, a handshake with a relay, a
/// stranger's `reach`. It opens our firewall for what comes from there.
struct sent_to {
  ip_address address;
};
/// A `reach` datagram came.
struct reached {
  endpoint from;
  std::uint64_t nonce = 0;
};

/// The peer that was asked to has passed our request on to somebody.
struct passed_on {
  wire::transaction tx;
};

/// Ask this peer to have a stranger dial us.
struct dial {
  wire::contact whom;
  wire::dial_request what;
};

/// An observer sees us elsewhere than before: more of them should be asked soon.
struct doubt {};

using action = std::variant<verdict, dial, doubt, note>;
using actions = std::vector<action>;

/// Emits a `verdict` whenever it changes.
///
/// Mapping: of the newest observation of each of up to 8 observers (counted once per address), the
/// endpoint named by more than half, and by at least two, is the mapping: `endpoint_independent`.
/// With three or more observers and no such majority it is `endpoint_dependent`; so it is with two
/// that see two ports of one address in turn, the one again after the other: no mapping moves to
/// and fro. One liar among four therefore changes nothing. Only observations of one realm are
/// compared: IPv4 seen from outside, else IPv6, else what neighbours on our own network see.
///
/// A NAT that rebooted is seen by some observers as it was and by the others as it is; it is not
/// taken for one whose mapping varies: two endpoints that share the observers, all of the one older
/// than all of the other, are one mapping that moved. When two observers in a row (three where the
/// address is another one) saw it move, nobody else's older word counts any more.
///
/// Fewer than three observers who do not agree are no reason to give up an earlier finding, while
/// one of them still sees it. Of an observer that is gone, what it saw before another one saw us
/// move counts no more. The endpoint reported for a mapping that varies stays the same while its
/// address is still seen, for its port means nothing and each change is published; three observers
/// in a row who saw us move to another address void it there, too.
///
/// Filtering: an observer passes our nonce to a peer we never talked to; when that one's datagram
/// arrives, strangers reach us: `open`. A datagram from an address we have talked to proves nothing
/// and is ignored (a same-address dial-back calls every address-filtering NAT open).
///
/// `blocked`: peers were asked for `blocked_after`, and none told us where it sees us, nor does an
/// observation of before still count: no UDP comes back. That the others are gone looks the same.
///
/// A host that sees its own interface's address outside is not translated. Where it knows few peers
/// it serves after a while, and until `dial_tries` dial-backs stayed out: a network whose first
/// nodes all waited for a stranger's testimony would never start.
class classifier {
 public:
  classifier(config c, std::vector<endpoint> local, rng& random);

  void handle(time_point now, const observed& in, actions& out);
  void handle(time_point now, const gone& in, actions& out);
  void handle(const sent_to& in);
  void handle(time_point now, const reached& in, actions& out);
  void handle(time_point now, const passed_on& in);
  /// A question was sent there: whoever answers from there is no stranger, now or later.
  void talking_to(time_point now, const ip_address& a);
  /// Whether the peers we know are too few to tell of: see `provisional_after`.
  void set_few_peers(bool few) { few_peers_ = few; }
  /// The host's addresses changed: everything known is void.
  void handle_addresses(time_point now, std::vector<endpoint> local, actions& out);
  void handle_timeout(time_point now, actions& out);
  std::optional<time_point> next_timeout() const;

  /// Before anybody was asked: what the operator says, and the public address of a host that has
  /// one.
  static verdict first_guess(mode how, const std::vector<endpoint>& local);
  const verdict& current() const { return current_; }
  const std::vector<endpoint>& local() const { return local_; }

 private:
  struct observation {
    wire::contact by;
    endpoint me;
    time_point at;
    bool moved = false;  // it saw us at the mapping before, and then here
    time_point since{};  // it has seen us here
    bool gone = false;   // it does not answer any more
  };

  void dial(time_point now, actions& out);
  bool is_ours(time_point now, std::uint64_t nonce) const;
  bool is_where_we_are(const endpoint& e) const;
  void void_what_was();
  void forget_the_gone();
  bool two_see_two_ports(time_point now, std::size_t realm) const;
  void judge(time_point now, actions& out);
  void judge_mapping(time_point now);
  std::optional<time_point> blocked_at() const;
  void judge_also(time_point now, const endpoint& other);
  void damp(time_point now, verdict& v);
  bool talked_to(const ip_address& a) const;
  bool untranslated() const;
  void remember(const ip_address& a);

  config config_;
  std::vector<endpoint> local_;
  rng& random_;
  std::vector<observation> seen_;                       // newest last, one per observer's address
  std::vector<std::uint32_t> talked_to_;                // hashes of addresses, newest last; bounded
  wire::nat_class mapping_ = wire::nat_class::unknown;  // what the observers show, never `open`
  endpoint external_, also_;
  time_point also_since_{};
  verdict current_;
  std::optional<time_point> next_dial_, doubted_, judge_again_;
  time_point hold_until_{};
  duration hold_{0};
  duration dial_interval_;
  std::uint64_t nonce_ = 0;
  wire::transaction dial_tx_{};
  time_point dial_sent_{};
  bool passed_on_ = false;  // the request under way; only then its failure counts
  bool in_vain_ = false;    // to one of whom we knew: no failure either
  /// Requests before the one under way: on a long way their words come when the next has left.
  struct dialled_before {
    std::uint64_t nonce = 0;
    wire::transaction tx{};
    time_point sent{};
  };
  std::array<dialled_before, 2> before_{};  // newest first
  duration dial_rtt_{0};
  unsigned dials_ = 0;  // since the last datagram of a stranger
  unsigned strangers_ = 0;
  bool reachable_ = false;
  bool few_peers_ = true;
  std::optional<time_point> first_seen_;
  std::optional<time_point> asking_since_;  // without an answer
};

}  // namespace wh::nat
