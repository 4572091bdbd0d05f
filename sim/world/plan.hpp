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
  bool isolated = false;  ///< those inside do not reach each other but through the box
};

/// An address of a host, and the innermost box in front of it: an index into `plan::boxes`.
struct seat {
  ip_address address;
  std::optional<std::size_t> box;
};

/// A host as it is to be built: where it sits, and when it first appears.
struct host_plan {
  std::string name;
  std::size_t group = 0;  // index into scenario::peers
  unsigned index = 0;     // in the group
  std::uint16_t port = 0;
  /// One of them at least.
  std::optional<seat> v4, v6;
  std::string nat_label;  // profiles from the inside outwards, or "public"
  bool forwarded = false;
  duration arrive{};
};

/// The drawn lay-out of a scenario: which host sits behind which boxes at which addresses.
struct plan {
  std::vector<box_plan> boxes;
  std::vector<host_plan> hosts;

  /// Boxes in front of a host, inside first.
  std::vector<std::size_t> chain_of(std::size_t host, bool v4 = true) const;
  /// For the oracle.
  nat::sides sides_of(std::size_t host) const;
  /// The outermost ones that two hosts have in common.
  nat::common_by_family common(std::size_t a, std::size_t b) const;
  /// Where strangers reach it, if they do without being asked: its own endpoint, or the one that
  /// its boxes forward.
  std::optional<endpoint> open_endpoint(std::size_t host, bool v4) const;
  /// The one of IPv4, else that of IPv6.
  std::optional<endpoint> open_endpoint(std::size_t host) const;

 private:
  nat::common_boxes common_boxes(std::size_t a, std::size_t b, bool v4) const;
};

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

/// Every host and every outermost box has an address of its own, in a /24 (a /48) of its own unless
/// the group says otherwise; hosts of a `shared_nat` group share one LAN. Draws from `s` only.
expected<plan, std::string> make_plan(const scenario& sc, seed s);

/// The `n`th network's address for strangers: 32.0.0.0/4, one /24 each, so at most 2^20; and
/// 2a00::/16, one /48 each. `host` counts in the network.
ip_address public_address(std::size_t n, unsigned host = 0);
ip_address public_address6(std::size_t n, unsigned host = 0);

/// In a home's LAN: 192.168.1.2 and up; in a carrier's network: 100.64.0.2 and up.
ip_address lan_address(std::size_t i);
ip_address carrier_address(std::size_t i);

}  // namespace wh::sim
