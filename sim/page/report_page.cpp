#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/page/document.hpp"
#include "sim/page/glossary.hpp"
#include "sim/page/model.hpp"
#include "sim/page/page.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

using page::json;

std::uint64_t sent_bytes(const json& host) {
  std::uint64_t sum = 0;
  for (const char* kind : {"own", "payload"})
    for (const auto& b : host.at(kind).at("bytes")) sum += b.get<std::uint64_t>();
  return sum;
}

/// What a reader looks for first has the lowest number.
int rank_of(const json& pair) {
  if (pair.at("asked_s").is_null()) return 5;
  const auto& path = pair.at("path");
  if (path == "unreachable") return 0;
  if (path == "relayed" && pair.at("oracle").at("o1").get<bool>()) return 1;
  if (!pair.at("outages").empty()) return 2;
  return path == "relayed" ? 3 : 4;
}

/// Leaves the `most` elements whose rank is lowest, in the order in which they stand. How many
/// went.
template <class Rank>
std::size_t keep(json& array, std::size_t most, Rank rank) {
  if (array.size() <= most) return 0;
  std::vector<std::pair<decltype(rank(array[0])), std::size_t>> order;
  for (std::size_t i = 0; i < array.size(); ++i) order.emplace_back(rank(array[i]), i);
  std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end());
  order.resize(most);
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  json kept = json::array();
  for (const auto& [ignored, i] : order) kept.push_back(std::move(array[i]));
  const std::size_t gone = array.size() - most;
  array = std::move(kept);
  return gone;
}

double length_of(const json& outage, double end) {
  const auto& until = outage.at("until_s");
  return (until.is_null() ? end : until.get<double>()) - outage.at("from_s").get<double>();
}

/// A pair that changes all the time keeps its first stays and its longest outages.
bool cut_pair(json& pair, std::size_t most, double end) {
  auto& stays = pair.at("stays");
  auto& outages = pair.at("outages");
  pair["outages_count"] = outages.size();
  bool cut = false;
  if (stays.size() > most) {
    const json from = stays[most][0];
    stays.erase(stays.begin() + static_cast<std::ptrdiff_t>(most), stays.end());
    stays.push_back({from, "left out"});
    cut = true;
  }
  if (outages.size() > most) {
    keep(outages, most, [end](const json& o) { return -length_of(o, end); });
    cut = true;
  }
  return cut;
}

std::string file_with(const page_context& c, std::string_view name) {
  const bool there = std::any_of(c.files.begin(), c.files.end(),
                                 [&](const page_file& f) { return f.name == name; });
  return there ? std::string(name) : "report.json";
}

json bounded(json& report, const page_context& c, const page_bounds& b) {
  json left_out = json::object();
  const double end = report.at("virtual_time_s").get<double>();
  std::size_t cut = 0;
  if (const auto n = keep(report.at("pairs"), b.pairs, rank_of))
    left_out["pairs"] = std::to_string(n) +
                        " more are left out of this page, those with the best paths; " +
                        file_with(c, "pairs.csv") + " has all";
  for (auto& p : report.at("pairs")) cut += cut_pair(p, b.stays, end) ? 1 : 0;
  if (cut > 0)
    left_out["stays"] = "of " + std::to_string(cut) + (cut == 1 ? " pair" : " pairs") +
                        " only the first " + std::to_string(b.stays) +
                        " stays and the longest outages are in this page; " + "report.json has all";
  if (const auto n = keep(report.at("hosts"), b.hosts,
                          [](const json& h) { return UINT64_MAX - sent_bytes(h); }))
    left_out["hosts"] = std::to_string(n) +
                        " more are left out of this page, those that sent least; " +
                        file_with(c, "hosts.csv") + " has all";
  if (const auto n = keep(report.at("faults"), b.faults, [](const json&) { return 0; }))
    left_out["faults"] = std::to_string(n) + " more are left out of this page; report.json has all";
  return left_out;
}

}  // namespace

expected<std::string, std::string> report_page(std::string_view text, const page_context& context,
                                               const page_bounds& bounds) {
  auto report = json::parse(text, nullptr, false);
  if (report.is_discarded()) return unexpected(std::string("not JSON"));
  try {
    if (report.at("format") != report_format)
      return unexpected("a report of another format than this build's " +
                        std::to_string(report_format));
    json data;
    data["kind"] = "report";
    auto& own = data["page"] = page::context_of(context);
    page::traversal t;
    t.count(report.at("pairs"));
    own["matrix"] = t.matrix();
    own["reasons"] = t.reasons();
    own["glossary"] = page::glossary_of();
    own["left_out"] = bounded(report, context, bounds);
    const auto title = report.at("scenario").get<std::string>();
    data["report"] = std::move(report);
    return document_of(title, page::dump(data));
  } catch (const json::exception& e) {
    return unexpected(std::string("not a report of wh-sim: ") + e.what());
  }
}

}  // namespace wh::sim
