#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "actors/proto/wire/mtu.hpp"
#include "real/wireguard/backend.hpp"
#include "real/wireguard/tunnels.hpp"
#include "transport/ports.hpp"

namespace wh::real {

enum class device_choice { automatic, kernel, userspace };

struct device_config {
  std::string interface = "wh0";
  private_key secret{};
  std::uint16_t port = 51820;
  std::vector<interface_address> addresses;
  unsigned mtu = wire::tunnel_mtu;
  /// The peers that are to stay when the interface is one that a killed process left.
  std::vector<public_key> members;
  device_choice choice = device_choice::automatic;
  std::string wireguard_go;  ///< the program; empty: searched in PATH
  /// What a person wants to know: a line each, not repeated while it stays the same.
  std::function<void(std::string)> report = [](const std::string&) {};
  /// What WireGuard sent to a peer's tunnel.
  tunnels::receiver tunnelled = [](const public_key&, const bytes&) {};
};

/// The host's WireGuard interface: the kernel's where it has one, else wireguard-go's.
///
/// - `open` makes the interface, or takes over one that an earlier process of ours left, with its
///   sessions: only what differs is set.
/// - Prefixes allowed to peers outside the interface's own networks get routes, but for the default
///   route, which is refused with a report.
/// - When wireguard-go dies, or somebody deletes the interface, it is made anew with all that was
///   set, after 100 ms and 5 s. Until then what is set is kept and `status` is empty.
/// - Destruction takes the interface away; after `leave_behind` it stays, and a later `open` finds
///   it.
class device final : public wireguard_device {
 public:
  /// The error says what is missing and what to do, for people.
  static expected<std::unique_ptr<device>, std::string> open(reactor& r, device_config c);
  device(const device&) = delete;
  device& operator=(const device&) = delete;
  ~device() override;

  void set_peer(const wireguard_peer& p) override;
  void remove_peer(const public_key& k) override;
  std::vector<wireguard_peer_status> status() const override;
  endpoint open_tunnel(const public_key& k) override { return tunnels_->open_tunnel(k); }
  void close_tunnel(const public_key& k) override { tunnels_->close_tunnel(k); }
  void inject(const public_key& k, bytes datagram) override {
    tunnels_->inject(k, std::move(datagram));
  }

  /// Which one it is, and why: "the kernel's", "wireguard-go, since ...".
  const std::string& why() const { return why_; }
  std::string description() const { return backend_->description(); }
  bool adopted() const { return adopted_; }
  const std::string& interface() const { return config_.interface; }
  /// Changes when the interface is made anew.
  unsigned index() const { return index_; }
  const tunnels::counters& tunnel_counters() const { return tunnels_->counted(); }
  void leave_behind() { stays_ = true; }

 private:
  struct peer {
    std::vector<allowed_ip> allowed;  // masked, in order
    std::chrono::seconds keepalive{0};
    std::optional<endpoint> where;
    bool wanted = false;  // set by us, not only found
  };

  device(reactor& r, device_config c, links l)
      : reactor_(r), config_(std::move(c)), links_(std::move(l)) {}

  expected<void, std::string> choose();
  expected<void, std::string> set_up();
  expected<void, std::string> configure(bool from_scratch);
  void make_anew();
  void look_again();
  void apply(const device_change& c);
  bool own_network(const allowed_ip& a) const;
  void add_route(const allowed_ip& a);
  void drop_routes(const std::vector<allowed_ip>& list);
  void complain(const std::string& about, const std::string& problem) const;

  reactor& reactor_;
  device_config config_;
  links links_;
  std::unique_ptr<backend> backend_;
  std::unique_ptr<tunnels> tunnels_;
  std::string why_;
  unsigned index_ = 0;
  bool adopted_ = false, stays_ = false;
  std::map<public_key, peer> peers_;
  std::map<allowed_ip, std::size_t> routed_;  // how many peers have it
  std::set<allowed_ip> routes_;               // set in the kernel
  mutable std::map<std::string, std::string> troubles_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace wh::real
