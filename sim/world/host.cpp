#include "sim/world/host.hpp"

#include "transport/check.hpp"

namespace wh::sim {

namespace {

/// Datagrams that wait for the host to get to them; more are lost, as in a socket's buffer.
constexpr unsigned waiting_max = 256;

}  // namespace

host::host(surroundings& around, std::size_t number, const public_key& key, const host_spec& where,
           machine how)
    : network_port(around.net, where), around_(around), number_(number), key_(key), how_(how) {
  around_.net.set_online(id(), false);
}

host::~host() {
  if (peer_) *peer_->all = actors::context{};
}

void host::start(const actors::peer_config& config) {
  around_.net.set_online(id(), true);
  started_ = around_.sim.now();
  ++starts_;
  clock_off_now_ = clock_off_;
  waiting_ = 0;
  free_at_ = started_;
  if (keeps_backups_) backup_ = disk_;
  // Each life draws from streams of its own, or a second one would repeat the first one's choices.
  const seed life = around_.root.derive("host", number_).derive("life", starts_);
  if (how_.has_wireguard)
    wireguard_ = std::make_unique<wireguard_model>(key_, life.derive("wireguard"));
  actors::peer_ports ports{
      .datagrams = *this,
      .wireguard = how_.has_wireguard ? this : nullptr,
      .state = disk_,
      .crypto = around_.crypto,
      .clock = around_.sim.clock(clock_off_now_),
      .random = [life](std::string_view name) -> std::unique_ptr<rng> {
        return std::make_unique<seeded_rng>(life.derive(name));
      },
      .watcher = around_.watcher,
  };
  around_.sim.together([&] { peer_ = actors::spawn_peer(around_.sim.system(), config, ports); });
}

void host::stop() {
  if (!peer_) return;
  around_.net.set_online(id(), false);
  around_.sim.together([&] { actors::kill_peer(*peer_); });
  peer_.reset();
  wireguard_.reset();
  alarm_ = {};
}

void host::become(const public_key& key) {
  WH_CHECK(!running());
  key_ = key;
  became_ = around_.sim.now();
  disk_ = {};
  backup_ = {};
}

void host::readdressed() {
  if (peer_) around_.sim.post(peer_->all->network, actors::readdressed{local_endpoints()});
}

// network_port

void host::send(const endpoint& to, bytes payload, ttl limit) {
  give(to, std::move(payload), limit, true);
}

void host::give(const endpoint& to, bytes payload, ttl limit, bool ours) {
  around_.world->on_sent(*this, to, payload, ours);
  network_port::send(to, std::move(payload), limit);
}

template <class F>
void host::when_free(F f) {
  if (!peer_) return;
  if (how_.work == duration{}) return f();
  if (waiting_ == waiting_max) return;
  ++waiting_;
  free_at_ = std::max(free_at_, around_.sim.now()) + how_.work;
  around_.sim.at(free_at_, [this, life = starts_, f = std::move(f)]() mutable {
    if (!peer_ || life != starts_) return;
    --waiting_;
    f();
  });
}

void host::came(const endpoint& from, bytes&& payload) {
  if (peer_) around_.world->on_came(*this, from, payload);
  when_free([this, from, payload = std::move(payload)]() mutable {
    around_.sim.post(peer_->all->gateway, actors::arrived{wire::direct(from), std::move(payload)});
  });
}

void host::came_for_wireguard(const endpoint& from, bytes&& payload) {
  when_free([this, from, payload = std::move(payload)] {
    if (!wireguard_) return;
    wireguard_->received(around_.sim.now(), from, payload, todo_);
    act();
  });
}

// wireguard_device

void host::set_peer(const wireguard_peer& p) {
  wireguard_->set_peer(around_.sim.now(), p, todo_);
  act();
}

void host::remove_peer(const public_key& k) {
  wireguard_->remove_peer(k);
  set_timer(alarm_.arm(wireguard_->next_timeout()));
}

std::vector<wireguard_peer_status> host::status() const {
  auto all = wireguard_->status();
  for (wireguard_peer_status& s : all)
    if (s.last_handshake) *s.last_handshake += clock_off_now_;
  return all;
}

endpoint host::open_tunnel(const public_key& k) { return wireguard_->open_tunnel(k); }

void host::close_tunnel(const public_key& k) { wireguard_->close_tunnel(k); }

void host::inject(const public_key& k, bytes datagram) {
  wireguard_->inject(around_.sim.now(), k, datagram, todo_);
  act(true);
}

void host::send_payload(const public_key& to, bytes payload) {
  if (!wireguard_) return;
  wireguard_->payload(around_.sim.now(), to, std::move(payload), todo_);
  act();
}

void host::act(bool relayed) {
  // The world answers a payload with another: its actions are done by the call under way.
  if (acting_) return;
  acting_ = true;
  for (std::size_t i = 0; i < todo_.size(); ++i) {
    wireguard::action next = std::move(todo_[i]);
    std::visit([&](auto& x) { perform(x, relayed); }, next);
  }
  todo_.clear();
  acting_ = false;
  set_timer(alarm_.arm(wireguard_->next_timeout()));
}

void host::perform(wireguard::transmit& t, bool) {
  if (const auto peer = wireguard_->is_tunnel(t.to))
    around_.sim.post(peer_->all->wireguard, actors::tunnelled{*peer, std::move(t.datagram)});
  else
    give(t.to, std::move(t.datagram), ttl::host_default, false);
}

void host::perform(const wireguard::delivered& d, bool relayed) {
  around_.world->on_payload(*this, d.from, d.payload, relayed);
}

void host::perform(const note& n, bool) {
  if (around_.watcher) around_.watcher->on_note(key_, around_.sim.now(), n);
}

void host::set_timer(std::optional<time_point> at) {
  if (!at) return;
  around_.sim.at(*at, [this, life = starts_, t = *at] {
    if (!wireguard_ || life != starts_) return;
    if (alarm_.ring(around_.sim.now(), t)) {
      wireguard_->alarm(around_.sim.now(), todo_);
      act();
    } else {
      set_timer(alarm_.timer());
    }
  });
}

}  // namespace wh::sim
