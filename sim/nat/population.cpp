#include "sim/nat/population.hpp"

#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "sim/nat/population_files.hpp"
#include "transport/check.hpp"

namespace wh::sim::nat {

namespace {

constexpr std::string_view header = "context,profile,share,port_mapping,ipv6";
constexpr std::size_t rows_max = 1000;

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r'))
    s.remove_suffix(1);
  return s;
}

/// A decimal percentage from 0 to 100. By hand: from_chars for double is missing in some libraries.
std::optional<double> percentage(std::string_view s) {
  std::int64_t whole = 0, part = 0, scale = 1;
  const auto dot = s.find('.');
  const auto digits = [](std::string_view d, std::int64_t& out) {
    if (d.empty() || d.size() > 9) return false;
    const auto [end, error] = std::from_chars(d.data(), d.data() + d.size(), out);
    return error == std::errc{} && end == d.data() + d.size() && d.front() != '-';
  };
  if (!digits(s.substr(0, dot), whole)) return std::nullopt;
  if (dot != std::string_view::npos) {
    const auto fraction = s.substr(dot + 1);
    if (!digits(fraction, part)) return std::nullopt;
    for (std::size_t i = 0; i < fraction.size(); ++i) scale *= 10;
  }
  const double v =
      static_cast<double>(whole) + static_cast<double>(part) / static_cast<double>(scale);
  return v <= 100 ? std::optional{v} : std::nullopt;
}

using finder = std::function<const named_profile*(std::string_view)>;

expected<weighted_profile, std::string> parse_row(std::string_view row, const finder& find) {
  std::array<std::string_view, 5> field;
  std::size_t n = 0;
  for (bool more = true; more; ++n) {
    const auto comma = row.find(',');
    more = comma != std::string_view::npos;
    if (n < field.size()) field[n] = trim(row.substr(0, comma));
    if (more) row.remove_prefix(comma + 1);
  }
  if (n != field.size())
    return unexpected("found " + std::to_string(n) + " fields; write " + std::string(header));
  weighted_profile w;
  w.context = field[0];
  w.profile = field[1];
  if (w.context.empty()) return unexpected(std::string("the context is empty; name one"));
  for (std::string_view rest = field[1];;) {
    const auto plus = rest.find('+');
    const auto name = trim(rest.substr(0, plus));
    const auto* p = find(name);
    if (p == nullptr)
      return unexpected("no profile is called '" + std::string(name) +
                        "'; `wh-sim nats` lists those there are");
    w.boxes.push_back(p);
    if (plus == std::string_view::npos) break;
    rest.remove_prefix(plus + 1);
  }
  const std::array<double*, 3> into{&w.share, &w.port_mapping_ratio, &w.ipv6_ratio};
  for (std::size_t i = 0; i < into.size(); ++i) {
    const auto v = percentage(field[i + 2]);
    if (!v)
      return unexpected("'" + std::string(field[i + 2]) + "' is no percentage; write 0 to 100");
    *into[i] = *v / 100;
  }
  return w;
}

}  // namespace

expected<population_table, population_error> parse_population(std::string_view text,
                                                              const finder& find) {
  population_table table;
  bool header_seen = false;
  double total = 0;
  std::size_t line = 0;
  while (!text.empty()) {
    ++line;
    const auto end = text.find('\n');
    std::string_view row = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    row = trim(row.substr(0, row.find('#')));
    if (row.empty()) continue;
    if (!header_seen) {
      if (row != header)
        return unexpected(population_error{line, "begin with " + std::string(header)});
      header_seen = true;
      continue;
    }
    if (table.size() == rows_max)
      return unexpected(
          population_error{line, "more than " + std::to_string(rows_max) + " lines; merge some"});
    auto w = parse_row(row, find);
    if (!w) return unexpected(population_error{line, w.error()});
    total += w->share;
    table.push_back(std::move(*w));
  }
  if (table.empty())
    return unexpected(population_error{line, "there is no peer in it; add a line"});
  if (total < 0.99 || total > 1.01)
    return unexpected(population_error{
        line, "shares add up to " + std::to_string(total * 100) + "; make them add up to 100"});
  for (auto& w : table) w.share /= total;
  return table;
}

const population_table* population(std::string_view name) {
  static const auto all = [] {
    std::map<std::string_view, population_table> m;
    for (const auto& f : population_files) {
      auto p = parse_population(f.text);
      WH_CHECK(p.has_value());  // a test parses each of them
      m.emplace(f.name, std::move(*p));
    }
    return m;
  }();
  const auto found = all.find(name);
  return found == all.end() ? nullptr : &found->second;
}

std::vector<std::string_view> population_names() {
  std::vector<std::string_view> names;
  for (const auto& f : population_files) names.push_back(f.name);
  return names;
}

const weighted_profile& draw(const population_table& p, rng& random) {
  WH_CHECK(!p.empty());
  double at = random.unit();
  for (const auto& w : p) {
    if (at < w.share) return w;
    at -= w.share;
  }
  return p.back();
}

}  // namespace wh::sim::nat
