#pragma once

#include "sim/nat/box.hpp"
#include "sim/nat/flow_table.hpp"

namespace wh::sim::nat {

/// Inside part of this folder: which external endpoint a new flow gets.

struct port_request {
  std::uint32_t host = no_slot;  ///< interned in the table
  endpoint inside;
  endpoint remote;  ///< projected
  time_point now{};
};

struct outside_port {
  std::uint8_t pool_index = 0;
  std::uint16_t port = 0;
};

/// `psid` matters for `port_allocation::map_e` only. Gives `port_exhausted` or `quota` as reason. A
/// search gives up after some thousand tries, so a range more than 99 in 100 full may count as
/// full.
expected<outside_port, drop_reason> choose_port(const config& c, std::size_t pool_size,
                                                std::uint16_t psid, flow_table& table, rng& random,
                                                const port_request& r);

/// Whether a flow of `r` may leave from this external port.
bool port_free(const config& c, const flow_table& table, const port_request& r, outside_port o);

}  // namespace wh::sim::nat
