#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/proto/dht/lookup.hpp"
#include "actors/proto/dht/rate_gate.hpp"
#include "actors/proto/dht/routing_table.hpp"
#include "actors/proto/dht/store.hpp"
#include "actors/proto/note.hpp"
#include "actors/proto/round_trips.hpp"
#include "actors/proto/wire/messages.hpp"
#include "transport/crypto.hpp"
#include "transport/rng.hpp"
#include "transport/time.hpp"

/// The distributed hash table: who is where, asked of everybody. SPEC.md has the exchanges,
/// README.md the reasons and the arithmetic of the numbers here.
namespace wh::dht {

struct config {
  public_key self;
  std::string name_space;
  unsigned workbit = 8;  // less of it in a key, and it is not asked, listed or stored for
  /// Publicly reachable: stores records, helps others to learn their NAT. Others list us by what
  /// our sessions say, which the shell keeps equal to this.
  bool serves = true;
  /// Takes only addresses of the public internet from others.
  bool global_only = true;
  /// At most 2 contacts of a /24 or /48 in a bucket and 10 in the table. Off only in laboratories.
  bool diverse = true;
  std::uint8_t k = wire::k;
  std::uint8_t alpha = 3;
  std::uint8_t paths = 2;  // of a lookup that does not say; 1..8
  std::uint8_t quorum = 3;
  std::uint8_t region_max = 40;       // nodes around a record's place that are asked and stored at
  std::uint8_t lookup_requests = 60;  // and 10 more for each path beyond the second
  std::uint8_t lookups_max = 4;
  std::uint8_t lookups_waiting_max = 16;
  std::uint8_t candidates_max = 16;
  std::uint8_t seeds_max = 64;
  std::uint8_t failures_max = 255;  // strangers remembered to be of no use
  std::uint8_t guests_max = 8;      // remembered to be asked to dial somebody
  /// Of the lookups of our own id after the first ones only so many of those closest to us are
  /// asked: our neighbours are known, and any of them knows who is new among them.
  std::uint8_t self_lookup_width = 8;
  store_limits stores{};
  /// A stranger's answer takes a round trip, its handshake included. This and the next are longer
  /// where our own line takes most of it.
  duration request_timeout = 1500ms;
  /// After this a lookup asks another one meanwhile.
  duration request_patience = 500ms;
  /// Between two upkeep requests: right after joining, and at most.
  duration upkeep_first = 1s;
  duration upkeep_max = 100s;
  /// A stranger that did not answer, or does not serve, is not asked again for this long, however
  /// many tell of it: under churn most of what a lookup is told of and does not know is gone.
  duration failure_life = 10min;
  /// Who serves nobody and spoke to us within this may be asked to dial somebody: its NAT still
  /// lets us in.
  duration guest_life = 25s;
  /// Whom we heard of within this is not asked just to see whether it lives.
  duration contact_fresh = 10min;
  /// While the table is smaller than a bucket: others that join now are not in anybody's table yet.
  duration self_lookup_sparse = 5s;
  duration self_lookup_first = 5min;
  duration self_lookup_max = 4h;
  /// A network that grew by this factor since a record's holders were looked up has others closer
  /// to the record's place: they are looked up anew.
  double growth = 1.5;
  duration join_retry = 2s;
  duration join_retry_max = 5min;
  /// Between two looks around, as long as they follow each other doubled up to `join_retry_max`.
  duration look_around_first = 10s;
  /// Publishers sign anew every 30 min; this steps in when they do not.
  duration republish = 35min;
  /// Holders and their tokens are used again for this long before they are looked up anew.
  duration holders_life = 50min;
};

// Inputs

/// A message of an authenticated session. `early`: it came in a handshake's first message, so
/// nothing shows yet that the sender is where it seems to be.
struct received {
  public_key from;
  endpoint where;
  bool relayed = false;
  bool serves_dht = false;
  bool early = false;
  wire::message what;
  /// Says whether it relays, if it does.
  bool reads_options = false;
};
/// Boot nodes, which are never forgotten, or contacts of an endpoint cache, which are until we
/// joined.
struct add_contacts {
  std::vector<wire::contact> contacts;
  bool boot = true;
};
/// `paths` 0 takes the default. Answered with `finished`, in any case and exactly once.
struct lookup {
  std::uint64_t id = 0;
  wire::location target;
  bool want_record = true;
  std::size_t paths = 0;
};
/// Stored around its place, and again until it expires or a newer one of the same key replaces it.
struct publish {
  wire::record value;
};
/// The session layer gave this peer up.
struct failed {
  public_key peer;
};
/// Nothing that is sent straight to this peer arrives, and an opening of ours may be disturbed by
/// it.
struct not_reached {
  public_key peer;
};
/// This peer has likely begun a new life: what it held for us may be lost.
struct revived {
  public_key peer;
};
struct set_serving {
  bool serves = false;
};
/// Something about us may have changed: two look-ups of our own id, whose answers tell how others
/// see us. Two, because where we did move the first answers may be too large for an address not
/// proven and go to where we were (wire/SPEC.md, 5). Ever more seldom while they follow each other.
struct look_around {};

/// RELAY wants more relays to choose from, for a peer that has so many homes; answered with
/// `relay_seen` for each that is known or turns up, until `enough_relays`, and with `relays_told`
/// when that was everybody for now.
struct find_relays {
  unsigned homes = 0;
};
struct enough_relays {};
/// How many homes we take; nothing when we do not relay.
struct set_relay_room {
  std::optional<std::uint16_t> room;
};

// Actions

struct send {
  wire::contact to;
  wire::message what;
};
struct finished {
  std::uint64_t id = 0;
  std::optional<wire::record> found;
  std::vector<wire::contact> closest;  // of those that answered, up to k
  unsigned hops = 0, requests = 0, timeouts = 0;
  duration took{0};
};
/// A round of storing is over; `copies` holders have the record. 0: tried again soon.
struct published {
  std::uint64_t sequence = 0;
  std::size_t copies = 0;
};
/// How a peer that answered sees us.
struct observed {
  wire::contact by;
  endpoint me;
};
/// A contact that is silent was dropped.
struct dropped {
  wire::contact who;
};
struct joined {
  std::size_t contacts = 0;
};
/// Somebody answers after we had been cut off.
struct back {};
/// One `reach` datagram with `nonce`, outside of any session.
struct send_reach {
  endpoint to;
  std::uint64_t nonce = 0;
};
/// Somebody who relays, or of the first release and may. `proven`: it answered us; else another
/// said so.
struct relay_seen {
  wire::contact who;
  std::optional<std::uint16_t> room;
  bool proven = false;
};
/// `searching`: others are looked for; another of these follows.
struct relays_told {
  bool searching = false;
};
using action = std::variant<send, finished, published, observed, dropped, joined, back, send_reach,
                            relay_seen, relays_told, note>;
using actions = std::vector<action>;

/// Where relays are looked for, and offer themselves.
node_id relays_place(const crypto_suite& crypto, std::string_view name_space);

/// Kademlia with the defences of S/Kademlia and discv5, for one peer.
///
/// Contacts enter the table only by answering a request of ours. `crypto` and `random` outlive it.
class node {
 public:
  node(config c, const crypto_suite& crypto, rng& random);

