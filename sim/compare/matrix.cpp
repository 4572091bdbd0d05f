#include "sim/compare/matrix.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "transport/check.hpp"

namespace wh::sim::compare {
namespace {

using nlohmann::json;

constexpr std::string_view direct_prefix = "matrix.direct_ratio[";
constexpr std::string_view connected_prefix = "matrix.connected_ratio[";

void take_time(cell_times& t, const json& value) {
  if (value.is_null())
    ++t.never;
  else
    t.came.push_back(value.get<double>());
}

std::string text_or_empty(const json& j) { return j.is_null() ? "" : j.get<std::string>(); }

void take_pair(cell& c, const json& pair) {
  const std::string path = pair.at("path");
  const json& oracle = pair.at("oracle");
  const bool o1 = oracle.at("o1"), o3 = oracle.at("o3");
  ++c.pairs;
  c.o1 += o1 ? 1 : 0;
  c.o3 += o3 ? 1 : 0;
  c.surprises += o1 != (path == "direct") ? 1 : 0;
  c.direct.back().count(path == "direct");
  c.connected.back().count(path != "unreachable");
  if (o3) take_time(c.first_payload, pair.at("time_to_first_payload_s"));
  if (o1) take_time(c.to_direct, pair.at("time_to_direct_s"));
  c.messages.came.push_back(pair.at("messages").get<double>());
  if (path != "direct") ++c.reasons[text_or_empty(pair.at("reason"))];
  if (!o1) ++c.obstacles[text_or_empty(oracle.at("reason"))];
}

run_figures run_of(const json& j) {
  run_figures r;
  j.at("seed").get_to(r.seed);
  if (!j.at("trace_hash").is_null()) j["trace_hash"].get_to(r.trace_hash);
  j.at("partial").get_to(r.partial);
  return r;
}

}  // namespace

reading cell_times::quantile(double q) const {
  if (all() == 0) return {};
  const double n = static_cast<double>(all());
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * n)));
  return rank <= came.size() ? came[rank - 1] : std::numeric_limits<double>::infinity();
}

cell_share share_of(const std::vector<ratio>& a_seed) {
  double sum = 0;
  std::size_t seeds = 0;
  for (const ratio& r : a_seed)
    if (r.whole > 0) {
      ++seeds;
      sum += static_cast<double>(r.part) / static_cast<double>(r.whole);
    }
  WH_CHECK(seeds > 0);
  cell_share s;
  s.share = std::min(1.0, sum / static_cast<double>(seeds));
  s.range = wilson(s.share, seeds);
  return s;
}

std::size_t matrix_maker::number_of(const std::string& group) const {
  const auto at = std::find_if(made_.kinds.begin(), made_.kinds.end(),
                               [&](const matrix::kind& k) { return k.name == group; });
  return static_cast<std::size_t>(at - made_.kinds.begin());
}

expected<void, std::string> matrix_maker::add(std::string_view report) {
  const json j = json::parse(report, nullptr, false);
  if (j.is_discarded()) return unexpected(std::string("not JSON"));
  try {
    std::map<std::string, const json*> host_of;
    for (const auto& h : j.at("hosts")) host_of.emplace(h.at("name"), &h);
    std::map<std::string, bool> paired;
    for (const auto& p : j.at("pairs"))
      for (const char* end : {"from", "to"})
        paired[host_of.at(p.at(end))->at("group").get<std::string>()] = true;
    for (const auto& h : j.at("hosts")) {
      const std::string group = h.at("group");
      if (paired.count(group) > 0 && number_of(group) == made_.kinds.size())
        made_.kinds.push_back({group, h.at("nat"), h.at("nat_class")});
    }
    made_.runs.push_back(run_of(j));
    for (const auto& p : j.at("pairs")) {
      if (p.at("asked_s").is_null()) continue;
      auto a = number_of(host_of.at(p.at("from"))->at("group"));
      auto b = number_of(host_of.at(p.at("to"))->at("group"));
      if (a > b) std::swap(a, b);
      cell& c = cells_[{a, b}];
      c.row = a;
      c.column = b;
      c.direct.resize(made_.runs.size());
      c.connected.resize(made_.runs.size());
      take_pair(c, p);
    }
    return {};
  } catch (const json::exception& e) {
    return unexpected(std::string("not a report of wh-sim: ") + e.what());
  } catch (const std::out_of_range&) {
    return unexpected(std::string("not a report of wh-sim: a pair of a host that is not there"));
  }
}

matrix matrix_maker::take() {
  for (auto& [where, c] : cells_) {
    c.direct.resize(made_.runs.size());
    c.connected.resize(made_.runs.size());
    for (cell_times* t : {&c.first_payload, &c.to_direct, &c.messages})
      std::sort(t->came.begin(), t->came.end());
    made_.cells.push_back(std::move(c));
  }
  cells_.clear();
  return std::move(made_);
}

expected<run_figures, std::string> figures_with_cells(std::string_view report) {
  auto figures = figures_of_report(report);
  if (!figures) return figures;
  matrix_maker maker;
  if (const auto added = maker.add(report); !added) return unexpected(added.error());
  const matrix m = maker.take();
  for (const cell& c : m.cells) {
    const std::string where = m.kinds[c.row].name + "," + m.kinds[c.column].name + "]";
    const auto add = [&](std::string_view prefix, const ratio& r, std::string_view sentence) {
      metric_figures f;
      f.what = {metric_kind::ratio, better::more, "1", std::string(sentence)};
      f.share = r;
      f.values.emplace(plain, static_cast<double>(r.part) / static_cast<double>(r.whole));
      figures->metrics.emplace(std::string(prefix) + where, std::move(f));
    };
    add(direct_prefix, c.direct[0], "Pairs between the two groups that were direct at the end.");
    add(connected_prefix, c.connected[0],
        "Pairs between the two groups that were connected at the end.");
  }
  return figures;
}

bool has_cells(const record& r) {
  return std::any_of(r.runs.begin(), r.runs.end(), [](const run_figures& f) {
    const auto at = f.metrics.lower_bound(direct_prefix);
    return at != f.metrics.end() && at->first.starts_with(direct_prefix);
  });
}

}  // namespace wh::sim::compare
