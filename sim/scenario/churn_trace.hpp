#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transport/expected.hpp"
#include "transport/time.hpp"

namespace wh::sim {

/// A session of a peer as it was recorded.
struct recorded_session {
  unsigned peer = 0;  ///< of its group
  duration from{}, until{};
};

struct churn_trace_error {
  std::size_t line = 0;  ///< from 1
  std::string message;
};

/// Lines `PEER,FROM_S,UNTIL_S`, `#` starting a comment; a peer's sessions in order, not touching.
/// Peers from 0 to `peers - 1`; those that never appear never come.
expected<std::vector<recorded_session>, churn_trace_error> parse_churn_trace(std::string_view text,
                                                                             unsigned peers);

}  // namespace wh::sim
