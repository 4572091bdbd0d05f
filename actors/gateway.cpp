#include "actors/context.hpp"
#include "actors/peer_shell.hpp"
#include "transport/saved_number.hpp"

namespace wh::actors {

namespace {

session::layer::config session_config(const peer_config& c, const peer_ports& ports) {
  session::layer::config s;
  s.secret = c.secret;
  s.name_space = c.name_space;
  s.workbit = c.workbit;
  s.serves_dht = nat::classifier::first_guess(c.mode, ports.datagrams.local_endpoints()).serves;
  s.timestamp_after = load_number(ports.state, timestamp_name).value_or(0);
  return s;
}

/// Actions for which room is kept between two events.
constexpr std::size_t todo_kept = 8;

/// GATEWAY owns the datagram port and the sessions. Whatever comes is taken apart here and handed
/// on by its kind; frames of relays are wrapped and unwrapped here, for a route is a matter of
/// sessions.
class gateway_shell final : public peer_shell<gateway_actor> {
 public:
  gateway_shell(caf::actor_config& cfg, context_ptr c, const peer_config& config,
                const peer_ports& ports)
      : peer_shell(cfg, std::move(c)),
        port_(ports.datagrams),
        state_(ports.state),
        random_(ports.random("gateway")),
        layer_(session_config(config, ports), ports.crypto, *random_) {}

  behavior_type make_behavior() override {
    return {
        alarm_clause(),
        [this](arrived& in) {
          layer_.handle(now(), session::received{in.via, in.payload}, todo_);
          act();
        },
        [this](session::send& in) {
          watch_message(in.to, in.via.value_or(wire::route{}), in.what, true);
          // DHT keeps account of its own questions.
          if (in.via && !in.via->relay && wire::concern_of(in.what) != wire::concern::dht)
            tell(links().dht, nat::sent_to{in.via->where.address});
          layer_.handle(now(), in, todo_);
          act();
        },
        [this](wireguard::carry& in) {
          if (in.via.relay)
            send_frame(*in.via.relay, in.peer, std::move(in.datagram));
          else
            port_.send(in.via.where, std::move(in.datagram), ttl::host_default);
          act();
        },
        [this](const reach& in) {
          layer_.send_reach(in.to, in.nonce, todo_);
          act();
        },
        [this](ask_status) {
          return gateway_status{layer_.session_count(), layer_.memory()};
        },
        [this](const serve& in) { layer_.set_serves_dht(in.serves); },
    };
  }

 protected:
  void on_alarm(time_point t) override {
    layer_.handle_timeout(t, todo_);
    act();
  }

 private:
  void act() {
    // Acting may add more to do: a relay's frame holds a datagram of its own.
    for (std::size_t i = 0; i < todo_.size(); ++i) {
      session::action next = std::move(todo_[i]);
      std::visit([this](auto& a) { perform(a); }, next);
    }
    todo_.clear();
    // A hundred sessions that end at once must not be paid for with memory for ever.
    if (todo_.capacity() > todo_kept) todo_.shrink_to_fit();
    arm(layer_.next_timeout());
  }

  void send_frame(const public_key& relay, const public_key& to, bytes datagram) {
    layer_.handle(
        now(), session::send{relay, std::nullopt, wire::relay_to{to, std::move(datagram)}}, todo_);
  }

  void perform(session::transmit& t) {
    if (!t.via.relay) {
      watch_packet(t.what);
      if (t.payload) watch_carried();
      port_.send(t.via.where, std::move(t.datagram), t.limit);
    } else if (t.to != *t.via.relay) {  // a relay's own session always goes straight
      send_frame(*t.via.relay, t.to, std::move(t.datagram));
    }
  }

  void perform(session::deliver& d) {
    if (auto* frame = std::get_if<wire::relayed>(&d.what)) {
      unwrap(d, *frame);
      return;
    }
    watch_message(d.from, d.via, d.what, false);
    if (const auto* unknown = std::get_if<wire::relay_unknown>(&d.what)) {
      tell(links().punch, *unknown, d.from);
      return;
    }
    switch (wire::concern_of(d.what)) {
      case wire::concern::dht:
        tell(links().dht, std::move(d));
        break;
      case wire::concern::relay:
        tell(links().relay, std::move(d));
        break;
      case wire::concern::probe:
      case wire::concern::path:
        tell(links().punch, std::move(d));
    }
  }

  void unwrap(const session::deliver& d, wire::relayed& frame) {
    // Frames inside frames would let one datagram cost many.
    if (d.via.relayed() || frame.datagram.empty()) return;
    if (is_ours(frame.datagram))
      layer_.handle(now(), session::received{wire::through(d.from), frame.datagram}, todo_);
    else
      tell(links().wireguard, wireguard::from_relay{frame.from, std::move(frame.datagram)});
  }

  void perform(const session::established&) {}
  void perform(const session::begun_anew& b) { tell(links().dht, b); }
  void perform(const session::gave_up& g) {
    tell(links().dht, g);
    tell(links().relay, g);
  }
  void perform(const session::keep_timestamp& k) { save_number(state_, timestamp_name, k.stamp); }
  void perform(const session::reached& r) { tell(links().dht, r); }
  void perform(const note& n) { watch(n); }

  datagram_port& port_;
  state_store& state_;
  std::unique_ptr<rng> random_;
  session::layer layer_;
  std::vector<session::action> todo_;
};

}  // namespace

gateway_actor spawn_gateway(caf::actor_system& s, context_ptr c, const peer_config& config,
                            const peer_ports& ports) {
  return s.spawn<gateway_shell>(std::move(c), config, ports);
}

}  // namespace wh::actors
