#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "transport/time.hpp"
#include "transport/words.hpp"

namespace wh::sim::nat {

/// Which outbound packets of one inside endpoint share an external endpoint (RFC 4787, 4.1):
/// all (endpoint independent), those to one address, those to one address and port. `none`
/// translates nothing: a stateful firewall, or with `filtering_kind::open` a plain router.
enum class mapping_kind : std::uint8_t { none, eim, adm, apdm };
inline constexpr std::array<std::string_view, 4> mapping_kind_words{"none", "eim", "adm", "apdm"};
constexpr words words_of(mapping_kind) { return mapping_kind_words; }

/// Whose packets may come in to a mapping (RFC 4787, 5). `open` asks for no state at all and is
/// only meant with `mapping_kind::none`.
enum class filtering_kind : std::uint8_t { open, eif, adf, apdf };
inline constexpr std::array<std::string_view, 4> filtering_kind_words{"open", "eif", "adf", "apdf"};
constexpr words words_of(filtering_kind) { return filtering_kind_words; }

/// How a new mapping gets its external port.
enum class port_allocation : std::uint8_t {
  preserve,    ///< the inside port when it is free, else `on_clash`
  sequential,  ///< last + `delta`, from a counter of the box
  random,      ///< uniform in [port_lo, port_hi]
  block,       ///< uniform inside the blocks of `block_size` that the inside host was given (PBA)
  map_e,       ///< uniform inside the port set of RFC 7597, 5.1
};
inline constexpr std::array<std::string_view, 5> port_allocation_words{"preserve", "sequential",
                                                                       "random", "block", "map_e"};
constexpr words words_of(port_allocation) { return port_allocation_words; }

/// What `preserve` does when the inside port is taken.
enum class clash : std::uint8_t { random, next, drop };
inline constexpr std::array<std::string_view, 3> clash_words{"random", "next", "drop"};
constexpr words words_of(clash) { return clash_words; }

/// Whether two inside endpoints may share an external port while their remotes differ.
enum class overloading : std::uint8_t { none, per_remote, per_remote_address };
inline constexpr std::array<std::string_view, 3> overloading_words{"none", "per_remote",
                                                                   "per_remote_address"};
constexpr words words_of(overloading) { return overloading_words; }

/// Which of a pool's addresses an inside host uses (RFC 4787, 4.1): always one, or any.
enum class pooling_kind : std::uint8_t { paired, arbitrary };
inline constexpr std::array<std::string_view, 2> pooling_kind_words{"paired", "arbitrary"};
constexpr words words_of(pooling_kind) { return pooling_kind_words; }

/// A packet from inside to the box's own external address (RFC 4787, 6): refused, or turned round
/// with the sender's internal or external endpoint as its source.
enum class hairpin_kind : std::uint8_t { none, internal_source, external_source };
inline constexpr std::array<std::string_view, 3> hairpin_kind_words{"none", "internal_source",
                                                                    "external_source"};
constexpr words words_of(hairpin_kind) { return hairpin_kind_words; }

/// Which direction prolongs a mapping's life (RFC 4787, 4.3).
enum class refresh_kind : std::uint8_t { outbound, inbound, both };
inline constexpr std::array<std::string_view, 3> refresh_kind_words{"outbound", "inbound", "both"};
constexpr words words_of(refresh_kind) { return refresh_kind_words; }

/// What a packet from outside meets when no mapping wants it. `accept` is a router whose firewall
/// lets it through to the router itself: no program listens, but connection tracking has now an
/// entry that makes a later outbound packet to the same remote leave from another port.
enum class unsolicited_kind : std::uint8_t { drop, reject, accept };
inline constexpr std::array<std::string_view, 3> unsolicited_kind_words{"drop", "reject", "accept"};
constexpr words words_of(unsolicited_kind) { return unsolicited_kind_words; }

/// What a full table does with a new flow.
enum class full_policy : std::uint8_t { drop_new, evict_oldest, evict_unreplied };
inline constexpr std::array<std::string_view, 3> full_policy_words{"drop_new", "evict_oldest",
                                                                   "evict_unreplied"};
constexpr words words_of(full_policy) { return full_policy_words; }

enum class udp_policy : std::uint8_t { allowed, blocked, only_53_443 };
inline constexpr std::array<std::string_view, 3> udp_policy_words{"allowed", "blocked",
                                                                  "only_53_443"};
constexpr words words_of(udp_policy) { return udp_policy_words; }

/// How the box answers UPnP, NAT-PMP and PCP. A lying one says yes and forwards nothing.
enum class port_mapping_kind : std::uint8_t { off, on, lying };
inline constexpr std::array<std::string_view, 3> port_mapping_kind_words{"off", "on", "lying"};
constexpr words words_of(port_mapping_kind) { return port_mapping_kind_words; }

/// The behaviour of one middlebox. Shared by all boxes of a kind.
struct config {
  mapping_kind mapping = mapping_kind::eim;
  filtering_kind filtering = filtering_kind::apdf;

  port_allocation ports = port_allocation::preserve;
  clash on_clash = clash::random;
  overloading overload = overloading::none;
  pooling_kind pooling = pooling_kind::paired;
  std::uint16_t port_lo = 1024;
  std::uint16_t port_hi = 65535;
  /// `preserve` stays in the class of the inside port: 1-511, 600-1023, 1024-65535 as Linux does.
  bool port_classes = false;
  /// `sequential`: the step, and how many ports a second the box's other users take meanwhile.
  std::int16_t delta = 1;
  double cross_traffic_per_s = 0;
  /// `block`: ports a block, and blocks a host (at most 4).
  std::uint16_t block_size = 512;
  std::uint8_t blocks_per_host_max = 4;
  /// `map_e`: offset and PSID lengths (4 and 8: 240 ports; 6 and 6: 1008); the PSID itself, absent
  /// to draw it from the box's seed.
  std::uint8_t psid_offset_bits = 4;
  std::uint8_t psid_bits = 8;
  std::optional<std::uint16_t> psid;

  hairpin_kind hairpin = hairpin_kind::none;
  unsolicited_kind unsolicited = unsolicited_kind::drop;
  udp_policy udp = udp_policy::allowed;
  port_mapping_kind port_mapping = port_mapping_kind::off;
  bool ttl_decrement = true;

  /// Life after the last refreshing packet: while only one side has sent, and once both have and
  /// the mapping is older than `stream_after`.
  duration timeout_new = 30s;
  duration timeout_stream = 120s;
  duration stream_after = 2s;
  /// The same for flows to port 53; zero: no difference.
  duration timeout_dns = 0s;
  refresh_kind refresh = refresh_kind::both;

  /// Flows the box can track, and flows of one inside host; zero: no limit of its own.
  std::uint32_t table_max = 65536;
  full_policy on_full = full_policy::drop_new;
  std::uint32_t flows_per_host_max = 0;
  /// New flows and packets a second, each with a burst of one second's worth; zero: no limit.
  std::uint32_t new_flows_per_s = 0;
  std::uint32_t packets_per_s = 0;
};

/// A config that lives as long as the program, such as a profile, as a box wants it: not counted.
inline std::shared_ptr<const config> borrow(const config& c) {
  return {std::shared_ptr<const config>{}, &c};
}

}  // namespace wh::sim::nat
