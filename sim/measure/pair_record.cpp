#include "sim/measure/pair_record.hpp"

#include <algorithm>

namespace wh::sim {

namespace {

/// Requests that are remembered, in case their answers come after all: more than two WireGuard
/// devices keep for one another while they have no session (128 each).
constexpr std::size_t remembered_max = 512;

/// The oldest gives way.
void remember(std::vector<std::uint32_t>& sequences, std::uint32_t s) {
  if (sequences.size() == remembered_max) sequences.erase(sequences.begin());
  sequences.push_back(s);
}

}  // namespace

duration pair_record::patience() const {
  return std::max<duration>({1s, 4 * best_round_trip_.value_or(0s), 2 * round_trip_.value_or(0s)});
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
  finish_under_way(now);
  running_ = false;
  if (!outages_.empty() && !outages_.back().until) {
    outages_.back().until = now;
    outages_.back().interrupted = true;
  }
  lost_in_row_ = 0;
  first_lost_.reset();
  last_good_.reset();
  hints_.clear();
  go(now, pair_state::offline);
}

// ---- payload

void pair_record::sent(time_point now, std::uint32_t sequence) {
  settle(now);
  if (running_) under_way_.push_back({sequence, now, paths_});
}

bool pair_record::answered(time_point now, std::uint32_t sequence, time_point sent, bool direct) {
  if (!running_) return false;
  settle(now);
  const auto here = std::find_if(under_way_.begin(), under_way_.end(),
                                 [&](const request& r) { return r.sequence == sequence; });
  const bool in_time = here != under_way_.end() && !here->answered;
  const bool late = first_answer_ && std::erase(lost_lately_, sequence) > 0;
  if (first_answer_ && !in_time && !late && std::erase(unjudged_, sequence) == 0) return false;
  round_trip_ = now - sent;
  best_round_trip_ = std::min(best_round_trip_.value_or(*round_trip_), *round_trip_);
  if (!first_answer_) {
    came_first(in_time ? request{sequence, sent, here->paths, now, direct}
                       : request{sequence, sent, {}, now, direct});
  } else if (in_time) {
    here->answered = now;
    here->direct = direct;
    settle(now);
  } else {
    if (late) ++delivered_;
    came_through(now, sent, direct);
  }
  return true;
}

void pair_record::settle(time_point now) {
  if (!first_answer_) {
    while (under_way_.size() > remembered_max) under_way_.pop_front();
    return;
  }
  while (!under_way_.empty()) {
    const request r = under_way_.front();
    if (!r.answered && now - r.sent <= patience()) return;
    under_way_.pop_front();
    if (r.answered)
      came(r);
    else
      lost(r);
  }
}

void pair_record::finish_under_way(time_point now) {
  settle(now);
  for (const request& r : under_way_)
    if (!r.answered)
      remember(unjudged_, r.sequence);
    else
      came(r);
  under_way_.clear();
}

void pair_record::came_first(request r) {
  first_answer_ = r.answered;
  auto since = r.paths.of(r.direct);
  for (const request& x : under_way_) {
    if (x.sequence == r.sequence) continue;
    remember(unjudged_, x.sequence);
    if (since && x.sent >= *since && x.sent < r.sent) since.reset();
  }
  under_way_.clear();
  go(since.value_or(*r.answered), r.direct ? pair_state::direct : pair_state::relayed);
  resolve_failovers(r.sent, *r.answered, &r);
  last_good_ = r.sent;
  forget_hints(r.sent);
}

/// Since when both had the paths that a request took; none unless that came to be after `after` and
/// no request sent since then was lost.
std::optional<time_point> pair_record::path_of(const request& r, time_point after) const {
  const auto since = r.paths.same;
  if (!since || r.direct != r.paths.direct.has_value() || *since <= after) return std::nullopt;
  if (last_lost_ && *last_lost_ >= *since) return std::nullopt;
  return since;
}

/// The moment at which a side had no path any more, if it had one again before `r` was sent.
std::optional<time_point> pair_record::unseen_gap(const request& r) const {
  for (const hint& h : hints_)
    if (h.no_path && h.at <= r.sent) return path_of(r, h.at) ? std::optional{h.at} : std::nullopt;
  return std::nullopt;
}

void pair_record::came(const request& r) {
  ++settled_;
  ++delivered_;
  if (!out())
    if (const auto since = unseen_gap(r)) fail(*since);
  const pair_state now = r.direct ? pair_state::direct : pair_state::relayed;
  if (out()) {
    recover(path_of(r, outages_.back().from).value_or(*r.answered), r.direct);
  } else if (stays_.back().state != now) {
    const auto since = r.paths.of(r.direct);
    const bool fresh = since && *since > last_good_.value_or(stays_.back().from);
    go(fresh ? *since : *r.answered, now);
  }
  lost_in_row_ = 0;
  first_lost_.reset();
  forget_hints(r.sent);
  resolve_failovers(r.sent, *r.answered, &r);
  last_good_ = r.sent;
}

void pair_record::came_through(time_point now, time_point sent, bool direct) {
  if (out()) recover(now, direct);
  // It came through, so what was lost before it makes no row with what is lost after it.
  if (first_lost_ && sent >= *first_lost_) {
    lost_in_row_ = 0;
    first_lost_.reset();
  }
  forget_hints(sent);
  resolve_failovers(sent, now, nullptr);
}

void pair_record::lost(const request& r) {
  ++settled_;
  ++lost_in_row_;
  if (!first_lost_) first_lost_ = r.sent;
  last_lost_ = r.sent;
  remember(lost_lately_, r.sequence);
  if (!out() && (lost_in_row_ > 1 || !hints_.empty()))
    fail(hints_.empty() ? *first_lost_ : std::min(*first_lost_, hints_.front().at));
  // The next that comes back was sent later.
  if (out()) forget_hints(r.sent);
}

void pair_record::fail(time_point from) {
  go(from, pair_state::unreachable);
  outages_.push_back({stays_.back().from, std::nullopt});
}

void pair_record::recover(time_point t, bool direct) {
  outages_.back().until = t;
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

void pair_record::forget_hints(time_point until) {
  std::erase_if(hints_, [until](const hint& h) { return h.at <= until; });
}

/// `r`: the request that came back, if its path may tell an earlier moment.
void pair_record::resolve_failovers(time_point sent, time_point over, const request* r) {
  for (failover& f : failovers_) {
    if (f.died > sent) continue;
    const time_point t = r ? path_of(*r, f.died).value_or(over) : over;
    f.over = std::min(f.over.value_or(t), t);
  }
}

// ---- what paths and the world say

void pair_record::path(time_point now, side s, punch::path_state state,
                       std::optional<std::uint32_t> relay) {
  settle(now);
  word& mine = words_[static_cast<std::size_t>(s)];
  const punch::path_state before = mine.state;
  if (before == state && mine.relay == relay) return;
  mine = {state, relay};
  const bool usable = std::min(words_[0].state, words_[1].state) > punch::path_state::none;
  const bool direct = std::min(words_[0].state, words_[1].state) == punch::path_state::direct;
  const auto keep = [now](std::optional<time_point>& since, bool holds) {
    if (!holds)
      since.reset();
    else if (!since)
      since = now;
  };
  paths_.same = usable ? std::optional{now} : std::nullopt;
  keep(paths_.direct, direct);
  keep(paths_.relayed, usable && !direct);
  if (running_ && state < before) hints_.push_back({now, state == punch::path_state::none});
}

void pair_record::struck(time_point now) {
  settle(now);
  if (running_) hints_.push_back({now});
}

void pair_record::relay_died(time_point now) {
  struck(now);
  if (running_) failovers_.push_back({now, std::nullopt});
}

void pair_record::end(time_point now) {
  finish_under_way(now);
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

pair_state pair_record::last_state(time_point from, time_point until) const {
  pair_state s = pair_state::offline;
  for (const stay& x : stays_) {
    if (x.from > until) break;
    if (x.state != pair_state::offline)
      s = x.state;
    else if (x.from < from)
      s = pair_state::offline;  // what was before has no moment in the stretch
  }
  return s;
}

time_point pair_record::last_moment(time_point until) const {
  time_point last = until;
  for (std::size_t i = 0; i < stays_.size() && stays_[i].from <= until; ++i)
    last = stays_[i].state == pair_state::offline ? stays_[i].from : until;
  return last;
}

std::vector<time_point> pair_record::changes() const {
  std::vector<time_point> at;
  std::optional<pair_state> before;
  for (const stay& x : stays_) {
    if (x.state == pair_state::offline) continue;
    if (!before && x.state == pair_state::unreachable) continue;
    if (before && *before != x.state) at.push_back(x.from);
    before = x.state;
  }
  return at;
}

}  // namespace wh::sim
