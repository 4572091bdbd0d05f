#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "actors/proto/punch/reason.hpp"
#include "transport/time.hpp"
#include "transport/words.hpp"

namespace wh::sim {

enum class pair_state : std::uint8_t {
  offline,      ///< one of the two does not run
  unreachable,  ///< both run, and payload does not pass both ways
  relayed,      ///< it does, and a relay carries one of the ways at least
  direct,       ///< it does, without a relay
};
inline constexpr std::array<std::string_view, 4> pair_state_words{"offline", "unreachable",
                                                                  "relayed", "direct"};
constexpr words words_of(pair_state) { return pair_state_words; }

/// What happened to one pair of members that the users want connected, from payload and from what
/// the two peers' paths say of themselves.
///
/// Payload is the proof and paths give the moment. A path's word alone counts for nothing: a change
/// is dated back to the moment when both sides' paths said so only if the next payload sent after
/// it confirms it. A request is *lost* when its answer takes longer than `patience`. An *outage*
/// begins with the first of two lost requests in a row, or with a single one when a path or the
/// world says that something happened; it is dated back to that event if nothing came through in
/// between. One lost request with nothing beside it is loss, and counts in what was delivered.
///
/// A pure value; time must not go back between calls.
class pair_record {
 public:
  struct stay {
    time_point from;
    pair_state state;
  };
  struct outage {
    time_point from;
    /// None: it had not ended when the pair did.
    std::optional<time_point> until;
    /// It ended because one of the two stopped.
    bool interrupted = false;
  };
  /// The relay in use died, and when the pair had payload again.
  struct failover {
    time_point died;
    std::optional<time_point> over;
  };

  /// Two sides, as in `path`.
  enum class side : std::uint8_t { from, to };

  /// Both run: the users want payload from now on. Counts once; later calls only say that both run
  /// again.
  void up(time_point now);
  /// One of the two stopped. What is under way belongs to nobody.
  void down(time_point now);
  void sent(time_point now, std::uint32_t sequence);
  void answered(time_point now, std::uint32_t sequence, time_point sent, bool direct);
  void path(time_point now, side s, punch::path_state state);
  /// Something befell what carries the pair: a host, its boxes, the relay in use.
  void struck(time_point now);
  /// The relay in use died.
  void relay_died(time_point now);
  /// The users want no more, or the run ends.
  void end(time_point now);

  /// Both ran at once since then, if they ever did.
  std::optional<time_point> asked() const { return asked_; }
  std::optional<duration> time_to_first() const;
  std::optional<duration> time_to_direct() const;
  /// How long the users wanted it, while both ran or not.
  duration wanted(time_point now) const { return asked_ ? now - *asked_ : duration{0}; }
  std::optional<duration> round_trip() const { return round_trip_; }
  /// After the first answer, requests that were answered or lost; those still under way are not
  /// among them.
  std::uint64_t settled() const { return settled_; }
  std::uint64_t delivered() const { return delivered_; }
  /// In order of time; each state differs from the one before.
  const std::vector<stay>& stays() const { return stays_; }
  const std::vector<outage>& outages() const { return outages_; }
  const std::vector<failover>& failovers() const { return failovers_; }
  /// At that time; before the pair was asked for, `offline`.
  pair_state state_at(time_point t) const;
  /// At the last moment, up to `t`, at which both ran.
  pair_state last_state(time_point t) const;
  /// Changes between direct, relayed and unreachable after the first answer.
  std::uint64_t changes(time_point from = time_point::min(),
                        time_point until = time_point::max()) const;

  /// An answer that takes longer is counted as lost until it comes: 1 s, or four round trips.
  duration patience() const;

 private:
  struct request {
    std::uint32_t sequence;
    time_point sent;
    std::optional<time_point> answered;
    bool direct = false;
  };

  void settle(time_point now);
  void came(const request& r);
  void came_late(time_point now, time_point sent, bool direct);
  void lost(const request& r);
  void recover(time_point t, bool direct);
  void go(time_point from, pair_state s);
  void fail(time_point from);
  void forget_word();
  void resolve_failovers(time_point sent, time_point arrival);
  bool out() const { return !stays_.empty() && stays_.back().state == pair_state::unreachable; }

  std::optional<time_point> asked_;
  bool running_ = false;
  std::deque<request> under_way_;
  std::vector<std::uint32_t> lost_lately_;  // for answers that come late
  std::optional<time_point> first_answer_;
  std::optional<duration> round_trip_, best_round_trip_;
  std::uint64_t settled_ = 0, delivered_ = 0;

  std::optional<request> last_good_;
  std::optional<time_point> first_lost_;  // of the lost ones in a row
  std::optional<time_point> last_lost_;
  unsigned lost_in_row_ = 0;
  std::optional<time_point> struck_;     // since the last good request was sent
  std::optional<time_point> path_fell_;  // the same; a side lost its direct path, or its path
  bool failed_by_word_ = false;          // the outage under way rests on a path's word alone

  std::array<punch::path_state, 2> paths_{};
  std::optional<time_point> usable_since_, direct_since_, relayed_since_;

  std::vector<stay> stays_;
  std::vector<outage> outages_;
  std::vector<failover> failovers_;
};

}  // namespace wh::sim
