#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "transport/bytes.hpp"
#include "transport/endpoint.hpp"

namespace wh {

/// How much a note matters to whoever runs the peer.
enum class severity : std::uint8_t {
  debug,    ///< happens all the time, or whenever a stranger wants it to
  info,     ///< a change that an operator would want to know of
  warning,  ///< something does not work as it should
};

/// Every kind of note there is: enumerator, text, severity, and the sentence for logs and pages, in
/// which "value" says what `note::value` holds. This is the only list: a note that is not here does
/// not compile, and neither does a metric of a note that was renamed.
// clang-format off
#define WH_NOTES(X)                                                                                \
  X(dht_bad_contacts, "dht.bad_contacts", debug,                                                   \
    "an answer named contacts that may not exist (value: how many)")                               \
  X(dht_bad_record, "dht.bad_record", debug,                                                       \
    "an answer held a record that does not verify")                                                \
  X(dht_bucket_full, "dht.bucket_full", debug, "a contact became a spare: its bucket is full")     \
  X(dht_contact_added, "dht.contact_added", debug, "a contact entered the routing table")          \
  X(dht_contact_dropped, "dht.contact_dropped", debug,                                             \
    "a contact left the routing table: it did not answer")                                         \
  X(dht_dial_limited, "dht.dial_limited", debug,                                                   \
    "a request to pass a dial on was over the limit")                                              \
  X(dht_join_failed, "dht.join_failed", warning,                                                   \
    "nobody answered the attempt to join (value: requests sent)")                                  \
  X(dht_joined, "dht.joined", info, "joined the DHT (value: contacts known)")                      \
  X(dht_left_alone, "dht.left_alone", debug,                                                       \
    "a peer is of no use and not asked for a while (value: 1 it is silent, 0 it serves nobody)")   \
  X(dht_lookups_full, "dht.lookups_full", debug,                                                   \
    "a lookup was refused: too many wait (value: how many)")                                       \
  X(dht_network_full, "dht.network_full", debug,                                                   \
    "a contact became a spare: its /24 or /48 has its share")                                      \
  X(dht_newer_record_exists, "dht.newer_record_exists", warning,                                   \
    "a newer record of our own key is known than ours (value: its sequence number)")               \
  X(dht_nobody_answers, "dht.nobody_answers", warning,                                             \
    "no contact answers: most likely we are cut off")                                              \
  X(dht_not_stored, "dht.not_stored", debug,                                                       \
    "a holder did not take our record (value: wire::store_result)")                                \
  X(dht_offers_full, "dht.offers_full", debug,                                                     \
    "an offer to relay gave its place to another's")                                               \
  X(dht_publication_ended, "dht.publication_ended", debug,                                         \
    "a record that we held for others or ourselves is published no more")                          \
  X(dht_publications_full, "dht.publications_full", debug,                                         \
    "a record was not published: too many are")                                                    \
  X(dht_published, "dht.published", debug, "our record was stored (value: copies)")                \
  X(dht_reach_limited, "dht.reach_limited", debug, "a request to dial back was over the limit")    \
  X(dht_record_dropped, "dht.record_dropped", debug,                                               \
    "a record that we held gave way to another: the store is full (value: its sequence number)")   \
  X(dht_record_found, "dht.record_found", debug,                                                   \
    "a lookup of ours found a record (value: its sequence number)")                                \
  X(dht_record_held, "dht.record_held", debug,                                                     \
    "we hold a record, of ourselves or another (value: its sequence number)")                      \
  X(dht_record_missed, "dht.record_missed", debug,                                                 \
    "a holder of our record did not have it (any more) and is given it")                           \
  X(dht_relayed, "dht.relayed", debug, "a DHT message that came through a relay was ignored")      \
  X(dht_seeds_full, "dht.seeds_full", debug,                                                       \
    "boot nodes were refused: too many are given (value: how many)")                               \
  X(dht_store_refused, "dht.store_refused", debug,                                                 \
    "a record was not taken (value: wire::store_result)")                                          \
  X(dht_stray_answer, "dht.stray_answer", debug, "an answer that nothing had asked for")           \
  X(dht_table_empty, "dht.table_empty", warning, "the routing table is empty")                     \
  X(nat_reach_from_acquaintance, "nat.reach_from_acquaintance", debug,                             \
    "a reach came from an address that we had talked to: it proves nothing")                       \
  X(nat_reach_of_other_family, "nat.reach_of_other_family", debug,                                 \
    "a reach came over another address family than the one asked about")                           \
  X(nat_reached_by_stranger, "nat.reached_by_stranger", debug, "a stranger reached us")            \
  X(nat_serves, "nat.serves", info, "strangers reach us: we serve the DHT (value: nat::kind)")     \
  X(nat_verdict, "nat.verdict", info,                                                              \
    "our own NAT's kind was found, and we do not serve (value: nat::kind)")                        \
  X(punch_direct, "punch.direct", debug, "a direct path is there (value: round trip in us)")       \
  X(punch_failed, "punch.failed", debug,                                                           \
    "an attempt to open a direct path failed (value: how many in a row)")                          \
  X(punch_lost, "punch.lost", info, "a direct path was lost")                                      \
  X(punch_offer_ignored, "punch.offer_ignored", debug, "an offer was over the limit")              \
  X(record_signed, "record.signed", debug,                                                         \
    "our record was signed anew (value: its sequence number)")                                     \
  X(relay_full, "relay.full", debug, "a guest was refused: we have no place left")                  \
  X(relay_grudge, "relay.grudge", debug,                                                           \
    "a relay is not asked to be a home for a while (value: seconds)")                              \
  X(relay_guest_came, "relay.guest_came", debug, "a guest came")                                   \
  X(relay_guest_left, "relay.guest_left", debug, "a guest's lease ran out")                        \
  X(relay_guest_gave_way, "relay.guest_gave_way", debug,                                           \
    "a guest of the network with the most gave its place to another network's (value: how many "   \
    "it held)")                                                                                    \
  X(relay_leased, "relay.leased", debug,                                                           \
    "a relay took us as its guest (value: for how many seconds)")                                  \
  X(relay_over_limit, "relay.over_limit", debug,                                                   \
    "a guest's datagram was dropped: it sends more than it may (value: bytes)")                    \
  X(relay_homes, "relay.homes", debug,                                                             \
    "the relays that carry for us changed (value: how many there are)")                            \
  X(relay_room_changed, "relay.room_changed", info,                                                \
    "our owner set how many homes we take (value: how many)")                                      \
  X(relay_refused, "relay.refused", info,                                                          \
    "a relay does not take us (value: wire::attach_result)")                                       \
  X(relay_silent, "relay.silent", info, "a relay of ours stopped answering")                       \
  X(relay_visit_refused, "relay.visit_refused", debug,                                             \
    "no room for another visit to a relay")                                                        \
  X(session_answer_delayed, "session.answer_delayed", debug,                                       \
    "an answer waits until its address is proven (value: bytes)")                                  \
  X(session_bad_cookie, "session.bad_cookie", debug, "a cookie does not open")                     \
  X(session_bad_initiation, "session.bad_initiation", debug, "an initiation does not open")        \
  X(session_bad_key, "session.bad_key", debug, "a public key cannot be anybody's")                 \
  X(session_bad_mac1, "session.bad_mac1", debug, "a packet's mac1 is wrong")                       \
  X(session_bad_packet, "session.bad_packet", debug, "a transport packet does not open")           \
  X(session_bad_response, "session.bad_response", debug, "a response does not open")               \
  X(session_bad_version, "session.bad_version", debug,                                             \
    "a packet is of another version (value: which)")                                               \
  X(session_cookie_received, "session.cookie_received", debug,                                     \
    "a peer under load asks us to prove our address")                                              \
  X(session_cookie_sent, "session.cookie_sent", debug,                                             \
    "we are under load: a peer has to prove its address")                                          \
  X(session_copy_under_load, "session.copy_under_load", debug,                                     \
    "a copy of an initiation came under load")                                                     \
  X(session_crossed, "session.crossed", debug, "both sides had begun a session at once")           \
  X(session_evicted, "session.evicted", debug, "a session gave its place to another")              \
  X(session_expired, "session.expired", debug, "a session ended")                                  \
  X(session_half_open_evicted, "session.half_open_evicted", debug,                                 \
    "an unconfirmed session gave its place to another")                                            \
  X(session_handshakes_full, "session.handshakes_full", debug,                                     \
    "no room for another handshake of ours")                                                       \
  X(session_low_workbit, "session.low_workbit", debug, "a peer's key has too little work in it")   \
  X(session_malformed, "session.malformed", debug, "a packet has no form of ours")                 \
  X(session_no_route, "session.no_route", debug, "nothing is known of where a peer is")            \
  X(session_not_understood, "session.not_understood", debug,                                       \
    "a peer of an older release knows no such message: it was not sent (value: its kind)")         \
  X(session_not_early, "session.not_early", debug,                                                 \
    "an initiation held a message that may not ride in one (value: its kind)")                     \
  X(session_old_timestamp, "session.old_timestamp", debug,                                         \
    "an initiation is not newer than the last of its peer")                                        \
  X(session_overloaded, "session.overloaded", debug, "an initiation came above all limits")        \
  X(session_queue_full, "session.queue_full", debug,                                               \
    "too many messages wait for a session (value: the message's kind)")                            \
  X(session_rate_limited, "session.rate_limited", debug,                                           \
    "a network sends more initiations than it may")                                                \
  X(session_rekey_failed, "session.rekey_failed", debug, "a session could not be renewed")         \
  X(session_renewed, "session.renewed", debug, "a session took an older one's place")              \
  X(session_replay, "session.replay", debug, "a packet came a second time, or very late")          \
  X(session_roamed, "session.roamed", debug, "a peer is at another address now")                   \
  X(session_stale_cookie, "session.stale_cookie", debug, "a cookie that nothing had asked for")    \
  X(session_stale_echo, "session.stale_echo", debug, "an echo of no challenge of ours")            \
  X(session_stale_response, "session.stale_response", debug,                                       \
    "a response to no handshake that is under way")                                                \
  X(session_timestamp_forgotten, "session.timestamp_forgotten", debug,                             \
    "a peer's last timestamp gave its place to another's")                                         \
  X(session_too_big, "session.too_big", debug, "a message fits no packet (value: bytes)")          \
  X(session_unanswered, "session.unanswered", debug, "a peer did not answer our handshake")        \
  X(session_unconfirmed, "session.unconfirmed", debug, "a peer never confirmed its session")       \
  X(session_undecodable, "session.undecodable", debug,                                             \
    "a peer's message does not decode (value: wire::decode_error)")                                \
  X(session_unknown_kind, "session.unknown_kind", debug,                                           \
    "a newer peer's message of a kind we do not know was ignored (value: its kind)")               \
  X(session_unknown_index, "session.unknown_index", debug, "a packet of no session of ours")       \
  X(session_unproven_route, "session.unproven_route", debug,                                       \
    "a message is too large for an address that is not proven (value: bytes)")                     \
  X(wireguard_answered, "wireguard.answered", debug,                                               \
    "modelled WireGuard: a session that the other side began is confirmed")                        \
  X(wireguard_forged, "wireguard.forged", debug,                                                   \
    "modelled WireGuard: a packet does not open (value: its type)")                                \
  X(wireguard_full, "wireguard.full", warning, "modelled WireGuard: too many peers")               \
  X(wireguard_gave_up, "wireguard.gave_up", debug,                                                 \
    "modelled WireGuard: a handshake was given up (value: packets dropped)")                       \
  X(wireguard_held_dropped, "wireguard.held_dropped", debug,                                       \
    "a datagram of WireGuard's was dropped: too many wait for a path")                             \
  X(wireguard_kicked, "wireguard.kicked", debug,                                                   \
    "WireGuard was told to begin a handshake on the new path")                                     \
  X(wireguard_no_endpoint, "wireguard.no_endpoint", debug,                                         \
    "modelled WireGuard: a peer has no endpoint yet")                                              \
  X(wireguard_no_peer, "wireguard.no_peer", debug,                                                 \
    "modelled WireGuard: a packet of, or for, no peer (value: its type)")                          \
  X(wireguard_relayed_stranger, "wireguard.relayed_stranger", debug,                               \
    "a relay brought a datagram of nobody we know")                                                \
  X(wireguard_repeated, "wireguard.repeated", debug,                                               \
    "a handshake of WireGuard's without an answer was sent again as it is (value: how often)")     \
  X(wireguard_replay, "wireguard.replay", debug,                                                   \
    "modelled WireGuard: a packet came a second time (value: its type)")                           \
  X(wireguard_roamed, "wireguard.roamed", debug, "WireGuard's peer is at another endpoint")        \
  X(wireguard_session, "wireguard.session", debug,                                                 \
    "modelled WireGuard: a session that we began is there (value: tries before it)")               \
  X(wireguard_staged_full, "wireguard.staged_full", debug,                                         \
    "modelled WireGuard: a packet was dropped: too many wait for a handshake")                     \
  X(wireguard_too_big, "wireguard.too_big", debug,                                                 \
    "modelled WireGuard: a packet above the interface's MTU (value: bytes)")
// clang-format on

enum class note_kind : std::uint8_t {
#define WH_NOTE_ENUMERATOR(id, text, level, sentence) id,
  WH_NOTES(WH_NOTE_ENUMERATOR)
#undef WH_NOTE_ENUMERATOR
};

inline constexpr std::size_t note_kind_count = 0
#define WH_NOTE_ONE(id, text, level, sentence) +1
    WH_NOTES(WH_NOTE_ONE)
#undef WH_NOTE_ONE
    ;

struct note_definition {
  std::string_view name;  ///< `part.event`, as logs and traces show it
  severity level;
  std::string_view sentence;
};

inline constexpr std::array<note_definition, note_kind_count> note_definitions{{
#define WH_NOTE_DEFINITION(id, text, level, sentence) {text, severity::level, sentence},
    WH_NOTES(WH_NOTE_DEFINITION)
#undef WH_NOTE_DEFINITION
}};

constexpr const note_definition& definition(note_kind k) {
  return note_definitions[static_cast<std::size_t>(k)];
}
constexpr std::string_view to_string(note_kind k) { return definition(k).name; }

/// A fact that an engine emits instead of logging or counting. The shell makes a log line and a
/// counter of it, the simulator a trace line, a test an assertion. `peer` and `where` are zero and
/// unspecified when there is none; `value` is what the kind's sentence says.
struct note {
  note_kind what;
  public_key peer{};
  endpoint where{};
  std::int64_t value = 0;
};

}  // namespace wh
