#include "sim/measure/pair_record.hpp"

#include <algorithm>

namespace wh::sim {

namespace {

/// Lost requests that are remembered, in case their answers come after all.
constexpr std::size_t lost_max = 64;

}  // namespace

duration pair_record::patience() const {
  return std::max<duration>(1s, 4 * best_round_trip_.value_or(0s));
}

// ---- who runs

void pair_record::up(time_point now) {
  if (running_) return;
  running_ = true;
  go(now, pair_state::unreachable);
  if (!asked_) asked_ = now;
  // Until payload is back, the users of two that run are without.
  if (first_answer_) outages_.push_back({now, std::nullopt});
}

void pair_record::down(time_point now) {
  if (!running_) return;
  settle(now);
  running_ = false;
  under_way_.clear();
  if (!outages_.empty() && !outages_.back().until) {
    outages_.back().until = now;
    outages_.back().interrupted = true;
  }
  failed_by_word_ = false;
  lost_in_row_ = 0;
  first_lost_.reset();
  last_good_.reset();
  struck_.reset();
  path_fell_.reset();
  paths_ = {};
  usable_since_.reset();
  direct_since_.reset();
  relayed_since_.reset();
  go(now, pair_state::offline);
}

// ---- payload

void pair_record::sent(time_point now, std::uint32_t sequence) {
  settle(now);
  if (running_) under_way_.push_back({sequence, now, std::nullopt});
}

void pair_record::answered(time_point now, std::uint32_t sequence, time_point sent, bool direct) {
  if (!running_) return;
  const auto here = std::find_if(under_way_.begin(), under_way_.end(),
                                 [&](const request& r) { return r.sequence == sequence; });
  const bool late =
      std::find(lost_lately_.begin(), lost_lately_.end(), sequence) != lost_lately_.end();
  if (first_answer_ && !late && (here == under_way_.end() || here->answered)) return;  // a copy
  round_trip_ = now - sent;
  best_round_trip_ = std::min(best_round_trip_.value_or(*round_trip_), *round_trip_);
  if (!first_answer_) {
    first_answer_ = now;
    // What was sent before and has no answer belongs to the time before.
    std::erase_if(under_way_, [&](const request& r) { return r.sent <= sent; });
    go(now, direct ? pair_state::direct : pair_state::relayed);
    last_good_ = request{sequence, sent, now, direct};
    return;
  }
  if (late) {
    std::erase(lost_lately_, sequence);
    came_late(now, sent, direct);
    return;
  }
  here->answered = now;
  here->direct = direct;
  settle(now);
}

void pair_record::settle(time_point now) {
  while (!under_way_.empty()) {
    const request r = under_way_.front();
    if (!r.answered && now - r.sent <= patience()) return;
    under_way_.pop_front();
    if (r.answered)
      came(r);
    else if (first_answer_)
      lost(r);
  }
}

void pair_record::came(const request& r) {
  ++settled_;
  ++delivered_;
  // A path came back between its loss and this request, or the request went in spite of the word.
  const auto dated_back = [&](const std::optional<time_point>& since, time_point after) {
    return since && *since > after && *since <= r.sent;
  };
  if (out() && !outages_.empty() && !outages_.back().until) {
    const time_point from = outages_.back().from;
    const bool confirmed =
        dated_back(usable_since_, from) && (!last_lost_ || *last_lost_ < *usable_since_);
    if (confirmed)
      recover(*usable_since_, r.direct);
    else if (failed_by_word_ && r.sent >= from)
      forget_word();
    else if (!failed_by_word_)
      recover(*r.answered, r.direct);
  }
  const pair_state now = r.direct ? pair_state::direct : pair_state::relayed;
  if (!out() && stays_.back().state != now) {
    const auto& since = r.direct ? direct_since_ : relayed_since_;
    const bool confirmed = dated_back(since, last_good_ ? last_good_->sent : stays_.back().from);
    go(confirmed ? *since : *r.answered, now);
  }
  lost_in_row_ = 0;
  first_lost_.reset();
  if (struck_ && *struck_ <= r.sent) struck_.reset();
  if (path_fell_ && *path_fell_ <= r.sent) path_fell_.reset();
  resolve_failovers(r.sent, *r.answered);
  last_good_ = r;
}

void pair_record::came_late(time_point now, time_point sent, bool direct) {
  ++delivered_;
  if (out() && !outages_.empty() && !outages_.back().until) recover(now, direct);
  resolve_failovers(sent, now);
}

void pair_record::lost(const request& r) {
  ++settled_;
  ++lost_in_row_;
  if (!first_lost_) first_lost_ = r.sent;
  last_lost_ = r.sent;
  if (lost_lately_.size() == lost_max) lost_lately_.erase(lost_lately_.begin());
  lost_lately_.push_back(r.sequence);
  // Payload proves the word, and may tell an earlier beginning.
  if (failed_by_word_) forget_word();
  if (out()) return;
  if (lost_in_row_ < 2 && !struck_ && !path_fell_) return;
  time_point from = *first_lost_;
  for (const auto& hint : {struck_, path_fell_})
    if (hint && (!last_good_ || *hint > last_good_->sent)) from = std::min(from, *hint);
  fail(from);
}

void pair_record::fail(time_point from) {
  go(from, pair_state::unreachable);
  outages_.push_back({stays_.back().from, std::nullopt});
  failed_by_word_ = false;
}

/// The outage that rests on a path's word alone is none, or is another one.
void pair_record::forget_word() {
  failed_by_word_ = false;
  outages_.pop_back();
  stays_.pop_back();
}

void pair_record::recover(time_point t, bool direct) {
  outages_.back().until = t;
  failed_by_word_ = false;
  go(t, direct ? pair_state::direct : pair_state::relayed);
}

void pair_record::go(time_point from, pair_state s) {
  if (stays_.empty()) {
    stays_.push_back({from, s});
    return;
  }
  if (stays_.back().state == s) return;
  stays_.push_back({std::max(from, stays_.back().from), s});
}

void pair_record::resolve_failovers(time_point sent, time_point arrival) {
  for (failover& f : failovers_) {
    if (f.over || f.died > sent) continue;
    f.over = arrival;
    if (usable_since_ && *usable_since_ > f.died && *usable_since_ <= sent) f.over = *usable_since_;
    if (!outages_.empty() && outages_.back().until && *outages_.back().until > f.died)
      f.over = std::min(*f.over, *outages_.back().until);
  }
}

// ---- what paths and the world say

void pair_record::path(time_point now, side s, punch::path_state state) {
  settle(now);
  punch::path_state& mine = paths_[static_cast<std::size_t>(s)];
  const punch::path_state before = mine;
  if (before == state) return;
  mine = state;
  const bool usable = paths_[0] != punch::path_state::none && paths_[1] != punch::path_state::none;
  const bool direct =
      paths_[0] == punch::path_state::direct && paths_[1] == punch::path_state::direct;
  const auto keep = [now](std::optional<time_point>& since, bool holds) {
    if (!holds)
      since.reset();
    else if (!since)
      since = now;
  };
  keep(usable_since_, usable);
  keep(direct_since_, direct);
  keep(relayed_since_, usable && !direct);
  if (!running_ || !first_answer_ || state > before) return;
  if (!path_fell_) path_fell_ = now;
  if (state != punch::path_state::none || out()) return;
  fail(now);
  failed_by_word_ = true;
}

void pair_record::struck(time_point now) {
  settle(now);
  if (running_ && !struck_) struck_ = now;
}

void pair_record::relay_died(time_point now) {
  struck(now);
  failovers_.push_back({now, std::nullopt});
}

void pair_record::end(time_point now) {
  settle(now);
  under_way_.clear();
  running_ = false;
}

// ---- what came of it

std::optional<duration> pair_record::time_to_first() const {
  return first_answer_ ? std::optional{*first_answer_ - *asked_} : std::nullopt;
}

std::optional<duration> pair_record::time_to_direct() const {
  for (const stay& s : stays_)
    if (s.state == pair_state::direct) return s.from - *asked_;
  return std::nullopt;
}

pair_state pair_record::state_at(time_point t) const {
  pair_state s = pair_state::offline;
  for (const stay& x : stays_) {
    if (x.from > t) break;
    s = x.state;
  }
  return s;
}

pair_state pair_record::last_state(time_point t) const {
  pair_state s = pair_state::offline;
  for (const stay& x : stays_) {
    if (x.from > t) break;
    if (x.state != pair_state::offline) s = x.state;
  }
  return s;
}

std::uint64_t pair_record::changes(time_point from, time_point until) const {
  std::uint64_t n = 0;
  std::optional<pair_state> before;
  for (const stay& x : stays_) {
    if (x.state == pair_state::offline) continue;
    const bool begun = before || x.state != pair_state::unreachable;
    if (begun && before && *before != x.state && x.from >= from && x.from <= until) ++n;
    if (begun) before = x.state;
  }
  return n;
}

}  // namespace wh::sim
