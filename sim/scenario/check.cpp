#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "sim/nat/oracle.hpp"
#include "sim/nat/profiles.hpp"
#include "sim/scenario/limits.hpp"
#include "sim/scenario/read.hpp"
#include "transport/text.hpp"

namespace wh::sim::detail {
namespace {

class checker {
 public:
  checker(const node& root, const scenario_context& context, scenario& s, mistakes& out)
      : root_(root), context_(context), s_(s), out_(out) {}

  void run() {
    name();
    find_network_file();
    groups();
    workload();
    events();
    expectations();
  }

 private:
  const node* item(std::string_view list, std::size_t i) const {
    const auto* n = root_.find(list);
    return n && i < n->items.size() ? &n->items[i] : &root_;
  }
  /// Where `key` stands, or else its table.
  static const place& place_of(const node& table, std::string_view key) {
    const auto* n = table.find(key);
    return n ? n->value : table.value;
  }
  void wrong(const place& p, std::string message, std::string hint = {}) {
    out_.add(error_at(p, std::move(message), std::move(hint)));
  }
  void unknown_name(const place& p, const std::string& what, const std::string& name,
                    const std::vector<std::string>& known) {
    const auto near = nearest_name(name, known);
    std::string hint;
    if (!near.empty()) {
      hint = "did you mean \"" + near + "\"?";
    } else {
      for (std::size_t i = 0; i < known.size() && i < 12; ++i)
        hint += (i == 0 ? "known: " : ", ") + known[i];
      if (known.size() > 12) hint += ", ... (" + std::to_string(known.size()) + " in all)";
    }
    wrong(p, "unknown " + what + " \"" + name + "\"", hint);
  }
  static bool contains(const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  }

  /// Looks beside the scenario, then in the context's folders; what is found joins the scenario's
  /// inputs under the name that is returned.
  std::optional<std::filesystem::path> find_input(const place& at, const std::string& what,
                                                  const std::filesystem::path& wanted) {
    std::vector<std::filesystem::path> folders{s_.file.parent_path()};
    folders.insert(folders.end(), context_.roots.begin(), context_.roots.end());
    std::string looked;
    for (const auto& folder : folders) {
      const auto candidate = (wanted.is_absolute() ? wanted : folder / wanted).lexically_normal();
      if (auto text = text_of(candidate, context_)) {
        if (s_.input(candidate).empty())
          s_.inputs.push_back({candidate.string(), std::move(*text)});
        return candidate;
      }
      looked += (looked.empty() ? "" : ", ") + candidate.string();
      if (wanted.is_absolute()) break;
    }
    wrong(at, "no such " + what + ": \"" + wanted.string() + "\"", "looked for " + looked);
    return std::nullopt;
  }

  void find_network_file() {
    if (!s_.overlay.network_file) return;
    const auto& at = root_.find("overlay")->find("network_file")->value;
    const auto found = find_input(at, "network file", *s_.overlay.network_file);
    if (!found) return;
    s_.overlay.network_file = *found;
    if (!context_.members_of) return;
    auto members = context_.members_of(s_.input(*found), found->string());
    if (members)
      members_ = std::move(*members);
    else
      wrong(at, "the network file cannot be used: " + members.error());
  }

  /// It becomes a folder's.
  void name() {
    const auto valid = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-' || c == '.';
    };
    if (!std::all_of(s_.name.begin(), s_.name.end(), valid) || s_.name.front() == '.' ||
        s_.name.size() > 100)
      wrong(place_of(root_, "name"),
            "a scenario's name becomes a folder's: at most 100 letters, digits, -, _ and ., not "
            "beginning with .");
  }

  void nat_chain(const place& at, const std::vector<std::string>& chain) {
    if (chain.size() > nat_chain_max)
      return wrong(at, "a chain of more than " + std::to_string(nat_chain_max) + " boxes");
    if (context_.nat_profiles.empty()) return;
    for (const auto& profile : chain)
      if (!contains(context_.nat_profiles, profile))
        unknown_name(at, "NAT profile", profile, context_.nat_profiles);
  }

  void group_name(const node& table, const std::string& name) {
    const auto valid = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
    };
    const auto& at = place_of(table, "group");
    if (name == all_groups)
      return wrong(at, "\"all\" stands for every group; call this one otherwise");
    if (!std::all_of(name.begin(), name.end(), valid))
      return wrong(at, "a group's name holds letters, digits, - and _ only");
    if (contains(names_, name)) return wrong(at, "two groups are called \"" + name + "\"");
    names_.push_back(name);
  }

