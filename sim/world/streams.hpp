#pragma once

#include <string_view>

/// The seed's streams that more than one place draws from or must agree on. Each decision has its
/// own, so that a change in one does not move the others.
namespace wh::sim {

inline constexpr std::string_view pairs_stream = "world/pairs";
inline constexpr std::string_view caches_stream = "world/caches";
inline constexpr std::string_view payload_stream = "world/payload";
inline constexpr std::string_view lookups_stream = "world/lookups";
inline constexpr std::string_view events_stream = "world/events";
inline constexpr std::string_view churn_stream = "world/churn";

}  // namespace wh::sim
