#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/words.hpp"

/// What a run measured. A metric is a constant beside the code that counts it (sim/measure); its
/// type says how it counts, and its sentence goes into every report.
namespace wh::sim {

enum class metric_kind : std::uint8_t {
  counter,       ///< grows
  gauge,         ///< one number
  ratio,         ///< part of a whole; both are kept
  distribution,  ///< samples; read as .n .censored .mean .min .p50 .p90 .p95 .p99 .max
};
inline constexpr std::array<std::string_view, 4> metric_kind_words{"counter", "gauge", "ratio",
                                                                   "distribution"};
constexpr words words_of(metric_kind) { return metric_kind_words; }

struct metric_definition {
  std::string_view name;  ///< dotted; a unit ends the name, `_ratio` a share
  metric_kind kind;
  std::string_view unit;      ///< "s", "bytes", "1" for pure numbers
  std::string_view sentence;  ///< what is counted: whom, from when to when, what a sample is
};

struct counter_metric : metric_definition {
  constexpr counter_metric(std::string_view n, std::string_view what)
      : metric_definition{n, metric_kind::counter, "1", what} {}
};
struct gauge_metric : metric_definition {
  constexpr gauge_metric(std::string_view n, std::string_view in, std::string_view what)
      : metric_definition{n, metric_kind::gauge, in, what} {}
};
struct ratio_metric : metric_definition {
  constexpr ratio_metric(std::string_view n, std::string_view what)
      : metric_definition{n, metric_kind::ratio, "1", what} {}
};
struct distribution_metric : metric_definition {
  constexpr distribution_metric(std::string_view n, std::string_view in, std::string_view what)
      : metric_definition{n, metric_kind::distribution, in, what} {}
};

/// How a distribution is read, in the order of reports.
inline constexpr std::array<std::string_view, 9> statistics{"n",   "censored", "mean", "min", "p50",
                                                            "p90", "p95",      "p99",  "max"};

/// Samples of one quantity. Exact up to `exact_max` samples; beyond, values fall into buckets of
/// 1/64 of a power of two, so that a quantile is off by at most 0.8 % (n, sum, min and max stay
/// exact). At most 0.6 MB before, 40 KB beyond. The same samples in the same order give the same
/// result.
///
/// A *censored* sample is a time that never came: the run, or the life of a peer, ended before it.
/// Its true value lies above every other one: it ranks last, so that a quantile which falls on one,
/// the maximum and the mean are infinite.
class distribution {
 public:
  static constexpr std::size_t exact_max = 65'536;

  /// Negative values and NaN count as 0.
  void observe(double value);
  void censor() { ++censored_; }

  /// Samples that came, and those that never did.
  std::uint64_t count() const { return count_; }
  std::uint64_t censored() const { return censored_; }
  std::uint64_t all() const { return count_ + censored_; }
  double sum() const { return sum_; }
  /// 0 when there is no sample at all, as the others.
  double mean() const;
  double min() const;
  double max() const;
  /// Nearest rank: the smallest value that at least `q` of all samples do not exceed.
  double quantile(double q) const;
  bool exact() const { return buckets_.empty(); }
  /// The samples that came, in ascending order; empty unless `exact`.
  const std::vector<double>& samples() const;

 private:
  void spill();
  std::uint64_t count_ = 0, censored_ = 0;
  double sum_ = 0, min_ = 0, max_ = 0;
  mutable bool sorted_ = true;
  mutable std::vector<double> samples_;
  std::vector<std::uint64_t> buckets_;
};

struct ratio {
  std::uint64_t part = 0;
  std::uint64_t whole = 0;
  void count(bool hit) {
    ++whole;
    part += hit ? 1 : 0;
  }
};

/// The values of one run, or of a part of it.
class metrics {
 public:
  void add(const counter_metric& m, std::uint64_t n = 1) { at(m).count += n; }
  void set(const gauge_metric& m, double v) { at(m).number = v; }
  void set(const ratio_metric& m, ratio r);
  /// One more of the whole; of the part too when `hit`.
  void tally(const ratio_metric& m, bool hit) { at(m).share.count(hit); }
  /// So many more of the whole, and of the part.
  void count(const ratio_metric& m, ratio more);
  void observe(const distribution_metric& m, double v) { at(m).dist.observe(v); }
  void censor(const distribution_metric& m) { at(m).dist.censor(); }
  /// It stands in the report, even if nothing is counted.
  void touch(const metric_definition& m) { at(m); }

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
  /// whole. A distribution without a statistic is its mean. Infinite for what never came.
  std::optional<double> read(std::string_view name) const;

 private:
  value& at(const metric_definition& m);
  std::map<std::string_view, value> values_;
};

/// One statistic of a distribution; empty when it has no sample (but for "n" and "censored"), or
/// when there is no such statistic.
std::optional<double> read(const distribution& d, std::string_view statistic);

}  // namespace wh::sim
