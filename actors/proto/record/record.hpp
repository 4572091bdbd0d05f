#pragma once

#include <string_view>

#include "actors/proto/wire/messages.hpp"
#include "transport/crypto.hpp"
#include "transport/expected.hpp"
#include "transport/time.hpp"

/// What a peer says of its whereabouts: where it is stored, how it is signed, and when it is
/// believed. The bytes are drawn in SPEC.md.
namespace wh::record {

/// A record is good for at most this long. A replayed one misleads for no longer, and a publisher
/// that vanished is forgotten after it.
constexpr auto life_max = std::chrono::seconds{2h};
/// Clocks of publisher and storing node may differ by so much beyond `life_max`.
constexpr auto clock_slack = std::chrono::seconds{5min};

enum class flaw : std::uint8_t {
  expired = 0,
  too_far_ahead,     // expires later than `life_max` + `clock_slack` from now
  unacceptable_key,  // not canonical, or of low order
  bad_signature,
  last = bad_signature
};
std::string_view to_string(flaw f);

/// Where the record of `key` is stored: BLAKE2b-256("wh2-loc" || key || name space).
wire::location location_of(const crypto_suite& crypto, const public_key& key,
                           std::string_view name_space);

/// Fills in `sign`, which is over `wire::signed_part`. `r.key` must be the public key of `secret`.
void sign(const crypto_suite& crypto, const private_key& secret, std::string_view name_space,
          rng& random, wire::record& r);

/// Everything but the signature: a few comparisons, to be done before anything dear.
expected<void, flaw> check_form(const crypto_suite& crypto, const wire::record& r, time_point now);
/// `check_form`, then the signature.
expected<void, flaw> verify(const crypto_suite& crypto, const wire::record& r,
                            std::string_view name_space, time_point now);

/// Whether `a` replaces `b`. Of two records with the same sequence number and different content the
/// one that came first stays, for neither can be told to be the later one.
inline bool newer(const wire::record& a, const wire::record& b) { return a.sequence > b.sequence; }

}  // namespace wh::record
