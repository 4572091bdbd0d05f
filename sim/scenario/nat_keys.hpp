#pragma once

#include "sim/nat/config.hpp"
#include "sim/scenario/fields.hpp"

namespace wh::sim {

/// Every parameter of a middlebox, as the keys of a table.
void nat_fields(field_visitor& v, nat::config& c);

}  // namespace wh::sim
