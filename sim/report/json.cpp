#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

// Keys in the order they are written here.
using json = nlohmann::ordered_json;

json optional_seconds(const std::optional<duration>& d) {
  return d ? json(to_seconds(*d)) : json(nullptr);
}
/// What has no value, or never came, is null.
json optional_number(const std::optional<double>& v) {
  return v && std::isfinite(*v) ? json(*v) : json(nullptr);
}

json definition(const metric_definition& d) {
  return {{"kind", to_string(d.kind)},
          {"unit", d.unit},
          {"better", to_string(d.direction)},
          {"definition", d.sentence}};
}

json metric(const metrics& all, std::string_view name, const metrics::value& v) {
  auto j = definition(*v.definition);
  switch (v.definition->kind) {
    case metric_kind::counter:
      j["value"] = v.count;
      break;
    case metric_kind::gauge:
      j["value"] = v.number;
      break;
    case metric_kind::ratio:
      j["value"] = optional_number(all.read(name));
      j["part"] = v.share.part;
      j["whole"] = v.share.whole;
      break;
    case metric_kind::distribution: {
      j["exact"] = v.dist.exact();
      for (const auto statistic : statistics)
        j[std::string(statistic)] = optional_number(read(v.dist, statistic));
      // One value for each hundredth, null for what never came.
      auto& cdf = j["cdf"] = json::array();
      for (int i = 0; v.dist.all() > 0 && i <= 100; ++i)
        cdf.push_back(optional_number(v.dist.quantile(i / 100.0)));
      break;
    }
  }
  return j;
}

json metrics_of(const metrics& m) {
  json j = json::object();
  for (const auto& [name, v] : m.values()) j[std::string(name)] = metric(m, name, v);
  return j;
}

json source_of(const provenance& p) {
  json j = {{"version", p.version}, {"commit", p.commit}, {"compiler", p.compiler}, {"set", p.set}};
  if (!p.salt.empty()) j["salt"] = p.salt;
  auto& inputs = j["inputs"] = json::array();
  for (const auto& i : p.inputs)
    inputs.push_back({{"name", i.name}, {"blake2b_256", i.hash}, {"text", i.text}});
  return j;
}

json host_of(const report& r) {
  return {{"name", r.source.host},
          {"kernel", r.source.kernel},
          {"processor", r.source.processor},
          {"cores", r.source.cores},
          {"started", r.source.started},
          {"wall_time_s", r.wall_s},
          {"events_per_s",
           r.wall_s > 0 ? json(static_cast<double>(r.events) / r.wall_s) : json(nullptr)},
          {"memory_peak_bytes", r.memory_peak_bytes}};
}

json expectation_of(const expectation_result& e) {
  json x;
  if (e.what.pair.size() == 2) {
    x["pair"] = e.what.pair;
    x["path"] = to_string(e.what.path);
  } else {
    x["metric"] = e.what.metric;
    if (!e.what.slice.empty()) x["slice"] = e.what.slice;
    for (const auto& [key, bound] :
         {std::pair{"min", e.what.min}, {"max", e.what.max}, {"equals", e.what.equals}})
      if (bound) x[key] = *bound;
    x["measured"] = optional_number(e.measured);
    x["never"] = e.measured && std::isinf(*e.measured);
  }
  x["held"] = e.held;
  x["message"] = e.message;
  x["because"] = e.what.because;
  return x;
}

json oracle_of(const oracle_verdict& v) {
  return {{"from", v.from_class},
          {"to", v.to_class},
          {"o1", v.o1},
          {"o3", v.o3},
          {"reason", v.reason.empty() ? json(nullptr) : json(v.reason)}};
}