  void handle(time_point now, const received& in, actions& out);
  void handle(time_point now, const add_contacts& in, actions& out);
  void handle(time_point now, const lookup& in, actions& out);
  void handle(time_point now, const publish& in, actions& out);
  void handle(time_point now, const failed& in, actions& out);
  void handle(time_point now, const revived& in, actions& out);
  void handle(time_point now, const not_reached& in, actions& out);
  void handle(time_point now, const set_serving& in, actions& out);
  void handle(time_point now, const look_around& in, actions& out);
  void handle(time_point now, const find_relays& in, actions& out);
  void handle(time_point now, const enough_relays& in, actions& out);
  void handle(time_point now, const set_relay_room& in, actions& out);
  void handle_timeout(time_point now, actions& out);
  std::optional<time_point> next_timeout() const;

  /// Good contacts, spread over the table, for the next start: at most 64.
  std::vector<wire::contact> cache() const;

  bool has_joined() const { return joined_; }
  const routing_table& table() const { return table_; }
  std::size_t stored_records() const { return store_.size(); }
  std::size_t running_lookups() const { return lookups_.size(); }
  std::size_t waiting_lookups() const { return waiting_.size(); }
  std::size_t pending_requests() const { return pending_.size(); }
  std::size_t candidates() const { return candidates_.size(); }
  std::size_t relay_offers() const { return relaying_ ? relaying_->offers.size() : 0; }
  /// All memory held, that of the object included.
  std::size_t memory_bytes() const;
  const config& settings() const { return config_; }

