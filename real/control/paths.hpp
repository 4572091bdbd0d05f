#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Where a daemon and its users find each other.
namespace wh::real {

/// /run/wirehub; $XDG_RUNTIME_DIR/wirehub for who is not root; WH_RUN_DIR before both.
std::string run_directory();
/// The control socket and the lock of an interface's daemon.
std::string socket_path(const std::string& run_dir, const std::string& interface);
std::string lock_path(const std::string& run_dir, const std::string& interface);

/// Where an interface's state is kept by default: /var/lib/wirehub/IF; under $XDG_STATE_HOME or
/// ~/.local/state for who is not root.
std::string default_state_directory(const std::string& interface);

/// Whether Linux and a shell take it for the name of an interface: 1 to 15 letters, digits and
/// `_=+.-`, not beginning with a dot or hyphen. So it is a file's name as well.
bool valid_interface_name(std::string_view name);

/// The interfaces whose daemons run, in the order of their names: sockets that somebody listens to.
std::vector<std::string> running_interfaces(const std::string& run_dir);

}  // namespace wh::real
