#pragma once

#include <optional>
#include <vector>

#include "actors/proto/dht/id.hpp"
#include "actors/proto/wire/messages.hpp"
#include "transport/time.hpp"

namespace wh::dht {

/// Disjoint paths of one lookup at most: of the k closest, more would leave each path one contact.
constexpr std::uint8_t paths_max = 8;

struct lookup_limits {
  std::uint8_t k = wire::k;
  /// Requests in flight on each path; one more for every eight that failed, three times as many at
  /// most.
  std::uint8_t alpha = 3;
  std::uint8_t paths = 1;  // S/Kademlia's d; at most paths_max
  /// Requests of one lookup, those that failed not counted: each of those allows one more, three
  /// times as many at most; and those that failed.
  std::uint8_t requests = 60;
  std::uint16_t failures = 440;
  /// Contacts that one path remembers without having asked them.
  std::uint8_t heard = 40;
  /// Contacts of one /24 or /48 that one lookup takes up; 0 for no limit.
  std::uint8_t per_network = 10;
  /// Distinct holders of the newest record, on two paths, that end a lookup before its time; on one
  /// path of several it takes twice as many.
  std::uint8_t quorum = 3;
  /// Nodes within `radius` of the target are asked too, up to `region` in number.
  prefix radius = 0;
  std::uint8_t region = 0;
};

/// One iterative lookup: whom to ask next, and when it is over. It sends nothing itself.
///
/// The contacts it starts with are dealt out to `paths` paths, and what a contact tells belongs to
/// that contact's path, so no contact is asked for two paths and a liar spoils only his own
/// (S/Kademlia, Baumgart and Mies 2007). Due to be asked is whoever is among the k closest of all
/// that are not known to be dead, among the k / paths closest of its own path, or within the
/// region. It is over when nobody who is due is left, or `quorum` holders gave a record. Seeds that
/// are slow are not waited for once anybody answered.
class iterative_lookup {
 public:
  /// `around`: answered, and asked again, for its own neighbours; `spent`: that is over, too.
  enum class state : std::uint8_t { heard, asked, slow, answered, around, spent, failed };
  struct candidate {
    prefix away;  // distance to the target
    public_key key;
    endpoint where;
    state now : 4 = state::heard;
    std::uint8_t path : 3 = 0;
    bool seed : 1 = false;     // of whom nobody alive told us
    std::uint8_t hop = 1;      // 1 for those we knew
    std::uint16_t serial = 0;  // of the request; from 1
    std::uint16_t teller = 0;  // serial of who told us; 0 ourselves

    wire::contact contact() const { return {key, where}; }
  };
  static_assert(sizeof(candidate) <= 64);

  iterative_lookup(prefix target, lookup_limits limits);

  /// A contact to start from, dealt to the next path. `seed`: a file or an earlier life names it,
  /// so it may be gone for long.
  bool start_from(prefix id, const wire::contact& c, bool seed = false);
  /// A contact told by the answer to request `teller`. False when it is known or not taken.
  bool told(std::uint16_t teller, prefix id, const wire::contact& c);
  /// Whether the contact is known. If it is, and hung on the word of a teller who lied, it now
  /// hangs on that of `teller`.
  bool told_again(std::uint16_t teller, const public_key& k);

  /// The next contact to ask, now counted as asked; empty when none may be asked at the moment.
  std::optional<candidate> next();
  /// Where more than k were silent and nobody is left to be asked: the closest of those that
  /// answered and were not yet asked for their own neighbours, now asked. Empty when there is none.
  std::optional<candidate> next_around();
  /// The request went unanswered for a while: its path may ask another meanwhile.
  void slow(std::uint16_t serial);
  void failed(std::uint16_t serial);
  /// `gave_record`: with a valid record for the target.
  void answered(std::uint16_t serial, bool gave_record);

  /// The same for a request that had failed.
  void answered_late(std::uint16_t serial, bool gave_record);

  /// What was looked for was told on the way.
  void end() { ended_ = true; }
  /// So many of those closest to the target are to answer: k, or more where more than k are silent,
  /// three times as many at most. For among silent ones no answer leads straight to the target.
  std::size_t wanted() const;
  /// Nothing more is to be asked: what was looked for is there, or the requests are used up.
  bool satisfied() const { return found() || !may_ask(); }

  /// A newer record than the ones before came: their holders do not count.
  void forget_holders() { holders_ = holder_paths_ = 0; }

  bool over() const;
  std::vector<candidate> closest_answered(std::size_t n) const;
  const candidate* by_serial(std::uint16_t serial) const;

  prefix target() const { return target_; }
  unsigned requests() const { return requests_; }
  unsigned timeouts() const { return timeouts_; }
  unsigned holders() const { return holders_; }
  /// Hops to the closest contact that answered, or to the first holder of a record.
  unsigned hops() const;
  std::size_t size() const { return all_.size(); }
  std::size_t memory_bytes() const {
    return all_.capacity() * sizeof(candidate) + told_.capacity() * 2;
  }

 private:
  struct credit {
    std::uint8_t good = 0, bad = 0;  // of those this teller told of
  };

  candidate* find_serial(std::uint16_t serial);
  bool add(candidate n);
  bool distrusted(const candidate& c) const;
  bool may_ask() const;
  bool found() const;
  bool someone_due() const;
  candidate* awaited(std::uint16_t serial);
  template <class F>
  void each_due(F f) const;

  prefix target_;
  lookup_limits limits_;
  std::uint8_t dealt_ = 0;
  std::uint16_t requests_ = 0, timeouts_ = 0, answers_ = 0;
  std::uint8_t holders_ = 0, holder_hop_ = 0;
  std::uint8_t around_ = 0;        // asked for their neighbours, in flight
  std::uint8_t holder_paths_ = 0;  // bit i: path i met a holder
  bool ended_ = false;
  std::vector<candidate> all_;  // by distance, then key
  std::vector<credit> told_;    // by serial - 1
};

}  // namespace wh::dht
