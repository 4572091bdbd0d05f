#include "actors/context.hpp"
#include "actors/peer_shell.hpp"
#include "actors/proto/relay/host.hpp"

namespace wh::actors {

namespace {

/// RELAY carries for others (`host`) and is carried (`guest`).
class relay_shell final : public peer_shell<relay_actor> {
 public:
  relay_shell(caf::actor_config& cfg, context_ptr c, const peer_config& config,
              const peer_ports& ports)
      : peer_shell(cfg, std::move(c)),
        random_(ports.random("relay")),
        host_({.consents = config.relays,
               .guests_max = config.relay_guests,
               .guest_bytes_per_s = config.relay_bytes_per_s,
               .guest_burst_bytes = relay::burst_of(config.relay_bytes_per_s)}),
        guest_({}, *random_) {}

  behavior_type make_behavior() override {
    tell_room();
    return {
        alarm_clause(),
        [this](session::deliver& in) {
          if (std::holds_alternative<wire::relay_attached>(in.what))
            guest_.handle(now(), relay::guest_received{in.from, std::move(in.what), in.via.where},
                          asked_);
          else
            host_.handle(now(), relay::host_received{in.from, in.via.where, std::move(in.what)},
                         served_);
          act();
        },
        [this](const session::gave_up& in) {
          guest_.handle(now(), relay::guest_failed{in.peer}, asked_);
          act();
        },
        [this](const dht::relay_seen& in) {
          guest_.handle(now(), relay::candidate{in.who, in.room, in.proven}, asked_);
          act();
        },
        [this](dht::relays_told in) {
          guest_.handle(now(), relay::candidates_end{in.searching}, asked_);
          act();
        },
        [this](const relay::want_homes& in) {
          guest_.handle(now(), in, asked_);
          act();
        },
        [this](const relay_room& in) {
          host_.handle(now(), relay::set_room{in.guests, in.bytes_per_s}, served_);
          act();
        },
        [this](ask_status) {
          return relay_status{host_.guests() + host_.guests_beside(), host_.forwarded_bytes(),
                              guest_.report()};
        },
        [this](const punch::visit_relay& in) {
          guest_.handle(now(), relay::visit{in.relay, in.wanted, in.peer}, asked_);
          act();
        },
        [this](const punch::suspect_relay& in) {
          guest_.handle(now(), relay::suspect{in.relay}, asked_);
          act();
        },
    };
  }

 protected:
  void on_alarm(time_point t) override {
    host_.handle_timeout(t, served_);
    guest_.handle_timeout(t, asked_);
    act();
  }

 private:
  void act() {
    for (relay::host_action& a : served_) std::visit([this](auto& x) { perform(x); }, a);
    served_.clear();
    for (relay::guest_action& a : asked_) std::visit([this](auto& x) { perform(x); }, a);
    asked_.clear();
    tell_room();
    arm(earlier(host_.next_timeout(), guest_.next_timeout()));
  }

  void perform(relay::host_send& s) {
    const bool named = s.where && !s.where->is_unspecified();
    const auto via = named ? std::optional{wire::direct(*s.where)} : std::nullopt;
    tell(links().gateway, session::send{s.to, via, std::move(s.what)});
  }
  void perform(relay::guest_send& s) {
    const bool named = !s.to.where.is_unspecified();
    const auto via = named ? std::optional{wire::direct(s.to.where)} : std::nullopt;
    tell(links().gateway, session::send{s.to.key, via, std::move(s.what)});
  }
  void perform(const relay::attached& a) { tell(links().punch, punch::relay_up{a.relay, a.rtt}); }
  void perform(const relay::seen_at& s) { tell(links().dht, nat::observed{s.by, s.me}); }
  void perform(const relay::detached& d) { tell(links().punch, punch::relay_down{d.relay}); }
  void perform(relay::homes& h) {
    watch({note_kind::relay_homes, {}, {}, static_cast<std::int64_t>(h.relays.size())});
    tell(links().network, std::move(h));
  }
  void perform(const relay::need_candidates& n) { tell(links().dht, dht::find_relays{n.homes}); }
  void perform(const relay::enough_candidates&) { tell(links().dht, dht::enough_relays{}); }
  void perform(const note& n) { watch(n); }

  /// Whenever it doubled or halved: nobody decides by less.
  void tell_room() {
    const dht::relay_word word{host_.room()};
    if (word == room_told_) return;
    room_told_ = word;
    tell(links().dht, dht::set_relay_room{host_.room()});
  }

  std::unique_ptr<rng> random_;
  relay::host host_;
  relay::guest guest_;
  relay::host_actions served_;
  relay::guest_actions asked_;
  dht::relay_word room_told_{std::nullopt};  // what DHT takes for granted
};

}  // namespace

relay_actor spawn_relay(caf::actor_system& s, context_ptr c, const peer_config& config,
                        const peer_ports& ports) {
  return s.spawn<relay_shell>(std::move(c), config, ports);
}

}  // namespace wh::actors
