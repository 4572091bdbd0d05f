#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/measure/events.hpp"
#include "sim/measure/results.hpp"
#include "sim/nat/oracle.hpp"
#include "sim/net/fabric.hpp"
#include "sim/report/report.hpp"

namespace wh::sim {

/// What the world knows and no peer does.
class truth {
 public:
  struct pair {
    host_number from, to;
    std::uint32_t item;  ///< of the workload
  };

  virtual ~truth() = default;
  virtual time_point epoch() const = 0;
  virtual host_number hosts() const = 0;
  virtual const std::string& name_of(host_number h) const = 0;
  /// The host that has, or had, this key.
  virtual std::optional<host_number> host_of(const public_key& k) const = 0;
  /// The number of the host's group in the scenario, and its name.
  virtual std::uint32_t group_of(host_number h) const = 0;
  virtual const std::string& group_name(host_number h) const = 0;
  virtual std::span<const pair> pairs() const = 0;
  /// The boxes in front of a host now, for the oracle.
  virtual nat::sides sides_of(host_number h) const = 0;
  virtual nat::common_by_family common(host_number a, host_number b) const = 0;
  /// Profiles from the inside outwards, or "public".
  virtual const std::string& nat_label(host_number h) const = 0;
  virtual const net_stats& net_counts() const = 0;
  /// Of each box that stands in front of a host now.
  virtual std::vector<std::size_t> mappings() const = 0;
};

/// Counts some of what happens. A file of this folder defines a family of metrics as constants, the
/// meter that counts them, and their `meter_kind`; that is all that a new one needs.
class meter {
 public:
  virtual ~meter() = default;
  virtual void on(time_point, const life_began&) {}
  virtual void on(time_point, const life_ended&) {}
  virtual void on(time_point, const identity_changed&) {}
  virtual void on(time_point, const noted&) {}
  virtual void on(time_point, const path_told&) {}
  virtual void on(time_point, const message_sent&) {}
  virtual void on(time_point, const payload_sent&) {}
  virtual void on(time_point, const payload_came&) {}
  virtual void on(time_point, const payload_answered&) {}
  virtual void on(time_point, const pair_ended&) {}
  virtual void on(time_point, const lookup_began&) {}
  virtual void on(time_point, const lookup_ended&) {}
  virtual void on(time_point, const lookup_skipped&) {}
  virtual void on(time_point, const datagram_sent&) {}
  virtual void on(time_point, const payload_carried&) {}
  virtual void on(time_point, const fault_happened&) {}
  virtual void on(time_point, const step_due&) {}

  /// The run is over: what is still to be counted is, and rows go into the report.
  virtual void finish(time_point now, report& rows) = 0;
};

/// A file's metrics, and how its meter is made.
struct meter_kind {
  std::span<const metric_definition* const> metrics;
  /// Both outlive the meter.
  std::unique_ptr<meter> (*make)(const truth& t, results& out);
};

template <class Meter>
std::unique_ptr<meter> make_meter(const truth& t, results& out) {
  return std::make_unique<Meter>(t, out);
}

/// Every kind there is: one a file of this folder that ends in `_meter.cpp`.
std::span<const meter_kind* const> meter_kinds();

}  // namespace wh::sim
