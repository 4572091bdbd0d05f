#pragma once

#include <string_view>

#include "sim/nat/oracle.hpp"

namespace wh::sim {

/// One sentence on a class of NATs.
std::string_view explain(nat::nat_class kind);
/// One sentence on why O1 says no.
std::string_view explain(nat::obstacle why);

}  // namespace wh::sim
