#pragma once

#include <optional>

#include "real/wireguard/netlink.hpp"
#include "real/wireguard/settings.hpp"

namespace wh::real {

struct link_info {
  unsigned index = 0;
  std::string kind;   ///< "wireguard", "tun", ...; empty for hardware
  std::string alias;  ///< a text that anybody may give it, shown by `ip link`
  unsigned mtu = 0;
  bool up = false;
};

/// Network interfaces of this network namespace, by rtnetlink. Everything needs CAP_NET_ADMIN but
/// reading.
class links {
 public:
  explicit links(std::unique_ptr<netlink_wire> w) : kernel_(std::move(w)) {}

  expected<std::optional<link_info>, kernel_error> find(const std::string& name);
  expected<void, kernel_error> create(const std::string& name, const std::string& kind);
  expected<void, kernel_error> remove(unsigned index);

  struct change {
    std::optional<unsigned> mtu{};
    std::optional<std::string> alias{};
    std::optional<bool> up{};
  };
  expected<void, kernel_error> set(unsigned index, const change& c);

  /// Makes exactly these the addresses, link-local ones of the kernel's own aside. Changes only
  /// what differs, so that connections over the others live on.
  expected<void, kernel_error> set_addresses(unsigned index,
                                             const std::vector<interface_address>& wanted);
  expected<std::vector<interface_address>, kernel_error> addresses(unsigned index);
  expected<void, kernel_error> add_address(unsigned index, const interface_address& a);
  expected<void, kernel_error> remove_address(unsigned index, const interface_address& a);

  /// A route through the interface in the main table. EEXIST where another interface has one.
  expected<void, kernel_error> add_route(unsigned index, const allowed_ip& to);
  expected<void, kernel_error> remove_route(unsigned index, const allowed_ip& to);

 private:
  netlink kernel_;
};

}  // namespace wh::real
