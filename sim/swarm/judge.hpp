#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/report/report.hpp"
#include "sim/scenario/event.hpp"
#include "sim/scenario/scenario.hpp"

namespace wh::sim::swarm {

using namespace std::chrono_literals;

/// How soon all is well once a peer has started, or users have begun to want a pair.
inline constexpr healing healing_of_beginnings{30s, 60s};

/// A rule that a world broke.
struct finding {
  std::string rule;
  std::string cause;  ///< of a pair what `wh why` says; empty where nobody was asked
  std::string told;   ///< who, when: a sentence
  /// Whether two worlds fail in the same way.
  bool is_like(const finding& o) const { return rule == o.rule && cause == o.cause; }
};

/// What every world is held to, once its faults are over: the name by which a finding refers to it,
/// and a sentence.
struct rule_text {
  std::string_view name, about;
};
/// In the order in which they are looked at. Those of the program, which no report can show, are
/// among them: that a run ends, and by itself, and that it is the same when run again.
std::span<const rule_text> rules();

/// Rules that are no report's.
inline constexpr std::string_view crash_rule = "crash";
inline constexpr std::string_view endless_rule = "endless";
inline constexpr std::string_view repeat_rule = "repeat";

/// What a run broke. A rule speaks only of what had its time: a world that ends early, or was
/// stopped, breaks none.
std::vector<finding> judge(const scenario& s, const report& r);

}  // namespace wh::sim::swarm
