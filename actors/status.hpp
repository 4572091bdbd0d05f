#pragma once

#include <optional>
#include <vector>

#include "actors/proto/nat/classifier.hpp"
#include "actors/proto/punch/paths.hpp"
#include "actors/proto/relay/guest.hpp"
#include "transport/ports.hpp"

/// What each actor answers when people ask how it is. Values of one instant.
namespace wh::actors {

struct ask_status {};

struct gateway_status {
  std::size_t sessions = 0;
  std::size_t memory_bytes = 0;
};
struct dht_status {
  nat::verdict nat;
  bool joined = false;
  std::size_t contacts = 0, stored_records = 0, running_lookups = 0;
  std::size_t memory_bytes = 0;
};
struct relay_status {
  std::size_t guests = 0;
  std::uint64_t forwarded_bytes = 0;
  /// Relays that carry for us, or are asked to.
  std::vector<relay::stay_report> stays;
};
struct punch_status {
  punch::self_changed self;
  std::vector<punch::report> paths;
};
struct wireguard_status {
  std::vector<wireguard_peer_status> peers;
};
struct network_status {
  std::uint64_t record_sequence = 0;
};

}  // namespace wh::actors
