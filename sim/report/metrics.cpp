#include "sim/report/metrics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "transport/check.hpp"

namespace wh::sim {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

// Buckets of 1/64 of a power of two, from 2^-31 (half a nanosecond, in seconds) to 2^40 (a
// terabyte, in bytes). frexp and integer steps only: no logarithm, whose last bit differs between
// libms.
constexpr int exponent_min = -31;
constexpr int exponent_max = 40;
constexpr std::size_t steps = 64;
constexpr std::size_t bucket_count = std::size_t{exponent_max - exponent_min} * steps;

std::size_t bucket_of(double v) {
  if (v >= 0x1p40) return bucket_count - 1;  // frexp of infinity tells nothing
  if (v < 0x1p-31) return 0;
  int exponent = 0;
  const double fraction = std::frexp(v, &exponent);  // [0.5, 1)
  const auto step = static_cast<std::size_t>((fraction - 0.5) * 2 * steps);
  return static_cast<std::size_t>(exponent - 1 - exponent_min) * steps + step;
}

/// The middle: off by at most half a step, which is 1/128 of the value.
double value_of(std::size_t bucket) {
  const int exponent = static_cast<int>(bucket / steps) + 1 + exponent_min;
  const auto step = static_cast<double>(bucket % steps);
  return std::ldexp(0.5 + (step + 0.5) / (2 * steps), exponent);
}

}  // namespace

void distribution::observe(double value) {
  if (!(value > 0)) value = 0;
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  ++count_;
  sum_ += value;
  if (buckets_.empty()) {
    if (samples_.size() < exact_max) {
      sorted_ = sorted_ && (samples_.empty() || samples_.back() <= value);
      samples_.push_back(value);
      return;
    }
    spill();
  }
  ++buckets_[bucket_of(value)];
}

void distribution::spill() {
  buckets_.resize(bucket_count);
  for (const double v : samples_) ++buckets_[bucket_of(v)];
  samples_ = {};
}

double distribution::mean() const {
  if (censored_ > 0) return never;
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

double distribution::min() const { return count_ == 0 && censored_ > 0 ? never : min_; }

double distribution::max() const { return censored_ > 0 ? never : max_; }

const std::vector<double>& distribution::samples() const {
  if (!sorted_) std::sort(samples_.begin(), samples_.end());
  sorted_ = true;
  return samples_;
}

double distribution::quantile(double q) const {
  if (all() == 0) return 0;
  // 0.07 * 100 comes out above 7, which is the 7th sample all the same.
  constexpr double rounding = 1 - 0x1p-50;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(all()) * rounding);
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, all());
  if (rank > count_) return never;
  if (rank == 1) return min_;
  if (rank == count_) return max_;
  if (buckets_.empty()) return samples()[rank - 1];
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    if ((seen += buckets_[i]) >= rank) return std::clamp(value_of(i), min_, max_);
  return max_;
}

metrics::value& metrics::at(const metric_definition& m) {
  value& v = values_[m.name];
  // Two metrics of one name would add up to nonsense.
  WH_CHECK(v.definition == nullptr || v.definition == &m);
  v.definition = &m;
  return v;
}

void metrics::set(const ratio_metric& m, ratio r) {
  WH_CHECK(r.part <= r.whole);
  at(m).share = r;
}

void metrics::count(const ratio_metric& m, ratio more) {
  WH_CHECK(more.part <= more.whole);
  ratio& r = at(m).share;
  r.part += more.part;
  r.whole += more.whole;
}

std::optional<double> read(const distribution& d, std::string_view statistic) {
  if (statistic == "n") return static_cast<double>(d.all());
  if (statistic == "censored") return static_cast<double>(d.censored());
  if (d.all() == 0) return {};
  if (statistic == "mean") return d.mean();
  if (statistic == "min") return d.min();
  if (statistic == "max") return d.max();
  for (const auto& [text, q] :
       {std::pair{"p50", 0.50}, {"p90", 0.90}, {"p95", 0.95}, {"p99", 0.99}})
    if (statistic == text) return d.quantile(q);
  return {};
}

std::optional<double> metrics::read(std::string_view name) const {
  std::string_view statistic = "mean";
  auto found = values_.find(name);
  if (found == values_.end()) {
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos) return {};
    statistic = name.substr(dot + 1);
    found = values_.find(name.substr(0, dot));
    if (found == values_.end() || found->second.definition->kind != metric_kind::distribution)
      return {};
  }
  const auto& v = found->second;
  switch (v.definition->kind) {
    case metric_kind::counter:
      return static_cast<double>(v.count);
    case metric_kind::gauge:
      return v.number;
    case metric_kind::ratio:
      if (v.share.whole == 0) return {};
      return static_cast<double>(v.share.part) / static_cast<double>(v.share.whole);
    case metric_kind::distribution:
      break;
  }
  return sim::read(v.dist, statistic);
}

}  // namespace wh::sim
