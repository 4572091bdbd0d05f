#include "sim/compare/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "sim/compare/signed_rank.hpp"

namespace wh::sim::compare {
namespace {

// Keys in the order they are written.
using json = nlohmann::ordered_json;

constexpr double never = std::numeric_limits<double>::infinity();
constexpr const char* never_word = "never";
constexpr std::string_view count_word = "count";

json of_reading(const reading& v) {
  if (!v) return nullptr;
  if (std::isinf(*v)) return never_word;
  // Counts without a point.
  if (*v >= 0 && *v < 1e15 && std::floor(*v) == *v) return static_cast<std::uint64_t>(*v);
  return *v;
}

/// A column of equal values is one value.
json column(const std::vector<json>& values) {
  if (!values.empty() &&
      std::all_of(values.begin(), values.end(), [&](const json& v) { return v == values[0]; }))
    return values[0];
  return values;
}

json metric_of(const record& r, const std::string& name, metric_kind kind) {
  json m = json::object();
  const auto each = [&](auto value) {
    std::vector<json> v;
    for (const auto& run : r.runs) {
      const auto at = run.metrics.find(name);
      v.push_back(at == run.metrics.end() ? json(nullptr) : value(at->second));
    }
    return column(v);
  };
  if (kind == metric_kind::ratio) {
    m["part"] = each([](const metric_figures& f) { return json(f.share.part); });
    m["whole"] = each([](const metric_figures& f) { return json(f.share.whole); });
    return m;
  }
  const auto add = [&](std::string_view statistic) {
    if (!is_kept(statistic)) return;
    m[std::string(statistic)] = each([&](const metric_figures& f) {
      const auto v = f.values.find(statistic);
      return of_reading(v == f.values.end() ? reading{} : v->second);
    });
  };
  if (kind == metric_kind::distribution) {
    for (const auto s : statistics) add(s);
    return m;
  }
  add(plain);
  // A counter and another number are told apart by what their value is called.
  if (kind == metric_kind::counter) {
    m[std::string(count_word)] = m[std::string(plain)];
    m.erase(std::string(plain));
  }
  return m;
}

json scenario_of(const record& r) {
  json j = {{"version", r.from.version}, {"commit", r.from.commit}};
  auto& inputs = j["inputs"] = json::object();
  for (const auto& i : r.from.inputs) inputs[i.name] = i.hash;
  j["set"] = r.from.set;
  auto& seeds = j["seeds"] = json::array();
  auto& hashes = j["trace_hash"] = json::array();
  auto& broken = j["broken"] = json::object();
  std::map<std::string, metric_kind> kinds;
  for (const auto& run : r.runs) {
    seeds.push_back(run.seed);
    hashes.push_back(run.trace_hash);
    for (const auto& b : run.broken) broken[b].push_back(run.seed);
    for (const auto& [name, m] : run.metrics) kinds.emplace(name, m.what.kind);
  }
  auto& metrics = j["metrics"] = json::object();
  for (const auto& [name, kind] : kinds) metrics[name] = metric_of(r, name, kind);
  return j;
}

std::string dump(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

/// Objects over lines, everything else in one, so that a line of a difference is a statistic.
void lay_out(const json& j, std::size_t depth, std::string& out) {
  if (!j.is_object() || j.empty()) {
    out += dump(j);
    return;
  }
  const std::string indent(2 * depth + 2, ' ');
  out += "{\n";
  bool first = true;
  for (const auto& [key, value] : j.items()) {
    out += (first ? "" : ",\n") + indent + dump(json(key)) + ": ";
    lay_out(value, depth + 1, out);
    first = false;
  }
  out += "\n" + std::string(2 * depth, ' ') + "}";
}

/// What is wrong with the file, thrown within this file only.
struct bad_baseline {
  std::string why;
};

class reader {
 public:
  baseline read(const json& j) {
    if (!j.is_object() || j.value("kind", json("")) != "baseline")
      throw bad_baseline{"no baseline of wh-sim check"};
    const json format = j.value("format", json(nullptr));
    if (format != baseline_format)
      throw bad_baseline{"a baseline of format " + dump(format) + ", and this build reads " +
                         std::to_string(baseline_format)};
    baseline b;
    for (const auto& [name, s] : j.at("scenarios").items()) {
      where_ = name;
      b.scenarios.emplace(name, scenario(name, s));
    }
    return b;
  }

  const std::string& where() const { return where_; }

 private:
  record scenario(const std::string& name, const json& j) {
    record r;
    r.scenario = name;
    j.at("version").get_to(r.from.version);
    j.at("commit").get_to(r.from.commit);
    for (const auto& [file, hash] : j.at("inputs").items())
      r.from.inputs.push_back({file, hash.get<std::string>()});
    if (r.from.inputs.empty()) throw bad_baseline{"no scenario among its inputs"};
    j.at("set").get_to(r.from.set);
    const auto seeds = j.at("seeds").get<std::vector<std::uint64_t>>();
    const auto hashes = j.at("trace_hash").get<std::vector<std::string>>();
    if (seeds.empty() || seeds.size() > pairs_max || hashes.size() != seeds.size())
      throw bad_baseline{"expected 1 to " + std::to_string(pairs_max) +
                         " seeds, and a trace hash for each"};
    auto sorted = seeds;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
      throw bad_baseline{"a seed is there twice"};
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      r.runs.emplace_back();
      r.runs.back().seed = seeds[i];
      r.runs.back().trace_hash = hashes[i];
    }
    for (const auto& [what, of] : j.at("broken").items())
      for (const auto& seed : of) {
        const auto at = std::find(seeds.begin(), seeds.end(), seed.get<std::uint64_t>());
        if (at == seeds.end()) throw bad_baseline{"broken in a seed that is not there"};
        r.runs[static_cast<std::size_t>(at - seeds.begin())].broken.push_back(what);
      }
    for (const auto& [metric, m] : j.at("metrics").items()) {
      where_ = name;
      where_.append(", ").append(metric);
      if (m.contains("whole"))
        ratio_into(r, metric, m);
      else
        values_into(r, metric, m);
    }
    return r;
  }

  void ratio_into(record& r, const std::string& name, const json& m) {
    const auto part = cells(m.at("part"), r.runs.size()),
               whole = cells(m.at("whole"), r.runs.size());
    for (std::size_t i = 0; i < r.runs.size(); ++i) {
      if (part[i].is_null() && whole[i].is_null()) continue;
      metric_figures f;
      f.what.kind = metric_kind::ratio;
      f.share = {part[i].get<std::uint64_t>(), whole[i].get<std::uint64_t>()};
      if (f.share.part > f.share.whole) throw bad_baseline{"a part that is larger than the whole"};
      f.values.emplace(plain, f.share.whole == 0 ? reading{}
                                                 : reading{static_cast<double>(f.share.part) /
                                                           static_cast<double>(f.share.whole)});
      r.runs[i].metrics.emplace(name, std::move(f));
    }
  }

  void values_into(record& r, const std::string& name, const json& m) {
    const auto kind = m.contains(std::string(count_word)) ? metric_kind::counter
                      : m.contains(std::string(plain))    ? metric_kind::gauge
                                                          : metric_kind::distribution;
    for (const auto& [statistic, values] : m.items()) {
      const bool is_value = statistic == count_word || statistic == plain;
      // A number has its value alone; baselines of 0.2.0 list a distribution's statistics as null.
      if (is_value == (kind == metric_kind::distribution)) continue;
      const auto column = cells(values, r.runs.size());
      for (std::size_t i = 0; i < r.runs.size(); ++i) {
        metric_figures& f = r.runs[i].metrics[name];
        f.what.kind = kind;
        f.values.emplace(is_value ? plain : std::string_view(statistic), reading_of(column[i]));
      }
    }
  }

  static std::vector<json> cells(const json& j, std::size_t n) {
    if (!j.is_array()) return std::vector<json>(n, j);
    if (j.size() != n)
      throw bad_baseline{"a column that has not as many values as there are seeds"};
    return j.get<std::vector<json>>();
  }

  static reading reading_of(const json& j) {
    if (j.is_null()) return {};
    if (j == never_word) return never;
    if (!j.is_number()) throw bad_baseline{"neither a number nor null nor \"never\": " + dump(j)};
    return j.get<double>();
  }

  std::string where_;
};

}  // namespace

bool is_kept(std::string_view statistic) {
  // The others hardly ever tell anything that these do not.
  return statistic != "min" && statistic != "p90" && statistic != "p99";
}

std::string to_json(const baseline& b) {
  json j = {{"format", baseline_format}, {"kind", "baseline"}};
  auto& scenarios = j["scenarios"] = json::object();
  for (const auto& [name, r] : b.scenarios) scenarios[name] = scenario_of(r);
  std::string out;
  lay_out(j, 0, out);
  return out + "\n";
}

expected<baseline, std::string> baseline_from_json(std::string_view text) {
  const json j = json::parse(text, nullptr, false);
  if (j.is_discarded()) return unexpected(std::string("not JSON"));
  reader r;
  const auto at = [&] { return r.where().empty() ? std::string{} : r.where() + ": "; };
  try {
    return r.read(j);
  } catch (const bad_baseline& e) {
    return unexpected(at() + e.why);
  } catch (const json::exception& e) {
    return unexpected(at() + e.what());
  }
}

}  // namespace wh::sim::compare
