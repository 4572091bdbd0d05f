#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "actors/proto/nat/classifier.hpp"
#include "real/daemon/log.hpp"
#include "real/net/port.hpp"
#include "transport/expected.hpp"

namespace wh::real {

/// What `up` is told. Absent: the default, which may depend on the network file.
struct up_options {
  std::string network_path;
  std::optional<std::string> key_path;
  std::optional<std::string> interface;
  std::optional<std::uint16_t> port;
  std::optional<nat::mode> mode;
  std::optional<capture> how;
  std::optional<std::string> state_dir;
  /// The hosts file that members' names go to; empty: none.
  std::string hosts_path = "/etc/hosts";
  std::optional<std::string> log_path;
  log_level level = log_level::info;
  /// What each guest may send through this node, in Mbit/s; 0: it does not relay.
  std::optional<unsigned> relay_mbit;
  /// The device is a userspace WireGuard's, even where the kernel has one.
  bool userspace = false;
  bool foreground = false;
};

/// Reads the words after `up`. `environment` gives a variable's value, or an empty text: FG, LOG
/// and WH_LOGPATH are heard where no word says otherwise, as in the original. The error is for
/// people.
expected<up_options, std::string> parse_up(
    std::span<const std::string_view> words,
    const std::function<std::string(const char*)>& environment);

/// The words, for `--help`: lines of at most 80 characters.
extern const char* const up_synopsis;
extern const char* const up_details;

}  // namespace wh::real
