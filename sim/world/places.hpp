#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/nat/oracle.hpp"
#include "sim/net/network.hpp"
#include "sim/world/host.hpp"
#include "sim/world/plan.hpp"

namespace wh::sim {

/// Where hosts sit, and how that changes during a run.
class places {
 public:
  /// Builds the boxes of a plan into the network. `s` is for boxes that come later.
  places(plan p, network& net, seed s);

  const plan& layout() const { return plan_; }
  /// What the network is to be told of a host of the plan.
  host_spec spec_of(std::size_t h) const;
  /// The machines, once they are there, in the order of the plan.
  void settle(std::vector<std::unique_ptr<host>>& hosts) { hosts_ = &hosts; }

  /// Boxes in front of a host now, inside first: indexes into the plan's.
  std::vector<std::size_t> chain_of(std::size_t h) const;
  bool behind_box(std::size_t h) const { return plan_.hosts[h].box.has_value(); }
  const std::string& label_of(std::size_t h) const { return plan_.hosts[h].nat_label; }
  nat::side side_of(std::size_t h) const { return sim::side_of(plan_, h); }
  nat::common_boxes common(std::size_t a, std::size_t b) const { return common_of(plan_, a, b); }
  /// Of each box that stands in front of a host now.
  std::vector<std::size_t> mappings(time_point now) const;

  void reboot_boxes(std::size_t h);
  /// The outermost public address, a box's or the host's own, becomes another one.
  void change_address(std::size_t h);
  /// The boxes become others, for all who are behind them. Where NATs stay NATs and firewalls
  /// firewalls, addresses stay; else all
  /// behind the old ones move behind new ones.
  void replace_boxes(std::size_t h, const std::vector<std::string>& profiles);
  /// How many boxes were ever built.
  std::size_t boxes_built() const { return boxes_.size(); }
  std::optional<std::size_t> innermost(std::size_t h) const { return plan_.hosts[h].box; }

 private:
  host& at(std::size_t h) { return *(*hosts_)[h]; }
  ip_address fresh_public_address();
  void move(std::size_t h, const ip_address& to);
  void rebuild_boxes(std::size_t h, const std::vector<std::string>& profiles);
  void relabel(std::size_t h);

  plan plan_;
  network& net_;
  seed seed_;
  std::vector<box_id> boxes_;
  std::vector<std::unique_ptr<host>>* hosts_ = nullptr;
  std::size_t addresses_changed_ = 0;
};

}  // namespace wh::sim
