#pragma once

#include <memory>
#include <string>

#include "real/net/receiver.hpp"

namespace wh::real {

/// Receives by libpcap: a copy of what the interfaces get, before any firewall of this host. For
/// want of a better way to see past one; `raw` and `nft` get whole datagrams, this one frames, and
/// whatever was fragmented on the way is lost.
class pcap_receiver final : public receiver {
 public:
  /// Throws std::runtime_error with libpcap's words. `device`: an interface, or "any".
  pcap_receiver(std::uint16_t port, const std::string& device);
  ~pcap_receiver() override;

  std::vector<int> descriptors() const override;
  void readable(int fd, time_point now, const receiver_context& c) override;

 private:
  struct session;
  std::unique_ptr<session> session_;
};

/// What is captured, in libpcap's language: datagrams to this port whose payload begins with 0xff,
/// over IPv4 and IPv6, and the first fragments of such, so that they are counted.
std::string pcap_filter(std::uint16_t port);

}  // namespace wh::real
