#include "real/control/request.hpp"

#include <nlohmann/json.hpp>

namespace wh::real {

std::optional<control_request> parse_control_request(std::string_view line) {
  const auto j = nlohmann::json::parse(line, nullptr, false);
  const auto text = [&j](const char* name) -> std::optional<std::string> {
    const auto at = j.find(name);
    if (at == j.end() || !at->is_string()) return std::nullopt;
    return at->get<std::string>();
  };
  if (!j.is_object()) return std::nullopt;
  auto command = text("command");
  if (!command) return std::nullopt;
  return control_request{std::move(*command), text("who")};
}

}  // namespace wh::real
