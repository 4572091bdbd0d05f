#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/observer.hpp"
#include "sim/report/report.hpp"
#include "sim/world/roster.hpp"
#include "sim/world/users/echo.hpp"

namespace wh::sim {

/// The messages of two hosts, for a sequence diagram. Does nothing when no pair is watched.
class flow_recorder {
 public:
  flow_recorder(const roster& who, time_point epoch) : who_(who), epoch_(epoch) {}
  void watch(std::size_t a, std::size_t b) { hosts_ = {a, b}; }

  void on_path(time_point now, std::size_t host, std::size_t other, const punch::status& s);
  void on_message(time_point now, std::size_t from, std::size_t to, const wire::route& via,
                  const wire::message& what);
  void on_echo(time_point now, std::size_t from, std::size_t to, const echo& e, bool relayed);
  bool watching() const { return hosts_.has_value(); }
  void finish(report& r);

 private:
  bool concerns(std::size_t h) const {
    return hosts_ && (hosts_->first == h || hosts_->second == h);
  }
  void add(time_point now, std::size_t from, std::size_t to, std::string label);

  const roster& who_;
  time_point epoch_;
  std::optional<std::pair<std::size_t, std::size_t>> hosts_;
  std::vector<flow_message> messages_;
  bool cut_ = false;
};

}  // namespace wh::sim
