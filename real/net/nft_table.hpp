#pragma once

#include <cstdint>
#include <string>

#include "real/net/descriptor.hpp"

namespace wh::real {

/// Rules by which nftables hands our datagrams to a UDP socket of our own before they reach
/// WireGuard's, and lets what that socket sends leave from WireGuard's port. Packets keep their
/// ports on the way in and have the new one on the way out before anything else of the host sees
/// them: its firewall and its connection tracking know one port, WireGuard's.
///
/// The rules stand in a table of their own, named after the port, that goes with this object.
class nft_table {
 public:
  struct ports {
    std::uint16_t wireguard, own;
  };
  /// What a killed process left behind is replaced. Throws std::runtime_error with nft's words.
  nft_table(ports p, const std::string& wireguard_interface);
  ~nft_table();
  nft_table(const nft_table&) = delete;
  nft_table& operator=(const nft_table&) = delete;

  /// Readable when tables changed.
  int fd() const { return netlink_.get(); }
  /// Puts the table back when somebody removed it, as a reload of the host's firewall does. Whether
  /// it had to.
  bool restore();

 private:
  std::string name_, rules_;
  descriptor netlink_;
};

/// The input for nft.
std::string nft_rules(nft_table::ports p, const std::string& wireguard_interface);
/// Of the table for this port; there is one, so that a leftover is found.
std::string nft_table_name(std::uint16_t wireguard_port);

}  // namespace wh::real
