#pragma once

#include <map>
#include <utility>
#include <vector>

#include "actors/observer.hpp"
#include "sim/measure/log.hpp"
#include "sim/world/flow.hpp"
#include "sim/world/host.hpp"
#include "sim/world/invariants.hpp"
#include "sim/world/users/lookups.hpp"
#include "sim/world/users/payload.hpp"

namespace wh::sim {

/// Hears what peers and hosts say, and tells the log and the users.
class observation final : public actors::observer, public host_watcher {
 public:
  /// To be made when `who` knows its pairs.
  observation(const roster& who, run_log& log, flow_recorder& flow);
  /// Once they are there.
  void connect(simulation& sim, payload_users& payload, lookup_users& lookups) {
    sim_ = &sim;
    payload_ = &payload;
    lookups_ = &lookups;
  }

  /// Holds what it hears to the run's invariants, too.
  void hold(invariants& all) { never_ = &all; }

  /// Hosts that carry somebody's payload now, in ascending order.
  std::vector<std::size_t> relays_in_use() const;
  void forget(std::size_t h);

 private:
  void on_note(const public_key& self, time_point, const note& what) override;
  void on_path(const public_key& self, time_point, const punch::status& what) override;
  void on_message(const public_key& self, time_point, const public_key& other,
                  const wire::route& via, const wire::message& what, bool sent) override;
  void on_packet(const session::packet_kind& what) override { leaves_ = what; }
  void on_carried(const public_key& self) override;
  void on_payload(host& at, const public_key& from, byte_view payload, bool relayed) override;
  void on_sent(const host& at, const endpoint& to, byte_view datagram, bool ours) override;
  void on_came(const host& at, const endpoint& from, byte_view datagram) override;

  bool are_a_pair(std::size_t a, std::size_t b) const;

  const roster& who_;
  run_log& log_;
  flow_recorder& flow_;
  simulation* sim_ = nullptr;
  invariants* never_ = nullptr;
  payload_users* payload_ = nullptr;
  lookup_users* lookups_ = nullptr;
  /// Of each host those that it is paired with, in ascending order.
  std::vector<std::vector<std::size_t>> paired_;
  /// What the next datagram of ours is.
  std::optional<session::packet_kind> leaves_;
  /// The relay by which the first reaches the second.
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> relays_;
};

}  // namespace wh::sim
