#pragma once

#include "real/names/names.hpp"

namespace wh::real {

/// Names as a marked block of a hosts file (hosts_text.hpp), for the programs of this host or, with
/// /etc/netns/NAME/hosts, of one network namespace.
///
/// The file is replaced as a whole and keeps its owner, mode and extended attributes. Where that is
/// not possible (a bind mount, as in a container), it is written in place, from the first byte that
/// changes. A link is followed. Names that `valid_host_name` refuses are an error.
class hosts_file final : public names_port {
 public:
  hosts_file(std::string path, std::string interface)
      : path_(std::move(path)), interface_(std::move(interface)) {}

  expected<void, std::string> publish(const std::vector<host_name>& names) override;
  expected<void, std::string> withdraw() override;

  /// Larger files are left alone.
  static constexpr std::size_t file_max = 64 << 20;
  static constexpr std::size_t names_max = 65536;

 private:
  expected<void, std::string> rewrite(const std::vector<host_name>& names);

  std::string path_, interface_;
  bool created_ = false;
};

}  // namespace wh::real