json pair_of(const pair_row& p) {
  json j = {{"from", p.from},
            {"to", p.to},
            {"item", p.item},
            {"from_nat", p.from_nat},
            {"to_nat", p.to_nat},
            {"path", to_string(p.path)},
            {"online", p.online},
            {"reason", p.reason.empty() ? json(nullptr) : json(p.reason)},
            {"oracle", oracle_of(p.oracle)},
            {"asked_s", optional_seconds(p.asked)},
            {"until_s", optional_seconds(p.until)},
            {"udp_when_asked", p.udp_when_asked},
            {"o1_when_asked", p.o1_when_asked},
            {"time_to_first_payload_s", optional_seconds(p.time_to_first_payload)},
            {"time_to_direct_s", optional_seconds(p.time_to_direct)},
            {"round_trip_s", optional_seconds(p.round_trip)},
            {"payload_sent", p.payload_sent},
            {"payload_delivered", p.payload_delivered},
            {"messages", p.messages},
            {"changes", p.changes}};
  auto& outages = j["outages"] = json::array();
  for (const auto& o : p.outages)
    outages.push_back({{"from_s", to_seconds(o.from)},
                       {"until_s", optional_seconds(o.until)},
                       {"interrupted", o.interrupted}});
  auto& stays = j["stays"] = json::array();
  for (const auto& x : p.stays) stays.push_back({to_seconds(x.from), x.state});
  return j;
}

json traffic_of(const std::vector<host_row::traffic>& windows) {
  json packets = json::array(), bytes = json::array();
  for (const auto& w : windows) {
    packets.push_back(w.packets);
    bytes.push_back(w.bytes);
  }
  return {{"packets", std::move(packets)}, {"bytes", std::move(bytes)}};
}

json host_of(const host_row& h) {
  return {{"name", h.name},
          {"group", h.group},
          {"nat", h.nat},
          {"nat_class", h.nat_class},
          {"verdict", h.verdict.empty() ? json(nullptr) : json(h.verdict)},
          {"lives", h.lives},
          {"online", h.online},
          {"began_s", optional_seconds(h.began)},
          {"stopped_s", optional_seconds(h.stopped)},
          {"joined_s", optional_seconds(h.joined)},
          {"serves", h.serves},
          {"homes", h.homes},
          {"own", traffic_of(h.own)},
          {"payload", traffic_of(h.payload)}};
}

/// A column a quantity: a page that draws them wants it so, and it is a third of the size.
json steps_of(const std::vector<step_row>& steps) {
  json j = json::object();
  const auto column = [&](const char* name, auto value) {
    auto& c = j[name] = json::array();
    for (const step_row& s : steps) c.push_back(value(s));
  };
  column("at_s", [](const step_row& s) { return to_seconds(s.at); });
  column("online", [](const step_row& s) { return s.online; });
  column("joined", [](const step_row& s) { return s.joined; });
  column("direct", [](const step_row& s) { return s.direct; });
  column("relayed", [](const step_row& s) { return s.relayed; });
  column("unreachable", [](const step_row& s) { return s.unreachable; });
  column("datagrams", [](const step_row& s) { return s.datagrams; });
  column("bytes", [](const step_row& s) { return s.bytes; });
  column("lost", [](const step_row& s) { return s.lost; });
  return j;
}

