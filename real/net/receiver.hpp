#pragma once

#include <vector>

#include "real/net/arrival.hpp"

namespace wh::real {

class host_addresses;

/// Where a receiver's findings go.
struct receiver_context {
  const on_arrival& deliver;
  port_stats& stats;
  const host_addresses& host;
};

/// One way to get the datagrams of ours that come to the port.
class receiver {
 public:
  virtual ~receiver() = default;
  /// To be watched for reading; the same ones for the receiver's life.
  virtual std::vector<int> descriptors() const = 0;
  /// Takes what has come to `fd`, in its order, but a bounded number: the rest shows `fd` readable
  /// again.
  virtual void readable(int fd, time_point now, const receiver_context& c) = 0;
};

}  // namespace wh::real
