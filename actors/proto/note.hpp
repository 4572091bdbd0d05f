#pragma once

#include <cstdint>
#include <string_view>

#include "transport/bytes.hpp"
#include "transport/endpoint.hpp"

namespace wh {

/// A fact that an engine emits instead of logging or counting. The shell makes a log line and a
/// counter of it, the simulator a trace line, a test an assertion.
///
/// `what` is a string literal `part.event` in snake case ("session.replay", "dht.bucket_full"): its
/// text, not its address, is what it means. `peer` and `where` are zero and unspecified when there
/// is none; `value` is what the event's definition says.
struct note {
  std::string_view what;
  public_key peer{};
  endpoint where{};
  std::int64_t value = 0;
};

}  // namespace wh
