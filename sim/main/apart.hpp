#pragma once

#include <functional>
#include <string>

namespace wh::sim {

/// What came of work in a process of its own.
struct apart_end {
  std::string told;       ///< what the work returned; empty when it did not come to its end
  std::string died;       ///< of what; empty when it ended by itself
  bool too_long = false;  ///< it was ended because its time was over
};

/// Does the work in a process of its own, with at most so many seconds of its processor, and waits
/// for it.
apart_end apart(const std::function<std::string()>& work, unsigned cpu_s);

}  // namespace wh::sim
