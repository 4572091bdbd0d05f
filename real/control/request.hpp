#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wh::real {

/// What a line on the control socket asks: `{"command": "why", "who": "b.test"}`.
struct control_request {
  std::string command;
  /// Empty when the line does not say, or says something other than a string.
  std::optional<std::string> who;
};

/// Empty when the line is no JSON object with a command. Other members are not looked at.
std::optional<control_request> parse_control_request(std::string_view line);

}  // namespace wh::real
