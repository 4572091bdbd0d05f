#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "real/wireguard/netlink.hpp"

namespace wh::real::uapi {

/// Which process serves the socket at `path`. ECONNREFUSED: the socket of a dead one.
expected<pid_t, kernel_error> server_of(const std::string& path);

/// Sends one request and takes the whole answer; some seconds at most.
expected<std::string, kernel_error> exchange(const std::string& path, std::string_view request);

}  // namespace wh::real::uapi
