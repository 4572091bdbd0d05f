#pragma once

#include "sim/nat/oracle.hpp"
#include "sim/report/report.hpp"

namespace wh::sim {

/// What the oracle says of two sides.
oracle_verdict verdict_of(const nat::side& a, const nat::side& b, nat::common_boxes common);

}  // namespace wh::sim
