#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/proto/dht/id.hpp"
#include "actors/proto/wire/messages.hpp"
#include "transport/crypto.hpp"
#include "transport/time.hpp"

namespace wh::dht {

struct store_limits {
  std::uint16_t records = 2048;
  /// Records whose storers' addresses share a /24 or /48; 0 for no limit.
  std::uint16_t per_network = 32;
};

/// The records that others left here, at most one for each location.
///
/// At the bound the records farthest from us give way to closer ones: they are those for which we
/// are the least likely to be asked, and one of the others who hold them is closer.
class record_store {
 public:
  record_store(prefix self, store_limits limits) : self_(self), limits_(limits) {}

  /// What `put` would say of a record that is sound. Asked before the signature is looked at.
  wire::store_result admits(time_point now, prefix where, const wire::record& r,
                            std::uint64_t network);
  /// Takes a record that `admits` said `stored` of.
  void put(prefix where, const wire::record& r, std::uint64_t network);
  /// The record, unless it has expired.
  const wire::record* find(time_point now, prefix where) const;
  /// Drops what has expired.
  void expire(time_point now);

  std::size_t size() const { return all_.size(); }
  std::size_t memory_bytes() const;

 private:
  struct held {
    prefix where;
    std::uint64_t network;  // of who stored it
    wire::record what;
  };
  std::vector<held>::iterator at(prefix where);
  std::vector<held>::iterator farthest();

  prefix self_;
  store_limits limits_;
  std::vector<held> all_;  // by location
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
