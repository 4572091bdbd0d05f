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
  return {{"kind", to_string(d.kind)}, {"unit", d.unit}, {"definition", d.sentence}};
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
    case metric_kind::distribution:
      j["exact"] = v.dist.exact();
      for (const auto statistic : statistics)
        j[std::string(statistic)] = optional_number(read(v.dist, statistic));
      break;
  }
  return j;
}

/// Names come from files: what is not UTF-8 is replaced, not thrown at.
std::string dump(const json& j) { return j.dump(2, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string to_json(const report& r, bool with_host) {
  json j;
  j["scenario"] = r.scenario;
  j["question"] = r.question;
  j["seed"] = r.seed;
  j["trace_hash"] = r.trace_hash.empty() ? json(nullptr) : json(r.trace_hash);
  j["peers"] = r.peers;
  j["virtual_time_s"] = to_seconds(r.virtual_time);
  j["events"] = r.events;
  if (with_host) {
    auto& host = j["host"];
    host["wall_time_s"] = r.wall_s;
    host["events_per_s"] =
        r.wall_s > 0 ? json(static_cast<double>(r.events) / r.wall_s) : json(nullptr);
    host["memory_peak_bytes"] = r.memory_peak_bytes;
  }
  bool held = true;
  auto& expectations = j["expectations"] = json::array();
  for (const auto& e : r.expectations) {
    held = held && e.held;
    json x;
    if (e.what.pair.size() == 2) {
      x["pair"] = e.what.pair;
      x["path"] = to_string(e.what.path);
    } else {
      x["metric"] = e.what.metric;
      for (const auto& [key, bound] :
           {std::pair{"min", e.what.min}, {"max", e.what.max}, {"equals", e.what.equals}})
        if (bound) x[key] = *bound;
      x["measured"] = optional_number(e.measured);
    }
    x["held"] = e.held;
    x["message"] = e.message;
    x["because"] = e.what.because;
    expectations.push_back(std::move(x));
  }
  j["held"] = held;
  auto& all = j["metrics"] = json::object();
  for (const auto& [name, v] : r.metrics.values())
    all[std::string(name)] = metric(r.metrics, name, v);
  auto& pairs = j["pairs"] = json::array();
  for (const auto& p : r.pairs)
    pairs.push_back({{"from", p.from},
                     {"to", p.to},
                     {"from_nat", p.from_nat},
                     {"to_nat", p.to_nat},
                     {"path", to_string(p.path)},
                     {"reason", p.reason.empty() ? json(nullptr) : json(p.reason)},
                     {"time_to_first_payload_s", optional_seconds(p.time_to_first_payload)},
                     {"time_to_direct_s", optional_seconds(p.time_to_direct)},
                     {"round_trip_s", optional_seconds(p.round_trip)}});
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

}  // namespace wh::sim
