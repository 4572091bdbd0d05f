#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/proto/network/network_file.hpp"
#include "actors/proto/wireguard/controller.hpp"
#include "transport/crypto.hpp"
#include "transport/expected.hpp"

namespace wh::real {

/// Another member of the network.
struct member_plan {
  public_key key;
  std::string name;  // empty when it has none
  network::role kind = network::role::trust;
  ip_address address;
  std::optional<network::place> where;
};

/// A node that is asked first: a boot node, or anybody whose endpoint the file gives.
struct contact_plan {
  public_key key;
  network::place where;
};

/// Somebody whom the file gives a name, member or not.
struct named_plan {
  public_key key;
  std::string name;
};

/// What a network file means for the host that has this key. A value, without any system.
struct node_plan {
  public_key self;
  std::string network;
  std::string name_space = "public";
  unsigned workbit = 8;
  /// Has an address in the subnet, so WireGuard too.
  bool is_member = false;
  std::string own_name;
  ip_address own_address;
  std::uint8_t prefix_bits = 0;
  std::optional<network::place> own_place;
  std::vector<member_plan> members;  // the others, in the order of the file; empty for a mere node
  std::vector<contact_plan> contacts;
  std::vector<named_plan> names;
  /// Things in the file that are not wrong, but will not do what is expected.
  std::vector<std::string> warnings;

  const member_plan* find(const public_key& k) const;
  /// By name (RFC 4343: without case), by key in any of its forms, or by the beginning of a key, of
  /// at least four characters, where it is one member's only. Also by address.
  const member_plan* find(std::string_view who) const;
  /// The key of anybody with a name here, of ourselves too, or the one that `who` is itself.
  std::optional<public_key> key_of(std::string_view who) const;
  /// Empty when the file has none for it.
  std::string name_of(const public_key& k) const;
};

/// The error is for people.
expected<node_plan, std::string> make_plan(const network::network_file& n, const public_key& self,
                                           const crypto_suite& crypto);

/// Why the running plan cannot become the new one without a restart; empty when it can.
std::string reload_obstacle(const node_plan& running, const node_plan& fresh);

/// What a change of members comes to, for the log and the answer: "1 added, 2 removed".
std::string describe_change(const node_plan& before, const node_plan& after);

}  // namespace wh::real
