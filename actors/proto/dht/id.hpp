#pragma once

#include <bit>
#include <cstdint>

#include "transport/bytes.hpp"
#include "transport/endpoint.hpp"
#include "transport/rng.hpp"

namespace wh::dht {

/// The first 64 bits of a node id or location. Order by distance needs no more of it: that two of N
/// honest ids agree in 64 bits has a chance of N^2 / 2^65, and who grinds 2^64 hashes to lie closer
/// to a target than 2^-64 of the space beats any honest node with far fewer. Ties go by key.
using prefix = std::uint64_t;

constexpr unsigned prefix_bits = 64;

inline prefix prefix_of(const node_id& id) { return load_be<prefix>(id.value.data()); }

/// Kademlia's metric: exclusive or, read as an integer.
constexpr prefix distance(prefix a, prefix b) { return a ^ b; }

/// Number of leading bits that agree, 0..64: the index of the bucket of one in the table of the
/// other.
constexpr unsigned common_prefix(prefix a, prefix b) {
  return static_cast<unsigned>(std::countl_zero(a ^ b));
}

/// An id that agrees with `self` in exactly `bucket` bits, else random; `bucket` < 64.
inline node_id random_id(prefix self, unsigned bucket, rng& random) {
  node_id id = random.make_bytes<node_id>();
  const prefix flipped = self ^ (prefix{1} << (prefix_bits - 1 - bucket));
  const prefix keep = ~prefix{0} << (prefix_bits - 1 - bucket);
  store_be<prefix>(id.value.data(), (flipped & keep) | (prefix_of(id) & ~keep));
  return id;
}

}  // namespace wh::dht
