#pragma once

#include "sim/report/report.hpp"
#include "sim/scenario/scenario.hpp"

namespace wh::sim {

/// Where a report of this scenario comes from: this build, these files, this machine, now.
provenance provenance_of(const scenario& s, const std::vector<std::string>& set);

std::string build_commit();
/// This build's version and commit, for people: "0.2.0 (4f1c2a9)".
std::string version_text();

}  // namespace wh::sim
