#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/proto/keys/keys.hpp"
#include "tools/wh/input.hpp"

namespace wh::cli {

namespace {

struct checked {
  const network::entry* what;
  unsigned workbit;
  bool enough;
};

/// Cells in columns, two blanks between them.
class table {
 public:
  void row(std::vector<std::string> cells) {
    width_.resize(std::max(width_.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) width_[i] = std::max(width_[i], cells[i].size());
    rows_.push_back(std::move(cells));
  }
  void print() const {
    for (const auto& r : rows_) {
      std::string line;
      for (std::size_t i = 0; i < r.size(); ++i) {
        line += "  " + r[i];
        line.append(width_[i] - r[i].size(), ' ');
      }
      line.erase(line.find_last_not_of(' ') + 1);
      std::puts(line.c_str());
    }
  }
  bool empty() const { return rows_.empty(); }

 private:
  std::vector<std::size_t> width_;
  std::vector<std::vector<std::string>> rows_;
};

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

void print_section(const char* title, const network::network_file& n,
                   const std::vector<checked>& all, bool (*belongs)(network::role)) {
  table t;
  for (const checked& c : all) {
    const network::entry& e = *c.what;
    if (!belongs(e.kind)) continue;
    std::vector<std::string> cells{std::string(to_string(e.kind)), or_dash(e.hostname)};
    if (network::is_member(e.kind))
      cells.push_back(e.address->to_string() + (e.address_fixed ? " (fixed)" : ""));
    cells.push_back(keys::to_text(e.key));
    cells.push_back("workbit " + std::to_string(c.workbit) +
                    (c.enough ? "" : " < " + std::to_string(n.workbit) + "!"));
    cells.push_back(e.where ? e.where->to_string() : "");
    t.row(std::move(cells));
  }
  if (t.empty()) return;
  std::printf("\n%s\n", title);
  t.print();
}

void print_text(const network::network_file& n, const std::vector<checked>& all) {
  std::printf("network    %s\nnamespace  %s\nworkbit    %u\nsubnet     %s\n",
              or_dash(n.name).c_str(), n.name_space.c_str(), n.workbit,
              n.range ? n.range->to_string().c_str() : "-");
  print_section("boot nodes", n, all, [](network::role r) { return r == network::role::boot; });
  print_section("members", n, all, [](network::role r) { return network::is_member(r); });
  print_section("peers", n, all, [](network::role r) { return r == network::role::peer; });
}

void print_json(const network::network_file& n, const std::vector<checked>& all, bool holds) {
  using json = nlohmann::ordered_json;
  json entries = json::array();
  for (const checked& c : all) {
    const network::entry& e = *c.what;
    json j{{"line", e.line}, {"role", to_string(e.kind)}};
    j["hostname"] = e.hostname.empty() ? json() : json(e.hostname);
    j["address"] = e.address ? json(e.address->to_string()) : json();
    j["address_fixed"] = e.address_fixed;
    j["key"] = keys::to_text(e.key);
    j["endpoint"] = e.where ? json(e.where->to_string()) : json();
    j["workbit"] = c.workbit;
    j["workbit_enough"] = c.enough;
    entries.push_back(std::move(j));
  }
  const json out{{"name", n.name},
                 {"namespace", n.name_space},
                 {"workbit", n.workbit},
                 {"subnet", n.range ? json(n.range->to_string()) : json()},
                 {"entries", std::move(entries)},
                 {"holds", holds}};
  std::puts(out.dump(2).c_str());
}

}  // namespace

int run_check(const command& c, arguments args) {
  std::optional<std::string_view> path;
  bool as_json = false;
  for (const std::string_view a : args) {
    if (a == "--json")
      as_json = true;
    else if (path || (a.starts_with("-") && a != "-"))
      return usage_error(c, "unknown word `" + std::string(a) + "`");
    else
      path = a;
  }
  if (!path) return usage_error(c, "which file?");
  const auto n = load_network(*path);
  if (!n) return bad_input;

  std::vector<checked> all;
  std::size_t weak = 0;
  for (const network::entry& e : n->entries) {
    const unsigned bits = keys::workbit(sodium_crypto(), e.key, n->name_space);
    all.push_back({&e, bits, bits >= n->workbit});
    if (bits < n->workbit) ++weak;
  }
  if (as_json)
    print_json(*n, all, weak == 0);
  else
    print_text(*n, all);
  if (weak == 0) return done;
  std::fprintf(stderr,
               "wh: %zu of %zu keys have less than the %u bits of proof of work that the file asks "
               "for in namespace %s; others will not talk to them\n",
               weak, all.size(), n->workbit, n->name_space.c_str());
  return did_not_hold;
}

}  // namespace wh::cli
