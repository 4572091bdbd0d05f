#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "sim/report/report.hpp"
#include "transport/bytes.hpp"
#include "transport/time.hpp"

namespace wh::sim {

/// Echo traffic inside the tunnels between two members, and what it shows of their path: a pair is
/// direct while both legs of its last exchange went without a relay, relayed while one did not, and
/// unreachable when nothing came back lately.
class pair_traffic {
 public:
  /// A reply counts as recent for so long; paths are judged by it at the end.
  static constexpr duration recent = 10s;

  /// What an echo packet says: kind 1 | leg 1 | sequence 4 | sent 8, zeros up to the payload's
  /// size.
  enum class kind : std::uint8_t { request = 1, reply = 2 };
  struct packet {
    kind what = kind::request;
    bool relayed = false;  // the request's leg, told by the reply
    std::uint32_t sequence = 0;
    time_point sent;
  };
  static bytes encode(const packet& p, std::size_t size);
  static std::optional<packet> decode(byte_view b);

  pair_traffic(time_point asked, duration interval) : asked_(asked), interval_(interval) {}

  /// The next request, to be sent now.
  packet next(time_point now);
  /// A reply came; `relayed` tells of its own leg.
  void replied(time_point now, const packet& p, bool relayed, metrics& m);
  /// One of the two stopped: what is lost until both run again is nobody's fault.
  void interrupted(time_point now);
  /// Both run.
  void resumed(time_point now);
  void finish(time_point now, metrics& m);

  path_kind path(time_point now) const;
  std::optional<duration> time_to_first() const { return since_asked(first_reply_); }
  std::optional<duration> time_to_direct() const { return since_asked(first_direct_); }
  std::optional<duration> round_trip() const { return round_trip_; }

 private:
  std::optional<duration> since_asked(std::optional<time_point> t) const {
    return t ? std::optional{*t - asked_} : std::nullopt;
  }
  void close_gap(time_point now);

  time_point asked_;
  duration interval_;
  std::uint32_t sequence_ = 0;
  std::uint32_t sent_ = 0, answered_ = 0;  // since the first reply
  std::optional<time_point> first_reply_, first_direct_, last_reply_;
  std::optional<duration> round_trip_;
  bool direct_ = false;
  std::optional<time_point> silent_since_;  // since the first reply, while both run
  duration outage_{0};                      // the longest
};

}  // namespace wh::sim
