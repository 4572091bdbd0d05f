#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/nat/config.hpp"
#include "transport/words.hpp"

namespace wh::sim::nat {

/// What is possible between two peers, from the boxes' configuration alone: the yardstick that a
/// measured rate of direct connections is held against. It knows nothing of the protocol.

/// The words of the traversal matrix: public, firewall without translation, endpoint independent
/// with its filtering, the latter with Linux's reverse clash, and the endpoint dependent by their
/// ports.
enum class nat_class : std::uint8_t { pub, fws, eif, adf, apdf, lx, adm, seq, rnd, blk, udpb };
inline constexpr std::array<std::string_view, 11> nat_class_words{
    "PUB", "FWS", "EIF", "ADF", "APDF", "LX", "ADM", "SEQ", "RND", "BLK", "UDPB"};
constexpr words words_of(nat_class) { return nat_class_words; }

/// A chain of boxes as if it were one: the hardest mapping, the strictest filter, the shortest
/// times.
struct summary {
  bool udp = true;  ///< carries UDP to any port
  bool translated = false;
  bool predictable =
      true;            ///< what one remote sees as our endpoint is where all others find us too
  bool paired = true;  ///< all flows leave from one address
  mapping_kind mapping = mapping_kind::none;
  filtering_kind filtering = filtering_kind::open;
  bool reverse_clash = false;
  port_allocation ports = port_allocation::preserve;  ///< of the hardest box
  std::uint32_t port_count = 64512;  ///< ports among which the hardest box draws for one host
  duration timeout_new = duration::max();
  duration timeout_stream = duration::max();
  unsigned hops = 0;  ///< boxes that take one off the TTL
  nat_class kind = nat_class::pub;
};
/// `inside_first` as in sim/nat/chain.hpp; empty is a public host.
summary effective(const std::vector<const config*>& inside_first);

struct side {
  std::vector<const config*> chain;  ///< inside first
  /// A port mapping was granted, and works, on every box of the chain.
  bool port_mapped = false;
};

/// A host's sides, one for each family that it has an address of.
struct sides {
  std::optional<side> v4, v6;
  /// UDP gets through on one of them.
  bool udp() const;
  /// Of its IPv4 address, where it has one.
  nat_class kind() const;
};

/// The outermost boxes that two sides have in common.
struct common_boxes {
  std::size_t count = 0;
  /// Whether packets find their way between the two sides below those boxes: same LAN, or addresses
  /// of the carrier's own realm. Isolated clients have none.
  bool inner_route = true;
};
struct common_by_family {
  common_boxes v4, v6;
};

/// O1: a direct path can be made without guessing a port, whatever the timing, loss and table
/// sizes. Boxes with the reverse clash count as well behaved, since openers with a low TTL make
/// them so, and a symmetric box that always keeps the port counts as predictable.
bool direct_possible(const side& a, const side& b, common_boxes common = {});

/// Why O1 says no.
enum class obstacle : std::uint8_t {
  none,              ///< it says yes
  udp_blocked,       ///< no UDP on one side at least
  both_ports_vary,   ///< both sides' ports would have to be guessed
  port_varies,       ///< one side's port, which the other side's filter asks for
  no_hairpin,        ///< behind one box that turns no packets round
  filter_of_common,  ///< behind one box that turns them round, and then lets them not in
  no_common_family,  ///< one has IPv4 alone, the other one IPv6
};
inline constexpr std::array<std::string_view, 7> obstacle_words{
    "none",       "udp_blocked",      "both_ports_vary", "port_varies",
    "no_hairpin", "filter_of_common", "no_common_family"};
constexpr words words_of(obstacle) { return obstacle_words; }
obstacle why_not_direct(const side& a, const side& b, common_boxes common = {});

/// O3: the same for one who knows every port that will be given: UDP on both sides and a route.
bool clairvoyant_possible(const side& a, const side& b, common_boxes common = {});

/// The same for hosts: by IPv4, or by IPv6, where both have it. The obstacle is IPv4's if both have
/// that.
bool direct_possible(const sides& a, const sides& b, const common_by_family& common = {});
obstacle why_not_direct(const sides& a, const sides& b, const common_by_family& common = {});
bool clairvoyant_possible(const sides& a, const sides& b, const common_by_family& common = {});

}  // namespace wh::sim::nat
