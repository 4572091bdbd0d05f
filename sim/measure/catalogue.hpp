#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sim/report/metrics.hpp"
#include "sim/scenario/scenario.hpp"

namespace wh::sim {

/// Every metric there is, by name.
std::span<const metric_definition* const> metric_definitions();
/// Null when there is none of that name.
const metric_definition* find_metric(std::string_view name);
/// Every name an expectation may use: metrics, and distributions with each of their statistics.
std::vector<known_metric> expectable_metrics();

}  // namespace wh::sim
