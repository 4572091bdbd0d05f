#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/observer.hpp"
#include "sim/report/report.hpp"
#include "sim/world/roster.hpp"
#include "sim/world/users/echo.hpp"

namespace wh::sim {

/// The messages that two hosts send each other, for a sequence diagram: those of their sessions,
/// and payload. Does nothing when no pair is watched.
class flow_recorder {
 public:
  flow_recorder(const roster& who, time_point epoch) : who_(who), epoch_(epoch) {}
  void watch(std::size_t a, std::size_t b) { hosts_ = {a, b}; }

  void on_path(time_point now, std::size_t host, std::size_t other, const punch::status& s);
  /// `sent`, or else it arrived at `to`.
  void on_message(time_point now, std::size_t from, std::size_t to, const wire::route& via,
                  const wire::message& what, bool sent);
  void on_echo_sent(time_point now, std::size_t from, std::size_t to, const echo& e);
  void on_echo_arrived(std::size_t from, std::size_t to, const echo& e, bool relayed);
  bool watching() const { return hosts_.has_value(); }
  void finish(report& r);

 private:
  /// Sent and not arrived yet.
  struct under_way {
    std::size_t from, number;
    std::variant<wire::message, echo> what;
  };

  bool concerns(std::size_t a, std::size_t b) const {
    return hosts_ && (std::pair{a, b} == *hosts_ || std::pair{b, a} == *hosts_);
  }
  /// Where the message stands in the list, if it has a place there.
  std::optional<std::size_t> add(time_point now, std::size_t from, std::size_t to,
                                 std::string label);

  const roster& who_;
  time_point epoch_;
  std::optional<std::pair<std::size_t, std::size_t>> hosts_;
  std::vector<flow_message> messages_;
  std::deque<under_way> under_way_;
  bool cut_ = false;
};

}  // namespace wh::sim
