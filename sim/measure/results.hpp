#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "sim/report/metrics.hpp"
#include "transport/time.hpp"

namespace wh::sim {

inline constexpr std::uint32_t no_group = std::numeric_limits<std::uint32_t>::max();

/// What a sample is about: when it falls, which groups its hosts are of, which item of the workload
/// asked for it.
struct label {
  time_point at;
  std::uint32_t group = no_group;
  std::uint32_t other_group = no_group;
  std::optional<std::uint32_t> item = std::nullopt;
};

/// A part of a run that metrics are counted for: what is empty does not narrow it.
struct slice {
  std::string name;  ///< empty: the whole run
  std::optional<std::uint32_t> group;
  std::optional<std::uint32_t> item;
  time_point from;
  time_point until;  ///< excluded; `time_point::max()`: the end of the run and all that falls on it

  bool holds(const label& l) const {
    if (group && *group != l.group && *group != l.other_group) return false;
    if (item && item != l.item) return false;
    return l.at >= from && l.at < until;
  }
};

/// The metrics of a run and of each of its slices.
class results {
 public:
  struct part {
    slice which;
    metrics values;
  };

  /// The whole run comes first.
  explicit results(std::vector<slice> slices);

  std::vector<part>& parts() { return parts_; }
  std::vector<part> take() { return std::move(parts_); }

  void add(const counter_metric& m, const label& l, std::uint64_t n = 1) {
    each(l, [&](metrics& v) { v.add(m, n); });
  }
  void tally(const ratio_metric& m, const label& l, bool hit) {
    each(l, [&](metrics& v) { v.tally(m, hit); });
  }
  void count(const ratio_metric& m, const label& l, ratio more) {
    each(l, [&](metrics& v) { v.count(m, more); });
  }
  void observe(const distribution_metric& m, const label& l, double value) {
    each(l, [&](metrics& v) { v.observe(m, value); });
  }
  /// A time; `none` is one that never came.
  void observe(const distribution_metric& m, const label& l, std::optional<duration> d) {
    each(l, [&](metrics& v) { d ? v.observe(m, to_seconds(*d)) : v.censor(m); });
  }
  /// Of the run as a whole, which has no parts.
  metrics& whole() { return parts_.front().values; }

 private:
  template <class F>
  void each(const label& l, F f) {
    f(parts_.front().values);
    for (std::size_t i = 1; i < parts_.size(); ++i)
      if (parts_[i].which.holds(l)) f(parts_[i].values);
  }

  std::vector<part> parts_;
};

}  // namespace wh::sim
