#include <limits>
#include <nlohmann/json.hpp>

#include "sim/compare/record.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim::compare {
namespace {

using nlohmann::json;

constexpr double never = std::numeric_limits<double>::infinity();

/// What a report has most of, and nothing here reads.
bool is_bulk(const json& key) {
  static constexpr std::string_view bulk[] = {"pairs", "hosts", "steps", "slices", "faults", "cdf"};
  return std::find(std::begin(bulk), std::end(bulk), key.get_ref<const std::string&>()) !=
         std::end(bulk);
}

metric_figures figures_of(const json& j) {
  metric_figures m;
  m.what.kind = from_string<metric_kind>(j.at("kind").get<std::string>()).value();
  m.what.direction = from_string<better>(j.at("better").get<std::string>()).value();
  j.at("unit").get_to(m.what.unit);
  j.at("definition").get_to(m.what.sentence);
  if (m.what.kind != metric_kind::distribution) {
    const json& v = j.at("value");
    m.values.emplace(plain, v.is_null() ? reading{} : reading{v.get<double>()});
    if (m.what.kind == metric_kind::ratio) j.at("part").get_to(m.share.part);
    if (m.what.kind == metric_kind::ratio) j.at("whole").get_to(m.share.whole);
    return m;
  }
  const bool any = j.at("n").get<double>() > 0;
  for (const auto s : statistics) {
    const json& v = j.at(std::string(s));
    // Null is what never came where there are samples, and nothing where there are none.
    m.values.emplace(s, !v.is_null() ? reading{v.get<double>()} : any ? reading{never} : reading{});
  }
  return m;
}

std::string words_of(const json& e) {
  if (e.contains("pair"))
    return e["pair"].at(0).get<std::string>() + " - " + e["pair"].at(1).get<std::string>() + " " +
           e.at("path").get<std::string>();
  std::string text = e.at("metric").get<std::string>();
  if (e.contains("slice")) text += " of " + e["slice"].get<std::string>();
  for (const auto& [key, word] :
       {std::pair{"min", " at least "}, {"max", " at most "}, {"equals", " exactly "}})
    if (e.contains(key)) text += word + e[key].dump();
  return text;
}

}  // namespace

expected<run_figures, std::string> figures_of_report(std::string_view text) {
  const auto wanted = [](int, json::parse_event_t event, json& parsed) {
    return event != json::parse_event_t::key || !is_bulk(parsed);
  };
  const json j = json::parse(text, wanted, false);
  if (j.is_discarded()) return unexpected(std::string("not JSON"));
  try {
    if (j.contains("error")) return unexpected(j["error"].get<std::string>());
    if (j.at("format") != report_format)
      return unexpected("a report of another format than this build's " +
                        std::to_string(report_format));
    run_figures r;
    j.at("seed").get_to(r.seed);
    if (!j.at("trace_hash").is_null()) j["trace_hash"].get_to(r.trace_hash);
    j.at("partial").get_to(r.partial);
    // A run that was stopped judges nothing.
    if (!r.partial)
      for (const auto& e : j.at("expectations"))
        if (!e.at("held").get<bool>()) r.broken.push_back(words_of(e));
    for (const auto& [name, m] : j.at("metrics").items()) r.metrics.emplace(name, figures_of(m));
    return r;
  } catch (const json::exception& e) {
    return unexpected(std::string("not a report of wh-sim: ") + e.what());
  } catch (const std::bad_optional_access&) {
    return unexpected(std::string("a metric of a kind that this build does not know"));
  }
}

}  // namespace wh::sim::compare
