#include "sim/swarm/draw.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "sim/nat/population.hpp"
#include "sim/nat/profiles.hpp"
#include "sim/swarm/judge.hpp"
#include "transport/rng.hpp"
#include "transport/text.hpp"

namespace wh::sim::swarm {
namespace {

/// The worst faults come late: so long a world is looked at after all should be well.
constexpr double watched_s = 150;

constexpr std::uint64_t peers_max = 60;

/// Features that are no kind of event. Each is drawn in one place below, where `has` asks for it.
constexpr std::array<std::string_view, 38> place_features{
    "hard_nats",    "own_nat",       "double_nat", "lan",        "isolated_lan",  "carrier",
    "dual_stack",   "firewall",      "forwarded",  "public",     "udp_blocked",   "crowd",
    "few_boots",    "few_relays",    "full_relay", "relay_mode", "small_network", "workbit",
    "real_crypto",  "packets",       "far",        "near",       "detours",       "jitter",
    "lossy",        "bursts",        "reorder",    "duplicates", "slow_lines",    "small_mtu",
    "slow_hosts",   "late_arrivals", "clocks_off", "churn",      "population",    "comes_and_goes",
    "known_before", "neighbours"};

std::string toml_word(std::string_view word) { return "\"" + std::string(word) + "\""; }

class world_draw {
 public:
  world_draw(std::uint64_t number, std::span<const event_kind* const> kinds)
      : root_(seed{number}.derive("swarm")), kinds_(kinds), number_(number) {
    // How much of everything is in: from nearly nothing to a third.
    seeded_rng which{root_.derive("features")};
    const double share = 0.03 + 0.3 * which.unit();
    for (const std::string& f : feature_names(kinds))
      if (which.chance(share)) features_.insert(f);
  }

  drawn_world draw() {
    network();
    overlay();
    places();
    people();
    users();
    faults();
    const double well = std::ceil(end_s_ + to_seconds(longest_healing_));
    lookups(well);
    drawn_world out;
    document& d = out.what;
    put(d.top, "name", toml_word("swarm-" + std::to_string(number_)));
    put(d.top, "question", toml_word("Is all well again in the end?"));
    put(d.top, "seeds", "[" + std::to_string(number_) + "]");
    put(d.top, "duration_s", format_exact(well + watched_s));
    if (!has("real_crypto")) put(d.top, "crypto", toml_word("modelled"));
    d.sections = std::move(sections_);
    for (const std::string& f : feature_names(kinds_))
      if (used_.contains(f)) out.features.push_back(f);
    return out;
  }

 private:
  /// Whether the world has this feature; asking is using it.
  bool has(std::string_view feature) {
    if (!features_.contains(feature)) return false;
    used_.emplace(feature);
    return true;
  }

  static void put(std::vector<item>& to, std::string key, std::string value) {
    to.push_back({std::move(key), std::move(value), {}});
  }
  static std::string whole(rng& r, std::uint64_t lo, std::uint64_t hi) {
    return std::to_string(r.between(lo, hi));
  }

  void network() {
    seeded_rng r{root_.derive("network")};
    section s{"network", false, {}};
    if (has("packets") && !features_.contains("dual_stack"))
      put(s.items, "detail", toml_word("packets"));
    double detour_most = 6;
    if (has("far")) {
      const auto ms = r.between(150, 500);
      put(s.items, "latency_ms", std::to_string(ms));
      // WireGuard begins a handshake anew after 5 s, and hears no answer to the one before.
      detour_most = std::min(detour_most, 1000 / static_cast<double>(ms));
    } else if (has("near")) {
      put(s.items, "latency", toml_word("constant"));
      put(s.items, "latency_ms", drawn_number(r, 0.2, 25));
    }
    if (has("detours")) {
      put(s.items, "detour_ratio", drawn_number(r, 0.05, 0.5));
      put(s.items, "detour_factor", drawn_number(r, 1.5, detour_most));
    }
    if (has("jitter")) put(s.items, "jitter_ms", drawn_number(r, 5, 100));
    if (has("lossy")) put(s.items, "loss_ratio", drawn_number(r, 0.002, 0.05));
    if (has("reorder")) put(s.items, "reorder_ratio", drawn_number(r, 0.005, 0.3));
    if (has("duplicates")) put(s.items, "duplicate_ratio", drawn_number(r, 0.005, 0.3));
    if (!s.items.empty()) sections_.push_back(std::move(s));
  }

