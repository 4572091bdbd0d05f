#include "sim/swarm/judge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "transport/text.hpp"

namespace wh::sim::swarm {
namespace {

/// Clocks that are further off than this are not believed (record/SPEC.md).
constexpr double clock_off_most_s = 250;
/// Gaps that loss alone makes: a gap counts from the first of two packets to what comes back next.
constexpr duration gap_of_loss = 20s;
constexpr int pings_of_loss = 6;
constexpr duration burst_slack = 60s;
/// Datagrams a second that a host sends by itself when nothing happens; and what a relay passes on
/// between two that it keeps together, payload left out.
constexpr double idle_packets_per_s = 20, kept_together_per_s = 4;
/// One round of publishing, which may fall into any window: a question and a store for each holder,
/// with handshakes.
constexpr double published_packets = 5, holders_max = 40;

/// What a run is judged by: who is there, when all should be well, and what the world allows.
struct evidence {
  const scenario& s;
  const report& r;
  std::map<std::string_view, const host_row*> hosts;
  std::map<std::string_view, condition> conditions;  ///< by group
  duration calm{};                                   ///< the last fault is over
  duration connected_by{}, direct_by{};
  duration loss_gap = gap_of_loss;
  bool relay_for_all = false;

  evidence(const scenario& sc, const report& rep) : s(sc), r(rep) {
    for (const host_row& h : r.hosts) hosts.emplace(h.name, &h);
    for (const peer_group& g : s.peers) {
      condition c{std::abs(g.clock_off_s), g.relay_guests};
      for (const event_item& e : s.events) e.what->leaves(g, c);
      conditions.emplace(g.group, c);
    }
    for (const event_item& e : s.events) {
      const duration over = (e.every > duration{} ? s.length : e.at) + e.what->lasts();
      later(over, e.what->heals());
    }
    for (const workload_item& w : s.workload)
      loss_gap = std::max(loss_gap, w.ping_interval * pings_of_loss);
    for (const host_row& h : r.hosts)
      if (h.began && stays(h)) later(*h.began, healing_of_beginnings);
    for (const pair_row& p : r.pairs)
      if (p.asked) later(*p.asked, healing_of_beginnings);
    relay_for_all = std::any_of(s.peers.begin(), s.peers.end(), [&](const peer_group& g) {
      return g.relay && !g.churn && g.nat.empty() && g.population.empty() && serves_all(g);
    });
  }

