#pragma once

#include <cstddef>
#include <cstdint>

/// How much a scenario may ask for.
namespace wh::sim {

inline constexpr std::size_t seeds_max = 10'000;
inline constexpr unsigned peers_max = 4'000'000;
inline constexpr unsigned groups_max = 1000;
inline constexpr unsigned pairs_max = 1'000'000;
inline constexpr double length_max_s = 366 * 86'400.0;
inline constexpr std::size_t nat_chain_max = 4;
inline constexpr unsigned relay_guests_max = 65'535;
inline constexpr std::uint64_t relay_bytes_max = 1'000'000'000'000;

}  // namespace wh::sim
