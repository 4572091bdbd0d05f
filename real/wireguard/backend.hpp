#pragma once

#include <functional>
#include <memory>
#include <string>

#include "real/runtime/reactor.hpp"
#include "real/wireguard/links.hpp"
#include "real/wireguard/netlink.hpp"
#include "real/wireguard/settings.hpp"

namespace wh::real {

/// What makes WireGuard of an interface: the kernel, or a program behind a socket. Knows keys, port
/// and peers; addresses, routes and the link's state are the same for both and are not its matter.
class backend {
 public:
  virtual ~backend() = default;
  virtual std::string description() const = 0;
  /// Everything there is, the private key included.
  virtual expected<device_state, kernel_error> read() = 0;
  /// In order; not undone where it fails in the middle.
  virtual expected<void, kernel_error> apply(const device_change& c) = 0;
  /// Takes the interface away. Without it, it stays when the process ends.
  virtual void destroy() = 0;

  /// False while what is behind it is being started again.
  virtual bool running() const { return true; }
  /// Makes the interface again, empty, when it is gone. False where that happens by itself.
  virtual bool remake() { return false; }
  /// Called when the interface was made anew and is empty: after the program behind it died.
  std::function<void()> renewed = [] {};
};

/// How an interface came: made now, or left by a process that was killed.
struct opened {
  std::unique_ptr<backend> it;
  bool adopted = false;
};

/// Why there is none. `missing`: this machine cannot do it this way, another way may work.
struct no_device {
  std::string text;
  bool missing = false;
};

/// By what an interface is known as ours: its alias.
inline constexpr const char* link_mark = "wirehub";

struct backend_options {
  std::string interface;
  std::string program;  ///< wireguard-go; empty: searched in PATH
  std::function<void(std::string)> report;
};

/// The kernel's own, made, or taken over where the interface is there.
expected<opened, no_device> open_kernel(links& l, const backend_options& o);
/// A device of the program wireguard-go, which is started, or taken over where one of ours serves
/// the interface already, and started again whenever it dies.
expected<opened, no_device> open_userspace(reactor& r, links& l, const backend_options& o);

}  // namespace wh::real
