#pragma once

#include <span>
#include <string>
#include <string_view>

namespace wh::sim {

/// The name of `known` that a person who typed `wrong` most likely meant: one that only adds or
/// changes a unit ("duration" for "duration_s"), or else the one of smallest edit distance, if that
/// is at most a third of the length (and 1 at least), or else the shortest that has `wrong` among
/// its words ("restricted" for "cone_port_restricted"). Empty when nothing is near; of equals the
/// first.
std::string nearest_name(std::string_view wrong, std::span<const std::string> known);

}  // namespace wh::sim