  void group_members(const node& table, peer_group& g) {
    if (g.members.empty()) return;
    const auto& at = place_of(table, "members");
    if (!s_.overlay.network_file)
      return wrong(at, "`members` are names of a network file, and there is none",
                   "set `network_file` in [overlay]");
    const auto number = static_cast<unsigned>(g.members.size());
    if (table.find("count") && g.count != number)
      return wrong(place_of(table, "count"),
                   "`count` is " + std::to_string(g.count) + ", but `members` names " +
                       std::to_string(number),
                   "leave `count` out");
    g.count = number;
    const auto* list = table.find("members");
    for (std::size_t i = 0; i < g.members.size(); ++i) {
      const auto& where = list->kind == node_kind::list ? list->items[i].value : list->value;
      if (!placed_.insert(g.members[i]).second)
        wrong(where, "\"" + g.members[i] + "\" has two places");
      else if (context_.members_of && !members_.empty() && !contains(members_, g.members[i]))
        unknown_name(where, "member", g.members[i], members_);
    }
  }

  /// The others know a boot node's own endpoint, and nothing of boxes.
  void boot_group(const peer_group& g, const node& table) {
    std::vector<const nat::config*> chain;
    for (const auto& name : g.nat)
      if (const auto* c = nat::profile(name)) chain.push_back(c);
    if (!g.population.empty())
      return wrong(place_of(table, "boot"),
                   "boot nodes whose boxes are drawn from a population are not all to be reached",
                   "leave `population` out: boot nodes have public addresses");
    if (nat::effective(chain).kind != nat::nat_class::pub)
      wrong(place_of(table, "boot"),
            "nobody can reach boot nodes behind `" + g.nat.front() +
                "`, which lets in only whom it has sent to",
            "leave `nat` out: boot nodes have public addresses");
  }

  /// Endpoints that an earlier life would have saved: public ones, and not those that everybody
  /// knows anyway.
  void caches() {
    const bool held = std::any_of(s_.peers.begin(), s_.peers.end(), [](const peer_group& g) {
      return !g.boot && g.nat.empty() && g.population.empty();
    });
    if (held) return;
    for (std::size_t i = 0; i < s_.peers.size(); ++i)
      if (s_.peers[i].start_from_cache)
        wrong(place_of(*item("peers", i), "start_from_cache"),
              "no peer could have been saved: none but boot nodes has a public address",
              "add a group without `nat`, `population` and `boot`");
  }

  void groups() {
    std::uint64_t total = 0;
    bool entrance = s_.overlay.network_file.has_value();
    for (std::size_t i = 0; i < s_.peers.size(); ++i) {
      auto& g = s_.peers[i];
      const auto& table = *item("peers", i);
      group_name(table, g.group);
      group_members(table, g);
      if (!g.nat.empty()) nat_chain(place_of(table, "nat"), g.nat);
      if (!g.population.empty()) {
        if (!g.nat.empty())
          wrong(place_of(table, "population"),
                "`population` chooses each peer's NAT, and `nat` does too",
                "leave one of them out");
        if (!context_.populations.empty() && !contains(context_.populations, g.population))
          unknown_name(place_of(table, "population"), "population", g.population,
                       context_.populations);
      }
      if (g.shared_nat && g.nat.empty())
        wrong(place_of(table, "shared_nat"), "`shared_nat` needs `nat`: there is no box to share");
      if (g.boot) boot_group(g, table);
      if (g.churn && g.churn->replace && (g.boot || g.role == peer_role::member))
        wrong(place_of(*table.find("churn"), "replace"),
              g.boot ? "boot nodes are known by their keys, and cannot come back as others"
                     : "members are known by their keys, and cannot come back as others",
              g.boot ? "use a group without `boot`" : "set `role = \"node\"`");
      if (g.arrive_at + g.arrive_over > s_.length)
        wrong(place_of(table, g.arrive_over > duration{} ? "arrive_over_s" : "arrive_at_s"),
              "these peers arrive after the end of the run");
      entrance = entrance || g.boot || g.start_from_cache;
      total += g.count;
    }
    if (total > peers_max)
      wrong(root_.find("peers")->value, "more than " + std::to_string(peers_max) + " peers");
    caches();
    if (!entrance && total > 1)
      wrong(item("peers", 0)->value, "no peer has `boot = true`, so that none can find another",
            "set it on a group with a public address");
  }

