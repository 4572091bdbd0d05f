#include <algorithm>
#include <set>

#include "sim/nat/oracle.hpp"
#include "sim/scenario/check/desk.hpp"
#include "sim/scenario/churn_trace.hpp"
#include "sim/scenario/limits.hpp"

namespace wh::sim::detail {

namespace {

class peers_check {
 public:
  explicit peers_check(desk& d) : d_(d) {}

  void run() {
    std::uint64_t total = 0;
    bool entrance = d_.s.overlay.network_file.has_value();
    for (std::size_t i = 0; i < d_.s.peers.size(); ++i) {
      auto& g = d_.s.peers[i];
      const auto& table = d_.item("peers", i);
      name(table, g.group);
      members(table, g);
      boxes(table, g);
      line(table, g);
      churn(table, g);
      if (g.arrive_at + g.arrive_over > d_.s.length)
        d_.wrong(table, g.arrive_over > duration{} ? "arrive_over_s" : "arrive_at_s",
                 "these peers arrive after the end of the run");
      entrance = entrance || g.boot || g.start_from_cache;
      total += g.count;
    }
    if (total > peers_max)
      d_.wrong(d_.tree.find("peers")->value, "more than " + std::to_string(peers_max) + " peers");
    caches();
    if (!entrance && total > 1)
      d_.wrong(d_.item("peers", 0).value,
               "no peer has `boot = true`, so that none can find another",
               "set it on a group with a public address");
  }

 private:
  void name(const node& table, const std::string& group) {
    if (group == all_groups)
      return d_.wrong(table, "group", "\"all\" stands for every group; call this one otherwise");
    if (!is_plain_name(group))
      return d_.wrong(table, "group", "a group's name holds letters, digits, - and _ only");
    if (!names_.insert(group).second)
      d_.wrong(table, "group", "two groups are called \"" + group + "\"");
  }

  void members(const node& table, peer_group& g) {
    if (g.members.empty()) return;
    if (!d_.s.overlay.network_file)
      return d_.wrong(table, "members", "`members` are names of a network file, and there is none",
                      "set `network_file` in [overlay]");
    const auto number = static_cast<unsigned>(g.members.size());
    if (table.find("count") && g.count != number)
      return d_.wrong(table, "count",
                      "`count` is " + std::to_string(g.count) + ", but `members` names " +
                          std::to_string(number),
                      "leave `count` out");
    g.count = number;
    const auto* list = table.find("members");
    for (std::size_t i = 0; i < g.members.size(); ++i) {
      const auto& where = list->kind == node_kind::list ? list->items[i].value : list->value;
      const bool known = d_.members.empty() || std::find(d_.members.begin(), d_.members.end(),
                                                         g.members[i]) != d_.members.end();
      if (!placed_.insert(g.members[i]).second)
        d_.wrong(where, "\"" + g.members[i] + "\" has two places");
      else if (!known)
        d_.unknown_name(where, "member", g.members[i], d_.members);
    }
  }

  void boxes(const node& table, const peer_group& g) {
    if (!g.nat.empty() && !d_.nat_chain(desk::place_of(table, "nat"), g.nat)) return;
    if (!g.nat6.empty() && !d_.nat_chain(desk::place_of(table, "nat6"), g.nat6)) return;
    if (!g.population.empty() && !g.nat.empty())
      return d_.wrong(table, "population",
                      "`population` chooses each peer's NAT, and `nat` does too",
                      "leave one of them out");
    const bool carried = carrier(table, g);
    const bool v4 = g.family != address_family::ipv6;
    const bool boxed = !g.nat.empty() || !g.population.empty() || carried;
    if (g.shared_nat && g.nat.empty())
      d_.wrong(table, "shared_nat", "`shared_nat` needs `nat`: there is no box to share");
    d_.idle_key(table, "isolated", g.shared_nat, "the hosts share no LAN (`shared_nat`)");
    d_.idle_key(table, "forwarded", boxed, "there is no box that could forward");
    d_.idle_key(table, "per_24", !g.shared_nat && !carried, "all are behind one address");
    d_.idle_key(table, "nat6", g.family != address_family::ipv4, "`family` is \"ipv4\"");
    for (const char* key : {"nat", "population", "carrier"})
      d_.idle_key(table, key, v4,
                  "`family` is \"ipv6\", which no NAT translates; `nat6` is for it");
    if (g.family != address_family::ipv4 && d_.s.network.detail == network_detail::packets)
      d_.wrong(table, "family", "`detail = \"packets\"` carries IPv4 only",
               "set `detail = \"cloud\"` in [network]");
    for (const auto& name : g.nat6)
      if (d_.boxes->profile(name)->behaviour.mapping != nat::mapping_kind::none)
        d_.wrong(table, "nat6", "`" + name + "` translates, and IPv6 is not translated",
                 "use a firewall, such as ipv6_firewall");
    if (g.boot) boot(table, g);
  }

