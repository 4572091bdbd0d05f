#include <ostream>

#include "sim/main/commands.hpp"
#include "sim/report/format.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

/// Pairs of the same boxes and classes are one line.
struct kind_of_pair {
  std::string from_nat, to_nat, from_class, to_class, reason;
  bool o1 = false, o3 = false;
  friend auto operator<=>(const kind_of_pair&, const kind_of_pair&) = default;
};

}  // namespace

int ask_oracle(const oracle_command& c, const program_host& host) {
  auto s = find_scenario(c.scenario, c.set, host);
  if (!s) return 2;
  std::vector<oracle_row> rows;
  for (const auto seed : c.seeds.empty() ? s->seeds : c.seeds) {
    auto one = host.oracle(*s, seed);
    if (!one) {
      host.errors << "wh-sim: seed " << seed << ": " << one.error() << "\n";
      return 2;
    }
    rows.insert(rows.end(), one->begin(), one->end());
  }
  if (c.json) {
    host.out << oracle_to_json(rows) << "\n";
    return 0;
  }
  if (rows.empty()) {
    host.out << s->name << " connects nobody: there is no pair to judge\n";
    return 0;
  }
  std::map<kind_of_pair, std::size_t> kinds;
  ratio o1, o3;
  for (const oracle_row& r : rows) {
    const auto& v = r.verdict;
    ++kinds[{r.from_nat, r.to_nat, v.from_class, v.to_class, v.reason, v.o1, v.o3}];
    o1.count(v.o1);
    o3.count(v.o3);
  }
  using align = text_table::align;
  text_table t({{"pairs", align::right},
                {"NAT of from"},
                {"NAT of to"},
                {"class of from"},
                {"class of to"},
                {"O1"},
                {"O3"},
                {"why not O1"}});
  for (const auto& [k, n] : kinds)
    t.row({std::to_string(n), k.from_nat, k.to_nat, k.from_class, k.to_class, k.o1 ? "yes" : "no",
           k.o3 ? "yes" : "no", k.reason});
  const auto share = [](const ratio& r) {
    return format_number(static_cast<double>(r.part) / static_cast<double>(r.whole)) + " (" +
           std::to_string(r.part) + " of " + std::to_string(r.whole) + ")";
  };
  host.out << s->name << "\n"
           << t.print("  ") << "\n  O1, without guessing a port: " << share(o1)
           << "\n  O3, foreseeing every port:   " << share(o3)
           << "\n  `wh-sim nats` says what the classes are.\n";
  return 0;
}

}  // namespace wh::sim
