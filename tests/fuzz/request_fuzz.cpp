#include <nlohmann/json.hpp>

#include "real/control/request.hpp"
#include "transport/check.hpp"

/// Whatever line comes by the control socket, it is a request or none. What a request says can be
/// written again, and is then read as the same; it is text that an answer may repeat.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh::real;
  const auto r = parse_control_request({reinterpret_cast<const char*>(data), size});
  if (!r) return 0;
  nlohmann::json j{{"command", r->command}};
  if (r->who) j["who"] = *r->who;
  const auto again = parse_control_request(j.dump());
  WH_CHECK(again && again->command == r->command && again->who == r->who);
  return 0;
}
