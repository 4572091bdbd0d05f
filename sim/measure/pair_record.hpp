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
/// the two peers' paths say of themselves. README.md, "What becomes of a pair", has the rules.
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
  /// False: it is a copy.
  bool answered(time_point now, std::uint32_t sequence, time_point sent, bool direct);
  /// What one side says of its path to the other, and the number of the relay that it goes by. It
  /// holds until it says something else, or stops.
  void path(time_point now, side s, punch::path_state state,
            std::optional<std::uint32_t> relay = std::nullopt);
  /// Something befell what carries the pair: a host, its boxes.
  void struck(time_point now);
  /// The relay in use died; nothing to a pair of which one does not run.
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
  /// Requests sent after the first answer that were answered or lost; those under way when one of
  /// the two stopped, or at the end, are not among them.
  std::uint64_t settled() const { return settled_; }
  std::uint64_t delivered() const { return delivered_; }
  /// In order of time; each state differs from the one before.
  const std::vector<stay>& stays() const { return stays_; }
  const std::vector<outage>& outages() const { return outages_; }
  const std::vector<failover>& failovers() const { return failovers_; }
  /// At that time; before the pair was asked for, `offline`.
  pair_state state_at(time_point t) const;
  /// At the last moment of that stretch, its end included, at which both ran; `offline` when they
  /// never did.
  pair_state last_state(time_point from, time_point until) const;
  /// The last moment at which both ran, up to `until`.
  time_point last_moment(time_point until) const;
  /// When it changed between direct, relayed and unreachable after the first answer.
  std::vector<time_point> changes() const;

  /// An answer that takes longer is counted as lost until it comes: 1 s, four
  /// times the shortest round trip, or twice the last.
  duration patience() const;

 private:
  struct word {
    punch::path_state state = punch::path_state::none;
    std::optional<std::uint32_t> relay;
  };
  /// Since when both sides have had a path: the ones they have, direct ones, and others.
  struct agreement {
    std::optional<time_point> same, direct, relayed;
    std::optional<time_point> of(bool is_direct) const { return is_direct ? direct : relayed; }
  };
  struct request {
    std::uint32_t sequence;
    time_point sent;
    agreement paths;  // when it was sent
    std::optional<time_point> answered = std::nullopt;
    bool direct = false;
  };
  /// Something that may have cut the pair off.
  struct hint {
    time_point at;
    bool no_path = false;  // a side says so
  };

  void settle(time_point now);
  void finish_under_way(time_point now);
  void came_first(request r);
  void came(const request& r);
  /// An answer that is late, or that tells nothing of loss.
  void came_through(time_point now, time_point sent, bool direct);
  void lost(const request& r);
  void recover(time_point t, bool direct);
  void go(time_point from, pair_state s);
  void fail(time_point from);
  void forget_hints(time_point until);
  std::optional<time_point> path_of(const request& r, time_point after) const;
  std::optional<time_point> unseen_gap(const request& r) const;
  void resolve_failovers(time_point sent, time_point over, const request* r);
  bool out() const { return !stays_.empty() && stays_.back().state == pair_state::unreachable; }

  std::optional<time_point> asked_;
  bool running_ = false;
  std::deque<request> under_way_;
  // Sent before the first answer, or under way when one of the two stopped.
  std::vector<std::uint32_t> unjudged_;
  std::vector<std::uint32_t> lost_lately_;  // for answers that come late
  std::optional<time_point> first_answer_;
  std::optional<duration> round_trip_, best_round_trip_;
  std::uint64_t settled_ = 0, delivered_ = 0;

  std::optional<time_point> last_good_;   // when the last request that came back was sent
  std::optional<time_point> first_lost_;  // of the lost ones in a row
  std::optional<time_point> last_lost_;
  unsigned lost_in_row_ = 0;
  std::vector<hint> hints_;  // since the last good request was sent

  std::array<word, 2> words_{};
  agreement paths_;

  std::vector<stay> stays_;
  std::vector<outage> outages_;
  std::vector<failover> failovers_;
};

}  // namespace wh::sim
