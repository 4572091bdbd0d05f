#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/peer.hpp"
#include "sim/crypto/modelled.hpp"
#include "sim/runtime/simulation.hpp"
#include "transport/memory_state.hpp"
#include "transport/saved_number.hpp"

/// Peers in a simulation without a network level: what one machine's port sends, another one's has
/// 10 ms later. For tests of the actors alone.
namespace wh::test {

class village;

/// A host: port, WireGuard, and disk in memory.
class machine final : public datagram_port, public wireguard_device {
 public:
  machine(village& around, std::uint32_t number);

  void start(actors::peer_config c = {});
  void stop();
  bool runs() const { return peer_.has_value(); }
  void get(const endpoint& from, bytes datagram);
  /// WireGuard sends the peer a datagram, as it would a handshake or payload.
  void wireguard_sends(const public_key& to);

  public_key key() const { return key_; }
  wire::contact contact() const { return {key_, where_}; }
  wireguard::member member() const {
    return {key_, {{ip_address::v4(0x0a000000 + number_), 32}}, std::nullopt};
  }
  const actors::context& actors() const { return *peer_->all; }
  memory_state& disk() { return disk_; }
  std::uint64_t sequence() const { return load_number(disk_, actors::sequence_name).value_or(0); }
  std::size_t endpoints_saved() const;

  /// WireGuard's datagrams that came straight, and by relay.
  unsigned came_direct = 0, came_relayed = 0;
  std::uint64_t sent_datagrams = 0;
  std::map<public_key, wireguard_peer> device;

 private:
  void send(const endpoint& to, bytes payload, ttl) override;
  std::vector<endpoint> local_endpoints() const override { return {where_}; }
  void set_peer(const wireguard_peer& p) override;
  void remove_peer(const public_key& k) override { device.erase(k); }
  std::vector<wireguard_peer_status> status() const override;
  endpoint open_tunnel(const public_key& k) override;
  void close_tunnel(const public_key& k) override { tunnels_.erase(k); }
  void inject(const public_key&, bytes) override { ++came_relayed; }

  village& around_;
  std::uint32_t number_;
  endpoint where_;
  private_key secret_;
  public_key key_;
  std::optional<actors::peer> peer_;
  memory_state disk_;
  std::map<public_key, endpoint> tunnels_;
  std::uint64_t lives_ = 0;
};

class village : private actors::observer {
 public:
  explicit village(unsigned machines) {
    for (unsigned i = 0; i < machines; ++i)
      machines_.push_back(std::make_unique<machine>(*this, i + 1));
  }
  ~village() override {
    for (auto& m : machines_) m->stop();  // a peer's actors know each other: they go only when told
    s.shut_down();
  }

  machine& at(std::size_t i) { return *machines_[i]; }
  void pass(duration d) { s.run_for(d); }
  void carry(const endpoint& from, const endpoint& to, bytes datagram) {
    if (heard) heard(to, datagram);
    s.after(10ms, [this, from, to, d = std::move(datagram)]() mutable {
      for (auto& m : machines_)
        if (m->contact().where == to && m->runs()) return m->get(from, std::move(d));
    });
  }
  /// How many actors live, CAF's own left out.
  std::size_t actors_alive() { return s.system().registry().running() - at_rest_; }
  std::uint64_t noted(note_kind what) const {
    const auto n = notes_.find(what);
    return n == notes_.end() ? 0 : n->second;
  }
  /// The last word of one peer's PUNCH about another.
  std::optional<punch::status> path(const machine& of, const machine& to) const {
    const auto p = paths_.find({of.key(), to.key()});
    return p == paths_.end() ? std::nullopt : std::optional{p->second};
  }
  actors::observer* watcher() { return this; }
  /// Hears every datagram when it is sent, if set.
  std::function<void(const endpoint& to, const bytes& datagram)> heard;
  const crypto_suite& crypto = sim::modelled_crypto();
  sim::simulation s;

 private:
  void on_note(const public_key&, time_point, const note& what) override { ++notes_[what.what]; }
  void on_path(const public_key& self, time_point, const punch::status& what) override {
    paths_[{self, what.peer}] = what;
  }
  void on_packet(const session::packet_kind&) override {}
  void on_carried(const public_key&) override {}
  void on_message(const public_key&, time_point, const public_key&, const wire::route&,
                  const wire::message&, bool) override {}

  std::size_t at_rest_ = s.system().registry().running();
  std::vector<std::unique_ptr<machine>> machines_;
  std::map<note_kind, std::uint64_t> notes_;
  std::map<std::pair<public_key, public_key>, punch::status> paths_;
};

}  // namespace wh::test
