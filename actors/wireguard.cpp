#include <algorithm>

#include "actors/context.hpp"
#include "actors/peer_shell.hpp"

namespace wh::actors {

namespace {

/// WIREGUARD keeps the device as the network file and the paths want it.
class wireguard_shell final : public peer_shell<wireguard_actor> {
 public:
  wireguard_shell(caf::actor_config& cfg, context_ptr c, const peer_ports& ports)
      : peer_shell(cfg, std::move(c)),
        device_(*ports.wireguard),
        controller_({.self = links().self}) {}

  behavior_type make_behavior() override {
    return {
        alarm_clause(),
        [this](tunnelled& in) {
          controller_.handle(now(), wireguard::from_tunnel{in.peer, std::move(in.datagram)}, todo_);
          act();
        },
        [this](wireguard::from_relay& in) {
          controller_.handle(now(), std::move(in), todo_);
          act();
        },
        [this](const punch::use& in) {
          controller_.handle(now(), wireguard::path{in.peer, in.via, in.rtt}, todo_);
          act();
        },
        [this](const punch::measured& in) {
          controller_.handle(now(), wireguard::path_measured{in.peer, in.rtt});
          act();
        },
        [this](ask_status) { return wireguard_status{device_.status()}; },
        [this](const members_changed& in) { take_members(in.members); },
    };
  }

 protected:
  void on_alarm(time_point t) override {
    controller_.handle(t, wireguard::polled{device_.status()}, todo_);
    act();
  }

 private:
  void take_members(const std::vector<wireguard::member>& members) {
    for (const public_key& k : members_)
      if (std::none_of(members.begin(), members.end(), [&](const auto& m) { return m.key == k; })) {
        controller_.drop_member(k, todo_);
        device_.close_tunnel(k);
      }
    members_.clear();
    for (const wireguard::member& m : members) {
      members_.push_back(m.key);
      controller_.add_member(now(), m, device_.open_tunnel(m.key), todo_);
    }
    act();
  }

  void act() {
    for (wireguard::action& a : todo_) std::visit([this](auto& x) { perform(x); }, a);
    todo_.clear();
    arm(controller_.next_poll());
  }

  void perform(const wireguard::set_peer& s) { device_.set_peer(s.what); }
  void perform(const wireguard::remove_peer& r) { device_.remove_peer(r.peer); }
  void perform(wireguard::inject& i) { device_.inject(i.peer, std::move(i.datagram)); }
  void perform(wireguard::carry& c) { tell(links().gateway, std::move(c)); }
  void perform(const wireguard::want_path& w) { tell(links().punch, punch::want{w.peer}); }
  void perform(const wireguard::payload_seen& p) { tell(links().punch, punch::payload{p.peer}); }
  void perform(const note& n) { watch(n); }

  wireguard_device& device_;
  wireguard::controller controller_;
  std::vector<public_key> members_;
  wireguard::actions todo_;
};

}  // namespace

wireguard_actor spawn_wireguard(caf::actor_system& s, context_ptr c, const peer_config&,
                                const peer_ports& ports) {
  return s.spawn<wireguard_shell>(std::move(c), ports);
}

}  // namespace wh::actors
