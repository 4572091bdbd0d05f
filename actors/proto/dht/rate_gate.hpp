#pragma once

#include <vector>

#include "actors/proto/dht/id.hpp"
#include "transport/time.hpp"

namespace wh::dht {

/// Lets through one in `gap`, and one in `network_gap` towards the same /24 or /48. Remembers
/// network_gap / gap networks, no more.
class rate_gate {
 public:
  bool allow(time_point now, duration gap, duration network_gap, const endpoint& to) {
    const auto size_max = static_cast<std::size_t>(network_gap / gap) + 1;
    if (!recent_.empty() && now < recent_.back().at + gap) return false;
    std::erase_if(recent_, [&](const passed& p) { return p.at + network_gap <= now; });
    const std::uint64_t network = network_of(to.address);
    for (const passed& p : recent_)
      if (p.network == network) return false;
    if (recent_.size() >= size_max) return false;
    recent_.push_back({network, now});
    return true;
  }

 private:
  struct passed {
    std::uint64_t network;
    time_point at;
  };
  std::vector<passed> recent_;  // oldest first
};

}  // namespace wh::dht
