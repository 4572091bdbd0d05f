#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <variant>

#include "actors/proto/wire/bounded.hpp"
#include "transport/bytes.hpp"
#include "transport/endpoint.hpp"
#include "transport/words.hpp"

/// Everything that one peer says to another inside a session. Each message is defined once: struct,
/// drawing, field list; codec, printer, equality and the generator of arbitrary values follow.
///
/// A drawing shows the bytes behind the kind byte, widths in bytes, integers big endian:
///   endpoint  = family 1 (4 | 6) | address 4 | 16 | port 2
///   list<n>   = count 1 (<= n) | that many elements
///   blob<n>   = length 2 (<= n) | that many bytes
///   optional  = 0 | 1 value
/// Behind the last of them stand optional fields, drawn as `[type] name size`: type 1 | length 1 |
/// value. They go only to peers that read them, and those that are not known are skipped (SPEC.md,
/// 8). A message that is otherwise longer, shorter, over a bound, or written in any other form is
/// refused.
namespace wh::wire {

/// Marks a field in a message's list as optional: the type it has on the wire, from 1, ascending in
/// the list. The field itself is a std::optional.
struct option {
  std::uint8_t type;
};

/// Number of closest contacts a node answers with and stores at (Kademlia's k).
constexpr std::size_t k = 20;
/// A UDP payload that crosses every path met in practice unfragmented: 1280 - 40 - 8.
constexpr std::size_t datagram_max = 1232;
/// What a relay carries inside one frame: a full-size WireGuard datagram of a tunnel of MTU 1420.
constexpr std::size_t relayed_max = 1452;

/// Matches an answer to its request; chosen by the requester.
using transaction = strong<std::uint32_t, struct transaction_tag>;
/// The place of a record in the DHT.
using location = node_id;
/// Proves to a storing node that the storer was at its address a moment ago.
using store_token = strong<fixed_bytes<8>, struct store_token_tag>;

/// A public peer that can be asked: key 32 | endpoint 7|19.
struct contact {
  public_key key;
  endpoint where;
  template <class S, class F>
  static void each_field(S& s, F&& f) {
    f("key", s.key);
    f("where", s.where);
  }
  friend auto operator<=>(const contact&, const contact&) = default;
};

/// How a peer's NAT treats it, as far as the peer knows (RFC 4787).
enum class nat_class : std::uint8_t {
  unknown = 0,
  open = 1,              // strangers reach it at its endpoint
  endpoint_independent,  // one mapping for all destinations
  endpoint_dependent,    // the mapping varies with the destination
  blocked,               // no UDP comes back
  last = blocked
};
inline constexpr std::array<std::string_view, 5> nat_class_words{
    "unknown", "open", "endpoint_independent", "endpoint_dependent", "blocked"};
constexpr words words_of(nat_class) { return nat_class_words; }

enum class store_result : std::uint8_t {
  stored = 0,
  old,
  quota,
  bad_token,
  bad_record,
  last = bad_record
};
enum class attach_result : std::uint8_t { granted = 0, refused, full, last = full };
/// Whether the sender sees its own interface's address outside: no NAT, perhaps a firewall.
enum class translation : std::uint8_t { translated = 0, none, last = none };
enum class connect_phase : std::uint8_t { offer = 0, answer, sync, last = sync };

/// A peer's whereabouts, signed with its identity key so that whoever stores it can check it.
///   key 32 | sequence 8 | expires 8 (Unix seconds) | nat 1 | endpoints list<6> | relays list<2> |
///   signature 64 over everything before it and the namespace
struct record {
  public_key key;
  std::uint64_t sequence = 0;
  std::uint64_t expires = 0;
  nat_class nat = nat_class::unknown;
  bounded<endpoint, 6> endpoints;
  bounded<contact, 2> relays;
  signature sign;
  template <class S, class F>
  static void each_field(S& s, F&& f) {
    f("key", s.key);
    f("sequence", s.sequence);
    f("expires", s.expires);
    f("nat", s.nat);
    f("endpoints", s.endpoints);
    f("relays", s.relays);
    f("sign", s.sign);
  }
  friend bool operator==(const record&, const record&) = default;
};

#define WH_MESSAGE_SINCE(name, number, is_later)              \
  static constexpr std::string_view message_name = #name;     \
  static constexpr std::uint8_t kind = number;                \
  static constexpr bool later = is_later;                     \
  friend bool operator==(const name&, const name&) = default; \
  template <class S, class F>                                 \
  static void each_field([[maybe_unused]] S& s, [[maybe_unused]] F&& f)
#define WH_MESSAGE(name, number) WH_MESSAGE_SINCE(name, number, false)
/// Of a kind that 0.1.0 does not know: it goes only to peers that read optional fields.
#define WH_LATER_MESSAGE(name, number) WH_MESSAGE_SINCE(name, number, true)

/// tx 4. Answered with `pong` over the same path.
struct ping {
  transaction tx;
  WH_MESSAGE(ping, 0x01) { f("tx", s.tx); }
};

/// tx 4 | observed endpoint: where the ping was seen to come from.
struct pong {
  transaction tx;
  endpoint observed;
  WH_MESSAGE(pong, 0x02) {
    f("tx", s.tx);
    f("observed", s.observed);
  }
};

/// tx 4 | target 32. Answered with `nodes`.
struct find_node {
  transaction tx;
  node_id target;
  WH_MESSAGE(find_node, 0x10) {
    f("tx", s.tx);
    f("target", s.target);
  }
};

/// A peer that is said to relay: contact | room 2, the guests it still takes.
struct relay_hint {
  contact who;
  std::uint16_t room = 0;
  template <class S, class F>
  static void each_field(S& s, F&& f) {
    f("who", s.who);
    f("room", s.room);
  }
  friend bool operator==(const relay_hint&, const relay_hint&) = default;
};

/// tx 4 | observed endpoint | contacts list<20>, closest to the target first |
/// [1] relay_room 2: the sender relays, and takes so many guests more |
/// [2] relays list<4>: who else does, as far as the sender knows; only where they are looked for
struct nodes {
  transaction tx;
  endpoint observed;
  bounded<contact, k> contacts;
  std::optional<std::uint16_t> relay_room{};
  std::optional<bounded<relay_hint, 4>> relays{};
  WH_MESSAGE(nodes, 0x11) {
    f("tx", s.tx);
    f("observed", s.observed);
    f("contacts", s.contacts);
    f(option{1}, "relay_room", s.relay_room);
    f(option{2}, "relays", s.relays);
  }
};

/// tx 4 | where 32. Answered with `records`.
struct find_record {
  transaction tx;
  location where;
  WH_MESSAGE(find_record, 0x12) {
    f("tx", s.tx);
    f("where", s.where);
  }
};

/// tx 4 | observed endpoint | token 8 | found optional record | contacts list<20>, closest first |
/// [1] relay_room 2, as in `nodes`
struct records {
  transaction tx;
  endpoint observed;
  store_token token;
  std::optional<record> found;
  bounded<contact, k> contacts;
  std::optional<std::uint16_t> relay_room{};
  WH_MESSAGE(records, 0x13) {
    f("tx", s.tx);
    f("observed", s.observed);
    f("token", s.token);
    f("found", s.found);
    f("contacts", s.contacts);
    f(option{1}, "relay_room", s.relay_room);
  }
};

/// tx 4 | token 8 | record. Answered with `stored`.
struct store {
  transaction tx;
  store_token token;
  record value;
  WH_MESSAGE(store, 0x14) {
    f("tx", s.tx);
    f("token", s.token);
    f("value", s.value);
  }
};

/// tx 4 | result 1
struct stored {
  transaction tx;
  store_result result = store_result::stored;
  WH_MESSAGE(stored, 0x15) {
    f("tx", s.tx);
    f("result", s.result);
  }
};

/// tx 4 | nonce 8 | nat 1: have somebody whom I never talked to send `nonce` to the address you see
/// me at. The asked peer passes it on as `dial_back`, if it can, and says so with `dial_passed`;
/// the third sends one `reach` datagram.
struct dial_request {
  transaction tx;
  std::uint64_t nonce = 0;
  translation nat = translation::translated;
  WH_MESSAGE(dial_request, 0x18) {
    f("tx", s.tx);
    f("nonce", s.nonce);
    f("nat", s.nat);
  }
};

/// tx 4: the request was passed on to somebody. Without it, silence says nothing about our NAT.
struct dial_passed {
  transaction tx;
  WH_MESSAGE(dial_passed, 0x1a) { f("tx", s.tx); }
};

/// target endpoint | nonce 8
struct dial_back {
  endpoint target;
  std::uint64_t nonce = 0;
  WH_MESSAGE(dial_back, 0x19) {
    f("target", s.target);
    f("nonce", s.nonce);
  }
};

/// tx 4 | [1] meets 32: the guest for whose sake it comes | [2] homes 1: how many other relays it
/// has for its home. Asks to be a relay's guest: what others send there for this key is passed on
/// over this session. Asked again before the lease ends. Answered with `relay_attached`.
struct relay_attach {
  transaction tx;
  std::optional<public_key> meets{};
  std::optional<std::uint8_t> homes{};
  WH_MESSAGE(relay_attach, 0x20) {
    f("tx", s.tx);
    f(option{1}, "meets", s.meets);
    f(option{2}, "homes", s.homes);
  }
};

/// tx 4 | result 1 | lease 2 (seconds) | observed endpoint | [1] room 2: the guests that it still
/// takes; told to whoever said how many homes it has
struct relay_attached {
  transaction tx;
  attach_result result = attach_result::granted;
  std::uint16_t lease_s = 0;
  endpoint observed;
  std::optional<std::uint16_t> room{};
  WH_MESSAGE(relay_attached, 0x21) {
    f("tx", s.tx);
    f("result", s.result);
    f("lease_s", s.lease_s);
    f("observed", s.observed);
    f(option{1}, "room", s.room);
  }
};

/// to 32 | datagram blob<1452>: guest to relay. Passed on as `relayed` when `to` is a guest too,
/// else answered with `relay_unknown`.
struct relay_to {
  public_key to;
  bytes datagram;
  WH_MESSAGE(relay_to, 0x22) {
    f("to", s.to);
    f("datagram", s.datagram);
  }
};

/// from 32 | datagram blob<1452>: relay to guest.
struct relayed {
  public_key from;
  bytes datagram;
  WH_MESSAGE(relayed, 0x23) {
    f("from", s.from);
    f("datagram", s.datagram);
  }
};

/// to 32: no such guest here.
struct relay_unknown {
  public_key to;
  WH_MESSAGE(relay_unknown, 0x24) { f("to", s.to); }
};

/// room 2: the sender relays, and takes so many guests more; for those who ask where relays are
/// looked for. Not answered.
struct relay_offer {
  std::uint16_t room = 0;
  WH_LATER_MESSAGE(relay_offer, 0x16) { f("room", s.room); }
};

/// attempt 4 | phase 1 | nat 1 | start_in 4 | candidates list<8>: agrees on a moment to open a
/// direct path, end to end through a relay. offer -> answer -> sync; see punch/SPEC.md.
struct connect {
  std::uint32_t attempt = 0;
  connect_phase phase = connect_phase::offer;
  nat_class nat = nat_class::unknown;
  std::uint32_t start_in_us = 0;  // sync: from now to the sender's start; 0 in the others
  bounded<endpoint, 8> candidates;
  WH_MESSAGE(connect, 0x30) {
    f("attempt", s.attempt);
    f("phase", s.phase);
    f("nat", s.nat);
    f("start_in_us", s.start_in_us);
    f("candidates", s.candidates);
  }
};

/// The path over which this comes is no longer wanted by its sender.
struct bye {
  WH_MESSAGE(bye, 0x3f) {}
};

#undef WH_MESSAGE
#undef WH_LATER_MESSAGE
#undef WH_MESSAGE_SINCE

using message = std::variant<ping, pong, find_node, nodes, find_record, records, store, stored,
                             dial_request, dial_passed, dial_back, relay_attach, relay_attached,
                             relay_to, relayed, relay_unknown, relay_offer, connect, bye>;

/// Whom a message concerns: the high digit of its kind.
enum class concern : std::uint8_t { probe = 0, dht = 1, relay = 2, path = 3 };
inline concern concern_of(const message& m) {
  return static_cast<concern>(std::visit([](const auto& x) { return x.kind; }, m) >> 4);
}

/// Whether an encoded message is a relay's frame around a datagram that is not ours, WireGuard's
/// that is: kind 1 | key 32 | length 2 | datagram.
inline bool frames_payload(byte_view encoded) {
  constexpr std::size_t head = 1 + 32 + 2;
  return encoded.size() > head && (encoded[0] == relay_to::kind || encoded[0] == relayed::kind) &&
         encoded[head] != 0xff;
}

}  // namespace wh::wire
