#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>

#include "real/net/address.hpp"
#include "real/net/descriptor.hpp"
#include "real/net/receiver.hpp"

namespace wh::real {

enum class socket_kind : std::uint8_t { udp, raw };

/// Receives from one or two sockets (IPv4, IPv6), many datagrams in a system call.
class socket_receiver final : public receiver {
 public:
  /// `port`: the one that datagrams are addressed to, which need not be the one the sockets are
  /// bound to. A socket may be empty.
  socket_receiver(socket_kind k, std::uint16_t port, descriptor v4, descriptor v6);

  std::vector<int> descriptors() const override;
  void readable(int fd, time_point now, const receiver_context& c) override;

 private:
  struct slot {
    socket_address from;
    iovec part;
    alignas(cmsghdr)
        std::uint8_t control[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint32_t))];
  };
  void take(family f, const msghdr& m, std::size_t length, time_point now,
            const receiver_context& c);

  socket_kind kind_;
  std::uint16_t port_;
  descriptor v4_, v6_;
  std::vector<slot> slots_;
  std::vector<mmsghdr> messages_;
  std::unique_ptr<std::uint8_t[]> room_;
  std::uint32_t overflowed_v4_ = 0, overflowed_v6_ = 0;
};

}  // namespace wh::real
