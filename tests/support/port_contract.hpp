#pragma once

#include <vector>

#include "transport/ports.hpp"

/// What every binding of `datagram_port` is held to, simulated or real: the cases are in
/// port_contract_cases.hpp, and run on worlds of this kind.
namespace wh::test {

struct came {
  endpoint from;
  bytes payload;
};

/// Two hosts with a port each, and at least one router between them.
class port_world {
 public:
  enum side : unsigned { left, right };

  virtual ~port_world() = default;
  virtual datagram_port& port(side s) = 0;
  /// Where the other side finds it.
  virtual endpoint where(side s, bool v4 = true) const = 0;
  /// Lets time pass until so many datagrams have been handed on at that side, or so long that no
  /// more will come. What came there since the last call, in its order.
  virtual std::vector<came> wait(side s, std::size_t datagrams) = 0;
};

/// A datagram of ours, so many bytes long, with a number in it.
inline bytes ours(std::size_t size, std::uint8_t number = 0) {
  bytes b(size, number);
  b[0] = 0xff;
  return b;
}

}  // namespace wh::test
