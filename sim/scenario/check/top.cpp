#include <algorithm>

#include "sim/scenario/check/desk.hpp"

namespace wh::sim::detail {

namespace {

/// It becomes a folder's.
void check_name(desk& d) {
  std::string letters = d.s.name;
  std::erase(letters, '.');
  if (!is_plain_name(letters) || d.s.name.front() == '.' || d.s.name.size() > 100)
    d.wrong(d.tree, "name",
            "a scenario's name becomes a folder's: at most 100 letters, digits, -, _ and ., not "
            "beginning with .");
}

void find_network_file(desk& d) {
  auto& file = d.s.overlay.network_file;
  if (!file) return;
  const auto& at = d.tree.find("overlay")->find("network_file")->value;
  const auto found = d.find_input(at, "network file", *file);
  if (!found) return;
  file = *found;
  if (!d.known.members_of) return;
  auto members = d.known.members_of(d.s.input(*found), found->string());
  if (members)
    d.members = std::move(*members);
  else
    d.wrong(at, "the network file cannot be used: " + members.error());
}

}  // namespace

void check_top(desk& d) {
  check_name(d);
  find_network_file(d);
}

void check_network(desk& d) {
  const auto* table = d.tree.find("network");
  if (!table) return;
  network_config& n = d.s.network;
  const bool matrix = n.latency == latency_kind::matrix;
  d.idle_key(*table, "latency_ms", !matrix, "the matrix says how far apart sites are");
  d.idle_key(*table, "matrix_file", matrix, "`latency` is not \"matrix\"");
  d.idle_key(*table, "detour_factor", n.detour_ratio > 0, "`detour_ratio` is 0");
  if (!matrix) return;
  if (n.matrix_file.empty())
    return d.wrong(*table, "latency", "`latency = \"matrix\"` needs `matrix_file`");
  const auto found = d.find_input(desk::place_of(*table, "matrix_file"), "matrix", n.matrix_file);
  if (!found) return;
  n.matrix_file = found->string();
  if (!d.known.check_matrix) return;
  if (const auto bad = d.known.check_matrix(d.s.input(*found), n.matrix_file); !bad.empty())
    d.wrong(*table, "matrix_file", "this matrix cannot be used: " + bad);
}

}  // namespace wh::sim::detail
