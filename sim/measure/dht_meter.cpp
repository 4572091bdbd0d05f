#include <algorithm>
#include <array>
#include <map>

#include "sim/measure/meter.hpp"

namespace wh::sim {

namespace {

constexpr counter_metric lives_too_short{
    "dht.lives_too_short", better::neither,
    "Lives of less than 30 s that ended, by the run's end too, before the peer had joined; hosts "
    "that no UDP reaches are left out. They are in no other metric of joining."};
constexpr ratio_metric joined_ratio{
    "dht.joined_ratio", better::more,
    "Lives in which the peer completed a lookup of its own id, of those that lasted 30 s or that "
    "did; hosts that no UDP reaches when the life ends are left out."};
constexpr distribution_metric time_to_join{
    "dht.time_to_join_s", better::less, "s",
    "From the start of a life to the end of its first lookup of the peer's own id; one sample a "
    "life of those in dht.joined_ratio. Censored: the life, or the run, ended before."};
constexpr counter_metric lookups{
    "dht.lookups", better::neither,
    "Lookups that the workload started and that ended while both the asker and the one sought "
    "ran. Askers and those sought have run for a minute at least; an asker's boxes let UDP pass, "
    "and one that is sought publishes."};
constexpr counter_metric lookups_skipped{
    "dht.lookups_skipped", better::neither,
    "Lookups that were due when no host was there to ask, or to be sought."};
constexpr counter_metric lookups_void{
    "dht.lookups_void", better::neither,
    "Lookups during which the asker, or the one sought, stopped. They are in no other metric."};
constexpr counter_metric lookups_stale{
    "dht.lookups_stale", better::less,
    "Lookups that found a record older than the newest which had been signed half a minute before "
    "the lookup began."};
constexpr ratio_metric success_ratio{
    "dht.lookup_success_ratio", better::more,
    "Lookups, of dht.lookups, that found the newest record which had been signed half a minute "
    "before they began, or a newer one; any record where none had been signed by then."};
constexpr ratio_metric success_ratio_of_held{
    "dht.lookup_success_ratio_of_held", better::more,
    "Lookups, of dht.lookups, that succeeded as in dht.lookup_success_ratio, of those whose record "
    "had been taken, as new as that, by a third peer that had not stopped since when the lookup "
    "began, so that somebody there could have answered. Who publishes has its own record, too, but "
    "mostly far from where it is looked for, and does not count."};
constexpr ratio_metric absent_ratio{
    "dht.absent_ratio", better::more,
    "Lookups for keys that nobody has, which found nothing, as they should, of all such."};
constexpr distribution_metric lookup_time{
    "dht.lookup_time_s", better::less, "s",
    "From a lookup's start to its record; one sample a lookup of dht.lookup_success_ratio. "
    "Censored: it did not succeed."};
constexpr distribution_metric lookup_requests{"dht.lookup_requests", better::less, "1",
                                              "Requests sent by one lookup of dht.lookups."};
constexpr distribution_metric lookup_timeouts{
    "dht.lookup_timeouts", better::less, "1",
    "Requests of one lookup of dht.lookups that stayed unanswered."};

constexpr std::array<const metric_definition*, 13> all{
    &joined_ratio,    &time_to_join,    &lookups,        &lookups_skipped,       &lookups_void,
    &lookups_stale,   &success_ratio,   &lookup_time,    &success_ratio_of_held, &absent_ratio,
    &lookup_requests, &lookup_timeouts, &lives_too_short};

/// A life that ends earlier had no time to join.
constexpr duration joining_min = 30s;

class dht_meter final : public meter {
 public:
  dht_meter(const truth& t, results& out)
      : truth_(t), out_(out), lives_(t.hosts()), holders_(t.hosts()) {}

 private:
  using meter::on;
  struct life {
    std::optional<time_point> began;
    std::optional<duration> joined;
    std::uint32_t number = 0;
  };
  /// Whoever took a record and has not dropped it, in which life, and its sequence number. What it
  /// takes it keeps in memory alone.
  struct holding {
    host_number holder;
    std::uint32_t life;
    std::uint64_t sequence;
  };
  struct asked {
    time_point began;
    std::uint64_t held;  // the newest sequence that a third one had
  };

