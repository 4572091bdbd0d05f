#include <algorithm>

#include "sim/scenario/check/desk.hpp"
#include "transport/text.hpp"

namespace wh::sim::detail {

namespace {

void fits_together(desk& d, const expectation& e, const node& table) {
  const auto has = [&](std::string_view key) { return table.find(key) != nullptr; };
  const bool bounded = has("min") || has("max") || has("equals");
  if (has("metric") == has("pair"))
    d.wrong(table.value, "[[expect]] needs either `metric` or `pair`");
  else if (has("metric") && !bounded)
    d.wrong(table.value, "[[expect]] needs `min`, `max` or `equals`");
  else if (has("metric") && has("path"))
    d.wrong(table, "path", "`path` goes with `pair`, not with `metric`");
  else if (has("pair") && bounded)
    d.wrong(table.value, "`min`, `max` and `equals` go with `metric`, not with `pair`");
  else if (has("pair") && has("slice"))
    d.wrong(table, "slice", "`slice` goes with `metric`, not with `pair`");
  else if (has("pair") && !has("path"))
    d.wrong(table.value, "[[expect]] of a pair needs `path`",
            "\"direct\", \"relayed\", \"connected\" or \"unreachable\"");
  else if (has("pair") && e.pair.size() != 2)
    d.wrong(table, "pair", "`pair` names two peers");
  else if (e.min && e.max && *e.min > *e.max)
    d.wrong(table, "max", "`max` is below `min`");
  else if (e.equals && (e.min || e.max))
    d.wrong(table, "equals", "`equals` leaves nothing for `min` and `max` to say");
}

void check_metric(desk& d, const expectation& e, const node& table) {
  const auto known = std::find_if(d.known.metrics.begin(), d.known.metrics.end(),
                                  [&](const known_metric& m) { return m.name == e.metric; });
  if (known == d.known.metrics.end()) {
    std::vector<std::string> names;
    for (const known_metric& m : d.known.metrics) names.push_back(m.name);
    return d.unknown_name(desk::place_of(table, "metric"), "metric", e.metric, names);
  }
  // Nothing is negative, and a ratio is no percentage.
  for (const auto& [key, bound] : {std::pair{"min", e.min}, {"max", e.max}, {"equals", e.equals}})
    if (bound && (*bound < 0 || *bound > known->max))
      d.wrong(table, key,
              "`" + std::string(key) + "` is " + format_exact(*bound) + ", and " + e.metric +
                  " is never " + (*bound < 0 ? "negative" : "above " + format_exact(known->max)),
              *bound > 1 && *bound <= 100
                  ? "a share of " + format_exact(*bound) + " % is " + format_exact(*bound / 100)
                  : "");
}

std::vector<std::string> slice_names(const scenario& s) {
  std::vector<std::string> names;
  for (const auto& x : s.slices) names.push_back(x.name);
  return names;
}

}  // namespace

void check_slices(desk& d) {
  for (std::size_t i = 0; i < d.s.slices.size(); ++i) {
    auto& x = d.s.slices[i];
    const auto& table = d.item("slices", i);
    if (!is_plain_name(x.name))
      d.wrong(table, "name", "a slice's name holds letters, digits, - and _ only");
    for (std::size_t j = 0; j < i; ++j)
      if (d.s.slices[j].name == x.name)
        d.wrong(table, "name", "two slices are called \"" + x.name + "\"");
    if (!x.group.empty()) d.group(desk::place_of(table, "group"), x.group);
    if (!x.workload.empty()) {
      std::vector<std::string> names;
      for (const auto& w : d.s.workload)
        if (!w.name.empty()) names.push_back(w.name);
      if (std::find(names.begin(), names.end(), x.workload) == names.end())
        d.unknown_name(desk::place_of(table, "workload"), "workload", x.workload, names);
    }
    if (!table.find("until_s")) x.until = d.s.length;
    if (x.until > d.s.length)
      d.wrong(table, "until_s", "`until_s` is after the end of the run");
    else if (x.from >= x.until)
      d.wrong(table, "from_s", "`from_s` is not before the end of this slice");
  }
}

void check_expectations(desk& d) {
  for (std::size_t i = 0; i < d.s.expect.size(); ++i) {
    const auto& e = d.s.expect[i];
    const auto& table = d.item("expect", i);
    fits_together(d, e, table);
    if (!e.metric.empty() && !d.known.metrics.empty()) check_metric(d, e, table);
    if (const auto names = slice_names(d.s);
        !e.slice.empty() && std::find(names.begin(), names.end(), e.slice) == names.end())
      d.unknown_name(desk::place_of(table, "slice"), "slice", e.slice, names);
    for (const auto& name : e.pair) d.peer(desk::place_of(table, "pair"), name);
    if (e.pair.size() == 2 && e.pair[0] == e.pair[1]) d.wrong(table, "pair", "a pair is two peers");
  }
}

}  // namespace wh::sim::detail