 private:
  enum class purpose : std::uint8_t {
    user,
    self,
    publication,
    upkeep,
    probe,
    store,
    relays,
    check,  // whether one holder still holds our record
    amend,  // the record is given to that one alone
  };
  /// A request without an answer yet.
  struct request {
    time_point sent;
    time_point deadline;  // first of our patience, then of the request
    std::uint32_t tx;
    std::uint32_t owner;  // the lookup or publication
    prefix id;
    wire::contact to;
    std::uint8_t answer;  // kind of the message awaited
    purpose why;
    std::uint16_t serial;
    bool seed;
    bool slow = false;
    bool late = false;  // answered after it had failed
  };
  /// What is kept of a request that failed.
  struct unanswered_request {
    time_point sent;
    prefix id;
    std::uint32_t tx;
    std::uint32_t key;  // its tag
    std::uint32_t owner;
    std::uint8_t answer;
    purpose why;
    std::uint16_t serial;
  };
  struct past {
    round_trips trips;
    /// Requests that failed: an answer that comes all the same is one, and tells how long the way
    /// is.
    std::vector<unanswered_request> failed;     // oldest first
    time_point boot_lost{}, next_boot = never;  // a boot node is missed, since when
  };
  struct running {
    std::uint32_t id;
    purpose why;
    std::uint32_t publication;
    lookup asked{};
    iterative_lookup engine;
    time_point since;
    std::optional<wire::record> best;
    std::vector<std::pair<std::uint16_t, wire::store_token>> tokens;  // of a publication, by serial
  };
  struct holder {
    wire::contact who;
    wire::store_token token;
  };
  struct publication {
    std::uint32_t id = 0;
    wire::record value;
    wire::location where;
    std::vector<holder> holders;
    time_point looked_up{};
    double nodes_then = 0;  // estimate of the network's size at that time
    time_point next = time_point::max();
    duration retry{0};
    std::uint16_t waiting = 0, copies = 0;
    time_point next_check = time_point::max();
    bool looking = false, again = false, direct = false;
    bool thin = false;  // fewer hold it than could
  };

  // Requests of others: node_serve.cpp
  void on(time_point now, const received& in, const wire::find_node& m, actions& out);
  void on(time_point now, const received& in, const wire::find_record& m, actions& out);
  void on(time_point now, const received& in, const wire::store& m, actions& out);
  void on(time_point now, const received& in, const wire::dial_request& m, actions& out);
  void on(time_point now, const received& in, const wire::dial_back& m, actions& out);
  void asked_by(time_point now, const received& in, actions& out);
  void ask_where_it_is(time_point now, const received& in, prefix id, actions& out);
  void on(time_point now, const received& in, const wire::relay_offer& m, actions& out);
  wire::bounded<wire::contact, wire::k> contacts_for(const node_id& target,
                                                     const public_key& asker);
  std::optional<std::uint16_t> own_relay_room() const;
  static void answer(const received& in, wire::message what, actions& out);
  void remember_guest(time_point now, const received& in);
  std::optional<wire::contact> helper_for(time_point now, const received& asker,
                                          wire::translation nat);
  bool is_ours(prefix place) const;
  wire::store_result judge(time_point now, const received& in, const wire::store& m, actions& out);

