#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/alarm.hpp"
#include "actors/peer.hpp"
#include "sim/net/port.hpp"
#include "sim/runtime/simulation.hpp"
#include "sim/wireguard/model.hpp"
#include "sim/world/plan.hpp"
#include "transport/memory_state.hpp"

namespace wh::sim {

class host;

/// The world, as a host sees it.
class host_watcher {
 public:
  virtual ~host_watcher() = default;
  /// Something came out of a tunnel. `relayed`: WireGuard got it from the tunnel endpoint of the
  /// peer, not from the network.
  virtual void on_payload(host& at, const public_key& from, byte_view payload, bool relayed) = 0;
  /// The host gives the network a datagram, or gets one of ours.
  virtual void on_sent(const host& at, const endpoint& to, byte_view datagram, bool ours) = 0;
  virtual void on_came(const host& at, const endpoint& from, byte_view datagram) = 0;
};

/// What every host of a world uses.
struct surroundings {
  simulation& sim;
  network& net;
  const crypto_suite& crypto;
  seed root;
  actors::observer* watcher = nullptr;
  host_watcher* world = nullptr;
};

/// One simulated machine: the ports that its peer's actors are bound to, the modelled WireGuard
/// device, and a disk that outlives the peer.
class host final : private network_port, private wireguard_device {
 public:
  /// Time that it takes for a datagram that came, one after the other, and whether it runs
  /// WireGuard.
  struct machine {
    bool has_wireguard = true;
    duration work{};
  };
  /// The machine is connected at once and starts switched off.
  host(surroundings& around, std::size_t number, const public_key& key, const host_spec& where,
       machine how);
  /// Actors have ended by then, and are let go.
  ~host() override;
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  void start(const actors::peer_config& config);
  /// As if the power went: nothing is said to anybody.
  void stop();
  bool running() const { return peer_.has_value(); }
  /// Somebody else sits here from the next start on, and finds an empty disk. Not while it runs.
  void become(const public_key& key);

  /// Sends through WireGuard; lost when the host does not run.
  void send_payload(const public_key& to, bytes payload);

  std::size_t number() const { return number_; }
  const public_key& key() const { return key_; }
  using network_port::id;
  const actors::peer* peer() const { return peer_ ? &*peer_ : nullptr; }
  memory_state& disk() { return disk_; }
  /// From now on the disk is copied whenever the peer starts, for `restore_backup`.
  void keep_backups() { keeps_backups_ = true; }
  void restore_backup() { disk_ = backup_; }
  /// How far its wall clock is ahead, from the next start on: a process reads it once.
  void set_clock_off(duration ahead) { clock_off_ = ahead; }
  /// The peer is told that its addresses changed.
  void readdressed();

  time_point started() const { return started_; }
  /// When this key's owner came to sit here: the start of time for the first.
  time_point became() const { return became_; }
  std::uint32_t starts() const { return starts_; }

 private:
  // network_port
  void send(const endpoint& to, bytes payload, ttl limit) override;
  void give(const endpoint& to, bytes payload, ttl limit, bool ours);
  void came(const endpoint& from, bytes&& payload) override;
  void came_for_wireguard(const endpoint& from, bytes&& payload) override;
  // wireguard_device
  void set_peer(const wireguard_peer& p) override;
  void remove_peer(const public_key& k) override;
  std::vector<wireguard_peer_status> status() const override;
  endpoint open_tunnel(const public_key& k) override;
  void close_tunnel(const public_key& k) override;
  void inject(const public_key& k, bytes datagram) override;

  /// Calls `f` once the host gets to it, unless another life has begun by then.
  template <class F>
  void when_free(F f);
  void act(bool relayed = false);
  void perform(wireguard::transmit& t, bool relayed);
  void perform(const wireguard::delivered& d, bool relayed);
  void perform(const note& n, bool relayed);
  void set_timer(std::optional<time_point> at);

  surroundings& around_;
  std::size_t number_;
  public_key key_;
  machine how_;
  std::optional<actors::peer> peer_;
  std::unique_ptr<wireguard_model> wireguard_;
  wireguard::actions todo_;
  bool acting_ = false;
  actors::alarm alarm_;
  memory_state disk_, backup_;
  bool keeps_backups_ = false;
  duration clock_off_{}, clock_off_now_{};  // of the life under way
  time_point free_at_{};                    // when it has worked off what came
  unsigned waiting_ = 0;
  std::uint32_t starts_ = 0;
  time_point started_{}, became_{};
};

}  // namespace wh::sim