  /// The group, unless it stands for all; a mistake when there is none of that name.
  bool group_exists(const place& at, const std::string& name) {
    if (name == all_groups || contains(names_, name)) return true;
    unknown_name(at, "group", name, names_);
    return false;
  }
  std::uint64_t members_in(const std::string& name) const {
    std::uint64_t n = 0;
    for (const auto& g : s_.peers)
      if ((name == all_groups || g.group == name) && g.role == peer_role::member) n += g.count;
    return n;
  }

  void connect_load_of(const node& table, const connect_load& c) {
    const auto& from_at = place_of(table, "from");
    const auto& to_at = place_of(table, "to");
    if (!group_exists(from_at, c.from) || !group_exists(to_at, c.to)) return;
    const auto from = members_in(c.from), to = members_in(c.to);
    for (const auto& [at, name, number] :
         {std::tuple(&from_at, &c.from, from), std::tuple(&to_at, &c.to, to)})
      if (number == 0)
        return wrong(*at, "\"" + *name + "\" has no member to connect",
                     "its `role` is \"node\", which has no WireGuard");
    const bool same = c.from == c.to;
    // Disjoint groups, one group with itself, or one inside all: there the pairs inside count once.
    const auto both = same ? from : c.from == all_groups ? to : c.to == all_groups ? from : 0;
    const auto possible = from * to - both - (both > 1 ? both * (both - 1) / 2 : 0);
    if (possible == 0) return wrong(table.value, "there is no pair to connect: one member alone");
    if (!c.pairs && possible > pairs_max)
      return wrong(
          table.value,
          "all " + std::to_string(possible) + " pairs are more than " + std::to_string(pairs_max),
          "say how many: pairs = 1000");
    if (c.pairs && *c.pairs > possible)
      wrong(place_of(table, "pairs"), "there are only " + std::to_string(possible) + " pairs");
  }

  bool publishes(const std::string& group) const {
    return std::any_of(s_.peers.begin(), s_.peers.end(), [&](const peer_group& g) {
      return (group == all_groups || g.group == group) && g.publish;
    });
  }

  void workload() {
    for (std::size_t i = 0; i < s_.workload.size(); ++i) {
      auto& w = s_.workload[i];
      const auto& table = *item("workload", i);
      if (!w.connect && !w.lookups)
        wrong(table.value, "[[workload]] asks for nothing",
              "give it `connect` = {...}, `lookups` = {...} or both");
      if (!table.find("until_s")) w.until = s_.length;
      if (w.until > s_.length)
        wrong(place_of(table, "until_s"), "`until_s` is after the end of the run");
      else if (w.from >= w.until)
        wrong(place_of(table, "from_s"), "`from_s` is not before the end of this workload");
      if (w.connect) connect_load_of(*table.find("connect"), *w.connect);
      if (w.lookups) {
        const auto& l = *table.find("lookups");
        group_exists(place_of(l, "from"), w.lookups->from);
        if (group_exists(place_of(l, "to"), w.lookups->to) && !publishes(w.lookups->to))
          wrong(place_of(l, "to"),
                "nobody of \"" + w.lookups->to + "\" publishes a record that could be found",
                "their `publish` is false");
      }
    }
  }

  /// What a kind of event says of itself, held against the rest.
  class site final : public event_site {
   public:
    site(checker& c, const node& what) : checker_(c), what_(what) {}
    void wrong(std::string_view key, std::string message, std::string hint) override {
      checker_.wrong(place_of(what_, key), std::move(message), std::move(hint));
    }
    void group(std::string_view key, const std::string& name) override {
      checker_.group_exists(place_of(what_, key), name);
    }
    void nat_chain(std::string_view key, const std::vector<std::string>& chain) override {
      checker_.nat_chain(place_of(what_, key), chain);
    }
    const scenario& whole() const override { return checker_.s_; }

   private:
    checker& checker_;
    const node& what_;
  };