  // Answers to us: node.cpp
  void on(time_point now, const received& in, const wire::nodes& m, actions& out);
  void on(time_point now, const received& in, const wire::records& m, actions& out);
  void on(time_point now, const received& in, const wire::stored& m, actions& out);
  std::optional<request> take_request(time_point now, const received& in, wire::transaction tx,
                                      std::uint8_t kind);
  void answered(time_point now, const received& in, const request& r, const endpoint& me,
                actions& out);
  void unanswered(time_point now, const request& r, actions& out);
  void ask(time_point now, const wire::contact& to, prefix id, purpose why, std::uint32_t owner,
           std::uint16_t serial, wire::message what, actions& out, bool seed = false);
  void await(request r);
  past& requests_before() {
    if (!past_) past_ = std::make_unique<past>();
    return *past_;
  }
  duration patience_of(duration usual) const {
    return past_ ? past_->trips.patience(usual) : usual;
  }
  /// In which a request is answered, or has failed.
  duration time_for(const request& r) const {
    const entry* e = table_.find(r.id, r.to.key);
    return e != nullptr && e->far ? round_trips::longest : patience_of(config_.request_timeout);
  }
  duration patience(const request& r) const {
    return patience_of(r.seed ? std::min(seed_patience, config_.request_patience)
                              : config_.request_patience);
  }
  void answered_in_lookup(const request& r, running& l, bool gave_record);

  // Contacts: node.cpp
  prefix id_of(const public_key& k) const;
  bool sane(const endpoint& e) const;
  bool worthy(const public_key& k) const;
  template <class Contacts>
  void learn(time_point now, const Contacts& told, const request& r, actions& out);
  void consider(time_point now, prefix id, const wire::contact& c);
  /// `c.where` unspecified: wherever it is.
  void leave_alone(time_point now, const wire::contact& c, bool silent, actions& out);
  void forgive(time_point now, const public_key& k);
  bool knows_few() const { return table_.size() < config_.k; }
  bool failed_lately(time_point now, const wire::contact& c) const;
  bool silent_seed(const public_key& k) const;
  // So many unanswered requests in a row, and no word of anybody for so long: it is likelier we who
  // are cut off than all of them dead. Where most are dead, eight in a row are nothing unusual, but
  // somebody is heard all the time.
  static constexpr std::uint16_t offline_after = 8;
  static constexpr duration offline_silence = 3s;
  bool is_cut_off(time_point now) const {
    return timeouts_in_row_ >= offline_after && now - heard_ >= offline_silence;
  }
  void ask_in_bucket(time_point now, const wire::contact& c, prefix id, purpose why, actions& out);
  void look_whether_back(time_point now, actions& out);
  void somebody_is_there(time_point now);
  duration join_gap(time_point now) const;
  /// A boot node was dropped: where few are known, it is asked for until it is back.
  void miss_boot(time_point now, const public_key& k);
  void look_for_boot(time_point now, actions& out);
  // Of boot nodes and cached contacts many may be gone. Most that live answer so soon, on a long
  // way too.
  static constexpr duration seed_patience = 200ms;

  // Lookups: node_lookup.cpp
  struct beginning {
    purpose why = purpose::user;
    lookup asked{};
    std::uint32_t publication = 0;
    std::size_t width = wire::k;  // how many of the closest are asked
    bool with_seeds = false;
  };
  void start(time_point now, const beginning& of, actions& out);
  void pump(time_point now, std::uint32_t id, actions& out);
  bool widen(running& l);
  bool ask_around(time_point now, running& l, actions& out);
  void finish(time_point now, std::unique_ptr<running> l, actions& out);
  running* find_lookup(std::uint32_t id);
  bool take_record(time_point now, running& l, const wire::record& r, actions& out);
  prefix region_radius() const;
  /// Four times the distance in which we expect k nodes.
  prefix wide_radius() const;

  // Publications: node_lookup.cpp
  void start_round(time_point now, publication& p, actions& out);
  void hold(const wire::record& r, prefix place, std::uint64_t site, actions& out);
  void hold_own(time_point now, const publication& p, actions& out);
  void store_at_holders(time_point now, publication& p, actions& out);
  void store_result(time_point now, std::uint32_t id, bool ok, actions& out);
  void later(time_point now, publication& p);
  void follow_network(time_point now, actions& out);
  void met_anew(time_point now, const wire::contact& who, actions& out);
  void check_holder(time_point now, const publication& p, const wire::contact& who, actions& out);
  void checked(time_point now, const request& r, const wire::records& m, actions& out);
  publication* find_publication(std::uint32_t id);