  void overlay() {
    seeded_rng r{root_.derive("overlay")};
    section s{"overlay", false, {}};
    put(s.items, "workbit", has("workbit") ? whole(r, 1, 10) : "0");
    if (has("small_network")) {
      put(s.items, "k", whole(r, 4, 19));
      put(s.items, "paths", whole(r, 1, 4));
      put(s.items, "alpha", whole(r, 1, 5));
    }
    sections_.push_back(std::move(s));
  }

  /// The boxes that this world's hosts may stand behind: few, so that a world is about something.
  void places() {
    seeded_rng r{root_.derive("places")};
    static constexpr std::array<std::string_view, 5> easy{"linux_masquerade", "openwrt", "fullcone",
                                                          "cone_restricted_old", "cisco_asa"};
    for (std::uint64_t n = r.between(1, 2); n > 0; --n)
      boxes_.push_back(toml_word(easy[r.below(easy.size())]));
    if (has("hard_nats")) {
      const auto all = nat::profiles();
      for (std::uint64_t n = r.between(1, 3); n > 0; --n) {
        const auto& p = all[r.below(all.size())];
        if (p.behaviour.udp == nat::udp_policy::allowed && p.name != "ipv6_firewall")
          boxes_.push_back(toml_word(p.name));
      }
    }
    if (has("own_nat")) {
      own_nat(r);
      boxes_.push_back(toml_word("own"));
    }
    if (has("carrier")) {
      section s{"carriers", true, {}};
      put(s.items, "name", toml_word("carrier"));
      put(s.items, "nat", toml_word(r.chance(0.5) ? "cgn_eim" : "cgn_symmetric"));
      // Homes that reach each other inside of it: the protocol does not look for such ways yet.
      put(s.items, "isolated", "true");
      sections_.push_back(std::move(s));
      carrier_ = true;
    }
  }

  void own_nat(rng& r) {
    section s{"nats", true, {}};
    put(s.items, "name", toml_word("own"));
    put(s.items, "like", toml_word("linux_masquerade"));
    const auto word = [&](const char* key, const auto& words, std::size_t leave_out = 0) {
      const auto among = std::span(words).subspan(leave_out);
      const bool given = r.chance(0.5);
      const std::size_t which = given ? r.below(among.size()) : 0;
      if (given) put(s.items, key, toml_word(among[which]));
      return leave_out + which;
    };
    static constexpr std::array<std::string_view, 3> mappings{"eim", "adm", "apdm"};
    static constexpr std::array<std::string_view, 3> filters{"eif", "adf", "apdf"};
    static constexpr std::array<std::string_view, 3> ports{"preserve", "sequential", "random"};
    static constexpr std::array<std::string_view, 3> unsolicited{"drop", "reject", "accept"};
    static constexpr std::array<std::string_view, 3> hairpins{"none", "internal_source",
                                                              "external_source"};
    static constexpr std::array<std::string_view, 2> refreshes{"outbound", "both"};
    const bool varies = word("mapping", mappings) > 0;
    // No device is known whose mapping varies and that lets everybody in.
    word("filtering", filters, varies ? 1 : 0);
    word("ports", ports);
    word("unsolicited", unsolicited);
    word("hairpin", hairpins);
    word("refresh", refreshes);
    if (r.chance(0.5)) {
      const double fresh = static_cast<double>(r.between(10, 60));
      put(s.items, "timeout_new_s", format_exact(fresh));
      put(s.items, "timeout_stream_s",
          format_exact(fresh + static_cast<double>(r.between(0, 200))));
    }
    if (r.chance(0.2)) put(s.items, "external_addresses", whole(r, 2, 4));
    sections_.push_back(std::move(s));
  }

