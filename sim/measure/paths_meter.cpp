#include <array>
#include <map>
#include <set>

#include "sim/measure/meter.hpp"
#include "sim/measure/pair_record.hpp"
#include "sim/measure/verdict.hpp"

namespace wh::sim {

namespace {

// A pair is an unordered pair of members that an item of the workload wants to connect. It is asked
// for with the first payload that its users send, which they do when both run. Its end is the
// workload's. README.md, "What becomes of a pair", has the rules.

constexpr counter_metric asked_for{
    "paths.pairs", better::neither,
    "Pairs that the workload asked for: its users sent payload, as both peers ran."};
constexpr counter_metric never_online{"paths.pairs_never_online", better::neither,
                                      "Pairs of the workload whose two peers never ran at the same "
                                      "time when its users had payload to "
                                      "send. They are in no other metric of paths."};
constexpr ratio_metric connected_ratio{
    "paths.connected_ratio", better::more,
    "Pairs whose payload passed both ways at the pair's last moment: the last of its workload at "
    "which both peers ran."};
constexpr ratio_metric direct_ratio{"paths.direct_ratio", better::more,
                                    "Pairs on a direct path at their last moment."};
constexpr ratio_metric relayed_ratio{
    "paths.relayed_ratio", better::neither,
    "Pairs whose payload went through a relay at their last moment."};
constexpr ratio_metric unreachable_ratio{"paths.unreachable_ratio", better::less,
                                         "Pairs without a path at their last moment."};
constexpr distribution_metric time_to_first_payload{
    "paths.time_to_first_payload_s", better::less, "s",
    "From the moment at which a pair is asked for to the first payload that came back; one sample "
    "a pair, but for those that no UDP reaches (the oracle says which). Censored: none came until "
    "the pair's end."};
constexpr distribution_metric time_to_direct{
    "paths.time_to_direct_s", better::less, "s",
    "From the moment at which a pair is asked for to its first direct path: the moment at which "
    "both peers took it, where the next payload went that way, else the payload's; one sample a "
    "pair for which O1 says, when it is asked for, that a direct path is possible. Censored: none "
    "until the pair's end."};
constexpr distribution_metric outage{
    "paths.outage_s", better::less, "s",
    "The longest span after a pair's first payload in which both peers ran and payload did not "
    "pass both ways; one sample a pair that had payload, 0 where nothing was missing. It begins "
    "with the first of two lost packets in a row (of one, where a path or the world says that "
    "something happened), or at that event, or when a peer had no path for a while; it ends with "
    "payload, or when both peers had the path that the next payload took, or when one of the two "
    "stops. Censored: it lasted to the pair's end."};
constexpr counter_metric outages{"paths.outages", better::less, "Such spans, all of every pair."};
constexpr counter_metric changes{
    "paths.changes", better::neither,
    "Changes of pairs between direct, relayed and unreachable after their first payload."};
constexpr ratio_metric delivered_ratio{
    "paths.payload_delivered_ratio", better::more,
    "Payload packets that came back, of those sent while both peers ran and after a pair's first "
    "had come back; those under way when one of the two stops, or at the pair's end, are left "
    "out."};
constexpr distribution_metric round_trip{
    "paths.rtt_s", better::less, "s",
    "Round trips of payload; one sample a packet that came back."};
constexpr ratio_metric direct_of_o1{
    "traversal.direct_ratio_of_o1", better::more,
    "Direct pairs at their last moment, of those that the oracle finds possible then without "
    "guessing a port."};
constexpr ratio_metric direct_of_o3{
    "traversal.direct_ratio_of_o3", better::more,
    "Direct pairs at their last moment, of those that an oracle which foresees every port finds "
    "possible then."};
constexpr distribution_metric messages{
    "traversal.messages", better::less, "1",
    "Messages that the two peers of a pair sent each other inside their session, relayed ones "
    "included, from the moment at which it is asked for until both had taken a direct path, or "
    "until its end; one sample a pair that is asked for."};
constexpr distribution_metric failover{
    "relay.failover_time_s", better::less, "s",
    "From the death of a relay that one of a pair's two peers had its path by, while both ran, to "
    "the next payload that was sent after the death and came back, or to the moment at which both "
    "had the path which that payload took; one sample a pair and death. Censored: none until the "
    "pair's end."};

constexpr std::array<const metric_definition*, 17> all{
    &asked_for,     &never_online, &connected_ratio,       &direct_ratio,
    &relayed_ratio, &outage,       &unreachable_ratio,     &time_to_direct,
    &outages,       &changes,      &time_to_first_payload, &delivered_ratio,
    &round_trip,    &direct_of_o1, &direct_of_o3,          &messages,
    &failover};

path_kind path_of(pair_state s) {
  switch (s) {
    case pair_state::direct:
      return path_kind::direct;
    case pair_state::relayed:
      return path_kind::relayed;
    case pair_state::offline:
    case pair_state::unreachable:
      break;
  }
  return path_kind::unreachable;
}

class paths_meter final : public meter {
 public:
  paths_meter(const truth& t, results& out) : truth_(t), out_(out), running_(t.hosts()) {
    for (const truth::pair& p : t.pairs()) {
      by_host_.emplace(p.from, static_cast<pair_number>(pairs_.size()));
      by_host_.emplace(p.to, static_cast<pair_number>(pairs_.size()));
      pairs_.emplace_back();
    }
  }