  // Relays: node_relays.cpp
  struct relay_offered {
    prefix id;
    wire::contact who;
    std::uint16_t room;
    std::uint32_t at_s;
  };
  struct relaying {
    std::optional<std::uint16_t> room;    // of ours
    std::vector<relay_offered> offers;    // of others
    std::optional<unsigned> wanted_with;  // homes that RELAY has, while it wants more
    bool told = false;                    // all that is known, since they were wanted
    bool searching = false, offering = false;
    std::uint8_t tellers = 0;  // who named some, in the search under way
    time_point search_after{};
    duration search_every{0};
    time_point next_offer = time_point::max();
    duration offer_every{0};
    double nodes_then = 0;  // estimate of the network's size at the last offer
  };
  relaying& about_relays();
  void said_of_relaying(const received& in, prefix id, std::optional<std::uint16_t> room,
                        actions& out);
  void tell_relays(time_point now, actions& out);
  std::size_t name_known_relays(actions& out);
  void search_relays(time_point now, actions& out);
  void relays_named(time_point now, running& l, const wire::nodes& m, actions& out);
  void relays_search_over(const running& l, actions& out);
  lookup to_relays_place() const;
  void plan_offer(time_point now);
  void offer_relay(time_point now, actions& out);
  wire::bounded<wire::relay_hint, 4> relays_for(time_point now, const public_key& asker);

  // Upkeep: node_upkeep.cpp
  /// Lookups that began without all of these ask them too.
  void join_seeds(time_point now, actions& out);
  /// `width`: how many of the closest are asked.
  void join(time_point now, std::size_t width, actions& out);
  void join_over(time_point now, const running& l, actions& out);
  void upkeep(time_point now, actions& out);
  bool probe_candidate(time_point now, bool siblings_only, actions& out);
  void ask_stalest(time_point now, actions& out);
  duration jittered(duration d);

  static constexpr time_point never = time_point::max();
  // Where fewer than `quorum` hold a record of ours, one of them is asked for it this often.
  static constexpr duration check_interval = 1min;
  static constexpr duration boot_gap_min = 5s, boot_gap_max = 1min;

  config config_;
  const crypto_suite& crypto_;
  rng& random_;
  prefix self_, relays_place_;
  routing_table table_;
  record_store store_;
  token_mint mint_;
  rate_gate dial_gate_, reach_gate_;
  std::vector<wire::contact> seeds_;
  std::vector<request> pending_;  // by deadline
  std::unique_ptr<past> past_;    // from the first request on
  std::vector<std::unique_ptr<running>> lookups_;
  std::vector<lookup> waiting_;
  std::vector<publication> publications_;
  std::vector<entry> candidates_;  // heard of, with a place to fill, not asked yet
  struct failure {
    std::uint32_t tag;  // begin of the key
    std::uint32_t at_s;
    std::uint16_t where;  // hash of where it was silent; 0: of no use anywhere
    bool silent;          // else it answered, and serves nobody
  };
  std::vector<failure> failed_;  // strangers that are of no use, oldest first
  struct guest {
    wire::contact who;
    time_point heard;
  };
  std::vector<guest> guests_;           // lately asked us something, and serve nobody; oldest first
  std::unique_ptr<relaying> relaying_;  // since it concerns us
  time_point look_around_after_{};
  duration look_around_every_{0};
  time_point next_join_ = never, next_upkeep_ = never, next_self_ = never, next_probe_ = never;
  duration upkeep_every_, self_every_;
  std::uint32_t next_tx_, next_id_ = 1;
  std::uint16_t timeouts_in_row_ = 0;
  std::uint8_t upkeep_failures_ = 0;  // of known contacts, in a row
  time_point heard_{};                // from anybody
  time_point apart_since_ = never;    // joining has failed
  /// While we are cut off.
  time_point next_look_ = never;
  std::uint8_t boot_seeds_ = 0;  // the first ones of seeds_
  bool joined_ = false;
  bool probe_turn_ = false;
  bool look_again_ = false;
};

}  // namespace wh::dht