  std::string nat_of(rng& r) {
    const std::string inner = boxes_[r.below(boxes_.size())];
    if (!has("double_nat") || r.chance(0.5)) return inner;
    return "[" + inner + ", " + boxes_[r.below(boxes_.size())] + "]";
  }

  section& group(std::string name, std::uint64_t count, std::string_view role) {
    section s{"peers", true, {}};
    put(s.items, "group", toml_word(name));
    if (count > 1) put(s.items, "count", std::to_string(count));
    if (role == "node") put(s.items, "role", toml_word(role));
    groups_.push_back(
        {std::move(name), static_cast<unsigned>(count), role == "member", false, false, false, {}});
    sections_.push_back(std::move(s));
    return sections_.back();
  }

  void line(rng& r, std::vector<item>& to) {
    std::vector<item> keys;
    if (has("slow_lines")) {
      put(keys, "up_kbps", whole(r, 128, 5000));
      put(keys, "down_kbps", whole(r, 256, 20000));
      put(keys, "delay_ms", whole(r, 1, 60));
    }
    if (has("small_mtu")) put(keys, "mtu_bytes", whole(r, 1380, 1480));
    if (has("bursts")) {
      item burst{"burst", {}, {}};
      put(burst.table, "enter_ratio", drawn_number(r, 0.001, 0.01));
      put(burst.table, "leave_ratio", drawn_number(r, 0.1, 0.5));
      keys.push_back(std::move(burst));
    }
    if (!keys.empty()) to.push_back({"line", {}, std::move(keys)});
  }

  /// Nodes that come and go all the time, and carry nothing for others.
  void churners(rng& r) {
    std::uint64_t others = 6;  // members, who come last
    for (const drawn_group& g : groups_) others += g.count;
    section& s = group("churner", std::min(r.between(3, 15), peers_max - others), "node");
    if (r.chance(0.5)) box(r, s.items);
    static constexpr std::array<std::string_view, 3> laws{"exponential", "weibull", "constant"};
    item churn{"churn", {}, {}};
    put(churn.table, "session", toml_word(laws[r.below(laws.size())]));
    put(churn.table, "scale_s", drawn_number(r, 10, 200));
    if (r.chance(0.7)) put(churn.table, "offline_scale_s", drawn_number(r, 1, 60));
    if (r.chance(0.3)) put(churn.table, "replace", "true");
    s.items.push_back(std::move(churn));
    habits(r, s);
  }

  /// Boxes of one kind in front of each host of the group, or as a population has them.
  void box(rng& r, std::vector<item>& to) {
    groups_.back().boxed = true;
    if (has("population") && r.chance(0.5)) {
      const auto all = nat::population_names();
      put(to, "population", toml_word(all[r.below(all.size())]));
    } else {
      put(to, "nat", nat_of(r));
    }
  }

  /// What any peer may have.
  void habits(rng& r, section& s) {
    const auto given = [&](std::string_view key) {
      return std::any_of(s.items.begin(), s.items.end(),
                         [&](const item& i) { return i.key == key; });
    };
    // Who stands still at a public address, and is no boot node, is whom an earlier life may know.
    const bool known = std::any_of(groups_.begin(), groups_.end(),
                                   [](const drawn_group& g) { return g.name == "relay"; });
    if (known && has("known_before") && r.chance(0.5)) put(s.items, "start_from_cache", "true");
    if (given("count") && !given("shared_nat") && !given("carrier") && has("neighbours") &&
        r.chance(0.5))
      put(s.items, "per_24", whole(r, 2, 8));
    if (has("dual_stack")) {
      put(s.items, "family", toml_word("dual"));
      if (groups_.back().members && r.chance(0.7)) put(s.items, "nat6", toml_word("ipv6_firewall"));
    }
    if (has("slow_hosts") && r.chance(0.5)) put(s.items, "work_ms", drawn_number(r, 0.1, 5));
    if (has("clocks_off") && r.chance(0.5))
      put(s.items, "clock_off_s", (r.chance(0.5) ? "-" : "") + whole(r, 1, 40));
  }

