#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/report/metrics.hpp"
#include "transport/expected.hpp"

namespace wh::sim::compare {

/// One statistic of one run: empty where the run has no value of it, infinite for what never came.
using reading = std::optional<double>;

/// What a metric is, where its constant is not at hand.
struct metric_info {
  metric_kind kind = metric_kind::counter;
  better direction = better::neither;
  std::string unit, sentence;
};

/// The statistic of a metric that is one number.
inline constexpr std::string_view plain = "value";

/// A metric of one run. Of a ratio also what it is made of.
struct metric_figures {
  metric_info what;
  ratio share;
  /// By the statistic's name: `plain`, or those of a distribution.
  std::map<std::string, reading, std::less<>> values;
};

/// The figures of one run.
struct run_figures {
  std::uint64_t seed = 0;
  std::string trace_hash;
  bool partial = false;
  /// The expectations that broke, in words that are the same in every run.
  std::vector<std::string> broken;
  std::map<std::string, metric_figures, std::less<>> metrics;
};

/// Those of a report, from its JSON; or why there are none.
expected<run_figures, std::string> figures_of_report(std::string_view json);

/// Where figures come from.
struct origin {
  std::string version, commit;
  struct input {
    std::string name;  ///< without its folder
    std::string hash;  ///< BLAKE2b-256 of the text, hexadecimal
    friend bool operator==(const input&, const input&) = default;
  };
  /// The scenario first.
  std::vector<input> inputs;
  std::vector<std::string> set;  ///< every --set
  std::string salt;
};

/// A scenario over its seeds.
struct record {
  std::string scenario;
  origin from;
  std::vector<run_figures> runs;  ///< in the order in which the seeds were given
};

}  // namespace wh::sim::compare
