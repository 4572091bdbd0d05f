#pragma once

#include "sim/scenario/reader.hpp"
#include "sim/scenario/scenario.hpp"

namespace wh::sim::detail {

/// Nothing when it cannot be read.
std::optional<std::string> text_of(const std::filesystem::path& file,
                                   const scenario_context& context);

/// A scenario's tables, each value by itself; what they say of one another is `check`'s.
void read_scenario(const node& root, const scenario_context& context, scenario& s, mistakes& out);

/// Groups that exist, members that the network file knows, times inside the run, keys that go
/// together, names that the context knows. Only called on what was read without a mistake. Sets
/// what follows from the rest: the count of groups with members, the network file's path, the
/// workload's end.
void check_scenario(const node& root, const scenario_context& context, scenario& s, mistakes& out);

}  // namespace wh::sim::detail
