#include "sim/scenario/read.hpp"
#include "actors/proto/dht/lookup.hpp"
#include "actors/proto/wire/mtu.hpp"

#include <algorithm>
#include <limits>

namespace wh::sim::detail {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr table_reader::bounds share{0, 1};
constexpr table_reader::bounds time_of_run{0, length_max_s};
constexpr table_reader::bounds positive_time{0, length_max_s, true};
constexpr table_reader::bounds any_number{-infinite, infinite};

const std::initializer_list<std::pair<std::string_view, session_model>> session_models = {
    {"weibull", session_model::weibull},
    {"exponential", session_model::exponential},
    {"constant", session_model::constant}};

void read_seeds(const table_reader& t, std::vector<std::uint64_t>& out) {
  const auto* n = t.find("seeds");
  if (!n) return;
  if (n->kind != node_kind::list) return t.wrong_type("seeds", *n, "a list of whole numbers");
  if (n->items.empty()) return t.wrong(*n, "`seeds` is an empty list");
  if (n->items.size() > seeds_max) return t.wrong(*n, "`seeds` holds more than 10000");
  out.clear();
  for (const auto& item : n->items) {
    if (item.kind != node_kind::integer || item.integer < 0)
      return t.wrong(item, "a seed is a whole number, 0 or more");
    const auto v = static_cast<std::uint64_t>(item.integer);
    if (std::find(out.begin(), out.end(), v) != out.end())
      return t.wrong(item, "seed " + std::to_string(v) + " is listed twice");
    out.push_back(v);
  }
}

void read_network(const node& n, network_config& c, mistakes& out) {
  const table_reader t(n, "network", out);
  t.read("detail", c.detail,
         {{"cloud", network_detail::cloud}, {"packets", network_detail::packets}});
  t.read("latency", c.latency,
         {{"king-like", latency_kind::king_like}, {"constant", latency_kind::constant}});
  t.read("latency_ms", c.latency_ms, {0, 60'000});
  t.read("jitter_ms", c.jitter_ms, {0, 60'000});
  t.read("loss_ratio", c.loss_ratio, share);
  t.read("reorder_ratio", c.reorder_ratio, share);
  t.read("duplicate_ratio", c.duplicate_ratio, share);
  // RFC 791: every host takes 576; RFC 2675's jumbograms are out of scope.
  t.read("mtu_bytes", c.mtu_bytes, 576, 65'535);
}

void read_overlay(const node& n, overlay_config& c, mistakes& out) {
  const table_reader t(n, "overlay", out);
  if (t.has("namespace")) {
    c.name_space.emplace();
    t.read("namespace", *c.name_space);
  }
  t.read("workbit", c.workbit, 0, workbit_max);
  t.read("k", c.k, 1, wire::k);  // what an answer has room for
  t.read("alpha", c.alpha, 1, 32);
  t.read("paths", c.paths, 1, dht::paths_max);
  std::string file;
  t.read("network_file", file);
  if (!file.empty()) c.network_file = file;
}

void read_churn(const node& n, std::optional<churn_config>& target, mistakes& out) {
  const table_reader t(n, "peers.churn", out);
  churn_config c;
  // A peer that leaves comes back at once, where the file does not say otherwise.
  c.offline = {session_model::exponential, 1, 0};
  t.read("session", c.online.model, session_models);
  t.read("shape", c.online.shape, {0, 100, true});
  t.need("scale_s", "how long sessions last, for example scale_s = 5000");
  t.read("scale_s", c.online.scale_s, positive_time);
  t.read("offline", c.offline.model, session_models);
  t.read("offline_shape", c.offline.shape, {0, 100, true});
  t.read("offline_scale_s", c.offline.scale_s, time_of_run);
  t.read("replace", c.replace);
  target = c;
}

peer_group read_group(const node& n, mistakes& out) {
  const table_reader t(n, "peers", out);
  peer_group g;
  t.need("group", "a name for these peers, for example group = \"members\"");
  t.read("group", g.group);
  t.read("count", g.count, 1, peers_max);
  t.read("members", g.members);
  t.read("role", g.role, {{"member", peer_role::member}, {"node", peer_role::node}});
  t.read("nat", g.nat);
  t.read("population", g.population);
  t.read("shared_nat", g.shared_nat);
  t.read("boot", g.boot);
  t.read("relay", g.relay);
  t.read("mode", g.mode,
         {{"unknown", peer_mode::unknown}, {"direct", peer_mode::direct}, {"nat", peer_mode::nat}});
  t.read("publish", g.publish);
  t.read_seconds("arrive_at_s", g.arrive_at, time_of_run);
  t.read_seconds("arrive_over_s", g.arrive_over, time_of_run);
  if (const auto* churn = t.find("churn")) read_churn(*churn, g.churn, out);
  t.read("start_from_cache", g.start_from_cache);
  t.read("workbit", g.workbit, 0, workbit_max);
  return g;
}

workload_item read_workload(const node& n, mistakes& out) {
  const table_reader t(n, "workload", out);
  workload_item w;
  t.read_seconds("from_s", w.from, time_of_run);
  t.read_seconds("until_s", w.until, time_of_run);
  if (const auto* connect = t.find("connect")) {
    const table_reader c(*connect, "workload.connect", out);
    auto& load = w.connect.emplace();
    const auto* pairs = c.find("pairs");
    if (pairs && pairs->kind == node_kind::string && pairs->text == "all") {
    } else if (pairs && pairs->kind != node_kind::integer) {
      c.wrong_type("pairs", *pairs, "a whole number or \"all\"");
    } else {
      c.read("pairs", load.pairs, 1, pairs_max);
    }
    c.read("from", load.from);
    c.read("to", load.to);
  }
  if (const auto* lookups = t.find("lookups")) {
    const table_reader l(*lookups, "workload.lookups", out);
    auto& load = w.lookups.emplace();
    l.need("per_s", "how many lookups start in a second, for example per_s = 5");
    l.read("per_s", load.per_s, {0, 100'000, true});
    l.read("from", load.from);
    l.read("to", load.to);
  }
  if (n.kind == node_kind::table && !w.connect && !w.lookups)
    t.wrong_table("[[workload]] asks for nothing",
                  "give it `connect` = {...}, `lookups` = {...} or both");
  t.read_seconds("ping_interval_s", w.ping_interval, {0.001, length_max_s});
  t.read("payload_bytes", w.payload_bytes, 1, wh::wire::tunnel_mtu);
  return w;
}

struct event_form {
  std::string_view key;
  std::string_view table;
  event_kind kind;
};
constexpr event_form event_forms[] = {
    {"nat_reboot", "events.nat_reboot", event_kind::nat_reboot},
    {"kill", "events.kill", event_kind::kill},
    {"restart", "events.restart", event_kind::restart},
    {"address_change", "events.address_change", event_kind::address_change},
    {"partition", "events.partition", event_kind::partition},
    {"nat_change", "events.nat_change", event_kind::nat_change},
};

event_item read_event(const node& n, mistakes& out) {
  const table_reader t(n, "events", out);
  event_item e;
  t.need("at_s", "when it happens, in seconds from the start");
  t.read_seconds("at_s", e.at, time_of_run);
  t.read_seconds("every_s", e.every, positive_time);
  const event_form* form = nullptr;
  for (const auto& f : event_forms) {
    const auto* what = t.find(f.key);
    if (!what) continue;
    if (form) {
      t.wrong(
          *what,
          "[[events]] has both `" + std::string(form->key) + "` and `" + std::string(f.key) + "`",
          "one event a table");
      continue;
    }
    form = &f;
    e.kind = f.kind;
    const table_reader r(*what, f.table, out);
    r.read("group", e.group);
    r.read("ratio", e.ratio, {0, 1, true});
    if (f.kind == event_kind::kill)
      r.read("role", e.role, {{"any", kill_role::any}, {"relay_in_use", kill_role::relay_in_use}});
    if (f.kind == event_kind::restart) r.read_seconds("lasts_s", e.lasts, time_of_run);
    if (f.kind == event_kind::partition) {
      r.need("lasts_s", "how long the partition lasts");
      r.read_seconds("lasts_s", e.lasts, positive_time);
    }
    if (f.kind == event_kind::nat_change) {
      r.need("nat", "the profile that replaces the group's boxes");
      r.read("nat", e.nat);
    }
  }
  if (!form && n.kind == node_kind::table) {
    std::string all;
    for (const auto& f : event_forms) all += (all.empty() ? "" : ", ") + std::string(f.key);
    t.wrong_table("[[events]] says when, but not what", "one of " + all);
  }
  return e;
}

expectation read_expectation(const node& n, mistakes& out) {
  const table_reader t(n, "expect", out);
  expectation e;
  t.read("metric", e.metric);
  t.read("min", e.min, any_number);
  t.read("max", e.max, any_number);
  t.read("equals", e.equals, any_number);
  t.read("pair", e.pair);
  t.read("path", e.path,
         {{"direct", path_kind::direct},
          {"relayed", path_kind::relayed},
          {"connected", path_kind::connected},
          {"unreachable", path_kind::unreachable}});
  t.need("because", "a number brings its reason: because = \"...\"");
  t.read("because", e.because);
  if (n.kind != node_kind::table) return e;
  const bool bounds = t.has("min") || t.has("max") || t.has("equals");
  if (t.has("metric") == t.has("pair"))
    t.wrong_table("[[expect]] needs either `metric` or `pair`");
  else if (t.has("metric") && !bounds)
    t.wrong_table("[[expect]] needs `min`, `max` or `equals`");
  else if (t.has("metric") && t.has("path"))
    t.wrong(*t.find("path"), "`path` goes with `pair`, not with `metric`");
  else if (t.has("pair") && bounds)
    t.wrong_table("`min`, `max` and `equals` go with `metric`, not with `pair`");
  else if (t.has("pair") && !t.has("path"))
    t.wrong_table("[[expect]] of a pair needs `path`",
                  "\"direct\", \"relayed\", \"connected\" or \"unreachable\"");
  else if (t.has("pair") && e.pair.size() != 2)
    t.wrong(*t.find("pair"), "`pair` names two peers");
  else if (e.min && e.max && *e.min > *e.max)
    t.wrong(*t.find("max"), "`max` is below `min`");
  else if (e.equals && (e.min || e.max))
    t.wrong(*t.find("equals"), "`equals` leaves nothing for `min` and `max` to say");
  return e;
}

template <class T, class Read>
void read_list(const table_reader& t, std::string_view key, std::size_t max, std::vector<T>& out,
               mistakes& errors, Read read) {
  const auto* n = t.find(key);
  if (!n) return;
  if (n->kind != node_kind::list)
    return t.wrong(*n, "`" + std::string(key) + "` is " + std::string(describe(*n)),
                   "write [[" + std::string(key) + "]], once for each");
  if (n->items.size() > max)
    return t.wrong(*n, "more than " + std::to_string(max) + " [[" + std::string(key) + "]]");
  for (const auto& item : n->items) out.push_back(read(item, errors));
}

}  // namespace

void read_scenario(const node& root, scenario& s, mistakes& out) {
  const table_reader t(root, "", out);
  t.need("name", "for example name = \"pair_cone\"");
  t.read("name", s.name);
  t.need("question", "what the scenario asks, in one sentence");
  t.read("question", s.question);
  read_seeds(t, s.seeds);
  t.need("duration_s", "how long the run is, in seconds of the simulated time");
  t.read_seconds("duration_s", s.length, positive_time);
  t.read("crypto", s.crypto, {{"real", crypto_kind::real}, {"modelled", crypto_kind::modelled}});
  if (const auto* n = t.find("network")) read_network(*n, s.network, out);
  if (const auto* n = t.find("overlay")) read_overlay(*n, s.overlay, out);
  if (t.need("peers", "at least one [[peers]] table"))
    read_list(t, "peers", groups_max, s.peers, out, read_group);
  read_list(t, "workload", 1000, s.workload, out, read_workload);
  read_list(t, "events", 1000, s.events, out, read_event);
  read_list(t, "expect", 1000, s.expect, out, read_expectation);
}

}  // namespace wh::sim::detail
