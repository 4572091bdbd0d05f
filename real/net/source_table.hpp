#pragma once

#include <optional>
#include <vector>

#include "real/net/descriptor.hpp"
#include "transport/endpoint.hpp"
#include "transport/time.hpp"

namespace wh::real {

/// Which of the host's addresses a datagram to somebody leaves from.
///
/// Whoever wrote to one of the host's addresses gets its answers from that one, for a NAT or
/// firewall on the way lets no other back in. Otherwise it is the one the kernel's routes choose.
/// Holds 4096 remote addresses; two that fall on one place take turns, which costs a look-up.
class source_table {
 public:
  /// `mark`: as the sending sockets' (SO_MARK), since routes may depend on it; 0: none.
  explicit source_table(std::uint32_t mark);

  /// Empty when there is no route.
  std::optional<ip_address> find(const ip_address& remote, time_point now);
  /// A datagram from `remote` came to `local`. The first to say so holds the place as long as it
  /// goes on, so a forged datagram does not move answers to another address.
  void arrived(const ip_address& remote, const ip_address& local, time_point now);
  void forget(const ip_address& remote);
  /// Addresses or routes are not what they were.
  void clear();

 private:
  struct entry {
    ip_address remote, local;
    time_point until{};
    bool heard = false;
  };
  entry& place(const ip_address& remote);
  std::optional<ip_address> look_up(const ip_address& remote);

  std::vector<entry> entries_;
  descriptor probe_v4_, probe_v6_;
};

}  // namespace wh::real
