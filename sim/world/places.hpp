#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/nat/book.hpp"
#include "sim/net/network.hpp"
#include "sim/world/host.hpp"
#include "sim/world/plan.hpp"

namespace wh::sim {

/// Where hosts sit, and how that changes during a run.
class places {
 public:
  /// Builds the boxes of a plan into the network. `s` is for boxes that come later.
  places(plan p, const nat::book& profiles, network& net, seed s);

  const plan& layout() const { return plan_; }
  /// What the network is to be told of a host of the plan.
  host_spec spec_of(std::size_t h, const access_link& line) const;
  /// The machines, once they are there, in the order of the plan.
  void settle(std::vector<std::unique_ptr<host>>& hosts);

  bool behind_box(std::size_t h) const {
    const host_plan& p = plan_.hosts[h];
    return (p.v4 && p.v4->box) || (p.v6 && p.v6->box);
  }
  const std::string& label_of(std::size_t h) const { return plan_.hosts[h].nat_label; }
  /// Of each box that stands in front of a host now.
  std::vector<std::size_t> mappings(time_point now) const;
  /// The outermost box of IPv4, which several hosts may have in common.
  std::optional<std::size_t> outermost(std::size_t h) const;
  std::optional<std::size_t> innermost(std::size_t h) const;

  void reboot_boxes(std::size_t h);
  /// The outermost public addresses, a box's or the host's own, become other ones.
  void change_address(std::size_t h);
  /// The boxes of IPv4 become others, for all who are behind them. Where NATs stay NATs and
  /// firewalls firewalls, addresses stay; else all behind the old ones move behind new ones.
  void replace_boxes(std::size_t h, const std::vector<std::string>& profiles);
  /// How many boxes were ever built.
  std::size_t boxes_built() const { return boxes_.size(); }

 private:
  host& at(std::size_t h) { return *(*hosts_)[h]; }
  attachment attachment_of(std::size_t h, bool v4) const;
  ip_address fresh_address(bool v4);
  void move(std::size_t h, const ip_address& to);
  void rebuild_boxes(std::size_t h, const std::vector<std::string>& profiles);
  void relabel(std::size_t h);
  /// The port that people have set their routers to pass on.
  void forward(std::size_t h);

  plan plan_;
  const nat::book& profiles_;
  network& net_;
  seed seed_;
  std::vector<box_id> boxes_;
  std::vector<std::unique_ptr<host>>* hosts_ = nullptr;
  std::size_t addresses_changed_ = 0;
};

}  // namespace wh::sim
