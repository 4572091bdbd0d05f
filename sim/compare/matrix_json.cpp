#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/compare/matrix_writers.hpp"

namespace wh::sim::compare {
namespace {

using json = nlohmann::ordered_json;

json value(const reading& v) {
  if (!v) return nullptr;
  if (std::isinf(*v)) return "never";
  return *v;
}

json share_json(const std::vector<ratio>& a_seed) {
  const auto s = share_of(a_seed);
  json part = json::array(), whole = json::array();
  for (const ratio& r : a_seed) {
    part.push_back(r.part);
    whole.push_back(r.whole);
  }
  return {{"ratio", s.share},
          {"range", {s.range.low, s.range.high}},
          {"part", std::move(part)},
          {"whole", std::move(whole)}};
}

json times_json(const cell_times& t) {
  return {{"n", t.came.size()},
          {"censored", t.never},
          {"median", value(t.quantile(0.5))},
          {"p95", t.all() < p95_samples_min ? json(nullptr) : value(t.quantile(0.95))},
          {"max", value(t.quantile(1))}};
}

json cell_json(const matrix& m, const cell& c) {
  const double pairs = static_cast<double>(c.pairs);
  return {{"row", m.kinds[c.row].name},
          {"column", m.kinds[c.column].name},
          {"pairs", c.pairs},
          {"direct", share_json(c.direct)},
          {"connected", share_json(c.connected)},
          {"o1", static_cast<double>(c.o1) / pairs},
          {"o3", static_cast<double>(c.o3) / pairs},
          {"surprises", c.surprises},
          {"time_to_first_payload_s", times_json(c.first_payload)},
          {"time_to_direct_s", times_json(c.to_direct)},
          {"messages", times_json(c.messages)},
          {"reasons", c.reasons},
          {"obstacles", c.obstacles}};
}

}  // namespace

std::string matrix_to_json(const matrix& m) {
  json j = {{"format", matrix_format},
            {"kind", "matrix"},
            {"scenario", m.scenario},
            {"question", m.question},
            {"interval", 0.95}};
  auto& source = j["source"] = {{"version", m.from.version}, {"commit", m.from.commit}};
  auto& inputs = source["inputs"] = json::array();
  for (const auto& i : m.from.inputs) inputs.push_back({{"name", i.name}, {"blake2b_256", i.hash}});
  source["set"] = m.from.set;
  auto& runs = j["runs"] = json::array();
  for (const auto& r : m.runs)
    runs.push_back({{"seed", r.seed},
                    {"trace_hash", r.trace_hash.empty() ? json(nullptr) : json(r.trace_hash)},
                    {"partial", r.partial}});
  auto& kinds = j["kinds"] = json::array();
  for (const auto& k : m.kinds)
    kinds.push_back({{"name", k.name}, {"nat", k.nat}, {"nat_class", k.nat_class}});
  auto& cells = j["cells"] = json::array();
  for (const auto& c : m.cells) cells.push_back(cell_json(m, c));
  return j.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace wh::sim::compare
