#pragma once

#include <bit>
#include <optional>
#include <vector>

#include "actors/proto/dht/id.hpp"
#include "actors/proto/wire/messages.hpp"

namespace wh::dht {

/// What a peer said of relaying, in a byte: nothing, which is what peers of the first release say;
/// that it does not; or how many homes it takes, to the next lower power of two.
class relay_word {
 public:
  relay_word() = default;
  /// Of a peer that could have said so; without `room` it does not relay.
  explicit relay_word(std::optional<std::uint16_t> room)
      : word_(room ? static_cast<std::uint8_t>(2 + std::bit_width(*room)) : std::uint8_t{1}) {}

  bool is_known() const { return word_ != 0; }
  bool relays() const { return word_ >= 2; }
  std::uint16_t room() const {
    return word_ <= 2 ? std::uint16_t{0} : static_cast<std::uint16_t>(1U << (word_ - 3));
  }
  friend bool operator==(relay_word, relay_word) = default;

 private:
  std::uint8_t word_ = 0;
};

/// A contact that answered a request of ours.
struct entry {
  prefix id = 0;
  public_key key;
  endpoint where;
  std::uint8_t fails : 7 = 0;  // requests unanswered since the last answer
  std::uint8_t far : 1 = 0;    // its last answer took most of the time that a request has, or more
  relay_word relays{};         // what it said last of relaying
  std::uint32_t seen_s = 0;    // Unix seconds (good until 2106) of the last sign of life

  wire::contact contact() const { return {key, where}; }
};
static_assert(sizeof(entry) == 64, "a table of 200 contacts is to fit into 13 KB");

struct table_limits {
  std::uint8_t k = wire::k;
  /// What one /24 (IPv4) or /48 (IPv6) may hold of a bucket and of the table: discv5's numbers.
  std::uint8_t per_bucket_network = 2;
  std::uint8_t per_table_network = 10;
  /// False only in laboratories where all hosts share one network.
  bool diverse = true;
  std::uint8_t spares = 16;
  std::uint8_t fails_max = 2;
};

enum class admission : std::uint8_t {
  added,
  known,    // was there; its time and endpoint are brought up to date
  spare,    // bucket full: kept in the replacement cache
  crowded,  // its network has all the places it may have
};

/// Kademlia's routing table: contacts by the length of the prefix they share with us, up to k in
/// each bucket, and the k closest to us in any case (S/Kademlia's siblings).
///
/// One sorted vector: by distance to us the buckets are consecutive ranges, so none is stored.
/// Contacts stay for as long as they answer; a new one only takes an empty place.
class routing_table {
 public:
  routing_table(prefix self, table_limits limits) : self_(self), limits_(limits) {}

  /// `c` answered us just now: it gets a place, or becomes a spare.
  admission answered(std::uint32_t now_s, prefix id, const wire::contact& c);
  /// A sign of life of its own accord, from where we know it: true when it is in the table.
  bool seen(std::uint32_t now_s, prefix id, const wire::contact& c);
  /// A request stayed unanswered. True when the contact was given up, and a spare took its place
  /// where there is one. Without `may_drop` it stays however often it fails.
  bool failed(prefix id, const public_key& key, bool may_drop);
  void remove(prefix id, const public_key& key);
  void is_far(prefix id, const public_key& key, bool far);
  /// True when this is news of a contact in the table.
  bool says_of_relaying(prefix id, const public_key& key, relay_word said);

  /// Contacts that answered once and had no place.
  const std::vector<entry>& spare_contacts() const { return spares_; }

  const entry* find(prefix id, const public_key& key) const;
  /// Whether `answered` would add it.
  bool has_room(prefix id, const endpoint& where) const;
  /// Whether it is, or would be, among the k closest to us.
  bool is_sibling(prefix id) const;
  /// Number of contacts strictly closer to `target` than `d`, counted up to `limit`.
  std::size_t closer(prefix target, prefix d, std::size_t limit) const;

  /// Up to `n` contacts, closest to `target` first. Those that failed lately come only into what is
  /// for ourselves (`with_failing`), never into an answer.
  std::vector<const entry*> closest(prefix target, std::size_t n, const public_key* except,
                                    bool with_failing) const;
  /// The one to ask next: a failing one first, else the one not heard of for the longest time.
  const entry* stalest() const;
  const entry* random(rng& r) const;

  /// How many nodes the network seems to have, from how close our closest contacts are.
  double estimated_nodes() const;

  std::size_t size() const { return entries_.size(); }
  std::size_t spares() const { return spares_.size(); }
  std::size_t buckets() const;
  std::size_t in_bucket(unsigned index) const;
  const std::vector<entry>& entries() const { return entries_; }
  std::size_t memory_bytes() const {
    return (entries_.capacity() + spares_.capacity()) * sizeof(entry);
  }

 private:
  struct range {
    std::size_t first, last;
  };
  std::size_t position(prefix id, const public_key& key) const;
  range bucket(unsigned index) const;
  bool crowded(range b, const endpoint& where, const entry* except) const;
  void insert(std::size_t at, const entry& e);
  void keep_spare(const entry& e);
  void refill(unsigned index);

  prefix self_;
  table_limits limits_;
  std::vector<entry> entries_;  // by distance to us, then key
  std::vector<entry> spares_;   // oldest first
};

}  // namespace wh::dht
