#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/nat/slot_index.hpp"
#include "transport/endpoint.hpp"
#include "transport/time.hpp"

namespace wh::sim::nat {

/// Inside part of this folder: what a box remembers, and finds again from both sides.

constexpr std::uint32_t no_slot = 0xffffffff;
/// The `host` of a flow that the box accepted for itself.
constexpr std::uint32_t host_itself = 0xfffffffe;

/// Which timeout a flow runs on. Each has one length, so a list kept in the order of the last
/// refresh is also in the order of expiry.
enum class timer : std::uint8_t { fresh, stream, dns };
constexpr std::size_t timers = 3;

/// One inside endpoint towards one remote, the remote cut down to what mapping and filtering look
/// at: address and port, the address with port 0, or nothing.
struct flow {
  time_point expires{};
  time_point created{};
  endpoint remote;
  std::uint16_t inside_port = 0;
  std::uint16_t outside_port = 0;
  std::uint8_t pool_index = 0;
  timer list : 2 = timer::fresh;
  bool seen_outbound : 1 = false;
  bool seen_inbound : 1 = false;
  std::uint32_t host = no_slot;
  std::uint32_t older = no_slot;
  std::uint32_t newer = no_slot;

  bool is_local() const { return host == host_itself; }
};
static_assert(sizeof(flow) <= 56, "with its two index entries a flow is to stay within 64 bytes");

/// An inside address with flows, or that had some.
struct inside_host {
  ip_address address;
  std::uint32_t flows = 0;
  std::array<std::uint16_t, 4> blocks{};  ///< port blocks it holds, by number
  std::uint8_t block_count = 0;
  std::uint8_t pool_index = 0;  ///< its external address when pooling is paired
  bool pool_chosen = false;
  /// Some inside endpoint of it has, or had lately, flows with different external endpoints.
  bool diverged = false;
};
static_assert(sizeof(inside_host) <= 32);

/// A port mapping that the inside asked for.
struct port_forward {
  endpoint inside;
  std::uint16_t outside_port = 0;
  std::uint8_t pool_index = 0;
  time_point expires{};
};

class flow_table {
 public:
  /// `translated` is false for a firewall without translation, which looks up by inside only.
  explicit flow_table(bool translated) : translated_(translated) {}

  std::size_t size() const { return size_; }
  /// Flows that are not expired at `now`, without removing the others.
  std::size_t size_at(time_point now) const;
  const flow& at(std::uint32_t slot) const { return flows_[slot]; }
  flow& at(std::uint32_t slot) { return flows_[slot]; }

  std::uint32_t find_inside(std::uint32_t host, std::uint16_t port, const endpoint& remote) const;
  /// Some flow of the inside endpoint; with `address`, to that remote address.
  std::uint32_t any_inside(std::uint32_t host, std::uint16_t port,
                           const ip_address* address = nullptr) const;
  /// The flow of the inside endpoint that was made last.
  std::uint32_t newest_inside(std::uint32_t host, std::uint16_t port) const;

  std::uint32_t find_outside(std::uint8_t pool_index, std::uint16_t port,
                             const endpoint& remote) const;
  /// Some flow with the external endpoint, local ones last; with `address`, to that remote address.
  std::uint32_t any_outside(std::uint8_t pool_index, std::uint16_t port,
                            const ip_address* address = nullptr) const;

  std::uint32_t add(flow f);
  void remove(std::uint32_t slot);
  /// Puts the flow at the young end of a timer's list. `expires` must not be before that of any
  /// flow already in it.
  void refresh(std::uint32_t slot, timer list, time_point expires);
  void expire(time_point now);
  /// The flow whose last refresh is the longest ago in a list.
  std::uint32_t oldest(timer list) const { return lists_[static_cast<std::size_t>(list)].oldest; }

  std::uint32_t find_host(const ip_address& a) const;
  /// Finds or adds; takes the place of a host without flows when there are `hosts_max`.
  std::uint32_t intern_host(const ip_address& a, std::size_t hosts_max);
  inside_host& host(std::uint32_t id) { return hosts_[id]; }

  /// False when another host holds the block.
  bool take_block(std::uint32_t host, std::uint16_t block);

  std::vector<port_forward> forwards;
  std::uint16_t last_port = 0;  ///< of sequential allocation; 0 before the first
  time_point last_port_at{};

  std::size_t memory_bytes() const;

 private:
  struct ends {
    std::uint32_t oldest = no_slot;
    std::uint32_t newest = no_slot;
  };

  slot_index::position inside_position(std::uint32_t host, std::uint16_t port,
                                       const endpoint& remote) const;
  slot_index::position outside_position(std::uint8_t pool_index, std::uint16_t port,
                                        const endpoint& remote) const;
  std::vector<std::uint32_t>::const_iterator host_position(const ip_address& a) const;
  void unlink(flow& f);
  void release(inside_host& h);

  bool translated_;
  std::uint32_t free_ = no_slot;  // slots given back, chained through `newer`
  std::size_t size_ = 0;
  std::array<ends, timers> lists_;
  std::vector<flow> flows_;
  slot_index by_inside_;   // host, port, remote; local flows are not in it
  slot_index by_outside_;  // pool index, port, remote; empty when nothing is translated
  std::vector<inside_host> hosts_;
  std::vector<std::uint32_t> hosts_by_address_;
  std::vector<std::uint32_t> blocks_;  // taken, as pool index << 16 | block, sorted
};

}  // namespace wh::sim::nat
