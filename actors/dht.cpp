#include <map>
#include <utility>

#include "actors/context.hpp"
#include "actors/peer_shell.hpp"
#include "actors/proto/dht/cache.hpp"
#include "transport/check.hpp"

namespace wh::actors {

namespace {

dht::config dht_config(const peer_config& c, const public_key& self,
                       const std::vector<endpoint>& local) {
  dht::config d;
  d.self = self;
  d.name_space = c.name_space;
  d.workbit = c.workbit;
  d.k = c.k;
  d.alpha = c.alpha;
  d.paths = c.paths;
  d.diverse = c.diverse;
  d.serves = nat::classifier::first_guess(c.mode, local).serves;
  return d;
}

/// Below a bucket's worth of contacts nobody can be sure to be told by a stranger that he is
/// reached.
constexpr std::size_t few_peers = wire::k;

/// DHT finds records and peers, and keeps ours published. Its answering peers tell how they see us,
/// so the classification of our NAT lives here too.
class dht_shell final : public peer_shell<dht_actor> {
 public:
  dht_shell(caf::actor_config& cfg, context_ptr c, const peer_config& config,
            const peer_ports& ports)
      : peer_shell(cfg, std::move(c)),
        random_(ports.random("dht")),
        state_(ports.state),
        boot_(config.boot),
        node_(dht_config(config, links().self, ports.datagrams.local_endpoints()), ports.crypto,
              *random_),
        classifier_({.how = config.mode}, ports.datagrams.local_endpoints(), *random_) {}

  behavior_type make_behavior() override {
    start();
    return {
        alarm_clause(),
        [this](session::deliver& in) {
          if (const auto* m = std::get_if<wire::dial_passed>(&in.what)) {
            classifier_.handle(now(), nat::passed_on{m->tx});
            return;
          }
          node_.handle(now(),
                       dht::received{in.from, in.via.where, in.via.relayed(), in.serves_dht,
                                     in.early, std::move(in.what), in.reads_options},
                       todo_);
          act();
        },
        [this](const session::gave_up& in) {
          node_.handle(now(), dht::failed{in.peer}, todo_);
          act();
        },
        [this](const session::begun_anew& in) {
          node_.handle(now(), dht::revived{in.peer}, todo_);
          act();
        },
        [this](const punch::not_reached& in) {
          node_.handle(now(), dht::not_reached{in.peer}, todo_);
          act();
        },
        [this](const session::reached& in) {
          classifier_.handle(now(), nat::reached{in.from, in.nonce}, verdicts_);
          act();
        },
        [this](const nat::sent_to& in) { classifier_.handle(in); },
        [this](const nat::observed& in) {
          classifier_.handle(now(), in, verdicts_);
          act();
        },
        [this](const dht::add_contacts& in) {
          node_.handle(now(), in, todo_);
          act();
        },
        [this](dht::lookup& in) {
          auto promise = this->template make_response_promise<dht::finished>();
          in.id = ++lookups_;
          waiting_.emplace(in.id, promise);
          node_.handle(now(), in, todo_);
          act();
          return promise;
        },
        [this](const wire::record& in) {
          node_.handle(now(), dht::publish{in}, todo_);
          act();
        },
        [this](ask_status) {
          return dht_status{classifier_.current(),  node_.has_joined(),      node_.table().size(),
                            node_.stored_records(), node_.running_lookups(), node_.memory_bytes()};
        },
        [this](save_now) { state_.save(endpoint_cache_name, dht::encode_cache(node_.cache())); },
        [this](const dht::find_relays& in) {
          node_.handle(now(), in, todo_);
          act();
        },
        [this](const dht::enough_relays& in) { node_.handle(now(), in, todo_); },
        [this](const dht::set_relay_room& in) {
          node_.handle(now(), in, todo_);
          act();
        },
        [this](const serve& in) {
          node_.handle(now(), dht::set_serving{in.serves}, todo_);
          act();
        },
        [this](const readdressed& in) {
          classifier_.handle_addresses(now(), in.local, verdicts_);
          act();
        },
    };
  }

