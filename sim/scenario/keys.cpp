#include <limits>

#include "actors/proto/dht/lookup.hpp"
#include "actors/proto/wire/mtu.hpp"
#include "sim/nat/profiles.hpp"
#include "sim/scenario/limits.hpp"
#include "sim/scenario/nat_keys.hpp"
#include "sim/scenario/scenario.hpp"

/// Every key of the scenario file, once: its place, its range and its meaning.
namespace wh::sim {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr bounds any_number{-infinite, infinite};
constexpr bounds time_of_run{0, length_max_s};
constexpr bounds positive_time{0.001, length_max_s};

}  // namespace

void scenario::fields(field_visitor& v) {
  v.word("name", name, {"names the report and its folder", {}, "for example name = \"pair_cone\""});
  v.word("question", question, {"one sentence", {}, "what the scenario asks, in one sentence"});
  v.seeds("seeds", seeds,
          {"one run each, in a process of its own; different whole numbers from 0, at most 10,000",
           "`[1]`"});
  v.seconds("duration_s", length, positive_time,
            {"length of the run; at least 0.001, at most a leap year",
             {},
             "how long the run is, in seconds of the simulated time"});
  v.one_of(
      "crypto", crypto,
      {"`\"real\"`: the cryptography that ships. `\"modelled\"`: same sizes and failures, keyed "
       "cheap tags, for scale"});
  v.word("nat_file", nat_file,
         {"a file of `[[nats]]` tables, for boxes that several scenarios share; looked for as "
          "network files are"});
}

void nat_config::fields(field_visitor& v) {
  v.word("name", name,
         {"what groups call it; not the name of a known profile",
          {},
          "a name for this box, for example name = \"my_router\""});
  v.word("like", like, {"the profile (`wh-sim nats`) whose parameters it has, but for those here"});
  if (const auto* c = nat::profile(like)) behaviour = *c;
  nat_fields(v, behaviour);
}

void carrier_config::fields(field_visitor& v) {
  v.word("name", name, {"what groups call it", {}, "a name for this carrier"});
  v.words("nat", nat, {"the carrier's box, or a chain, inside first", {}, "the carrier's box"});
  v.flag("isolated", isolated,
         {"homes do not reach each other's boxes inside of the carrier's network"});
}

void burst_config::fields(field_visitor& v) {
  v.number("enter_ratio", enter_ratio, {0, 1, true}, {"chance with each datagram that one begins"});
  v.number("leave_ratio", leave_ratio, {0, 1, true},
           {"chance with each datagram that it ends: bursts are 1 / this long on average"});
  v.number("loss_ratio", loss_ratio, {0, 1, true}, {"datagrams lost in a burst"});
}

