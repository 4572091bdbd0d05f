#include <algorithm>

#include "sim/report/metrics.hpp"

namespace wh::sim {
namespace {

using k = metric_kind;

/// Every metric there is, by name. A pair is an unordered pair of members that the workload asked
/// to connect; an online pair is one whose two peers run at the end. A path is direct only while
/// payload passes it both ways without a relay.
constexpr metric_definition definitions[] = {
    {"dht.joined_ratio", k::ratio, "1",
     "Peers that completed a lookup of their own id, of those that ran for 30 s or longer."},
    {"dht.lookup_requests", k::distribution, "1", "Requests sent by one lookup of the workload."},
    {"dht.lookup_success_ratio", k::ratio, "1",
     "Lookups by peers that have joined which found the newest record of a peer that ran then, of "
     "those finished."},
    {"dht.lookup_time_s", k::distribution, "s",
     "From a lookup's start to its record, of those that succeeded."},
    {"dht.lookup_timeouts", k::distribution, "1", "Requests of one lookup that stayed unanswered."},
    {"dht.lookups", k::counter, "1", "Lookups that the workload started and that finished."},
    {"dht.time_to_join_s", k::distribution, "s",
     "From a peer's start to the end of the first lookup of its own id."},
    {"idle.sent_bytes_per_s", k::distribution, "bytes/s",
     "What a peer sent, headers of UDP and IP included, payload of WireGuard not, per second from "
     "ten "
     "minutes after its start; one sample a peer that ran a minute longer than that."},
    {"idle.sent_packets_per_s", k::distribution, "1/s",
     "Datagrams that a peer sent, those of WireGuard not counted, per second from ten minutes "
     "after "
     "its start; one sample a peer that ran a minute longer than that."},
    {"join.sent_bytes", k::distribution, "bytes",
     "What a peer sent in the first ten minutes of a life, headers of UDP and IP included, payload "
     "of "
     "WireGuard not: the mean of its lives; one sample a peer that ran for ten minutes."},
    {"nat.boxes", k::counter, "1", "NAT boxes and firewalls in the simulated network."},
    {"nat.drops", k::counter, "1", "Datagrams that a NAT box or firewall dropped or refused."},
    {"nat.mappings", k::distribution, "1", "Mappings a box holds at the end; one sample a box."},
    {"network.datagrams", k::counter, "1", "Datagrams given to the network by peers."},
    {"network.lost", k::counter, "1", "Datagrams the network lost by chance (loss_ratio)."},
    {"network.oversized", k::counter, "1", "Datagrams larger than the MTU, which vanished."},
    {"network.undeliverable", k::counter, "1", "Datagrams to an address where nothing runs."},
    {"paths.changes", k::counter, "1",
     "Changes of a pair's path (direct, relayed, unreachable) after its first payload."},
    {"paths.connected_ratio", k::ratio, "1",
     "Online pairs whose payload passed both ways in the last 10 s of the run."},
    {"paths.direct_ratio", k::ratio, "1", "Online pairs on a direct path at the end."},
    {"paths.outage_s", k::distribution, "s",
     "The longest span after a pair's first payload in which both peers ran and no payload came "
     "back, less the ping interval; one sample a pair that had payload, 0 when no span was longer "
     "than three intervals."},
    {"paths.pairs", k::counter, "1", "Pairs that the workload asked to connect."},
    {"paths.payload_delivered_ratio", k::ratio, "1",
     "Payload packets that arrived, of those sent between a pair's first payload and the end."},
    {"paths.relayed_ratio", k::ratio, "1",
     "Online pairs whose payload goes through a relay at the end."},
    {"paths.rtt_s", k::distribution, "s", "Round trips of payload."},
    {"paths.time_to_direct_s", k::distribution, "s",
     "From the request to connect to the first payload on a direct path; pairs that got one."},
    {"paths.time_to_first_payload_s", k::distribution, "s",
     "From the request to connect to the first payload that came back; pairs that got one."},
    {"paths.unreachable_ratio", k::ratio, "1", "Online pairs without a path at the end."},
    {"peers.online", k::counter, "1", "Peers that run at the end."},
    {"peers.started", k::counter, "1", "Starts of peers, those after churn and restarts included."},
    {"relay.failover_time_s", k::distribution, "s",
     "From the death of the relay in use to the next payload of a pair that it carried."},
    {"session.rejected", k::counter, "1",
     "Packets refused: length, version, mac, replay, workbit, signature."},
    {"traversal.direct_ratio_of_o1", k::ratio, "1",
     "Direct pairs, of those that the oracle finds possible without guessing a port."},
    {"traversal.direct_ratio_of_o3", k::ratio, "1",
     "Direct pairs, of those that an oracle which foresees every port finds possible."},
    {"wireguard.handshakes", k::counter, "1", "WireGuard handshakes that were completed."},
};

constexpr std::string_view statistics[] = {"n", "mean", "min", "p50", "p90", "p95", "p99", "max"};

}  // namespace

std::span<const metric_definition> metric_definitions() { return definitions; }

const metric_definition* find_metric(std::string_view name) {
  const auto* at = std::lower_bound(std::begin(definitions), std::end(definitions), name,
                                    [](const auto& d, std::string_view n) { return d.name < n; });
  return at != std::end(definitions) && at->name == name ? at : nullptr;
}

std::vector<std::string> expectable_names() {
  std::vector<std::string> out;
  for (const auto& d : definitions) {
    out.emplace_back(d.name);
    if (d.kind != metric_kind::distribution) continue;
    for (const auto s : statistics) out.push_back(std::string(d.name) + "." + std::string(s));
  }
  return out;
}

}  // namespace wh::sim
