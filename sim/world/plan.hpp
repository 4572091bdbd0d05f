#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/nat/config.hpp"
#include "sim/nat/oracle.hpp"
#include "sim/scenario/scenario.hpp"
#include "transport/endpoint.hpp"
#include "transport/rng.hpp"

namespace wh::sim {

/// A middlebox as it is to be built.
struct box_plan {
  std::shared_ptr<const nat::config> behaviour;
  /// In the realm outside of the box; unspecified for a firewall that translates nothing.
  ip_address external;
  std::string profile;
  /// The box outside of this one, if any: an index into `plan::boxes`.
  std::optional<std::size_t> outer;
};

/// A host as it is to be built: where it sits, and when it first appears.
struct host_plan {
  std::string name;
  std::size_t group = 0;  // index into scenario::peers
  unsigned index = 0;     // in the group
  endpoint where;         // its own address, perhaps private, and WireGuard's port
  /// The box it sits behind, if any: an index into `plan::boxes`.
  std::optional<std::size_t> box;
  std::string nat_label;  // profiles from the inside outwards, or "public"
  duration arrive{};
};

/// The drawn lay-out of a scenario: which host sits behind which boxes at which addresses.
struct plan {
  std::vector<box_plan> boxes;
  std::vector<host_plan> hosts;
};

/// The boxes in front of a host, for the oracle.
nat::side side_of(const plan& p, std::size_t host);
/// Those that two hosts have in common.
nat::common_boxes common_of(const plan& p, std::size_t a, std::size_t b);

/// Hosts by the name of their group.
class group_index {
 public:
  group_index() = default;
  group_index(const scenario& sc, const plan& p);
  /// Of a group, or of all; in the order of their numbers.
  const std::vector<std::size_t>& hosts_of(std::string_view group) const;
  bool is_member(std::size_t h) const { return members_[h]; }

 private:
  std::map<std::string, std::vector<std::size_t>, std::less<>> groups_;
  std::vector<bool> members_;
};

/// Two hosts, of an item of the workload that wants them connected.
struct wanted_pair {
  std::size_t from = 0, to = 0;
  std::size_t item = 0;
};
/// Every pair that the workload's items want connected: different pairs within an item, drawn where
/// it asks for a number.
std::vector<wanted_pair> draw_pairs(const scenario& sc, const group_index& groups, rng& random);

/// Every host and every outermost box has an address of its own in a /24 of its own, as peers of a
/// real overlay have; hosts of a `shared_nat` group share one LAN. Draws from `s` only.
expected<plan, std::string> make_plan(const scenario& sc, seed s);

/// The `n`th public address: 32.0.0.0/4, one per /24, so at most 2^20.
ip_address public_address(std::size_t n);

}  // namespace wh::sim