void line_config::fields(field_visitor& v) {
  v.whole("up_kbps", up_kbps, 0, 100'000'000, {"rate to the network; 0: no limit"});
  v.whole("down_kbps", down_kbps, 0, 100'000'000, {"rate from it; 0: no limit"});
  v.number("delay_ms", delay_ms, {0, 60'000}, {"each way, on top of the network's"});
  v.number("jitter_ms", jitter_ms, {0, 60'000}, {"each way, uniform from 0 to this"});
  v.number("queue_ms", queue_ms, {1, 60'000},
           {"what would wait longer for its turn is dropped; only with a rate"});
  v.number("loss_ratio", loss_ratio, any_share, {"datagrams lost, each by itself, each way"});
  v.table("burst", burst, {"table, see below: losses in bursts (Gilbert-Elliott)"});
  v.optional("mtu_bytes", mtu_bytes, [&](unsigned& n) {
    v.whole("mtu_bytes", n, 576, 65'535, {"larger IP packets vanish", "the network's"});
  });
}

void day_config::fields(field_visitor& v) {
  v.number("period_s", period_s, {1, length_max_s}, {"length of a day"});
  v.number("swing", swing, {0, 100, true},
           {"at the busiest moment sessions are 1 + this times as long and absences as short, at "
            "the quietest the other way round"});
  v.number("busiest_s", busiest_s, {0, length_max_s}, {"when the busiest moment first is"});
}

void slice_config::fields(field_visitor& v) {
  v.word("name", name,
         {"what `[[expect]]` and the report call it: letters, digits, -, _",
          {},
          "a name for this part of the run"});
  v.word("group", group, {"only what concerns this group", "all"});
  v.word("workload", workload, {"only the pairs of the workload of this `name`", "all"});
  v.seconds("from_s", from, time_of_run,
            {"only what begins from then on: a life, a lookup, a pair that is asked for"});
  v.seconds(
      "until_s", until, time_of_run,
      {"and until then; states, such as shares of paths, are those of this moment", "the end"});
}

void network_config::fields(field_visitor& v) {
  v.one_of("detail", detail,
           {"`\"cloud\"`: a channel with delay, loss and MTU, for 10^4 peers and more. "
            "`\"packets\"`: an ns-3 Internet stack in each node, with links, TTL, ICMP and pcap "
            "files"});
  v.one_of("latency", latency,
           {"one-way delay: `\"king-like\"` differs by pair as in measurements of DNS servers "
            "(Gummadi et al., King, IMW 2002); `\"constant\"`; `\"matrix\"`: of a file"});
  v.optional("latency_ms", latency_ms, [&](double& ms) {
    v.number("latency_ms", ms, {0.001, 60'000},
             {"one way: the constant, or the median over pairs; 0.001 to 60,000",
              "50, or 78 for `\"king-like\"`"});
  });
  v.word(
      "matrix_file", matrix_file,
      {"of `\"matrix\"`: N lines of N round-trip times in milliseconds, each site being one of the "
       "N; looked for as network files are"});
  v.number("detour_ratio", detour_ratio, any_share,
           {"pairs of sites whose packets go a long way round, so that two hops may be faster than "
            "one"});
  v.number("detour_factor", detour_factor, {1, 100}, {"how much longer that way is"});
  v.number("jitter_ms", jitter_ms, {0, 60'000}, {"added to each datagram, uniform from 0 to this"});
  v.number("loss_ratio", loss_ratio, any_share, {"datagrams lost, each by itself"});
  v.number("reorder_ratio", reorder_ratio, any_share, {"datagrams held back behind a later one"});
  v.number("duplicate_ratio", duplicate_ratio, any_share, {"datagrams that arrive twice"});
  // RFC 791: every host takes 576; RFC 2675's jumbograms are out of scope.
  v.whole("mtu_bytes", mtu_bytes, 576, 65'535, {"larger IP packets vanish; 576 to 65,535"});
}

void overlay_config::fields(field_visitor& v) {
  v.optional("namespace", name_space, [&](std::string& s) {
    v.word("namespace", s,
           {"peers of different namespaces do not talk", "the network file's, else `\"public\"`"});
  });
  v.optional("workbit", workbit, [&](unsigned& n) {
    v.whole("workbit", n, 0, workbit_max,
            {"least proof of work of a key; 0 to 20, since a run searches all its keys",
             "the network file's, else 8"});
  });
  v.whole("k", k, 1, wire::k,
          {"bucket size, and nodes that hold a record; 1 to 20, which is what an answer has room "
           "for"});
  v.whole("alpha", alpha, 1, 32, {"requests of a lookup under way at once, per path; 1 to 32"});
  v.whole("paths", paths, 1, dht::paths_max, {"disjoint paths of a lookup; 1 to 8"});
  v.optional("network_file", network_file, [&](std::filesystem::path& p) {
    std::string name = p.string();
    v.word("network_file", name,
           {"looked for beside the scenario, then in this folder. Its keys name the members; since "
            "private keys are not in it, each member gets a key of the run's own in its place",
            "none"});
    p = name;
  });
}

void churn_config::fields(field_visitor& v) {
  v.one_of("session", online.model,
           {"how long a peer stays: `\"weibull\"`, `\"exponential\"`, `\"constant\"`"});
  v.number(
      "shape", online.shape, {0, 100, true},
      {"of the Weibull (0.5: KAD; 0.34 to 0.59 in BitTorrent: Stutzbach and Rejaie, IMC 2006)"});
  v.number("scale_s", online.scale_s, positive_time,
           {"Weibull's scale, the exponential's mean, the constant", "5000"});
  v.one_of("offline", offline.model, {"how long it stays away, the same three"});
  v.number("offline_shape", offline.shape, {0, 100, true}, {"of the Weibull"});
  v.number("offline_scale_s", offline.scale_s, time_of_run, {"0: it comes back at once"});
  v.word(
      "trace_file", trace_file,
      {"comings and goings as recorded, instead of drawn ones: lines `PEER,FROM_S,UNTIL_S`, peers "
       "from 0, times from the run's start; looked for as network files are"});
  v.table("day", day, {"table, see below: sessions follow the hour"});
  v.flag("replace", replace,
         {"it comes back as somebody else, with a new key and nothing saved; groups with "
          "`role = \"node\"` and without `boot`"});
}

void peer_group::fields(field_visitor& v) {
  v.word("group", group,
         {"letters, digits, `-`, `_`; `\"all\"` is taken: it stands for every group",
          {},
          "a name for these peers, for example group = \"members\""});
  v.whole("count", count, 1, peers_max, {"how many; with `members` their number"});
  v.words("members", members,
          {"members of the network file that sit here, by name or, without one, by key"});
  v.one_of("role", role,
           {"`\"member\"`: runs WireGuard, connects to those the workload pairs it with. "
            "`\"node\"`: serves the DHT, and relays if it consents, without WireGuard"});
  v.words(
      "nat", nat,
      {"profile of the box in front, or a list of up to 4, inside first. Each peer has boxes of "
       "its own",
       "none: a public address"});
  v.word("population", population,
         {"each peer draws its boxes from this population; not together with `nat`"});
  v.flag("shared_nat", shared_nat, {"the group is one LAN behind one such box (or chain)"});
  v.flag(
      "isolated", isolated,
      {"with `shared_nat`: the hosts of the LAN reach each other only through the box, as guests "
       "of a hotel's network"});
  v.word("carrier", carrier, {"the one of `[[carriers]]` that the boxes stand behind"});
  v.one_of("family", family,
           {"addresses of the hosts: `\"ipv4\"`, `\"ipv6\"`, or `\"dual\"`: both. IPv6 is never "
            "translated; with `detail = \"cloud\"` only"});
  v.words(
      "nat6", nat6,
      {"firewalls in front of the IPv6 address, such as `\"ipv6_firewall\"`", "none: open to all"});
  v.flag("forwarded", forwarded,
         {"the boxes pass the host's port on to it whoever sends, as people set routers by hand"});
  v.whole("per_24", per_24, 1, 200,
          {"hosts, or outermost boxes, that have their addresses in one /24 (IPv6: /48)"});
  v.optional("port", port, [&](std::uint16_t& n) {
    v.whole("port", n, 1, 65'535, {"UDP port of the hosts", "drawn for each"});
  });
  v.table("line", line, {"table, see below: the host's own line"});
  v.milliseconds("work_ms", work, {0, 10'000},
                 {"time that the host takes for a datagram that came, one after the other"});
  v.flag("boot", boot, {"everybody knows these endpoints from the start"});
  v.flag("relay", relay, {"consents to relay for others"});
  v.whole("relay_guests", relay_guests, 0, relay_guests_max,
          {"guests that it takes as one of their homes; three times as many come on top that only "
           "visit one of them, or have no other home"});
  v.whole("relay_bytes_per_s", relay_bytes_per_s, 1, relay_bytes_max,
          {"what one guest may send through it, in the long run"});
  v.one_of("mode", mode,
           {"what the peer is told of its place: `\"unknown\"` (it finds out), `\"direct\"`, "
            "`\"nat\"`"});
  v.flag("publish", publish, {"publishes its record in the DHT"});
  v.seconds("arrive_at_s", arrive_at, time_of_run, {"start of the first"});
  v.seconds("arrive_over_s", arrive_over, time_of_run, {"starts spread uniformly over this span"});
  v.table("churn", churn, {"table, see below: peers come and go"});
  v.number("clock_off_s", clock_off_s, {-length_max_s, length_max_s},
           {"how far the hosts' wall clocks are ahead; below 0: behind"});
  v.flag("start_from_cache", start_from_cache,
         {"has run before: knows endpoints saved by an earlier life, which need not be alive"});
  v.optional("workbit", workbit, [&](unsigned& n) {
    v.whole("workbit", n, 0, workbit_max,
            {"of these peers' keys; less than the overlay's makes them strangers to all",
             "the overlay's"});
  });
}

void connect_load::fields(field_visitor& v) {
  v.whole_or("pairs", pairs, 1, pairs_max, "all",
             {"a number draws that many different pairs by chance; at most 1,000,000"});
  v.word("from", from, {"group; one of the pair is of it. Only members count"});
  v.word("to", to, {"group of the other one"});
}

void lookup_load::fields(field_visitor& v) {
  v.number("per_s", per_s, {0, 100'000, true},
           {"starts a second in the whole group, Poisson",
            {},
            "how many lookups start in a second, for example per_s = 5"});
  v.word("from", from, {"who looks up"});
  v.word("to", to, {"whose records"});
  v.number("absent_ratio", absent_ratio, any_share, {"lookups for keys that nobody has"});
}

void workload_item::fields(field_visitor& v) {
  v.word("name", name, {"for `[[slices]]`"});
  v.seconds("from_s", from, time_of_run, {"start"});
  v.seconds("until_s", until, time_of_run, {"", "the end"});
  v.table("connect", connect, {"table: pairs of members exchange payload"});
  v.table("lookups", lookups,
          {"table: records are looked up, by peers and of peers that have run for a minute"});
  v.seconds("ping_interval_s", ping_interval, {0.001, length_max_s},
            {"between two payload packets of a pair, in each direction; at least 0.001"});
  v.whole("payload_bytes", payload_bytes, 1, wire::tunnel_mtu,
          {"inside WireGuard; 1 to 1344, its interface's MTU"});
}

void event_item::fields(field_visitor& v) {
  v.seconds("at_s", at, time_of_run, {"when", {}, "when it happens, in seconds from the start"});
  v.seconds("every_s", every, positive_time,
            {"again and again until the end; at least 0.001", "once"});
}

void expectation::fields(field_visitor& v) {
  v.word("metric", metric,
         {"a name of `wh-sim metrics`; of a distribution also `NAME.n`, `.mean`, `.min`, `.p50`, "
          "`.p90`, `.p95`, `.p99`, `.max` (without one: the mean)"});
  v.word("slice", slice, {"the `name` of one of `[[slices]]`", "the whole run"});
  const auto bound = [&](field_visitor::key k, std::optional<double>& x, std::string_view text) {
    v.optional(k, x, [&](double& n) { v.number(k, n, any_number, {text, "none"}); });
  };
  bound("min", min, "bound, itself included; a metric without a value breaks the expectation");
  bound("max", max, "the same");
  bound("equals", equals, "instead of both");
  v.words("pair", pair, {"instead of a metric: two peers' names"});
  v.one_of(
      "path", path,
      {"the pair's path at the end: `\"direct\"`, `\"relayed\"`, `\"connected\"` (either of the "
       "two) or `\"unreachable\"`",
       "needed with `pair`"});
  v.word("because", because,
         {"why the number is that one. A bound moves only together with its reason",
          {},
          "a number brings its reason: because = \"...\""});
}

}  // namespace wh::sim