 private:
  using meter::on;
  using ends = std::pair<host_number, host_number>;

  struct wanted_pair {
    pair_record record;
    bool begun = false;
    std::uint64_t messages = 0;  // until both took a direct path
    bool opened = false;         // they have
    std::optional<time_point> ended;
    /// From when it is asked for, each from its time on.
    std::vector<std::pair<time_point, oracle_verdict>> verdicts;
    bool udp = false;  // it passes on both sides, when asked

    bool open() const { return begun && !ended; }
    const oracle_verdict& verdict_at(time_point t) const {
      std::size_t i = verdicts.size() - 1;
      while (i > 0 && verdicts[i].first > t) --i;
      return verdicts[i].second;
    }
  };

  /// Calls `f` for each pair of a host that the users want now.
  template <class F>
  void each_of(host_number h, F f) {
    const auto [first, last] = by_host_.equal_range(h);
    for (auto i = first; i != last; ++i)
      if (pairs_[i->second].open()) f(i->second);
  }
  template <class F>
  void each_between(host_number a, host_number b, F f) {
    each_of(a, [&](pair_number p) {
      const truth::pair& e = truth_.pairs()[p];
      if (e.from == b || e.to == b) f(p);
    });
  }

  void on(time_point now, const life_began& e) override {
    running_[e.host] = true;
    each_of(e.host, [&](pair_number p) { maybe_up(now, p); });
  }

  void on(time_point now, const life_ended& e) override {
    running_[e.host] = false;
    each_of(e.host, [&](pair_number p) {
      pairs_[p].record.down(now);
      pairs_[p].record.path(now, side_of(p, e.host), punch::path_state::none);
    });
    // Both sides may name it.
    std::set<pair_number> carried;
    if (const auto by_it = carried_by_.find(e.host); by_it != carried_by_.end())
      for (const ends& x : by_it->second)
        each_between(x.first, x.second, [&](pair_number p) { carried.insert(p); });
    for (const pair_number p : carried) pairs_[p].record.relay_died(now);
    // What it thought of others is gone with it.
    auto i = told_.lower_bound({e.host, 0});
    while (i != told_.end() && i->first.first == e.host) {
      forget_relay(i->first, i->second);
      i = told_.erase(i);
    }
  }

  void on(time_point now, const path_told& e) override {
    const ends key{e.host, e.other};
    if (const auto before = told_.find(key); before != told_.end())
      forget_relay(key, before->second);
    told_.insert_or_assign(key, e);
    if (e.relay) carried_by_[*e.relay].insert(key);
    const bool both_direct = is_direct(e.host, e.other) && is_direct(e.other, e.host);
    each_between(e.host, e.other, [&](pair_number p) {
      pairs_[p].opened = pairs_[p].opened || both_direct;
      pairs_[p].record.path(now, side_of(p, e.host), e.state, e.relay);
    });
  }

  void on(time_point, const message_sent& e) override {
    each_between(e.host, e.other, [&](pair_number p) {
      if (pairs_[p].record.asked() && !pairs_[p].opened) ++pairs_[p].messages;
    });
  }