  void on_exit() override {
    // CAF 0.17 lets who asked wait for ever when a promise is dropped.
    for (auto& [id, promise] : waiting_)
      promise.deliver(caf::make_error(caf::sec::request_receiver_down));
    waiting_.clear();
  }

 protected:
  void on_alarm(time_point t) override {
    node_.handle_timeout(t, todo_);
    classifier_.set_few_peers(node_.table().size() < few_peers);
    classifier_.handle_timeout(t, verdicts_);
    act();
  }

 private:
  void start() {
    node_.handle(now(), dht::add_contacts{std::move(boot_), true}, todo_);
    if (const auto saved = state_.load(endpoint_cache_name))
      if (auto contacts = dht::decode_cache(*saved))
        node_.handle(now(), dht::add_contacts{std::move(*contacts), false}, todo_);
    act();
    // What is known of our NAT holds before anybody has been asked.
    if (classifier_.current() != nat::verdict{}) tell(links().network, classifier_.current());
  }

  void act() {
    // Either engine's actions may give the other something to do; neither for long.
    while (!todo_.empty() || !verdicts_.empty()) perform_all();
    arm(earlier(node_.next_timeout(), classifier_.next_timeout()));
  }

  void perform_all() {
    auto todo = std::exchange(todo_, {});
    auto verdicts = std::exchange(verdicts_, {});
    for (dht::action& a : todo) std::visit([this](auto& x) { perform(x); }, a);
    for (nat::action& a : verdicts) std::visit([this](auto& x) { perform(x); }, a);
  }

  void perform(dht::send& s) {
    classifier_.talking_to(now(), s.to.where.address);
    tell(links().gateway, session::send{s.to.key, wire::direct(s.to.where), std::move(s.what)});
  }
  void perform(dht::finished& f) {
    if (f.found)
      watch({note_kind::dht_record_found,
             f.found->key,
             {},
             static_cast<std::int64_t>(f.found->sequence)});
    const auto at = waiting_.find(f.id);
    if (at == waiting_.end()) return;
    auto promise = at->second;
    waiting_.erase(at);
    promise.deliver(std::move(f));
  }
  void perform(const dht::published& p) {
    watch({note_kind::dht_published, {}, {}, static_cast<std::int64_t>(p.copies)});
  }
  void perform(const dht::observed& o) {
    classifier_.handle(now(), nat::observed{o.by, o.me}, verdicts_);
  }
  void perform(const dht::dropped& d) {
    classifier_.handle(now(), nat::gone{d.who.where.address}, verdicts_);
  }
  void perform(const dht::joined& j) {
    watch({note_kind::dht_joined, {}, {}, static_cast<std::int64_t>(j.contacts)});
    tell(links().punch, punch::network_back{});
  }
  void perform(const dht::back&) { tell(links().punch, punch::network_back{}); }
  void perform(const dht::relay_seen& s) { tell(links().relay, s); }
  void perform(const dht::relays_told& t) { tell(links().relay, t); }
  void perform(const dht::send_reach& r) {
    classifier_.handle(nat::sent_to{r.to.address});
    tell(links().gateway, reach{r.to, r.nonce});
  }
  void perform(const nat::verdict& v) {
    watch({v.serves ? note_kind::nat_serves : note_kind::nat_verdict,
           {},
           v.external,
           static_cast<std::int64_t>(v.kind)});
    tell(links().network, v);
  }
  void perform(const nat::doubt&) { node_.handle(now(), dht::look_around{}, todo_); }
  void perform(const nat::dial& d) {
    tell(links().gateway, session::send{d.whom.key, wire::direct(d.whom.where), d.what});
  }
  void perform(const note& n) { watch(n); }

  std::unique_ptr<rng> random_;
  state_store& state_;
  std::vector<wire::contact> boot_;
  dht::node node_;
  nat::classifier classifier_;
  std::vector<dht::action> todo_;
  nat::actions verdicts_;
  std::map<std::uint64_t, reply<dht::finished>> waiting_;
  std::uint64_t lookups_ = 0;
};

}  // namespace

dht_actor spawn_dht(caf::actor_system& s, context_ptr c, const peer_config& config,
                    const peer_ports& ports) {
  return s.spawn<dht_shell>(std::move(c), config, ports);
}

}  // namespace wh::actors