  void later(duration over, const healing& h) {
    calm = std::max(calm, over);
    connected_by = std::max(connected_by, over + h.connected);
    direct_by = std::max(direct_by, over + h.direct);
  }
  /// It does not come and go all the time.
  bool stays(const host_row& h) const {
    const peer_group* g = s.find_group(h.group);
    return g == nullptr || !g->churn;
  }
  std::size_t guests() const {
    return static_cast<std::size_t>(
        std::count_if(r.hosts.begin(), r.hosts.end(),
                      [](const host_row& h) { return h.online && h.nat_class != "PUB"; }));
  }
  bool clock_is_right(const host_row& h) const {
    return conditions.at(h.group).clock_off_s <= clock_off_most_s;
  }
  /// One of the group runs, has room for everybody, and has found out that strangers reach it.
  bool serves_all(const peer_group& g) const {
    const condition& c = conditions.at(g.group);
    if (c.relay_guests < guests() || c.clock_off_s > clock_off_most_s) return false;
    return std::any_of(r.hosts.begin(), r.hosts.end(), [&](const host_row& h) {
      return h.group == g.group && h.online && (h.serves || g.boot);
    });
  }
  /// It can be asked by anybody, and others know that: boot nodes are known for it, others have to
  /// have found out.
  bool answers(const host_row& h) const {
    const peer_group* g = s.find_group(h.group);
    return h.online && stays(h) && h.nat_class == "PUB" &&
           (h.serves || (g != nullptr && g->boot)) && clock_is_right(h);
  }
  std::size_t answering() const {
    return static_cast<std::size_t>(std::count_if(r.hosts.begin(), r.hosts.end(),
                                                  [&](const host_row& h) { return answers(h); }));
  }
  /// Its box has more than one address outside, so that two behind it do not see that it is one.
  bool has_many_addresses(std::string_view name) const {
    const peer_group* g = s.find_group(host(name).group);
    return g != nullptr && std::any_of(g->nat.begin(), g->nat.end(), [&](const std::string& n) {
             return s.boxes->profile(n)->behaviour.external_addresses > 1;
           });
  }
  const host_row& host(std::string_view name) const { return *hosts.at(name); }
  /// What a pair can have in the end, by its boxes and by who relays.
  bool can_meet(const pair_row& p) const {
    if (!p.online || !relay_for_all) return false;
    // Users want it no more, or never did while both ran.
    if (!p.asked || (p.until && *p.until < connected_by)) return false;
    for (const auto& n : {p.from, p.to})
      if (!clock_is_right(host(n))) return false;
    // Two whom strangers reach keep no relay to be met at.
    if (p.oracle.from_class == "PUB" && p.oracle.to_class == "PUB" && !p.oracle.o1) return false;
    return p.oracle.from_class != "UDPB" && p.oracle.to_class != "UDPB";
  }
  /// When a pair should have payload: long ways take longer, lookup and handshakes being some eight
  /// round trips.
  duration connected_by_of(const pair_row& p) const {
    duration d = connected_by + 8 * p.round_trip.value_or(duration{});
    // A burst ends with so many packets, and who tries again and again sends few.
    for (const std::string& n : {p.from, p.to})
      if (const peer_group* g = s.find_group(host(n).group); g && g->line && g->line->burst)
        d += burst_slack;
    return d;
  }
  bool can_be_direct(const pair_row& p) const { return can_meet(p) && p.oracle.o1; }
};

std::string pair_name(const pair_row& p) { return p.from + " - " + p.to; }
std::string at(duration d) { return format_duration(d); }

/// What a rule has found: of whom, and what `wh why` says of it.
struct told {
  std::string cause, text;
};
using findings = std::vector<told>;

/// Pairs that have no payload when they should.
void look_at_paths(const evidence& e, findings& out) {
  for (const pair_row& p : e.r.pairs) {
    const duration by = e.connected_by_of(p);
    if (!e.can_meet(p) || e.s.length <= by) continue;
    const auto say = [&](const std::string& when) {
      out.push_back(
          {p.reason, pair_name(p) + " had no payload " + when + "; by " + at(by) + " it should"});
    };
    if (!p.time_to_first_payload) {
      say("at all");
    } else if (const duration first = *p.asked + *p.time_to_first_payload; first > by) {
      say("until " + at(first));
    } else {
      for (const pair_row::outage& o : p.outages)
        if (!o.interrupted && o.from <= e.calm && o.until.value_or(e.s.length) > by)
          say("from " + at(o.from) + " to " + (o.until ? at(*o.until) : std::string("the end")));
    }
  }
}

/// Pairs that lose their path again, though nothing happens any more.
void look_at_steadiness(const evidence& e, findings& out) {
  for (const pair_row& p : e.r.pairs) {
    if (!e.can_meet(p)) continue;
    for (const pair_row::outage& o : p.outages) {
      const duration until = o.until.value_or(e.s.length), lasted = until - o.from;
      if (o.interrupted || o.from <= e.calm || until <= e.connected_by_of(p) ||
          lasted <= e.loss_gap)
        continue;
      out.push_back({p.reason, pair_name(p) + " had no payload from " + at(o.from) + " on for " +
                                   at(lasted) + ", after the last fault at " + at(e.calm)});
    }
  }
}

/// Pairs that stay relayed though nothing stands between them that cannot be opened.
void look_at_directness(const evidence& e, findings& out) {
  if (e.s.length <= e.direct_by) return;
  for (const pair_row& p : e.r.pairs) {
    if (!e.can_be_direct(p) || p.path == path_kind::direct) continue;
    // A lost packet or two send payload by the relay for a while.
    const auto lately = std::max(e.direct_by, e.s.length - 30s);
    bool was = false;
    for (std::size_t i = 0; i < p.stays.size(); ++i)
      was = was || (p.stays[i].state == "direct" &&
                    (i + 1 == p.stays.size() || p.stays[i + 1].from > lately));
    if (!was)
      out.push_back({p.reason, pair_name(p) + " is not direct at the end, " + at(e.s.length) +
                                   "; by " + at(e.direct_by) + " it should"});
  }
}

void look_at_joining(const evidence& e, findings& out) {
  if (e.s.length <= e.connected_by) return;
  for (const host_row& h : e.r.hosts)
    if (h.online && e.stays(h) && !h.joined && h.nat_class != "UDPB" && e.clock_is_right(h) &&
        e.answering() > (e.answers(h) ? 1U : 0U))
      out.push_back({{}, h.name + " runs since " + at(*h.began) + " and is not in the DHT"});
}

/// Records that nobody finds.
void look_at_lookups(const evidence& e, findings& out) {
  struct tally {
    unsigned tried = 0, found = 0;
  };
  std::map<std::string, tally> of;
  for (const lookup_row& l : e.r.lookups) {
    if (l.began < e.connected_by || l.sought.empty() || l.outcome == "left" ||
        l.began + l.took + 1s > e.s.length)
      continue;
    const host_row &from = e.host(l.from), &to = e.host(l.sought);
    if (!to.online || !e.stays(from) || !e.stays(to) || from.nat_class == "UDPB" ||
        to.nat_class == "UDPB" || !e.clock_is_right(from) || !e.clock_is_right(to))
      continue;
    ++of[l.sought].tried;
    of[l.sought].found += l.outcome == "found" ? 1 : 0;
  }
  for (const auto& [who, x] : of)
    if (x.tried >= 3 && x.found * 2 < x.tried)
      out.push_back({{},
                     "the record of " + who + " was found " + std::to_string(x.found) +
                         " times of " + std::to_string(x.tried) + ", long after the last fault"});
}

void look_at_homes(const evidence& e, findings& out) {
  if (e.s.length <= e.connected_by || !e.relay_for_all) return;
  for (const peer_group& g : e.s.peers) {
    if (g.role != peer_role::member || g.forwarded) continue;
    // The last moment may lie in a burst of losses, in which a home is silent.
    if (g.line && g.line->burst) continue;
    for (const host_row& h : e.r.hosts)
      if (h.group == g.group && h.online && h.homes == 0 && !h.serves && h.nat_class != "PUB" &&
          h.nat_class != "UDPB" && e.clock_is_right(h))
        out.push_back({{}, h.name + " is at no relay at the end, though one has room"});
  }
}

void look_at_idling(const evidence& e, findings& out) {
  const auto relayed =
      static_cast<double>(std::count_if(e.r.pairs.begin(), e.r.pairs.end(), [](const pair_row& p) {
        return p.path == path_kind::relayed;
      }));
  const double round =
      published_packets * std::min(static_cast<double>(e.r.hosts.size()), holders_max);
  for (const host_row& h : e.r.hosts) {
    if (h.own.empty() || !h.online || !e.stays(h)) continue;
    const double window_s = to_seconds(e.s.length) / static_cast<double>(h.own.size());
    if (to_seconds(e.s.length) - window_s < to_seconds(e.direct_by)) continue;
    const double rate = static_cast<double>(h.own.back().packets) / window_s;
    if (rate > idle_packets_per_s + kept_together_per_s * relayed + round / window_s)
      out.push_back({{},
                     h.name + " sends " + format_number(rate) +
                         " datagrams/s of its own at the end, though nothing happens"});
  }
}

/// What `wh why` says, held against the boxes: it must not be taken for an accident where no
/// direct path can be had.
void look_at_reasons(const evidence& e, findings& out) {
  // A mapping that varies shows to two who are asked, and no fewer.
  // One that begins to vary shows to three.
  const bool changes = std::any_of(e.s.events.begin(), e.s.events.end(), [](const event_item& x) {
    return x.what->kind().name == "nat_change";
  });
  if (e.s.length <= e.direct_by || e.answering() < (changes ? 3U : 2U)) return;
  for (const pair_row& p : e.r.pairs) {
    if (!e.can_meet(p) || p.path != path_kind::relayed) continue;
    if (p.oracle.reason == "no_hairpin" && e.has_many_addresses(p.from)) continue;
    if (!p.oracle.o1 && (p.reason == "no_answer" || p.reason.empty()))
      out.push_back({p.oracle.reason, pair_name(p) + " says `" + p.reason +
                                          "`, but it cannot be direct: " + p.oracle.reason});
  }
}

template <invariant I>
void look_at_invariant(const evidence& e, findings& out) {
  if (!e.r.invariants) return;
  const invariant_row& row = (*e.r.invariants)[static_cast<std::size_t>(I)];
  if (row.broken > 0)
    out.push_back({{},
                   row.first + "; " + std::to_string(row.broken) + " times of " +
                       std::to_string(row.checked)});
}

struct rule {
  rule_text text;
  void (*look)(const evidence&, findings&);
};

template <invariant I>
constexpr rule never_broken() {
  const invariant_text& t = invariant_texts[static_cast<std::size_t>(I)];
  return {{t.name, t.about}, look_at_invariant<I>};
}

constexpr std::array all_rules{
    rule{{crash_rule, "The run ends by itself, with no check of the program broken."}, nullptr},
    rule{{endless_rule, "The run ends."}, nullptr},
    rule{{repeat_rule, "The same world and seed make the same trace."}, nullptr},
    never_broken<invariant::counter>(),
    never_broken<invariant::forward>(),
    never_broken<invariant::said>(),
    never_broken<invariant::payload>(),
    never_broken<invariant::clear>(),
    never_broken<invariant::threefold>(),
    never_broken<invariant::opening>(),
    never_broken<invariant::bounds>(),
    rule{{"path", "In the end payload passes between every two members that can have a path."},
         look_at_paths},
    rule{
        {"steady", "Once all is well, no pair loses its path again for longer than loss explains."},
        look_at_steadiness},
    rule{{"direct", "In the end every pair is direct whose boxes allow it (oracle, O1)."},
         look_at_directness},
    rule{{"joined", "In the end every peer that runs is in the DHT."}, look_at_joining},
    rule{{"record", "In the end the record of every peer that runs is found."}, look_at_lookups},
    rule{
        {"home", "In the end every member behind a box is at a relay, where one has room for all."},
        look_at_homes},
    rule{{"idle",
          "In the end no host sends more than 20 datagrams/s of its own, 4 for each relayed pair, "
          "and one publication."},
         look_at_idling},
    rule{{"reason", "A pair that cannot be direct does not say that it is merely unlucky."},
         look_at_reasons},
};

}  // namespace

std::span<const rule_text> rules() {
  static constexpr auto texts = [] {
    std::array<rule_text, all_rules.size()> t{};
    for (std::size_t i = 0; i < t.size(); ++i) t[i] = all_rules[i].text;
    return t;
  }();
  return texts;
}

std::vector<finding> judge(const scenario& s, const report& r) {
  if (r.partial) return {};
  const evidence e(s, r);
  std::vector<finding> all;
  for (const rule& x : all_rules) {
    if (x.look == nullptr) continue;
    findings found;
    x.look(e, found);
    for (told& t : found)
      all.push_back({std::string(x.text.name), std::move(t.cause), std::move(t.text)});
  }
  return all;
}

}  // namespace wh::sim::swarm
