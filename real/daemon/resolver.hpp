#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "real/runtime/reactor.hpp"
#include "transport/endpoint.hpp"

namespace wh::real {

/// Asks the system for the addresses of names, on a thread of its own: a resolver may block for
/// half a minute. What is still asked when this object goes is not waited for.
class resolver {
 public:
  /// Empty when there is no such name, or nobody to ask; then `why` says which.
  using answer = std::function<void(std::vector<ip_address>, std::string why)>;

  explicit resolver(reactor& r);
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// At most `waiting_max` at a time, one after the other; above that the answer is an error. The
  /// answer comes on the reactor's thread, later.
  void resolve(const std::string& host, answer then);
  static constexpr std::size_t waiting_max = 4096;

 private:
  struct shared;
  static void work(const std::shared_ptr<shared>& all);
  std::shared_ptr<shared> shared_;
};

}  // namespace wh::real