  bool carrier(const node& table, const peer_group& g) {
    if (g.carrier.empty()) return false;
    std::vector<std::string> names;
    for (const auto& c : d_.s.carriers) names.push_back(c.name);
    if (std::find(names.begin(), names.end(), g.carrier) != names.end()) return true;
    d_.unknown_name(desk::place_of(table, "carrier"), "carrier", g.carrier, names);
    return false;
  }

  /// The others know a boot node's endpoint, which somebody must be able to reach.
  void boot(const node& table, const peer_group& g) {
    if (!g.population.empty())
      return d_.wrong(
          table, "boot",
          "boot nodes whose boxes are drawn from a population are not all to be reached",
          "leave `population` out: boot nodes have public addresses");
    const auto open = [&](const std::vector<std::string>& chain) {
      std::vector<const nat::config*> all;
      for (const auto& n : chain) all.push_back(&d_.boxes->profile(n)->behaviour);
      return nat::effective(all).kind == nat::nat_class::pub;
    };
    const bool v4 =
        g.family != address_family::ipv6 && (g.forwarded || (open(g.nat) && g.carrier.empty()));
    const bool v6 = g.family != address_family::ipv4 && open(g.nat6);
    if (v4 || v6) return;
    d_.wrong(table, "boot",
             "nobody can reach boot nodes behind `" +
                 (g.nat.empty() ? g.nat6.empty() ? g.carrier : g.nat6.front() : g.nat.front()) +
                 "`, which lets in only whom it has sent to",
             "leave the box out, or set `forwarded = true`");
  }

  void line(const node& table, const peer_group& g) {
    if (!g.line) return;
    d_.idle_key(*table.find("line"), "queue_ms", g.line->up_kbps > 0 || g.line->down_kbps > 0,
                "a line without `up_kbps` or `down_kbps` has no queue");
  }

  void churn(const node& table, peer_group& g) {
    if (!g.churn) return;
    auto& c = *g.churn;
    const auto& t = *table.find("churn");
    if (c.replace && (g.boot || g.role == peer_role::member))
      d_.wrong(t, "replace",
               g.boot ? "boot nodes are known by their keys, and cannot come back as others"
                      : "members are known by their keys, and cannot come back as others",
               g.boot ? "use a group without `boot`" : "set `role = \"node\"`");
    const bool recorded = !c.trace_file.empty();
    const std::string by_trace = "`trace_file` says when peers come and go";
    for (const char* key : {"session", "scale_s", "offline", "offline_scale_s", "day"})
      d_.idle_key(t, key, !recorded, by_trace);
    d_.idle_key(t, "shape", !recorded && c.online.model == session_model::weibull,
                recorded ? by_trace : "it is the Weibull's");
    d_.idle_key(t, "offline_shape", !recorded && c.offline.model == session_model::weibull,
                recorded ? by_trace : "it is the Weibull's");
    for (const char* key : {"arrive_at_s", "arrive_over_s"})
      d_.idle_key(table, key, !recorded, by_trace);
    if (!recorded) return;
    const auto& at = desk::place_of(t, "trace_file");
    const auto found = d_.find_input(at, "trace of churn", c.trace_file);
    if (!found) return;
    c.trace_file = found->string();
    const auto sessions = parse_churn_trace(d_.s.input(*found), g.count);
    if (!sessions)
      d_.wrong({c.trace_file, static_cast<unsigned>(sessions.error().line), 1, 1, {}},
               sessions.error().message);
  }

  /// Endpoints that an earlier life would have saved: public ones, and not those that everybody
  /// knows anyway.
  void caches() {
    const bool held = std::any_of(d_.s.peers.begin(), d_.s.peers.end(), [](const peer_group& g) {
      return !g.boot && g.nat.empty() && g.population.empty() && g.carrier.empty();
    });
    if (held) return;
    for (std::size_t i = 0; i < d_.s.peers.size(); ++i)
      if (d_.s.peers[i].start_from_cache)
        d_.wrong(d_.item("peers", i), "start_from_cache",
                 "no peer could have been saved: none but boot nodes has a public address",
                 "add a group without `nat`, `population` and `boot`");
  }

  desk& d_;
  std::set<std::string> names_, placed_;
};

}  // namespace

void check_peers(desk& d) { peers_check(d).run(); }

}  // namespace wh::sim::detail
