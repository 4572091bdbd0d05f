#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a run measured. Every metric is defined once, in definitions.cpp, and carries its sentence
/// into each report.
namespace wh::sim {

enum class metric_kind : std::uint8_t {
  counter,       ///< grows
  gauge,         ///< one number
  ratio,         ///< part of a whole; both are kept
  distribution,  ///< samples; read as .n .mean .min .p50 .p90 .p95 .p99 .max
};

struct metric_definition {
  std::string_view name;  ///< dotted; a unit ends the name, `_ratio` a share
  metric_kind kind;
  std::string_view unit;  ///< "s", "bytes", "1" for pure numbers
  std::string_view sentence;
};

/// Sorted by name.
std::span<const metric_definition> metric_definitions();
/// Null when there is none of that name.
const metric_definition* find_metric(std::string_view name);
/// Every name an expectation may use: metrics, and distributions with each of their statistics.
std::vector<std::string> expectable_names();

/// Samples of one quantity. Exact up to `exact_max` samples; beyond, values fall into buckets of
/// 1/64 of a power of two, so that a quantile is off by at most 0.8 % (n, sum, min and max stay
/// exact). At most 0.6 MB before, 40 KB beyond. The same samples in the same order give the same
/// result.
class distribution {
 public:
  static constexpr std::size_t exact_max = 65'536;

  /// Negative values and NaN count as 0.
  void observe(double value);

  std::uint64_t count() const { return count_; }
  double sum() const { return sum_; }
  double mean() const;  ///< 0 when empty, as the others
  double min() const { return min_; }
  double max() const { return max_; }
  /// Nearest rank: the smallest value that at least `q` of the samples do not exceed.
  double quantile(double q) const;
  bool exact() const { return buckets_.empty(); }

 private:
  void spill();
  std::uint64_t count_ = 0;
  double sum_ = 0, min_ = 0, max_ = 0;
  mutable bool sorted_ = true;
  mutable std::vector<double> samples_;
  std::vector<std::uint64_t> buckets_;
};

struct ratio {
  std::uint64_t part = 0;
  std::uint64_t whole = 0;
};

/// The values of one run. Naming an undefined metric, or one of another kind, is our own mistake
/// and ends the process.
class metrics {
 public:
  void add(std::string_view counter, std::uint64_t n = 1);
  void set(std::string_view gauge, double value);
  void set(std::string_view ratio_name, ratio r);
  /// One more of the whole; of the part too when `hit`.
  void tally(std::string_view ratio_name, bool hit);
  void observe(std::string_view distribution_name, double value);
  /// Stays valid as long as this object: for hot places that look the name up once.
  distribution& samples(std::string_view distribution_name);
  std::uint64_t& counter(std::string_view name);

  struct value {
    const metric_definition* definition = nullptr;
    std::uint64_t count = 0;  ///< counter
    double number = 0;        ///< gauge
    ratio share;              ///< ratio
    distribution dist;        ///< distribution
  };
  /// By name; only what was touched.
  const std::map<std::string_view, value>& values() const { return values_; }
  /// "name" or "name.p95"; empty when the metric has no value: untouched, no sample, nothing in the
  /// whole. A distribution without a statistic is its mean.
  std::optional<double> read(std::string_view name) const;

 private:
  value& at(std::string_view name, metric_kind kind);
  std::map<std::string_view, value> values_;
};

}  // namespace wh::sim
