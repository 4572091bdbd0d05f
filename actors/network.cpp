#include "actors/context.hpp"
#include "actors/peer_shell.hpp"
#include "actors/proto/record/record.hpp"
#include "transport/saved_number.hpp"

namespace wh::actors {

namespace {

/// NETWORK is this host as a member: who the others are, what they are told of us, and what is kept
/// for the next start.
class network_shell final : public peer_shell<network_actor> {
 public:
  network_shell(caf::actor_config& cfg, context_ptr c, const peer_config& config,
                const peer_ports& ports)
      : peer_shell(cfg, std::move(c)),
        random_(ports.random("network")),
        crypto_(ports.crypto),
        state_(ports.state),
        secret_(config.secret),
        name_space_(config.name_space),
        member_({.self = links().self, .publishes = config.publishes},
                ports.datagrams.local_endpoints(),
                load_number(ports.state, sequence_name).value_or(0), *random_) {}

  ~network_shell() override { wipe(secret_.value); }

  behavior_type make_behavior() override {
    member_.start(now());
    arm(member_.next_timeout());
    return {
        alarm_clause(),
        [this](const nat::verdict& in) {
          give(member::reachability{in.kind, in.external, in.serves, in.also});
        },
        [this](const relay::homes& in) {
          give(member::homes_changed{in.relays, in.complete});
        },
        [this](const members_changed& in) {
          tell(links().punch, in);
          tell(links().wireguard, in);
        },
        [this](const readdressed& in) {
          tell(links().dht, in);
          give(member::addresses_changed{in.local});
        },
        [this](ask_status) { return network_status{member_.sequence()}; },
        [this](save_now) { perform(member::save_endpoint_cache{}); },
    };
  }

 protected:
  void on_alarm(time_point t) override {
    member_.handle_timeout(t, todo_);
    act();
  }

 private:
  template <class Input>
  void give(const Input& in) {
    member_.handle(now(), in, todo_);
    act();
  }

  void act() {
    for (member::action& a : todo_) std::visit([this](auto& x) { perform(x); }, a);
    todo_.clear();
    arm(member_.next_timeout());
  }

  void perform(member::publish_record& p) {
    record::sign(crypto_, secret_, name_space_, *random_, p.unsigned_record);
    watch(
        {note_kind::record_signed, {}, {}, static_cast<std::int64_t>(p.unsigned_record.sequence)});
    tell(links().dht, std::move(p.unsigned_record));
  }
  void perform(member::tell_paths& t) {
    tell(links().punch, punch::self_changed{t.kind, std::move(t.candidates)});
  }
  void perform(const member::set_serving& s) {
    tell(links().dht, serve{s.serves});
    tell(links().gateway, serve{s.serves});
  }
  void perform(const member::want_homes& w) { tell(links().relay, relay::want_homes{w.wanted}); }
  void perform(const member::save_sequence& s) { save_number(state_, sequence_name, s.sequence); }
  void perform(const member::save_endpoint_cache&) { tell(links().dht, save_now{}); }
  void perform(const note& n) { watch(n); }

  std::unique_ptr<rng> random_;
  const crypto_suite& crypto_;
  state_store& state_;
  private_key secret_;
  std::string name_space_;
  member::member member_;
  member::actions todo_;
};

}  // namespace

network_actor spawn_network(caf::actor_system& s, context_ptr c, const peer_config& config,
                            const peer_ports& ports) {
  return s.spawn<network_shell>(std::move(c), config, ports);
}

}  // namespace wh::actors
