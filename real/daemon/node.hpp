#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "real/control/instance.hpp"
#include "real/control/server.hpp"
#include "real/daemon/contacts.hpp"
#include "real/daemon/requests.hpp"
#include "real/daemon/up_options.hpp"
#include "real/names/names.hpp"
#include "real/net/port.hpp"
#include "real/state/state_directory.hpp"
#include "real/wireguard/device.hpp"
#include "transport/memory_state.hpp"

namespace wh::real {

/// The daemon cannot start: the text is for people, the code for the shell.
class start_error : public std::runtime_error {
 public:
  start_error(const std::string& text, int exit_code) : std::runtime_error(text), code(exit_code) {}
  int code;
};

/// What `up` has found out before there is a daemon.
struct node_config {
  up_options options;  // paths are absolute
  private_key secret{};
  /// Nobody knows the key, and nobody will use it again: nothing is kept for a next start.
  bool ephemeral = false;
  std::string interface;
  node_plan plan;
};

/// The daemon: a peer on this machine, bound to its ports, and the ear for people.
///
/// `start` makes everything and throws `start_error`; the destructor undoes what was made, whole or
/// half.
class node final : private request_target, private actors::observer {
 public:
  node(reactor& r, logger& log, node_config c);
  ~node() override;
  void start();

  /// Reads the network file again. What changed, or why nothing did.
  expected<std::string, std::string> reload() override;
  void end() override;
  /// Why the daemon ended by itself; empty when it was asked to.
  std::string failure() const;

 private:
  // node.cpp
  void open_state();
  void open_port();
  void open_device(std::uint16_t port);
  void open_datagrams(std::uint16_t port);
  std::vector<std::uint16_t> ports_to_try();
  void start_peer();
  void watch_actors();
  void open_control();
  void publish_names();
  void save();
  std::vector<wireguard::member> members_with(const node_plan& p) const;
  void tell_members();
  void tell_contacts();
  void learned(const public_key& who, const endpoint& where);
  void die(const std::string& why);

  // request_target
  node_facts facts() override;
  const actors::peer& running() override { return peer_; }
  asker& questions() override { return *asker_; }
  time_point now() override { return reactor_.now(); }
  actor_loop& actors_of() override { return *loop_; }
  // observer
  void on_note(const public_key& self, time_point now, const note& what) override;
  void on_packet(const session::packet_kind& what) override { ++sent_[what]; }
  void on_carried(const public_key&) override {}
  void on_path(const public_key& self, time_point now, const punch::status& what) override;
  void on_message(const public_key&, time_point, const public_key&, const wire::route&,
                  const wire::message&, bool) override {}
  std::string who(const public_key& k) const;

  reactor& reactor_;
  logger& log_;
  node_config config_;
  time_point started_;
  std::string failure_;
  bool ending_ = false;
  std::map<session::packet_kind, std::uint64_t> sent_;
  // In the order of making; undone in the other one.
  std::optional<instance> instance_;
  memory_state memory_;
  std::unique_ptr<state_directory> disk_;
  state_store* state_ = &memory_;
  std::unique_ptr<device> device_;
  std::unique_ptr<host_port> datagrams_;
  std::unique_ptr<names_port> names_;
  std::unique_ptr<actor_loop> loop_;
  std::unique_ptr<asker> asker_;
  actors::peer peer_;
  std::unique_ptr<contacts> contacts_;
  requests requests_{*this};
  std::unique_ptr<control_server> control_;
  // What timers hold on to.
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace wh::real
