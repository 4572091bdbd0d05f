#pragma once

#include "real/names/names.hpp"

namespace wh::real {

/// The text of a hosts file with exactly these names for the interface; without any, as it was
/// before. Every other line stays, byte for byte.
///
/// A line is the interface's when it ends in `# wirehub INTERFACE`. So what a person adds between
/// such lines is theirs, and a block of which a part is missing is no special case:
///
///     # written by wh-real: do not edit lines that end like this  # wirehub wg0
///     10.7.0.2 b.test  # wirehub wg0
///     10.7.0.3 c.test  # wirehub wg0
///
/// The block stays where it was, else it goes to the end: in a hosts file the first line of a name
/// counts, so what an administrator wrote wins.
std::string hosts_with(std::string_view file, std::string_view interface,
                       const std::vector<host_name>& names);

}  // namespace wh::real
