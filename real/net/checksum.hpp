#pragma once

#include <cstdint>

#include "transport/bytes.hpp"
#include "transport/endpoint.hpp"

namespace wh::real {

/// The checksum of a UDP datagram over IPv4 (RFC 768); never zero, which would mean none. `header`
/// is UDP's with a checksum of zero.
std::uint16_t udp_checksum_v4(const ip_address& from, const ip_address& to, byte_view header,
                              byte_view payload);

}  // namespace wh::real
