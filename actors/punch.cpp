#include <map>

#include "actors/context.hpp"
#include "actors/peer_shell.hpp"
#include "actors/proto/record/record.hpp"

namespace wh::actors {

namespace {

/// PUNCH makes and keeps paths to the members of our networks.
class punch_shell final : public peer_shell<punch_actor> {
 public:
  punch_shell(caf::actor_config& cfg, context_ptr c, const peer_config& config,
              const peer_ports& ports)
      : peer_shell(cfg, std::move(c)),
        random_(ports.random("punch")),
        crypto_(ports.crypto),
        name_space_(config.name_space),
        lookup_paths_(config.paths),
        paths_({}, links().self, *random_) {}

  behavior_type make_behavior() override {
    return {
        alarm_clause(),
        [this](session::deliver& in) {
          give(punch::received{in.from, in.via, std::move(in.what)});
        },
        [this](const wire::relay_unknown& in, const public_key& relay) {
          give(punch::not_a_guest{relay, in.to});
        },
        [this](const punch::want& in) { give(in); },
        [this](const punch::payload& in) { give(in); },
        [this](const punch::network_back& in) { give(in); },
        [this](const punch::self_changed& in) { give(in); },
        [this](const punch::relay_up& in) { give(in); },
        [this](const punch::relay_down& in) { give(in); },
        [this](ask_status) {
          return punch_status{paths_.self(), paths_.all()};
        },
        [this](const punch::probe& in) {
          auto promise = this->template make_response_promise<punch::probed>();
          asking_.emplace(in.peer, promise);
          give(in);
          return promise;
        },
        [this](const punch::forget& in) { give(in); },
        [this](const members_changed& in) {
          std::vector<punch::member> members;
          for (const wireguard::member& m : in.members) members.push_back({m.key, m.where});
          for (const public_key& k : paths_.set_members(std::move(members)))
            paths_.handle(now(), punch::forget{k}, todo_);
          act();
        },
    };
  }

  void on_exit() override {
    // CAF 0.17 lets who asked wait for ever when a promise is dropped.
    for (auto& [peer, promise] : asking_)
      promise.deliver(caf::make_error(caf::sec::request_receiver_down));
    asking_.clear();
  }

 protected:
  void on_alarm(time_point t) override {
    paths_.handle_timeout(t, todo_);
    act();
  }

 private:
  template <class Input>
  void give(const Input& in) {
    paths_.handle(now(), in, todo_);
    act();
  }

  void act() {
    for (punch::action& a : todo_) std::visit([this](auto& x) { perform(x); }, a);
    todo_.clear();
    arm(paths_.next_timeout());
  }

  void perform(const punch::find& f) {
    dht::lookup l;
    l.target = record::location_of(crypto_, f.peer, name_space_);
    l.want_record = true;
    l.paths = lookup_paths_;
    ask(links().dht, l, [this, peer = f.peer](dht::finished& answer) {
      give(punch::found{peer, std::move(answer.found)});
    });
  }
  void perform(const punch::visit_relay& v) { tell(links().relay, v); }
  void perform(punch::send& s) {
    // A direct route to nowhere in particular is the session's own.
    const bool named = s.via.relayed() || !s.via.where.is_unspecified();
    tell(links().gateway, session::send{s.to, named ? std::optional{s.via} : std::nullopt,
                                        std::move(s.what), s.limit});
  }
  void perform(const punch::use& u) { tell(links().wireguard, u); }
  void perform(const punch::measured& m) { tell(links().wireguard, m); }
  void perform(const punch::suspect_relay& s) { tell(links().relay, s); }
  void perform(const punch::not_reached& n) { tell(links().dht, n); }
  void perform(const punch::status& s) { watch_path(s); }
  void perform(const punch::probed& p) {
    const auto [first, last] = asking_.equal_range(p.peer);
    for (auto at = first; at != last; ++at) at->second.deliver(p);
    asking_.erase(first, last);
  }
  void perform(const note& n) { watch(n); }

  std::unique_ptr<rng> random_;
  const crypto_suite& crypto_;
  std::string name_space_;
  std::uint8_t lookup_paths_;
  punch::paths paths_;
  punch::actions todo_;
  std::multimap<public_key, reply<punch::probed>> asking_;  // people, bounded by the host
};

}  // namespace

punch_actor spawn_punch(caf::actor_system& s, context_ptr c, const peer_config& config,
                        const peer_ports& ports) {
  return s.spawn<punch_shell>(std::move(c), config, ports);
}

}  // namespace wh::actors
