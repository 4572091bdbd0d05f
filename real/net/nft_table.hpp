#pragma once

#include <cstdint>
#include <string>

namespace wh::real {

/// The rules that make nftables tell our datagrams from WireGuard's: ours go to a UDP socket of our
/// own, and what that one sends leaves as if from WireGuard's port. They stand in a table of their
/// own, named after the port, and are removed with this object.
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

 private:
  std::string name_;
};

/// The input for nft.
std::string nft_rules(nft_table::ports p, const std::string& wireguard_interface);
/// Of the table for this port; there is one, so that a leftover is found.
std::string nft_table_name(std::uint16_t wireguard_port);

}  // namespace wh::real
