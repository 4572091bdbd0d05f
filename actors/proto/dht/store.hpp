#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/proto/dht/id.hpp"
#include "actors/proto/wire/messages.hpp"
#include "transport/crypto.hpp"
#include "transport/time.hpp"

namespace wh::dht {

struct store_limits {
  std::uint16_t records = 2048;
};

/// The records that others left here, at most one for each location.
///
/// Nobody is refused while there is room. A full store is shared out evenly between the networks
/// (/24 or /48) that the records came from, and within a network between its sites (addresses, or
/// /64): with the newcomer counted in, one of the largest network gives way, there one of the
/// largest site, and there the one farthest from us, for which we are the least likely to be asked.
/// That may be the newcomer. So the records of a network that holds less than the largest are safe
/// from any number of keys elsewhere.
class record_store {
 public:
  record_store(prefix self, store_limits limits) : self_(self), limits_(limits) {}

  /// What `put` would say of a record that is sound, and that comes from `site`. Asked before the
  /// signature is looked at.
  wire::store_result admits(time_point now, prefix where, const wire::record& r,
                            std::uint64_t site);
  /// Takes a record that is sound and newer than the one of the same key. In a full store another
  /// one gives way, or it is not taken.
  /// \return The one that gave way, or was not taken.
  std::optional<wire::record> put(prefix where, const wire::record& r, std::uint64_t site);
  /// The record, unless it has expired.
  const wire::record* find(time_point now, prefix where) const;
  /// Drops what has expired.
  void expire(time_point now);

  std::size_t size() const { return all_.size(); }
  std::size_t memory_bytes() const;

 private:
  struct held {
    prefix where;
    std::uint64_t site;  // of who stored it
    wire::record what;
  };
  /// Its site and its distance from us: what decides who gives way. By these all records are
  /// different, since their locations are.
  using claim = std::pair<std::uint64_t, prefix>;

  std::vector<held>::iterator at(prefix where);
  claim claim_of(std::uint64_t site, prefix where) const { return {site, distance(where, self_)}; }
  /// Of a full store.
  claim who_gives_way(const claim& newcomer);
  void move(held& h, std::uint64_t site);
  std::size_t from_network(std::uint64_t site) const;

  prefix self_;
  store_limits limits_;
  std::vector<held> all_;  // by location
  /// Of all records, sorted; empty until the store is full for the first time since it was not.
  std::vector<claim> claims_;
};

/// Proof that who stores was at its address a moment ago, without a table: a keyed hash of address,
/// key, place and hour. Good for the hour it was given in and the next.
class token_mint {
 public:
  explicit token_mint(rng& random) { random.fill(secret_); }
  wire::store_token make(const crypto_suite& crypto, time_point now, const public_key& who,
                         const endpoint& from, const wire::location& where) const;
  bool check(const crypto_suite& crypto, time_point now, const public_key& who,
             const endpoint& from, const wire::location& where,
             const wire::store_token& token) const;

 private:
  wire::store_token of_hour(const crypto_suite& crypto, std::uint64_t hour, const public_key& who,
                            const endpoint& from, const wire::location& where) const;
  fixed_bytes<16> secret_;
};

}  // namespace wh::dht
