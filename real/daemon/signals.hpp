#pragma once

#include <functional>

#include "real/net/descriptor.hpp"
#include "real/runtime/reactor.hpp"

namespace wh::real {

/// SIGINT, SIGTERM and SIGHUP as events of the loop. They are blocked from the first one of these
/// on, so it is made before any thread.
class signals {
 public:
  signals(reactor& r, std::function<void(int)> f);
  ~signals();
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;

 private:
  reactor& reactor_;
  descriptor fd_;
};

}  // namespace wh::real
