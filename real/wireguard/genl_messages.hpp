#pragma once

#include <string>

#include "real/wireguard/netlink.hpp"
#include "real/wireguard/settings.hpp"

/// The kernel's WireGuard by generic netlink (linux/wireguard.h), as messages.
namespace wh::real::genl {

/// Asks for the number of the family "wireguard"; `parse_family` reads the answer. 0: there is
/// none.
netlink_message family_request();
std::uint16_t parse_family(byte_view body);

/// What changes, in as many messages as it takes: a message ends before `limit` bytes, as its
/// nested attributes end at 64 KiB. A peer whose prefixes do not fit goes on in the next message,
/// which only adds to them. Not atomic over messages.
std::vector<netlink_message> set_requests(std::uint16_t family, const std::string& interface,
                                          const device_change& c, std::size_t limit = 32768);

netlink_message get_request(std::uint16_t family, const std::string& interface);
/// Takes in one message of the answer. A peer that goes on from the message before comes again with
/// the rest of its prefixes. False when the bytes are not what the kernel writes.
bool parse_get(byte_view body, device_state& into);

}  // namespace wh::real::genl
