#pragma once

#include "sim/scenario/reader.hpp"
#include "sim/scenario/scenario.hpp"

namespace wh::sim::detail {

/// A scenario's tables, each key by itself; what they say of one another is `check`'s.
void read_scenario(const node& root, scenario& s, mistakes& out);

/// Groups that exist, members that the network file knows, times inside the run, names that the
/// context knows. Only called on what was read without a mistake. Sets what follows from the rest:
/// the count of groups with members, the network file's path, the workload's end.
void check_scenario(const node& root, const scenario_context& context, scenario& s, mistakes& out);

inline constexpr std::size_t seeds_max = 10'000;
inline constexpr unsigned peers_max = 4'000'000;
inline constexpr unsigned groups_max = 1000;
inline constexpr std::uint64_t pairs_max = 1'000'000;
inline constexpr double length_max_s = 366 * 86'400.0;
inline constexpr std::size_t nat_chain_max = 4;

}  // namespace wh::sim::detail
