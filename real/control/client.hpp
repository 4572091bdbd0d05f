#pragma once

#include <string>

#include "transport/expected.hpp"
#include "transport/time.hpp"

namespace wh::real {

/// Says one line to the daemon behind a socket and returns its one line of answer. The error is for
/// people.
expected<std::string, std::string> ask_daemon(const std::string& socket, const std::string& request,
                                              std::chrono::seconds patience);

/// Whether a process accepts connections there; a socket that a killed one left does not count. One
/// that we may not ask does.
bool somebody_listens(const std::string& socket);

}  // namespace wh::real
