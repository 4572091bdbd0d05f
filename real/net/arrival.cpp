#include "real/net/arrival.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace wh::real {

const char* to_string(refusal r) {
  switch (r) {
    case refusal::not_ours:
      return "not ours";
    case refusal::malformed:
      return "malformed";
    case refusal::fragment:
      return "fragments";
    case refusal::elsewhere:
      return "to other hosts";
    case refusal::tunnel:
      return "out of a tunnel";
    case refusal::no_answer:
      return "unanswerable";
  }
  return "?";
}

void port_stats::send_error(int error) {
  const auto i = static_cast<std::size_t>(std::max(error, 0));
  ++send_errors[std::min(i, send_errors.size() - 1)];
}

std::uint64_t port_stats::send_errors_total() const {
  return std::accumulate(send_errors.begin(), send_errors.end(), std::uint64_t{0});
}

std::string port_stats::to_string() const {
  std::string s = "received " + std::to_string(received) + " (" + std::to_string(received_bytes) +
                  " bytes), sent " + std::to_string(sent) + " (" + std::to_string(sent_bytes) +
                  " bytes)";
  if (overflowed != 0) s += ", lost for want of room " + std::to_string(overflowed);
  if (rules_restored != 0) s += ", rules put back " + std::to_string(rules_restored);
  for (std::size_t i = 0; i < refused.size(); ++i)
    if (refused[i] != 0)
      s += std::string(", ") + real::to_string(static_cast<refusal>(i)) + " " +
           std::to_string(refused[i]);
  for (std::size_t i = 0; i < send_errors.size(); ++i)
    if (send_errors[i] != 0)
      s += std::string(", not sent (") + std::strerror(static_cast<int>(i)) + ") " +
           std::to_string(send_errors[i]);
  return s;
}

}  // namespace wh::real