  void people() {
    seeded_rng r{root_.derive("people")};
    const std::uint64_t boots = has("few_boots") ? 1 : r.between(2, 3);
    {
      section& s = group("boot", boots, "node");
      put(s.items, "boot", "true");
      if (!has("few_relays") || r.chance(0.5)) {
        put(s.items, "relay", "true");
        groups_.back().relays = true;
      }
      groups_.back().boots = true;
      habits(r, s);
    }
    const bool lacking = !groups_.back().relays;
    std::uint64_t relays = lacking ? 1 : has("few_relays") ? r.below(2) : r.between(0, 4);
    if (relays > 0) {
      section& s = group("relay", relays, "node");
      put(s.items, "relay", "true");
      groups_.back().relays = true;
      if (has("full_relay")) put(s.items, "relay_guests", whole(r, 0, 2));
      if (has("relay_mode")) put(s.items, "mode", toml_word("direct"));
      habits(r, s);
      arrival(r, s, 0);
    }
    if (has("crowd")) {
      section& s = group("crowd", r.between(4, 40), "node");
      if (r.chance(0.7)) box(r, s.items);
      habits(r, s);
      arrival(r, s, 0);
      // A crowd that starts in one moment has no strangers left (README).
      put(s.items, "arrive_over_s", whole(r, 5, 60));
    }
    if (has("churn")) churners(r);
    static constexpr std::array<const char*, 4> names{"a", "b", "c", "d"};
    const std::uint64_t kinds = r.between(1, 3);
    for (std::uint64_t i = 0; i < kinds; ++i) {
      section& s = group(names[i], kinds == 1 ? r.between(2, 3) : r.between(1, 2), "member");
      place(r, s);
      groups_.back().another_nat = nat_of(r);
      habits(r, s);
      line(r, s.items);
      arrival(r, s, 4);
    }
  }

  /// Where a group of members is.
  void place(rng& r, section& s) {
    drawn_group& g = groups_.back();
    if (has("public") && r.chance(0.4)) return;
    g.boxed = true;
    if (has("udp_blocked") && r.chance(0.3)) return put(s.items, "nat", toml_word("udp_blocked"));
    if (has("firewall") && r.chance(0.4))
      return put(s.items, "nat", toml_word("stateful_firewall"));
    if (has("population") && r.chance(0.4)) return box(r, s.items);
    std::string nat = nat_of(r);
    const bool in_carrier = carrier_ && r.chance(0.6);
    // Behind two boxes nobody tells what the inner one looks like from its outside: two in a LAN
    // that parts them do not know to meet there yet.
    const bool one_box = nat.front() != '[' && !in_carrier;
    put(s.items, "nat", std::move(nat));
    if (g.count > 1 && has("lan")) {
      put(s.items, "shared_nat", "true");
      if (has("isolated_lan") && one_box) put(s.items, "isolated", "true");
    }
    if (in_carrier) put(s.items, "carrier", toml_word("carrier"));
    if (has("forwarded") && r.chance(0.5)) put(s.items, "forwarded", "true");
  }

  void arrival(rng& r, section& s, double from) {
    double at = from;
    if (has("late_arrivals") && r.chance(0.6)) at += std::round(r.unit() * 60);
    if (at > 0) put(s.items, "arrive_at_s", format_exact(at));
    moments_.push_back(at);
  }

