#pragma once

#include "sim/nat/oracle.hpp"
#include "sim/report/report.hpp"

namespace wh::sim {

/// What the oracle says of two hosts.
oracle_verdict verdict_of(const nat::sides& a, const nat::sides& b,
                          const nat::common_by_family& common);

}  // namespace wh::sim
