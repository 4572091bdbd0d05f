#include "sim/scenario/check/desk.hpp"

#include <algorithm>
#include <charconv>

#include "sim/scenario/limits.hpp"
#include "transport/text.hpp"

namespace wh::sim::detail {

const node& desk::item(std::string_view list, std::size_t i) const {
  const auto* n = tree.find(list);
  return n && i < n->items.size() ? n->items[i] : tree;
}

const place& desk::place_of(const node& table, std::string_view key) {
  const auto* n = table.find(key);
  return n ? n->value : table.value;
}

void desk::wrong(const place& p, std::string message, std::string hint) {
  out_.add(error_at(p, std::move(message), std::move(hint)));
}

void desk::idle_key(const node& table, std::string_view key, bool applies, const std::string& why) {
  if (const auto* n = table.find(key); n && !applies)
    out_.add(error_at(n->key, "`" + std::string(key) + "` changes nothing here: " + why,
                      "leave it out"));
}

void desk::unknown_name(const place& p, const std::string& what, const std::string& name,
                        const std::vector<std::string>& all) {
  const auto near = nearest_name(name, all);
  std::string hint;
  if (!near.empty()) {
    hint = "did you mean \"" + near + "\"?";
  } else {
    for (std::size_t i = 0; i < all.size() && i < 12; ++i)
      hint += (i == 0 ? "known: " : ", ") + all[i];
    if (all.size() > 12) hint += ", ... (" + std::to_string(all.size()) + " in all)";
  }
  wrong(p, "unknown " + what + " \"" + name + "\"", hint);
}

std::optional<std::filesystem::path> desk::find_input(const place& at, const std::string& what,
                                                      const std::filesystem::path& wanted) {
  std::vector<std::filesystem::path> folders{s.file.parent_path()};
  folders.insert(folders.end(), known.roots.begin(), known.roots.end());
  std::string looked;
  for (const auto& folder : folders) {
    const auto candidate = (wanted.is_absolute() ? wanted : folder / wanted).lexically_normal();
    if (auto text = text_of(candidate, known)) {
      const bool there = std::any_of(s.inputs.begin(), s.inputs.end(), [&](const input_file& i) {
        return i.name == candidate.string();
      });
      if (!there) s.inputs.push_back({candidate.string(), std::move(*text)});
      return candidate;
    }
    looked += (looked.empty() ? "" : ", ") + candidate.string();
    if (wanted.is_absolute()) break;
  }
  wrong(at, "no such " + what + ": \"" + wanted.string() + "\"", "looked for " + looked);
  return std::nullopt;
}

bool desk::group(const place& at, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& g : s.peers) names.push_back(g.group);
  if (name == all_groups || std::find(names.begin(), names.end(), name) != names.end()) return true;
  unknown_name(at, "group", name, names);
  return false;
}

bool desk::nat_chain(const place& at, const std::vector<std::string>& chain) {
  if (chain.size() > nat_chain_max) {
    wrong(at, "a chain of more than " + std::to_string(nat_chain_max) + " boxes");
    return false;
  }
  for (const auto& name : chain)
    if (!boxes->profile(name)) {
      unknown_name(at, "NAT profile", name, boxes->profile_names());
      return false;
    }
  return true;
}

bool desk::peer(const place& at, const std::string& name) {
  for (const auto& g : s.peers) {
    if (!g.members.empty()) {
      if (std::find(g.members.begin(), g.members.end(), name) != g.members.end()) return true;
    } else if (g.count == 1) {
      if (name == g.group) return true;
    } else if (name.starts_with(g.group + "-")) {
      unsigned index = 0;
      const auto* end = name.data() + name.size();
      const auto parsed = std::from_chars(name.data() + g.group.size() + 1, end, index);
      if (parsed.ec == std::errc{} && index < g.count && peer_name(g, index) == name) return true;
    }
  }
  wrong(at, "there is no peer \"" + name + "\"",
        "a peer's name is its member name, its group's when alone, or group-0, group-1, ...");
  return false;
}

std::uint64_t desk::members_in(const std::string& group) const {
  std::uint64_t n = 0;
  for (const auto& g : s.peers)
    if ((group == all_groups || g.group == group) && g.role == peer_role::member) n += g.count;
  return n;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

void check_scenario(const node& root, const scenario_context& context, scenario& s, mistakes& out) {
  desk d(root, context, s, out);
  check_top(d);
  check_network(d);
  check_boxes(d);
  check_peers(d);
  check_workload(d);
  check_events(d);
  check_slices(d);
  check_expectations(d);
  s.boxes = std::move(d.boxes);
}

}  // namespace wh::sim::detail
