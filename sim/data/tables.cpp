#include "sim/data/tables.hpp"

#include <algorithm>

namespace wh::sim::data {
namespace {

using enum column_type;

/// A column with the way to its value.
template <class Row>
struct field {
  column what;
  cell (*value)(const Row&);
};

cell seconds(duration d) { return to_seconds(d); }
cell seconds(const std::optional<duration>& d) { return d ? cell(to_seconds(*d)) : cell{}; }
cell word(std::string_view text) { return text.empty() ? cell{} : cell(text); }
cell count(std::uint64_t n) { return n; }

struct pair_at {
  std::uint64_t number;
  const pair_row& pair;
};
struct outage_at {
  std::uint64_t pair_number;
  const pair_row& pair;
  const pair_row::outage& outage;
};

const std::vector<field<report>> run_fields{
    {{"peers", integer, "", "Hosts of the scenario that run a peer."},
     [](const report& r) { return count(r.peers); }},
    {{"virtual_time_s", real, "s", "Time that was simulated."},
     [](const report& r) { return seconds(r.virtual_time); }},
    {{"events", integer, "", "Events that the simulator worked off."},
     [](const report& r) { return count(r.events); }},
    {{"partial", flag, "", "The run was stopped before its end."},
     [](const report& r) { return cell(r.partial); }},
    {{"held", flag, "", "It ran to its end, and every expectation held."},
     [](const report& r) {
       return cell(!r.partial && std::all_of(r.expectations.begin(), r.expectations.end(),
                                             [](const auto& e) { return e.held; }));
     }},
    {{"trace_hash", text, "", "Hash of all that happened; equal for equal runs."},
     [](const report& r) { return word(r.trace_hash); }},
    {{"version", text, "", "Of wh-sim."}, [](const report& r) { return word(r.source.version); }},
    {{"git_commit", text, "", "That wh-sim was built from."},
     [](const report& r) { return word(r.source.commit); }}};

const std::vector<field<pair_at>> pair_fields{
    {{"pair", integer, "", "Number of the pair in its run, from 0."},
     [](const pair_at& p) { return count(p.number); }},
    {{"from_host", text, "", "Host of the side that the workload names first."},
     [](const pair_at& p) { return word(p.pair.from); }},
    {{"to_host", text, "", "Host of the other side."},
     [](const pair_at& p) { return word(p.pair.to); }},
    {{"item", integer, "", "Item of the scenario's `[[workload]]` that wants the pair, from 0."},
     [](const pair_at& p) { return count(p.pair.item); }},
    {{"from_nat", text, "",
      "NAT profile in front of from_host, or `public`; boxes one behind the other with ` + `, "
      "inside first."},
     [](const pair_at& p) { return word(p.pair.from_nat); }},
    {{"to_nat", text, "", "The same of to_host."},
     [](const pair_at& p) { return word(p.pair.to_nat); }},
    {{"from_class", text, "", "Class of from_nat as the oracle sees it: `PUB`, `APDF`, `RND`, ..."},
     [](const pair_at& p) { return word(p.pair.oracle.from_class); }},
    {{"to_class", text, "", "The same of to_nat."},
     [](const pair_at& p) { return word(p.pair.oracle.to_class); }},
    {{"o1", flag, "", "The oracle: a direct path needs no guess at a port."},
     [](const pair_at& p) { return cell(p.pair.oracle.o1); }},
    {{"o3", flag, "", "The oracle: a direct path is possible to a peer that foresees every port."},
     [](const pair_at& p) { return cell(p.pair.oracle.o3); }},
    {{"obstacle", text, "", "Why o1 is 0."},
     [](const pair_at& p) { return word(p.pair.oracle.reason); }},
    {{"udp_when_asked", flag, "",
      "UDP passed on both sides at asked_s: first_payload_s is a sample of "
      "paths.time_to_first_payload_s, and without a value a censored one."},
     [](const pair_at& p) { return cell(p.pair.udp_when_asked); }},
    {{"o1_when_asked", flag, "",
      "o1 at asked_s: direct_s is a sample of paths.time_to_direct_s, and without a value a "
      "censored one."},
     [](const pair_at& p) { return cell(p.pair.o1_when_asked); }},
    {{"asked_s", real, "s",
      "Since the run's start: both hosts ran for the first time while the workload wanted the "
      "pair. None: they never did, and the pair is in no metric."},
     [](const pair_at& p) { return seconds(p.pair.asked); }},
    {{"until_s", real, "s", "Since the run's start: the workload wanted the pair no more."},
     [](const pair_at& p) { return seconds(p.pair.until); }},
    {{"first_payload_s", real, "s", "From asked_s to the first payload that came back."},
     [](const pair_at& p) { return seconds(p.pair.time_to_first_payload); }},
    {{"direct_s", real, "s", "From asked_s to payload on a direct path."},
     [](const pair_at& p) { return seconds(p.pair.time_to_direct); }},
    {{"path", text, "",
      "At the pair's last moment, which is the last at which both hosts ran while the pair was "
      "wanted: `direct`, `relayed`, `unreachable`."},
     [](const pair_at& p) { return cell(to_string(p.pair.path)); }},
    {{"online", flag, "", "Both hosts ran when the workload or the run ended."},
     [](const pair_at& p) { return cell(p.pair.online); }},
    {{"reason", text, "", "Why the path is not direct, as the peer itself says (`wh why`)."},
     [](const pair_at& p) { return word(p.pair.reason); }},
    {{"round_trip_s", real, "s", "Of the last payload that came back."},
     [](const pair_at& p) { return seconds(p.pair.round_trip); }},
    {{"payload_sent", integer, "", "Payload packets after the first that came back."},
     [](const pair_at& p) { return count(p.pair.payload_sent); }},
    {{"payload_delivered", integer, "", "Of these, the packets that came back."},
     [](const pair_at& p) { return count(p.pair.payload_delivered); }},
    {{"changes", integer, "", "Changes of the path after the first payload."},
     [](const pair_at& p) { return count(p.pair.changes); }},
    {{"outages", integer, "", "Rows of `outages` that the pair has."},
     [](const pair_at& p) { return count(p.pair.outages.size()); }}};

const std::vector<field<outage_at>> outage_fields{
    {{"pair", integer, "", "As in `pairs`."},
     [](const outage_at& o) { return count(o.pair_number); }},
    {{"from_s", real, "s", "Since the run's start: payload passed no more."},
     [](const outage_at& o) { return seconds(o.outage.from); }},
    {{"until_s", real, "s",
      "Since the run's start: it passed again. None: not before the pair's end (censored)."},
     [](const outage_at& o) { return seconds(o.outage.until); }},
    {{"interrupted", flag, "", "It ended because one of the two hosts stopped."},
     [](const outage_at& o) { return cell(o.outage.interrupted); }}};

template <class Count>
std::uint64_t sum(const std::vector<host_row::traffic>& windows, Count count) {
  std::uint64_t all = 0;
  for (const auto& w : windows) all += w.*count;
  return all;
}

const std::vector<field<host_row>> host_fields{
    {{"host", text, "", "Its name."}, [](const host_row& h) { return word(h.name); }},
    {{"peer_group", text, "", "Its `[[peers]]` in the scenario."},
     [](const host_row& h) { return word(h.group); }},
    {{"nat", text, "", "As from_nat of `pairs`."}, [](const host_row& h) { return word(h.nat); }},
    {{"nat_class", text, "", "As from_class of `pairs`."},
     [](const host_row& h) { return word(h.nat_class); }},
    {{"verdict", text, "", "What the peer takes its own NAT for at the end."},
     [](const host_row& h) { return word(h.verdict); }},
    {{"lives", integer, "", "Times that the peer was started."},
     [](const host_row& h) { return count(h.lives); }},
    {{"online", flag, "", "It runs at the end."}, [](const host_row& h) { return cell(h.online); }},
    {{"began_s", real, "s", "Since the run's start: its last life began."},
     [](const host_row& h) { return seconds(h.began); }},
    {{"stopped_s", real, "s", "Since the run's start: its last life ended. None: it runs on."},
     [](const host_row& h) { return seconds(h.stopped); }},
    {{"joined_s", real, "s",
      "From began_s to the end of the first lookup of its own id. None: not before stopped_s or "
      "the run's end (censored)."},
     [](const host_row& h) { return seconds(h.joined); }},
    {{"serves", flag, "", "It relays for others at the end."},
     [](const host_row& h) { return cell(h.serves); }},
    {{"homes", integer, "", "Relays that it is a guest of at the end."},
     [](const host_row& h) { return count(h.homes); }},
    {{"own_packets", integer, "", "Datagrams sent that carry no WireGuard packet."},
     [](const host_row& h) { return count(sum(h.own, &host_row::traffic::packets)); }},
    {{"own_bytes", integer, "bytes", "Their bytes, headers of UDP and IP included."},
     [](const host_row& h) { return count(sum(h.own, &host_row::traffic::bytes)); }},
    {{"payload_packets", integer, "",
      "Datagrams sent that carry a WireGuard packet, those that it relays included."},
     [](const host_row& h) { return count(sum(h.payload, &host_row::traffic::packets)); }},
    {{"payload_bytes", integer, "bytes", "Their bytes, headers of UDP and IP included."},
     [](const host_row& h) { return count(sum(h.payload, &host_row::traffic::bytes)); }}};

const std::vector<field<lookup_row>> lookup_fields{
    {{"began_s", real, "s", "Since the run's start."},
     [](const lookup_row& l) { return seconds(l.began); }},
    {{"from_host", text, "", "Host that asks."}, [](const lookup_row& l) { return word(l.from); }},
    {{"sought_host", text, "", "Host whose record is sought. None: a key that nobody has."},
     [](const lookup_row& l) { return word(l.sought); }},
    {{"outcome", text, "",
      "`found` the newest record, or `stale`; `not_found`; `no_answer`, refused; `left`: one of "
      "the two hosts stopped meanwhile, and the lookup is in no metric."},
     [](const lookup_row& l) { return word(l.outcome); }},
    {{"took_s", real, "s",
      "From its start to its end; a sample of dht.lookup_time_s where the outcome is `found`."},
     [](const lookup_row& l) { return seconds(l.took); }},
    {{"sequence", integer, "", "Of the record that came; 0 without one."},
     [](const lookup_row& l) { return count(l.sequence); }},
    {{"wanted", integer, "", "The least sequence that counts as the newest record."},
     [](const lookup_row& l) { return count(l.wanted); }},
    {{"requests", integer, "", "Requests sent."},
     [](const lookup_row& l) { return count(l.requests); }},
    {{"timeouts", integer, "", "Of these, requests that stayed unanswered."},
     [](const lookup_row& l) { return count(l.timeouts); }}};

const std::vector<field<step_row>> step_fields{
    {{"at_s", real, "s", "Since the run's start."},
     [](const step_row& s) { return seconds(s.at); }},
    {{"online", integer, "", "Peers that run then."},
     [](const step_row& s) { return count(s.online); }},
    {{"joined", integer, "", "Of these, peers that have joined the DHT."},
     [](const step_row& s) { return count(s.joined); }},
    {{"direct", integer, "", "Pairs that are wanted and whose hosts run then: on a direct path."},
     [](const step_row& s) { return count(s.direct); }},
    {{"relayed", integer, "", "The same: by a relay."},
     [](const step_row& s) { return count(s.relayed); }},
    {{"unreachable", integer, "", "The same: without a path."},
     [](const step_row& s) { return count(s.unreachable); }},
    {{"datagrams", integer, "", "Sent by all hosts since the step before."},
     [](const step_row& s) { return count(s.datagrams); }},
    {{"bytes", integer, "bytes", "Of these, headers of UDP and IP included."},
     [](const step_row& s) { return count(s.bytes); }},
    {{"lost", integer, "", "Of these, datagrams that the network lost."},
     [](const step_row& s) { return count(s.lost); }}};

const std::vector<field<fault_row>> event_fields{
    {{"at_s", real, "s", "Since the run's start."},
     [](const fault_row& f) { return seconds(f.at); }},
    {{"kind", text, "", "Its key in the scenario's `[[events]]`."},
     [](const fault_row& f) { return word(f.kind); }},
    {{"hosts", integer, "", "Hosts that it hit."},
     [](const fault_row& f) { return count(f.hosts); }}};

/// `each(report, take)` calls `take(row)` for every row.
template <class Row, class Each>
table make(std::string_view name, std::string_view sentence, const std::vector<field<Row>>& fields,
           Each each) {
  table t{name, sentence, {}, {}};
  t.columns = {{"scenario", text, "", "Name of the scenario."},
               {"seed", integer, "",
                "Seed of the run. SQLite has signed numbers: from 2^63 on it is less 2^64 there."}};
  for (const auto& f : fields) t.columns.push_back(f.what);
  t.rows = [&fields, each](const report& r, const row_sink& sink) {
    std::vector<cell> cells(fields.size() + 2);
    cells[0] = std::string_view(r.scenario);
    cells[1] = r.seed;
    each(r, [&](const Row& row) {
      for (std::size_t i = 0; i < fields.size(); ++i) cells[i + 2] = fields[i].value(row);
      sink(cells);
    });
  };
  return t;
}

}  // namespace

const std::vector<table>& tables() {
  static const std::vector<table> all{
      make("runs", "The run itself: one row.", run_fields,
           [](const report& r, auto take) { take(r); }),
      make("pairs", "A pair of hosts that an item of the workload wanted to connect.", pair_fields,
           [](const report& r, auto take) {
             for (std::size_t i = 0; i < r.pairs.size(); ++i) take(pair_at{i, r.pairs[i]});
           }),
      make("outages",
           "A span after a pair's first payload in which both hosts ran and no payload passed.",
           outage_fields,
           [](const report& r, auto take) {
             for (std::size_t i = 0; i < r.pairs.size(); ++i)
               for (const auto& o : r.pairs[i].outages) take(outage_at{i, r.pairs[i], o});
           }),
      make("hosts", "A host with its peer, over all its lives.", host_fields,
           [](const report& r, auto take) {
             for (const auto& h : r.hosts) take(h);
           }),
      make("lookups", "A lookup in the DHT that the workload began and that ended.", lookup_fields,
           [](const report& r, auto take) {
             for (const auto& l : r.lookups) take(l);
           }),
      make("steps", "The world at a moment, and what was sent since the moment before.",
           step_fields,
           [](const report& r, auto take) {
             for (const auto& s : r.steps) take(s);
           }),
      make("events", "An event of the scenario that took place.", event_fields,
           [](const report& r, auto take) {
             for (const auto& f : r.faults) take(f);
           })};
  return all;
}

}  // namespace wh::sim::data