  void on(time_point now, const life_began& e) override {
    lives_[e.host] = {now, std::nullopt, e.life};
  }
  void on(time_point now, const life_ended& e) override { end(now, e.host); }
  void on(time_point now, const noted& e) override {
    if (e.what.what == note_kind::dht_record_held) return took(e);
    if (e.what.what == note_kind::dht_record_dropped) return lost(e);
    life& l = lives_[e.host];
    if (e.what.what != note_kind::dht_joined || !l.began || l.joined) return;
    l.joined = now - *l.began;
  }

  /// Records of the one it was are found by another key.
  void on(time_point, const identity_changed& e) override { holders_[e.host].clear(); }

  void took(const noted& e) {
    const auto whose = truth_.host_of(e.what.peer);
    if (!whose) return;
    auto& known = holders_[*whose];
    const holding h{e.host, lives_[e.host].number, static_cast<std::uint64_t>(e.what.value)};
    const auto at = std::find_if(known.begin(), known.end(),
                                 [&](const holding& o) { return o.holder == h.holder; });
    if (at == known.end())
      known.push_back(h);
    else
      *at = h;
  }

  void lost(const noted& e) {
    if (const auto whose = truth_.host_of(e.what.peer))
      std::erase_if(holders_[*whose], [&](const holding& o) { return o.holder == e.host; });
  }

  std::uint64_t held_by_a_third(const lookup_began& e) const {
    std::uint64_t newest = 0;
    if (!e.sought) return newest;
    for (const holding& h : holders_[*e.sought]) {
      const life& l = lives_[h.holder];
      if (h.holder != e.asker && h.holder != *e.sought && l.began && l.number == h.life)
        newest = std::max(newest, h.sequence);
    }
    return newest;
  }

  void end(time_point now, host_number h) {
    life& l = lives_[h];
    if (!l.began) return;
    const label where{*l.began, truth_.group_of(h)};
    const bool long_enough = l.joined || now - *l.began >= joining_min;
    if (!truth_.sides_of(h).udp()) {
    } else if (!long_enough) {
      out_.add(lives_too_short, where);
    } else {
      out_.tally(joined_ratio, where, l.joined.has_value());
      out_.observe(time_to_join, where, l.joined);
    }
    l.began.reset();
  }

  void on(time_point now, const lookup_began& e) override {
    began_[e.lookup] = {now, held_by_a_third(e)};
  }
  void on(time_point now, const lookup_skipped& e) override {
    out_.add(lookups_skipped, {now, no_group, no_group, e.item});
  }
  void on(time_point now, const lookup_ended& e) override {
    const auto began = began_.find(e.lookup);
    const asked how = began == began_.end() ? asked{now, 0} : began->second;
    const time_point start = how.began;
    if (began != began_.end()) began_.erase(began);
    const label where{start, truth_.group_of(e.asker),
                      e.sought ? truth_.group_of(*e.sought) : no_group, e.item};
    rows_.push_back({start - truth_.epoch(), truth_.name_of(e.asker),
                     e.sought ? truth_.name_of(*e.sought) : std::string{},
                     std::string(to_string(e.outcome)), e.took, e.sequence, e.wanted, e.requests,
                     e.timeouts});
    if (e.outcome == lookup_outcome::left) return out_.add(lookups_void, where);
    if (!e.sought) return out_.tally(absent_ratio, where, e.outcome == lookup_outcome::not_found);
    const bool hit = e.outcome == lookup_outcome::found;
    out_.add(lookups, where);
    if (e.outcome == lookup_outcome::stale) out_.add(lookups_stale, where);
    out_.tally(success_ratio, where, hit);
    if (how.held >= e.wanted) out_.tally(success_ratio_of_held, where, hit);
    out_.observe(lookup_time, where, hit ? std::optional{e.took} : std::nullopt);
    out_.observe(lookup_requests, where, static_cast<double>(e.requests));
    out_.observe(lookup_timeouts, where, static_cast<double>(e.timeouts));
  }

  void finish(time_point now, report& rows) override {
    for (host_number h = 0; h < lives_.size(); ++h) end(now, h);
    rows.lookups = std::move(rows_);
  }

  const truth& truth_;
  results& out_;
  std::vector<life> lives_;
  std::vector<std::vector<holding>> holders_;  // of the record of each host
  std::map<std::uint64_t, asked> began_;
  std::vector<lookup_row> rows_;
};

}  // namespace

extern const meter_kind dht_meter_kind;
const meter_kind dht_meter_kind{all, make_meter<dht_meter>};

}  // namespace wh::sim
