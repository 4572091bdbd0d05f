#pragma once

#include <string>
#include <string_view>

#include "real/wireguard/settings.hpp"
#include "transport/expected.hpp"

/// The cross-platform userspace interface of WireGuard (wireguard.com/xplatform), as text.
namespace wh::real::uapi {

/// `set=1` and what is to change, with the empty line at the end. Holds the private key where one
/// is set: to be wiped.
std::string set_request(const device_change& c);
constexpr std::string_view get_request = "get=1\n\n";

/// The number behind the last `errno=`, positive; an error when the answer is none.
expected<int, std::string> parse_verdict(std::string_view answer);
/// The answer to `get_request`. Words that are not known are passed over, as later versions add
/// some; a value that cannot be is an error that names its line.
expected<device_state, std::string> parse_get(std::string_view answer);
/// Whether an answer, as far as it came, is whole: it ends in an empty line.
bool whole(std::string_view answer);

}  // namespace wh::real::uapi
