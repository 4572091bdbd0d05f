#include "sim/report/metrics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "transport/check.hpp"

namespace wh::sim {
namespace {

// Buckets of 1/64 of a power of two, from 2^-31 (half a nanosecond, in seconds) to 2^40 (a
// terabyte, in bytes). frexp and integer steps only: no logarithm, whose last bit differs between
// libms.
constexpr int exponent_min = -31;
constexpr int exponent_max = 40;
constexpr int steps = 64;
constexpr std::size_t bucket_count =
    static_cast<std::size_t>((exponent_max - exponent_min) * steps);

std::size_t bucket_of(double v) {
  if (v >= 0x1p40) return bucket_count - 1;  // frexp of infinity tells nothing
  if (v < 0x1p-31) return 0;
  int exponent = 0;
  const double fraction = std::frexp(v, &exponent);  // [0.5, 1)
  const auto step = static_cast<int>((fraction - 0.5) * 2 * steps);
  return static_cast<std::size_t>((exponent - 1 - exponent_min) * steps + step);
}

/// The middle: off by at most half a step, which is 1/128 of the value.
double value_of(std::size_t bucket) {
  const int exponent = static_cast<int>(bucket) / steps + 1 + exponent_min;
  const int step = static_cast<int>(bucket) % steps;
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

double distribution::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

double distribution::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  if (rank == 1) return min_;
  if (rank == count_) return max_;
  if (buckets_.empty()) {
    if (!sorted_) std::sort(samples_.begin(), samples_.end());
    sorted_ = true;
    return samples_[rank - 1];
  }
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    if ((seen += buckets_[i]) >= rank) return std::clamp(value_of(i), min_, max_);
  return max_;
}

metrics::value& metrics::at(std::string_view name, metric_kind kind) {
  auto found = values_.find(name);
  if (found == values_.end()) {
    const auto* definition = find_metric(name);
    WH_CHECK(definition != nullptr);
    // The key is the definition's own text: a caller's may not outlive this object.
    found = values_.emplace(definition->name, value{}).first;
    found->second.definition = definition;
  }
  WH_CHECK(found->second.definition->kind == kind);
  return found->second;
}

void metrics::add(std::string_view name, std::uint64_t n) { counter(name) += n; }
std::uint64_t& metrics::counter(std::string_view name) {
  return at(name, metric_kind::counter).count;
}
void metrics::set(std::string_view gauge, double v) { at(gauge, metric_kind::gauge).number = v; }
void metrics::set(std::string_view ratio_name, ratio r) {
  WH_CHECK(r.part <= r.whole);
  at(ratio_name, metric_kind::ratio).share = r;
}
void metrics::tally(std::string_view ratio_name, bool hit) {
  auto& share = at(ratio_name, metric_kind::ratio).share;
  share.part += hit ? 1 : 0;
  ++share.whole;
}
void metrics::observe(std::string_view name, double v) { samples(name).observe(v); }
distribution& metrics::samples(std::string_view name) {
  return at(name, metric_kind::distribution).dist;
}

std::optional<double> metrics::read(std::string_view name) const {
  std::string_view statistic;
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
  if (statistic == "n") return static_cast<double>(v.dist.count());
  if (v.dist.count() == 0) return {};
  if (statistic.empty() || statistic == "mean") return v.dist.mean();
  if (statistic == "min") return v.dist.min();
  if (statistic == "max") return v.dist.max();
  for (const auto& [text, q] :
       {std::pair{"p50", 0.50}, {"p90", 0.90}, {"p95", 0.95}, {"p99", 0.99}})
    if (statistic == text) return v.dist.quantile(q);
  return {};
}

}  // namespace wh::sim
