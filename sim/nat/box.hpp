#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sim/nat/config.hpp"
#include "transport/endpoint.hpp"
#include "transport/expected.hpp"
#include "transport/rng.hpp"
#include "transport/time.hpp"
#include "transport/words.hpp"

namespace wh::sim::nat {

class flow_table;

/// A UDP packet as far as a middlebox looks at it.
struct packet {
  endpoint src;
  endpoint dst;
  std::uint8_t ttl = 64;
  std::size_t size = 0;
};

enum class drop_reason : std::uint8_t {
  none,
  filtered,          ///< a mapping is there, but not for this source
  no_mapping,        ///< nothing inside has asked for it
  accepted_locally,  ///< the box took it for itself and remembers the flow
  ttl_expired,
  table_full,
  quota,           ///< the inside host has its share of flows already
  port_exhausted,  ///< no external port is free for this flow
  rate_limited,
  udp_blocked,
  hairpin_refused,
  not_ours,  ///< inbound, but not addressed to an external address of the box
};
inline constexpr std::array<std::string_view, 12> drop_reason_words{
    "none",  "filtered",       "no_mapping",   "accepted_locally", "ttl_expired",     "table_full",
    "quota", "port_exhausted", "rate_limited", "udp_blocked",      "hairpin_refused", "not_ours"};
constexpr words words_of(drop_reason) { return drop_reason_words; }

enum class icmp_error : std::uint8_t { none, port_unreachable, admin_prohibited, time_exceeded };

/// What becomes of a packet.
struct verdict {
  enum class fate : std::uint8_t {
    forward,  ///< `out` goes on, on the other side
    hairpin,  ///< `out` goes back to the inside
    drop,     ///< gone; when `icmp` is not none, the box tells `out.src`, who sent the packet
  };
  fate kind = fate::drop;
  drop_reason reason = drop_reason::none;
  icmp_error icmp = icmp_error::none;
  packet out;  ///< translated; as it came when dropped

  bool passed() const { return kind != fate::drop; }
};

/// One middlebox: NAT, firewall or both. A pure value: a copy goes its own way. IPv4 and IPv6 are
/// handled alike; a packet that mixes them is passed as any other.
///
/// Chains (home router and carrier's NAT) are made by handing one box's `out` to the next;
/// `hairpin` and drops end the walk. sim/nat/chain.hpp does that; a network with hops between the
/// boxes does it itself, hop by hop.
///
/// Time must not go back between calls. Every flow that has not expired is kept, up to
/// `config::table_max`; an expired one is gone before the packet is looked at.
class box {
 public:
  /// With `mapping_kind::none` the external address means nothing and may be unspecified.
  box(std::shared_ptr<const config> c, const ip_address& external, seed s);
  /// A pool of 1 to 255 external addresses.
  box(std::shared_ptr<const config> c, std::vector<ip_address> pool, seed s);
  box(const box& other);
  box(box&&) noexcept;
  box& operator=(box other) noexcept;
  ~box();

  /// A packet that came from the inside.
  verdict outbound(const packet& p, time_point now);
  /// A packet that came from the outside.
  verdict inbound(const packet& p, time_point now);

  /// The source that `p` would leave with, without changing anything: what a clairvoyant oracle
  /// asks.
  std::optional<endpoint> peek(const packet& p, time_point now) const;

  /// A port mapping for `inside` asked by UPnP, NAT-PMP or PCP: the external endpoint granted,
  /// which is `wanted` when free. Empty when the box does not do it, or holds 64 already. A lying
  /// box grants and forwards nothing.
  std::optional<endpoint> map_port(const endpoint& inside, std::uint16_t wanted, duration lifetime,
                                   time_point now);
  void unmap_port(const endpoint& inside);

  /// Forgets every flow and port mapping, as a power cut does.
  void reboot();
  /// A new external address (or pool): forgets every flow too.
  void set_external(const ip_address& external);
  void set_pool(std::vector<ip_address> pool);

  const config& settings() const { return *config_; }
  std::span<const ip_address> pool() const { return pool_; }
  bool owns(const ip_address& a) const;
  /// Flows not expired at `now`, those the box took for itself included.
  std::size_t mappings(time_point now) const;
  /// Heap and object together, for scale reports.
  std::size_t memory_bytes() const;

 private:
  verdict refuse(const packet& p, drop_reason r, icmp_error e = icmp_error::none) const;
  verdict unsolicited(const packet& p, std::uint8_t pool_index, bool filtered, time_point now);
  verdict turn_round(const packet& p, time_point now);
  verdict deliver(const packet& p, verdict::fate kind, time_point now);
  verdict pass_on(packet p, verdict::fate kind) const;
  expected<std::uint32_t, drop_reason> outbound_flow(const packet& p, time_point now);
  drop_reason make_room(std::uint32_t host, time_point now);
  void touch(std::uint32_t slot, bool outward, std::uint16_t remote_port, bool fresh,
             time_point now);
  endpoint project(const endpoint& remote) const;
  std::optional<std::uint8_t> pool_index(const ip_address& a) const;
  bool over_rate(time_point& spent_until, std::uint32_t per_s, time_point now) const;
  bool udp_allowed(std::uint16_t remote_port) const;
  flow_table& flows(time_point now);
  void forget();

  std::shared_ptr<const config> config_;
  std::vector<ip_address> pool_;
  std::unique_ptr<flow_table> table_;  // none before the first flow
  seeded_rng random_;
  time_point packets_until_{};
  time_point new_flows_until_{};
  std::uint16_t psid_ = 0;
};

}  // namespace wh::sim::nat
