#include "real/names/hosts_text.hpp"
#include "transport/check.hpp"

/// A hosts file in which another one's lines stay, byte for byte: our block is the same when it is
/// written again, and gone without a trace when it is taken away. Where the file has lines of ours
/// already, taking them away leaves none.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh;
  using namespace wh::real;
  const std::string_view file{reinterpret_cast<const char*>(data), size};
  const std::vector<host_name> names{{"b.test", ip_address::v4(10, 7, 0, 2)},
                                     {"c.test", ip_address::v4(10, 7, 0, 3)}};
  const std::string with = hosts_with(file, "wg0", names);
  WH_CHECK(hosts_with(with, "wg0", names) == with);
  const std::string without = hosts_with(file, "wg0", {});
  WH_CHECK(hosts_with(without, "wg0", {}) == without);
  WH_CHECK(hosts_with(with, "wg0", {}) == without);
  if (file.find("# wirehub wg1") == std::string_view::npos)
    WH_CHECK(hosts_with(hosts_with(with, "wg1", names), "wg1", {}) == with);
  if (file.find("# wirehub wg0") == std::string_view::npos) WH_CHECK(without == file);
  (void)valid_host_name(file);
  return 0;
}