  void on(time_point now, const payload_sent& e) override {
    if (!pairs_[e.pair].begun) begin(now, e.pair);
    maybe_up(now, e.pair);
    pairs_[e.pair].record.sent(now, e.sequence);
  }

  void on(time_point now, const payload_answered& e) override {
    wanted_pair& s = pairs_[e.pair];
    const truth::pair& p = truth_.pairs()[e.pair];
    if (!s.open() || !running_[p.from] || !running_[p.to]) return;
    if (s.record.answered(now, e.sequence, e.sent, e.direct))
      out_.observe(round_trip, label_of(e.pair, now), now - e.sent);
  }

  void on(time_point now, const pair_ended& e) override { end(now, e.pair); }

  void on(time_point now, const fault_happened& e) override {
    for (const std::size_t h : e.hosts)
      each_of(static_cast<host_number>(h), [&](pair_number p) { pairs_[p].record.struck(now); });
    // It may have changed boxes, of others too who are behind them.
    for (pair_number p = 0; p < pairs_.size(); ++p)
      if (pairs_[p].open()) consult(now, p);
  }

  pair_record::side side_of(pair_number p, host_number h) const {
    return truth_.pairs()[p].from == h ? pair_record::side::from : pair_record::side::to;
  }

  /// The users send the pair's first payload.
  void begin(time_point now, pair_number p) {
    wanted_pair& s = pairs_[p];
    const truth::pair& e = truth_.pairs()[p];
    s.begun = true;
    s.udp = truth_.sides_of(e.from).udp() && truth_.sides_of(e.to).udp();
    consult(now, p);
    for (const ends& key : {ends{e.from, e.to}, ends{e.to, e.from}})
      if (const auto told = told_.find(key); told != told_.end())
        s.record.path(now, side_of(p, key.first), told->second.state, told->second.relay);
  }

  /// Asks the oracle; what it says is kept if it is another thing than before.
  void consult(time_point now, pair_number p) {
    auto& known = pairs_[p].verdicts;
    oracle_verdict v = oracle_of(truth_.pairs()[p]);
    if (known.empty() || known.back().second != v) known.emplace_back(now, std::move(v));
  }

  void finish(time_point now, report& rows) override;

  void end(time_point now, pair_number p) {
    if (pairs_[p].ended) return;
    pairs_[p].record.end(now);
    pairs_[p].ended = now;
  }

  void maybe_up(time_point now, pair_number p) {
    const truth::pair& e = truth_.pairs()[p];
    wanted_pair& s = pairs_[p];
    if (!s.open() || !running_[e.from] || !running_[e.to]) return;
    s.record.up(now);
    s.opened = s.opened || (is_direct(e.from, e.to) && is_direct(e.to, e.from));
  }

  bool is_direct(host_number a, host_number b) const {
    const auto told = told_.find({a, b});
    return told != told_.end() && told->second.state == punch::path_state::direct;
  }

  void forget_relay(const ends& key, const path_told& t) {
    if (t.relay) carried_by_[*t.relay].erase(key);
  }

  label label_of(pair_number p, time_point at) const {
    const truth::pair& e = truth_.pairs()[p];
    return {at, truth_.group_of(e.from), truth_.group_of(e.to), e.item};
  }

  std::string reason_of(const truth::pair& p) const {
    // Either side may know why; the one that asked first.
    for (const ends& key : {ends{p.from, p.to}, ends{p.to, p.from}}) {
      const auto told = told_.find(key);
      if (told != told_.end() && told->second.why != punch::reason::none)
        return std::string(punch::code(told->second.why));
    }
    return told_.count({p.from, p.to}) > 0 ? "no_payload" : "not_wanted";
  }

  oracle_verdict oracle_of(const truth::pair& p) const {
    return verdict_of(truth_.sides_of(p.from), truth_.sides_of(p.to), truth_.common(p.from, p.to));
  }

  void measure(pair_number p, pair_row& row);

