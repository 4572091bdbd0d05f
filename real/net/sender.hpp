#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <vector>

#include "real/net/address.hpp"
#include "real/net/arrival.hpp"
#include "real/net/descriptor.hpp"
#include "real/net/source_table.hpp"
#include "transport/ports.hpp"

namespace wh::real {

/// Sends datagrams of one family, many in a system call, in the order they were added.
///
/// Through a UDP socket, or from a port that another socket owns: then `socket` is a raw one
/// (`raw_sending_socket`) and the header of UDP is written here. What cannot be sent is counted and
/// dropped: nothing waits, nothing is tried twice.
class sender {
 public:
  /// `raw_port`: the source port where `socket` is a raw one.
  sender(descriptor socket, family f, std::optional<std::uint16_t> raw_port);
  sender(sender&&) = default;
  sender& operator=(sender&&) = delete;

  bool full() const { return used_ == slots_.size(); }
  bool empty() const { return used_ == 0; }
  /// There must be room.
  void add(const endpoint& to, bytes payload, ttl limit);
  void flush(time_point now, source_table& sources, port_stats& stats);

 private:
  struct slot {
    endpoint to;
    bytes payload;
    ttl limit{};
    std::uint8_t header[8];
    socket_address where;
    iovec parts[2];
    alignas(
        cmsghdr) std::uint8_t control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(in6_pktinfo))];
  };
  /// `source` absent: the kernel's choice.
  void prepare(std::size_t i, const std::optional<ip_address>& source);

  descriptor socket_;
  family family_;
  std::optional<std::uint16_t> raw_port_;
  std::vector<slot> slots_;
  std::vector<mmsghdr> messages_;
  std::size_t used_ = 0;
};

}  // namespace wh::real