  /// Everybody wants everybody, at most until `until_s`.
  void pings(rng& r, double from_s, double until_s = 0) {
    section s{"workload", true, {}};
    put(s.items, "from_s", format_exact(from_s));
    if (until_s > 0) put(s.items, "until_s", format_exact(until_s));
    put(s.items, "connect", {});
    s.items.back().table = {{"from", toml_word("all"), {}}};
    if (r.chance(0.3)) put(s.items, "ping_interval_s", drawn_number(r, 0.2, 5));
    sections_.push_back(std::move(s));
    moments_.push_back(from_s);
  }

  void users() {
    seeded_rng r{root_.derive("users")};
    double wanted = r.chance(0.3) ? 5 : static_cast<double>(r.between(10, 40));
    if (has("comes_and_goes")) {
      const double over = wanted + static_cast<double>(r.between(2, 40));
      pings(r, wanted, over);
      wanted = over + static_cast<double>(r.between(1, 90));
    }
    pings(r, wanted);
    end_s_ = std::max(wanted, *std::max_element(moments_.begin(), moments_.end()));
  }

  /// When all should be well, everybody looks for everybody.
  void lookups(double from) {
    section s{"workload", true, {}};
    put(s.items, "from_s", format_exact(from));
    s.items.push_back({"lookups", {}, {{"per_s", "0.5", {}}}});
    sections_.push_back(std::move(s));
  }

  class fault final : public event_draw {
   public:
    fault(rng& r, std::span<const drawn_group> groups) : r_(r), groups_(groups) {}
    rng& chance() override { return r_; }
    std::span<const drawn_group> groups() const override { return groups_; }
    void put(std::string_view key, std::string value) override {
      if (key == "lasts_s") lasts_s = std::stod(value);
      keys.push_back({std::string(key), std::move(value), {}});
    }
    std::vector<item> keys;
    double lasts_s = 0;

   private:
    rng& r_;
    std::span<const drawn_group> groups_;
  };

  /// Faults at bad moments as well as at any: just after something began or was over, and several
  /// at once.
  void faults() {
    seeded_rng r{root_.derive("faults")};
    std::vector<const event_kind*> drawn;
    for (const event_kind* k : kinds_)
      if (has(k->name)) drawn.push_back(k);
    if (drawn.empty()) return;
    const double last = 60 + 60 * r.unit();
    for (std::uint64_t n = r.between(1, 6); n > 0; --n) {
      const event_kind& k = *drawn[r.below(drawn.size())];
      double at = 1 + r.unit() * last;
      if (r.chance(0.6)) at = moments_[r.below(moments_.size())] + std::pow(r.unit(), 3) * 10;
      at = std::round(at * 1000) / 1000;
      fault f(r, groups_);
      if (!k.draw(f)) continue;
      section s{"events", true, {}};
      put(s.items, "at_s", format_exact(at));
      s.items.push_back({std::string(k.name), {}, std::move(f.keys)});
      sections_.push_back(std::move(s));
      moments_.push_back(at);
      moments_.push_back(at + f.lasts_s);
      end_s_ = std::max(end_s_, at + f.lasts_s);
      longest_healing_ = std::max({longest_healing_, k.heals.connected, k.heals.direct});
    }
  }

  seed root_;
  std::span<const event_kind* const> kinds_;
  std::uint64_t number_;
  std::set<std::string, std::less<>> features_, used_;
  std::vector<section> sections_;
  std::vector<drawn_group> groups_;
  std::vector<std::string> boxes_;  ///< TOML
  bool carrier_ = false;
  std::vector<double> moments_;  ///< something begins, or is over
  double end_s_ = 0;             ///< of the last of them
  duration longest_healing_ = healing_of_beginnings.direct;
};

}  // namespace

std::vector<std::string> feature_names(std::span<const event_kind* const> kinds) {
  std::vector<std::string> all(place_features.begin(), place_features.end());
  for (const event_kind* k : kinds) all.emplace_back(k->name);
  return all;
}

drawn_world draw(std::uint64_t number, std::span<const event_kind* const> kinds) {
  return world_draw(number, kinds).draw();
}

}  // namespace wh::sim::swarm
