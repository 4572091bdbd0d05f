#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "actors/proto/note.hpp"
#include "actors/proto/punch/reason.hpp"
#include "actors/proto/session/packet_kind.hpp"
#include "transport/time.hpp"
#include "transport/words.hpp"

/// What happens in a run, as the world tells it to whoever measures. The trace writes the same
/// events down, so that anybody can count again.
namespace wh::sim {

/// Hosts and pairs by their numbers, from 0 in the order of the scenario.
using host_number = std::uint32_t;
using pair_number = std::uint32_t;

struct life_began {
  host_number host;
  std::uint32_t life;  ///< 1 for the first
};

enum class life_end : std::uint8_t { churn, killed, restarted };
inline constexpr std::array<std::string_view, 3> life_end_words{"churn", "killed", "restarted"};
constexpr words words_of(life_end) { return life_end_words; }
struct life_ended {
  host_number host;
  life_end why;
};

/// A host that does not run became another peer: it has another key, and nothing of what it saved.
struct identity_changed {
  host_number host;
};

/// An engine's note.
struct noted {
  host_number host;
  const note& what;
};

/// A peer's PUNCH says how it reaches another one.
struct path_told {
  host_number host, other;
  punch::path_state state;
  punch::reason why;
  std::optional<host_number> relay;
};

/// A message left for the other peer of a pair inside their session. Of other peers' messages
/// nothing is told.
struct message_sent {
  host_number host, other;
  std::string_view name;  ///< as the wire calls it
  bool relayed;
};

/// One of the pair's two hosts is not the one that sends requests.
enum class leg : std::uint8_t { request, reply };
inline constexpr std::array<std::string_view, 2> leg_words{"request", "reply"};
constexpr words words_of(leg) { return leg_words; }

/// The users of a pair sent a request, which the other side's host answers.
struct payload_sent {
  pair_number pair;
  std::uint32_t sequence;
};
/// It came out of the tunnel at the other end. `relayed` tells of this leg alone.
struct payload_came {
  pair_number pair;
  leg what;
  std::uint32_t sequence;
  bool relayed;
};
/// The request came back as a reply.
struct payload_answered {
  pair_number pair;
  std::uint32_t sequence;
  time_point sent;
  bool direct;  ///< neither leg was relayed
};
/// The users of a pair want no more.
struct pair_ended {
  pair_number pair;
};

/// Somebody looks a record up on behalf of the users.
struct lookup_began {
  std::uint64_t lookup;
  std::uint32_t item;  ///< of the workload
  host_number asker;
  /// None: the record of a key that nobody has.
  std::optional<host_number> sought;
};
enum class lookup_outcome : std::uint8_t {
  found,      ///< the newest record that had had time to reach its holders, or a newer one
  stale,      ///< an older one
  not_found,  ///< none
  no_answer,  ///< the lookup was refused
  left,       ///< the asker, or the one sought, stopped meanwhile: nothing can be said
};
inline constexpr std::array<std::string_view, 5> lookup_outcome_words{"found", "stale", "not_found",
                                                                      "no_answer", "left"};
constexpr words words_of(lookup_outcome) { return lookup_outcome_words; }
struct lookup_ended {
  std::uint64_t lookup;
  std::uint32_t item;
  host_number asker;
  std::optional<host_number> sought;
  lookup_outcome outcome;
  std::uint64_t sequence;  ///< of the record that came; 0 without one
  std::uint64_t wanted;    ///< the least that counts as the newest
  std::uint32_t requests, timeouts;
  duration took;
};
/// The workload wanted a lookup, and no host fits as asker or as the one sought.
struct lookup_skipped {
  std::uint32_t item;
  bool no_asker;
};

/// A host gave the network a datagram, headers of UDP and IP included. `ours`: not WireGuard's own.
/// `what`: the session packet that it is; none: WireGuard's, which GATEWAY passed on or not.
struct datagram_sent {
  host_number host;
  std::uint32_t bytes;
  bool ours;
  std::optional<session::packet_kind> what = std::nullopt;
};
/// The datagram that the host sends next is ours, and carries WireGuard's payload for somebody: a
/// guest's, to a relay, or a relay's, to a guest.
struct payload_carried {
  host_number host;
};

/// An event of the scenario took place.
struct fault_happened {
  std::uint32_t event;  ///< its number in the scenario
  std::string_view kind;
  std::span<const std::size_t> hosts;  ///< that it hit
};

/// Time to write a row of the world's state down.
struct step_due {};

}  // namespace wh::sim