  void events() {
    for (std::size_t i = 0; i < s_.events.size(); ++i) {
      const auto& e = s_.events[i];
      const auto& table = *item("events", i);
      if (e.at > s_.length) wrong(place_of(table, "at_s"), "the run ends before that");
      if (!e.what) {
        std::string all;
        for (const event_kind* k : context_.events)
          all += (all.empty() ? "" : ", ") + std::string(k->name);
        wrong(table.value, "[[events]] says when, but not what", "one of " + all);
        continue;
      }
      site here(*this, *table.find(e.what->kind().name));
      e.what->check(here);
    }
  }

  bool is_peer(const std::string& name) const {
    for (const auto& g : s_.peers) {
      if (!g.members.empty()) {
        if (contains(g.members, name)) return true;
      } else if (g.count == 1) {
        if (name == g.group) return true;
      } else if (name.starts_with(g.group + "-")) {
        unsigned index = 0;
        const auto* end = name.data() + name.size();
        const auto parsed = std::from_chars(name.data() + g.group.size() + 1, end, index);
        if (parsed.ec == std::errc{} && index < g.count && peer_name(g, index) == name) return true;
      }
    }
    return false;
  }

  void fits_together(const expectation& e, const node& table) {
    const auto has = [&](std::string_view key) { return table.find(key) != nullptr; };
    const bool bounded = has("min") || has("max") || has("equals");
    if (has("metric") == has("pair"))
      wrong(table.value, "[[expect]] needs either `metric` or `pair`");
    else if (has("metric") && !bounded)
      wrong(table.value, "[[expect]] needs `min`, `max` or `equals`");
    else if (has("metric") && has("path"))
      wrong(place_of(table, "path"), "`path` goes with `pair`, not with `metric`");
    else if (has("pair") && bounded)
      wrong(table.value, "`min`, `max` and `equals` go with `metric`, not with `pair`");
    else if (has("pair") && !has("path"))
      wrong(table.value, "[[expect]] of a pair needs `path`",
            "\"direct\", \"relayed\", \"connected\" or \"unreachable\"");
    else if (has("pair") && e.pair.size() != 2)
      wrong(place_of(table, "pair"), "`pair` names two peers");
    else if (e.min && e.max && *e.min > *e.max)
      wrong(place_of(table, "max"), "`max` is below `min`");
    else if (e.equals && (e.min || e.max))
      wrong(place_of(table, "equals"), "`equals` leaves nothing for `min` and `max` to say");
  }

  void metric(const expectation& e, const node& table) {
    const auto known = std::find_if(context_.metrics.begin(), context_.metrics.end(),
                                    [&](const known_metric& m) { return m.name == e.metric; });
    if (known == context_.metrics.end()) {
      std::vector<std::string> names;
      for (const known_metric& m : context_.metrics) names.push_back(m.name);
      return unknown_name(place_of(table, "metric"), "metric", e.metric, names);
    }
    // Nothing is negative, and a ratio is no percentage.
    for (const auto& [key, bound] : {std::pair{"min", e.min}, {"max", e.max}, {"equals", e.equals}})
      if (bound && (*bound < 0 || *bound > known->max))
        wrong(place_of(table, key),
              "`" + std::string(key) + "` is " + format_exact(*bound) + ", and " + e.metric +
                  " is never " + (*bound < 0 ? "negative" : "above " + format_exact(known->max)),
              *bound > 1 && *bound <= 100
                  ? "a share of " + format_exact(*bound) + " % is " + format_exact(*bound / 100)
                  : "");
  }

  void expectations() {
    for (std::size_t i = 0; i < s_.expect.size(); ++i) {
      const auto& e = s_.expect[i];
      const auto& table = *item("expect", i);
      fits_together(e, table);
      if (!e.metric.empty() && !context_.metrics.empty()) metric(e, table);
      for (const auto& name : e.pair)
        if (!is_peer(name))
          wrong(
              place_of(table, "pair"), "there is no peer \"" + name + "\"",
              "a peer's name is its member name, its group's when alone, or group-0, group-1, ...");
      if (e.pair.size() == 2 && e.pair[0] == e.pair[1])
        wrong(place_of(table, "pair"), "a pair is two peers");
    }
  }

  const node& root_;
  const scenario_context& context_;
  scenario& s_;
  mistakes& out_;
  std::vector<std::string> members_, names_;
  std::set<std::string> placed_;
};

}  // namespace

void check_scenario(const node& root, const scenario_context& context, scenario& s, mistakes& out) {
  checker(root, context, s, out).run();
}

}  // namespace wh::sim::detail
