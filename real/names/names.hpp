#pragma once

#include <string>
#include <vector>

#include "transport/endpoint.hpp"
#include "transport/expected.hpp"

namespace wh::real {

struct host_name {
  std::string name;
  ip_address address;
  friend bool operator==(const host_name&, const host_name&) = default;
};

/// How the members' names get known to the programs of this host.
///
/// - `publish` makes these the names of the interface, in place of all it had before, also those
///   of an earlier process that did not withdraw them.
/// - Nothing that others made is changed.
/// - An error says what is wrong and what to do, for people; the names are then as they were.
class names_port {
 public:
  virtual ~names_port() = default;
  virtual expected<void, std::string> publish(const std::vector<host_name>& names) = 0;
  virtual expected<void, std::string> withdraw() = 0;
};

/// Whether a name may be given to this host's programs: letters, digits and hyphens in labels of 1
/// to 63 (RFC 1123, 2.1), at most 253 in all, nothing that reads as a number, not localhost.
bool valid_host_name(std::string_view name);

}  // namespace wh::real
