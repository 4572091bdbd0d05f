#pragma once

#include <string>

#include "real/daemon/plan.hpp"

namespace wh::real {

/// Reads and parses a network file, and makes the plan of it for this key. The error is for people,
/// of one line or more, and shows mistakes underlined.
expected<node_plan, std::string> load_plan(const std::string& path, const public_key& self);

/// The network file alone.
expected<network::network_file, std::string> load_network_file(const std::string& path);

struct key_file {
  private_key secret{};
  /// Others than the owner may read it.
  bool exposed = false;
};
/// Reads a private key: the first line, in base64.
expected<key_file, std::string> load_key(const std::string& path);

}  // namespace wh::real