  const truth& truth_;
  results& out_;
  std::vector<wanted_pair> pairs_;
  std::vector<bool> running_;
  std::multimap<host_number, pair_number> by_host_;
  std::map<ends, path_told> told_;
  std::map<host_number, std::set<ends>> carried_by_;
};

void paths_meter::finish(time_point now, report& rows) {
  for (pair_number p = 0; p < pairs_.size(); ++p) {
    end(now, p);
    const truth::pair& e = truth_.pairs()[p];
    pair_row row;
    row.from = truth_.name_of(e.from);
    row.to = truth_.name_of(e.to);
    row.item = e.item;
    row.from_nat = truth_.nat_label(e.from);
    row.to_nat = truth_.nat_label(e.to);
    row.online = running_[e.from] && running_[e.to];
    if (pairs_[p].record.asked()) {
      measure(p, row);
    } else {
      row.oracle = oracle_of(e);
      out_.add(never_online, label_of(p, now));
    }
    rows.pairs.push_back(std::move(row));
  }
}

void paths_meter::measure(pair_number p, pair_row& row) {
  const wanted_pair& s = pairs_[p];
  const pair_record& r = s.record;
  const label asked = label_of(p, *r.asked());
  const time_point end = *s.ended;
  const auto since_start = [&](time_point t) { return t - truth_.epoch(); };

  out_.add(asked_for, asked);
  if (s.udp) out_.observe(time_to_first_payload, asked, r.time_to_first());
  out_.observe(messages, asked, static_cast<double>(s.messages));
  if (s.verdicts.front().second.o1) out_.observe(time_to_direct, asked, r.time_to_direct());
  // Shares are of the state at the end: the pair's, or that of a slice which ends earlier.
  for (results::part& part : out_.parts()) {
    const slice& w = part.which;
    label l = asked;
    l.at = std::max(asked.at, w.from);
    if (!w.holds(l) || end < w.from) continue;
    const time_point until = std::min(end, w.until);
    const pair_state state = r.last_state(w.from, until);
    if (state == pair_state::offline) continue;
    const oracle_verdict& oracle = s.verdict_at(r.last_moment(until));
    part.values.tally(connected_ratio, state >= pair_state::relayed);
    part.values.tally(direct_ratio, state == pair_state::direct);
    part.values.tally(relayed_ratio, state == pair_state::relayed);
    part.values.tally(unreachable_ratio, state == pair_state::unreachable);
    if (oracle.o1) part.values.tally(direct_of_o1, state == pair_state::direct);
    if (oracle.o3) part.values.tally(direct_of_o3, state == pair_state::direct);
    part.values.touch(changes);
  }
  for (const time_point t : r.changes()) out_.add(changes, label_of(p, t));

  std::optional<duration> longest = duration{0};
  for (const pair_record::outage& o : r.outages()) {
    row.outages.push_back({since_start(o.from),
                           o.until ? std::optional{since_start(*o.until)} : std::nullopt,
                           o.interrupted});
    out_.add(outages, label_of(p, o.from));
    if (!o.until)
      longest.reset();
    else if (longest)
      longest = std::max<duration>(*longest, *o.until - o.from);
  }
  if (r.time_to_first()) out_.observe(outage, asked, longest);
  out_.count(delivered_ratio, asked, {r.delivered(), r.settled()});
  for (const pair_record::failover& f : r.failovers())
    out_.observe(failover, label_of(p, f.died),
                 f.over ? std::optional<duration>{*f.over - f.died} : std::nullopt);

  row.oracle = s.verdict_at(r.last_moment(end));
  row.path = path_of(r.last_state(*r.asked(), end));
  if (row.path != path_kind::direct) row.reason = reason_of(truth_.pairs()[p]);
  row.asked = since_start(*r.asked());
  row.until = since_start(end);
  row.udp_when_asked = s.udp;
  row.o1_when_asked = s.verdicts.front().second.o1;
  row.time_to_first_payload = r.time_to_first();
  row.time_to_direct = r.time_to_direct();
  row.round_trip = r.round_trip();
  row.payload_sent = r.settled();
  row.payload_delivered = r.delivered();
  row.messages = s.messages;
  row.changes = r.changes().size();
  for (const pair_record::stay& x : r.stays())
    row.stays.push_back({since_start(x.from), to_string(x.state)});
}

}  // namespace

extern const meter_kind paths_meter_kind;
const meter_kind paths_meter_kind{all, make_meter<paths_meter>};

}  // namespace wh::sim