/// Names come from files: what is not UTF-8 is replaced, not thrown at.
std::string dump(const json& j) { return j.dump(2, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string to_json(const report& r, bool with_host) {
  json j;
  j["format"] = report_format;
  j["scenario"] = r.scenario;
  j["question"] = r.question;
  j["seed"] = r.seed;
  j["trace_hash"] = r.trace_hash.empty() ? json(nullptr) : json(r.trace_hash);
  j["peers"] = r.peers;
  j["virtual_time_s"] = to_seconds(r.virtual_time);
  j["events"] = r.events;
  j["partial"] = r.partial;
  j["warnings"] = r.warnings;
  if (r.invariants) {
    json& rows = j["invariants"] = json::array();
    for (std::size_t i = 0; i < invariant_texts.size(); ++i) {
      const invariant_row& row = (*r.invariants)[i];
      rows.push_back({{"name", invariant_texts[i].name},
                      {"about", invariant_texts[i].about},
                      {"checked", row.checked},
                      {"broken", row.broken},
                      {"first", row.broken > 0 ? json(row.first) : json()}});
    }
  }
  j["source"] = source_of(r.source);
  if (with_host) j["host"] = host_of(r);
  bool held = !r.partial;
  auto& expectations = j["expectations"] = json::array();
  for (const auto& e : r.expectations) {
    held = held && e.held;
    expectations.push_back(expectation_of(e));
  }
  j["held"] = held;
  j["metrics"] = metrics_of(r.metrics);
  auto& slices = j["slices"] = json::array();
  for (const auto& s : r.slices)
    slices.push_back({{"name", s.name}, {"metrics", metrics_of(s.metrics)}});
  auto& pairs = j["pairs"] = json::array();
  for (const auto& p : r.pairs) pairs.push_back(pair_of(p));
  auto& hosts = j["hosts"] = json::array();
  for (const auto& h : r.hosts) hosts.push_back(host_of(h));
  j["steps"] = steps_of(r.steps);
  auto& events = j["faults"] = json::array();
  for (const auto& e : r.faults)
    events.push_back({{"at_s", to_seconds(e.at)}, {"kind", e.kind}, {"hosts", e.hosts}});
  auto& packets = j["sent_packets"] = json::object();
  for (const auto& p : r.packets) packets[p.kind] = p.sent;
  return dump(j);
}

std::string error_to_json(std::string_view scenario, std::optional<std::uint64_t> seed,
                          std::string_view error) {
  json j;
  j["format"] = report_format;
  j["scenario"] = scenario;
  j["seed"] = seed ? json(*seed) : json(nullptr);
  j["held"] = false;
  j["error"] = error;
  return dump(j);
}

std::string names_to_json(const std::vector<std::pair<std::string, std::string>>& rows) {
  json j = json::array();
  for (const auto& [name, question] : rows) j.push_back({{"name", name}, {"question", question}});
  return dump(j);
}

std::string definitions_to_json(std::span<const metric_definition* const> all) {
  json j = json::object();
  for (const auto* d : all) j[std::string(d->name)] = definition(*d);
  return dump(j);
}

expected<report_origin, std::string> origin_from_json(std::string_view text) {
  const auto j = json::parse(text, nullptr, false);
  if (j.is_discarded()) return unexpected(std::string("not JSON"));
  try {
    if (j.at("format") != report_format)
      return unexpected("a report of another format than this build's " +
                        std::to_string(report_format));
    if (j.contains("error")) return unexpected("no report: " + j["error"].get<std::string>());
    report_origin o;
    const auto& source = j.at("source");
    source.at("commit").get_to(o.commit);
    source.at("set").get_to(o.set);
    o.salt = source.value("salt", std::string{});
    for (const auto& i : source.at("inputs"))
      o.inputs.push_back({i.at("name"), i.at("blake2b_256"), i.at("text")});
    if (o.inputs.empty()) return unexpected(std::string("it carries no scenario"));
    j.at("seed").get_to(o.seed);
    j.at("trace_hash").get_to(o.trace_hash);
    j.at("partial").get_to(o.partial);
    return o;
  } catch (const json::exception& e) {
    return unexpected(std::string("not a report of wh-sim: ") + e.what());
  }
}

std::string nats_to_json(const nat_listing& all) {
  json j;
  auto& profiles = j["profiles"] = json::object();
  for (const auto& p : all.profiles) {
    auto& x = profiles[p.name] = {{"about", p.about}, {"source", p.source}, {"class", p.nat_class}};
    auto& parameters = x["parameters"] = json::object();
    for (const auto& [key, value] : p.parameters) {
      // As in a scenario file, which JSON's numbers and words fit into.
      const auto v = json::parse(value, nullptr, false);
      parameters[key] = v.is_discarded() ? json(value) : v;
    }
  }
  auto& populations = j["populations"] = json::object();
  for (const auto& p : all.populations)
    for (const auto& k : p.rows)
      populations[p.name].push_back({{"context", k.context},
                                     {"boxes", k.boxes},
                                     {"share_ratio", k.share},
                                     {"port_mapping_ratio", k.port_mapping_ratio},
                                     {"ipv6_ratio", k.ipv6_ratio}});
  return dump(j);
}

std::string oracle_to_json(const std::vector<oracle_row>& rows) {
  json j = json::array();
  for (const auto& r : rows)
    j.push_back({{"seed", r.seed},
                 {"from", r.from},
                 {"to", r.to},
                 {"item", r.item},
                 {"from_nat", r.from_nat},
                 {"to_nat", r.to_nat},
                 {"oracle", oracle_of(r.verdict)}});
  return dump(j);
}

}  // namespace wh::sim
