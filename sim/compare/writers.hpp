#pragma once

#include <string>

#include "sim/compare/comparison.hpp"
#include "sim/compare/record.hpp"

namespace wh::sim::compare {

/// Of the JSON of an aggregate and of a check; they grow when keys change their meaning or go.
inline constexpr int aggregate_format = 1;
inline constexpr int check_format = 1;

/// A scenario's runs together, for programs: README.md has the keys. No trailing newline.
std::string aggregate_to_json(const record& r);
/// The same for a terminal: one line a statistic. ASCII; ends in a newline.
std::string aggregate_table(const record& r);

/// Everything, for programs: README.md has the keys. No trailing newline.
std::string check_to_json(const check& c);
/// For a terminal: what moved and how, and what it comes to. Ends in a newline.
std::string check_table(const check& c, bool colour = false);
/// JUnit's XML: a test suite a scenario; a test case a statistic, an expectation that broke, a run
/// that ended badly.
std::string check_to_junit(const check& c);
/// As GitHub and GitLab show it below a change.
std::string check_to_markdown(const check& c);

/// "0.1.0 (73a4fd9)".
std::string version_of(const origin& o);

}  // namespace wh::sim::compare
