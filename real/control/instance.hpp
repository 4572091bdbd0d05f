#pragma once

#include <string>

#include "real/net/descriptor.hpp"
#include "transport/expected.hpp"

namespace wh::real {

/// The right to be the one daemon of an interface: a lock that ends with the process, however it
/// ends.
class instance {
 public:
  /// Makes the run directory. The error says who has the interface, or what is missing.
  static expected<instance, std::string> take(const std::string& run_dir,
                                              const std::string& interface);
  instance(instance&&) = default;
  instance& operator=(instance&&) = delete;
  ~instance();

 private:
  instance(std::string path, descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  descriptor lock_;
};

}  // namespace wh::real
