#pragma once

#include <string>
#include <string_view>

#include "sim/scenario/scenario.hpp"
#include "sim/world/run.hpp"

namespace wh::sim::test {

/// The least that is a scenario.
inline const std::string least = R"(name = "least"
question = "Is this enough?"
duration_s = 60
[[peers]]
group = "boot"
boot = true
)";

inline scenario_context names() {
  scenario_context c;
  c.events = event_kinds();
  c.metrics = {{"paths.direct_ratio", 1}, {"paths.rtt_s"}, {"paths.rtt_s.p95"}};
  c.members_of = [](std::string_view,
                    const std::string&) -> expected<std::vector<std::string>, std::string> {
    return std::vector<std::string>{"a.test", "b.test", "c.test"};
  };
  return c;
}

inline expected<scenario, scenario_error> parse(std::string_view text,
                                                const std::vector<std::string>& set = {}) {
  return parse_scenario(text, "x.toml", set, names());
}

/// What a person sees; empty when the file is right.
inline std::string complaint(std::string_view text, const std::vector<std::string>& set = {}) {
  const auto s = parse(text, set);
  return s ? std::string{} : s.error().render();
}

}  // namespace wh::sim::test
