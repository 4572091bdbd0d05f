#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "actors/peer.hpp"
#include "real/daemon/asker.hpp"
#include "real/daemon/plan.hpp"

namespace wh::real {

/// What the daemon knows of itself without asking its actors.
struct node_facts {
  std::string interface;
  const node_plan* plan = nullptr;
  /// What the WireGuard interface is; empty without one.
  std::string device;
  std::uint16_t port = 0;
  std::string binding;   // how datagrams come and go
  std::string counters;  // what the port counted, for people
  /// Session packets sent straight to an endpoint, by what they are.
  std::map<session::packet_kind, std::uint64_t> sent;
  std::vector<endpoint> local;
  std::string state_dir;
  std::string network_path;
  time_point started{};
};

/// The actors' own words; empty where there is no such actor.
struct actor_answers {
  std::optional<actors::gateway_status> gateway;
  std::optional<actors::dht_status> dht;
  std::optional<actors::relay_status> relay;
  std::optional<actors::punch_status> punch;
  std::optional<actors::wireguard_status> wireguard;
  std::optional<actors::network_status> network;
};

/// Asks all actors; `then` gets what they said when the last one has.
void ask_all(asker& a, const actors::peer& p, std::function<void(const actor_answers&)> then);

/// The status as one JSON object: what `wh show --json` prints. The keys are for scripts: they
/// stay.
std::string status_json(const node_facts& f, const actor_answers& a, time_point now);

/// What `wh why` prints of one member, as one JSON object.
std::string why_json(const node_facts& f, const actor_answers& a, const member_plan& m,
                     time_point now);

}  // namespace wh::real
