#include "actors/proto/relay/guest.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace wh::relay {

namespace {

/// A relay that was given up before it answered may do so for this long, and so many are
/// remembered.
constexpr duration unheard_kept = 10s;
constexpr std::size_t unheard_max = 8;

bool same_network(const endpoint& a, const endpoint& b) {
  return network_of(a.address) == network_of(b.address);
}

}  // namespace

guest::stay* guest::find(const public_key& k) {
  for (stay& s : stays_)
    if (s.relay.key == k) return &s;
  return nullptr;
}

std::vector<stay_report> guest::report() const {
  std::vector<stay_report> all;
  for (const stay& s : stays_) all.push_back({s.relay, s.home, s.granted, s.rtt});
  return all;
}

bool guest::is_attached(const public_key& relay) const {
  return std::any_of(stays_.begin(), stays_.end(),
                     [&](const stay& s) { return s.relay.key == relay && s.granted; });
}

std::optional<wire::contact> guest::contact_of(const public_key& relay) const {
  for (const stay& s : stays_)
    if (s.relay.key == relay) return s.relay;
  return std::nullopt;
}

bool guest::resented(time_point now, const public_key& k) const {
  const bool alone = homes_granted() == 0;
  return std::any_of(grudges_.begin(), grudges_.end(), [&](const grudge& g) {
    return g.relay.key == k && g.until > now && !(alone && g.may_end && *g.may_end <= now);
  });
}

void guest::ask(time_point now, stay& s, guest_actions& out) {
  // A question put again keeps its number: when the way has become longer than our patience, the
  // answer to the first asking is an answer still.
  if (s.unanswered == 0) {
    s.tx.value = static_cast<std::uint32_t>(random_.next());
    s.asked = now;
  }
  ++s.unanswered;
  s.due = now + patience(s);
  wire::relay_attach m{s.tx};
  if (!s.visited.empty()) m.meets = s.visited.back();
  if (s.home) m.homes = static_cast<std::uint8_t>(homes_granted() - (s.granted ? 1U : 0U));
  out.push_back(guest_send{s.relay, m});
}

std::size_t guest::homes_granted() const {
  return static_cast<std::size_t>(std::count_if(stays_.begin(), stays_.end(),
                                                [](const stay& s) { return s.home && s.granted; }));
}

duration guest::patience(const stay& s) const {
  // The first question takes a handshake besides.
  if (!s.granted) return std::max<duration>(config_.answer_timeout, 3 * trips_.line());
  // A relay that has answered before is held to its own round trip.
  const auto most = std::max<duration>(config_.answer_timeout, s.rtt * 3 / 2);
  return std::min(std::max<duration>(3 * s.rtt, 250ms), most);
}

void guest::handle(time_point now, const candidate& in, guest_actions& out) {
  if (in.who.where.is_unspecified()) return;
  if (in.proven) heard_at(now, in.who, out);
  const auto known = std::find_if(candidates_.begin(), candidates_.end(),
                                  [&](const candidate& c) { return c.who.key == in.who.key; });
  if (known != candidates_.end()) {
    if (in.proven || !known->proven) *known = in;  // and keeps its place
  } else {
    const auto hearsay = [](const candidate& c) { return !c.proven; };
    if (!in.proven) {
      const auto near = std::count_if(candidates_.begin(), candidates_.end(), [&](const auto& c) {
        return hearsay(c) && same_network(c.who.where, in.who.where);
      });
      if (static_cast<std::size_t>(near) >= config_.candidates_network) return;
    }
    if (candidates_.size() >= config_.candidates_max) {
      // What others say gives way first, and never takes the place of one that answered us.
      auto oldest = std::find_if(candidates_.begin(), candidates_.end(), hearsay);
      if (oldest == candidates_.end()) {
        if (!in.proven) return;
        oldest = candidates_.begin();
      }
      candidates_.erase(oldest);
    }
    candidates_.push_back(in);
    candidates_came_ = true;
  }
  fill_homes(now, out);
}

void guest::handle(time_point now, const candidates_end& in, guest_actions& out) {
  if (!homes_wanted_) return;
  candidates_all_ = true;
  searching_ = in.searching;
  fill_homes(now, out);
  tell_homes(out);
}

void guest::handle(time_point now, const want_homes& in, guest_actions& out) {
  if (homes_wanted_ == in.wanted) return;
  homes_wanted_ = in.wanted;
  candidates_all_ = complete_told_ = false;
  wanted_since_ = now;
  if (homes_wanted_) {
    fill_homes(now, out);
    return;
  }
  lost_.clear();
  for (stay& s : stays_) {
    s.home = false;
    if (s.visited.empty() && s.granted) out.push_back(detached{s.relay.key});
  }
  std::erase_if(stays_, [](const stay& s) { return s.visited.empty(); });
  search_again_.reset();
  ample_until_.reset();
  if (std::exchange(asked_for_candidates_, false)) out.push_back(enough_candidates{});
  tell_homes(out);
}

void guest::handle(time_point now, const visit& in, guest_actions& out) {
  stay* s = find(in.relay.key);
  if (!in.wanted) {
    if (!s || s->visited.empty()) return;
    auto whose = std::find(s->visited.begin(), s->visited.end(), in.peer);
    if (whose == s->visited.end()) {
      if (in.peer != public_key{}) return;
      whose = s->visited.end() - 1;  // on nobody's account
    }
    s->visited.erase(whose);
    if (s->visited.empty() && !s->home) drop(now, in.relay.key, 0s, out);
    return;
  }
  if (s) {
    if (s->relay.where.is_unspecified()) s->relay.where = in.relay.where;
    s->visited.push_back(in.peer);
    if (s->granted) out.push_back(attached{s->relay, s->rtt});
    return;
  }
  if (stays_.size() >= config_.visits_max + config_.homes) {
    out.push_back(note{note_kind::relay_visit_refused, in.relay.key, in.relay.where, 0});
    out.push_back(detached{in.relay.key});
    return;
  }
  stays_.push_back({.relay = in.relay, .visited = {in.peer}});
  ask(now, stays_.back(), out);
}

void guest::handle(time_point now, const guest_received& in, guest_actions& out) {
  const auto* m = std::get_if<wire::relay_attached>(&in.what);
  if (!m) return;
  stay* s = find(in.from);
  if (!s || m->tx != s->tx) return answered_late(now, in.from, *m, out);
  if (m->result != wire::attach_result::granted) {
    out.push_back(note{note_kind::relay_refused, in.from, s->relay.where,
                       static_cast<std::int64_t>(m->result)});
    std::erase_if(lost_, [&](const lost_home& l) { return l.relay.key == in.from; });
    drop(now, in.from,
         m->result == wire::attach_result::refused ? config_.grudge_refused : config_.grudge, out);
    return;
  }
  if (s->unanswered == 0) return;  // a repeated answer
  out.push_back(seen_at{s->relay, m->observed});
  // Of a question put twice nobody knows which asking was answered (Karn and Partridge, 1987).
  if (s->unanswered == 1 || !s->granted) {
    s->rtt = now - s->asked;
    trips_.add(s->rtt);
  }
  s->unanswered = 0;
  // Guests that attached in one burst do not renew in one.
  const duration jitter{static_cast<std::int64_t>(random_.below(3'000'000'000))};
  s->due = now + std::max(std::min<duration>(config_.renew, std::chrono::seconds{m->lease_s} / 3) -
                              jitter,
                          config_.renew_min);
  if (s->granted) return;
  s->granted = true;
  if (s->relay.where.is_unspecified()) s->relay.where = in.where;
  out.push_back(note{note_kind::relay_leased, in.from, s->relay.where, m->lease_s});
  found_again(in.from);
  const bool home = s->home;
  if (home && homes_granted() > config_.homes) {
    s->home = false;  // another was faster
    if (s->visited.empty()) return drop(now, in.from, 0s, out);
  }
  out.push_back(attached{s->relay, s->rtt});
  if (home) {
    end_surplus();
    tell_homes(out);
  }
  fill_homes(now, out);  // a relay that is visited will do, too
}

/// With homes enough nobody else is waited for.
void guest::end_surplus() {
  if (homes_granted() < config_.homes) return;
  lost_.clear();
  for (stay& s : stays_)
    if (!s.granted) s.home = false;
  std::erase_if(stays_, [](const stay& s) { return !s.home && s.visited.empty(); });
}

/// Our patience was too short. The relay lives: it is asked again, with more.
void guest::answered_late(time_point now, const public_key& from, const wire::relay_attached& m,
                          guest_actions& out) {
  const auto at = std::find_if(unheard_.begin(), unheard_.end(), [&](const unheard& u) {
    return u.relay.key == from && u.tx == m.tx && now - u.asked <= unheard_kept;
  });
  if (at == unheard_.end()) return;
  const unheard was = *at;
  unheard_.erase(at);
  trips_.add(now - was.asked);
  if (m.result != wire::attach_result::granted) return;
  std::erase_if(grudges_, [&](const grudge& g) { return g.relay.key == from; });
  handle(now, candidate{was.relay}, out);
}

void guest::handle(time_point now, const suspect& in, guest_actions& out) {
  stay* s = find(in.relay);
  if (!s) {
    // Whoever asks takes us for a guest there, and we are none.
    out.push_back(detached{in.relay});
    return;
  }
  // One question at a time: the answer, or its absence, is what counts.
  if (s->granted && s->unanswered == 0) ask(now, *s, out);
}

void guest::handle(time_point now, const guest_failed& in, guest_actions& out) {
  fell_silent(now, in.peer, out);
}

void guest::fell_silent(time_point now, const public_key& k, guest_actions& out) {
  const stay* s = find(k);
  if (!s) return;
  if (s->home && s->granted)
    lose(now, *s);
  else if (s->home && !was_home(k) && candidates_.size() < config_.candidates_max)
    candidates_.push_back({.who = s->relay, .proven = false});  // should nothing better be left
  drop(now, k, config_.grudge, out, true);
}

void guest::drop(time_point now, const public_key& k, duration resent, guest_actions& out,
                 bool silent) {
  const auto at =
      std::find_if(stays_.begin(), stays_.end(), [&](const stay& s) { return s.relay.key == k; });
  if (at == stays_.end()) return;
  const wire::contact relay = at->relay;
  if (resent > 0s && !at->granted) {
    if (unheard_.size() >= unheard_max) unheard_.erase(unheard_.begin());
    unheard_.push_back({at->relay, at->tx, at->asked});
  }
  stays_.erase(at);
  if (resent > 0s) {
    duration wait = config_.grudge_min;
    for (const grudge& g : grudges_)
      if (g.relay.key == k && g.may_end) wait = std::min(2 * g.wait, config_.grudge);
    std::erase_if(grudges_, [&](const grudge& g) { return g.until <= now || g.relay.key == k; });
    if (grudges_.size() >= 4 * config_.candidates_max) grudges_.erase(grudges_.begin());
    grudges_.push_back(
        {relay, now + resent, wait, silent ? std::optional{now + wait} : std::nullopt});
    if (silent) forgive_at_ = next_forgiven(now);
    out.push_back(note{note_kind::relay_grudge, k, {}, resent / 1s});
  }
  out.push_back(detached{k});
  fill_homes(now, out);
  tell_homes(out);
}

void guest::fill_homes(time_point now, guest_actions& out) {
  if (!homes_wanted_) return;
  // One that has been silent for a while is not counted on: another is asked beside it.
  const auto counts = [](const stay& s) { return s.home && (s.granted || s.unanswered < 2); };
  auto have = static_cast<std::size_t>(std::count_if(stays_.begin(), stays_.end(), counts));
  auto all = static_cast<std::size_t>(
      std::count_if(stays_.begin(), stays_.end(), [](const stay& s) { return s.home; }));
  for (stay& s : stays_) {
    if (have >= config_.homes) break;
    // What has no endpoint cannot be named to others.
    if (s.home || !s.granted || s.relay.where.is_unspecified()) continue;
    s.home = true;
    ++have;
    ++all;
    tell_homes(out);
  }
  ample_until_.reset();
  while (have < config_.homes && all < 2 * config_.homes) {
    const auto c = best_candidate(now);
    if (c == candidates_.end()) break;
    stays_.push_back({.relay = c->who, .home = true});
    candidates_.erase(c);
    ask(now, stays_.back(), out);
    ++have;
    ++all;
  }
  if (have < config_.homes) {
    ask_for_candidates(now, out);
  } else if (homes_granted() >= config_.homes && std::exchange(asked_for_candidates_, false)) {
    out.push_back(enough_candidates{});
  }
}

bool guest::was_home(const public_key& k) const {
  return std::any_of(lost_.begin(), lost_.end(),
                     [&](const lost_home& l) { return l.relay.key == k; });
}

void guest::lose(time_point now, const stay& s) {
  if (was_home(s.relay.key)) return;
  if (lost_.size() >= config_.lost_max) lost_.erase(lost_.begin());
  lost_.push_back({s.relay, now, now});
}

void guest::ask_lost(time_point now, guest_actions& out) {
  if (!homes_wanted_ || homes_granted() > 0) return;
  for (lost_home& l : lost_) {
    if (l.again > now) continue;
    l.again =
        now + std::clamp<duration>((now - l.since) / 64, config_.lost_ask, config_.lost_ask_max);
    if (find(l.relay.key)) continue;
    stays_.push_back({.relay = l.relay, .home = true});
    ask(now, stays_.back(), out);
  }
}

/// It was we whom nobody heard, most likely: the others are as good as they were.
void guest::found_again(const public_key& k) {
  const auto at = std::find_if(lost_.begin(), lost_.end(),
                               [&](const lost_home& l) { return l.relay.key == k; });
  if (at == lost_.end()) return;
  for (const lost_home& l : lost_) {
    std::erase_if(grudges_, [&](const grudge& g) { return g.relay.key == l.relay.key; });
    if (l.relay.key != k && candidates_.size() < config_.candidates_max)
      candidates_.push_back({.who = l.relay});
  }
  lost_.clear();
}

/// A relay that has moved: what it failed by elsewhere is over, and what is asked of it is asked
/// there. A home that answers stays where it is, since a host may have several endpoints.
void guest::heard_at(time_point now, const wire::contact& who, guest_actions& out) {
  const auto is_elsewhere = [&](const wire::contact& c) {
    return c.key == who.key && c.where != who.where;
  };
  std::erase_if(grudges_, [&](const grudge& g) { return g.may_end && is_elsewhere(g.relay); });
  for (lost_home& l : lost_)
    if (is_elsewhere(l.relay)) l = {who, l.since, now};
  for (stay& s : stays_) {
    if (!is_elsewhere(s.relay) || (s.granted && s.unanswered == 0)) continue;
    s.relay = who;
    s.unanswered = 0;
    ask(now, s, out);
  }
}

std::vector<candidate>::iterator guest::best_candidate(time_point now) {
  const bool homeless =
      std::none_of(stays_.begin(), stays_.end(), [](const stay& s) { return s.home; });
  const bool may_wait = !candidates_all_ && now < wanted_since_ + config_.ample_awaited;
  auto best = candidates_.end();
  std::array<unsigned, 3> best_rank{};
  for (auto c = candidates_.begin(); c != candidates_.end(); ++c) {
    if (find(c->who.key) || resented(now, c->who.key)) continue;
    const bool full = c->room && *c->room == 0;
    if (full && !homeless) continue;
    const unsigned load = !c->room || *c->room >= config_.room_ample ? 0
                          : *c->room >= config_.room_some            ? 1
                                                                     : 2;
    if (load > 0 && may_wait) {
      ample_until_ = wanted_since_ + config_.ample_awaited;
      continue;
    }
    const bool beside = std::any_of(stays_.begin(), stays_.end(), [&](const stay& s) {
      return s.home && same_network(s.relay.where, c->who.where);
    });
    // The longest known of its like comes first: it is likelier to stay.
    const std::array<unsigned, 3> rank{full ? 2U : c->proven ? 0U : 1U, beside ? 1U : 0U, load};
    if (best != candidates_.end() && rank >= best_rank) continue;
    best = c;
    best_rank = rank;
  }
  return best;
}

void guest::ask_for_candidates(time_point now, guest_actions& out) {
  // Those that we were told of were no use: at once, and once.
  const bool waiting =
      std::any_of(stays_.begin(), stays_.end(), [](const stay& s) { return s.home && !s.granted; });
  const bool used_up =
      candidates_all_ && candidates_came_ && !waiting && best_candidate(now) == candidates_.end();
  if (search_again_ && !used_up) return;
  const std::size_t granted = homes_granted();
  search_again_ = now + 30s;
  candidates_came_ = false;
  // Who has a home says so; its record does not wait for a second one that may not be there.
  if (granted == 0) candidates_all_ = false;
  asked_for_candidates_ = true;
  out.push_back(need_candidates{static_cast<unsigned>(granted)});
}

bool guest::homes_complete() const {
  if (homes_granted() >= config_.homes) return true;
  if (homes_granted() == 0 && searching_) return false;
  // Who could be asked is: `fill_homes` leaves none out.
  return candidates_all_ && std::none_of(stays_.begin(), stays_.end(),
                                         [](const stay& s) { return s.home && !s.granted; });
}

void guest::tell_homes(guest_actions& out) {
  homes h;
  std::vector<public_key> keys;
  for (const stay& s : stays_)
    if (s.home && s.granted) {
      h.relays.push_back(s.relay);
      keys.push_back(s.relay.key);
    }
  h.complete = homes_complete();
  if (keys == homes_told_ && (complete_told_ || !h.complete)) return;
  homes_told_ = std::move(keys);
  complete_told_ = h.complete;
  out.push_back(std::move(h));
}

void guest::handle_timeout(time_point now, guest_actions& out) {
  std::vector<public_key> dead;
  bool silent = false;
  for (stay& s : stays_) {
    if (s.due > now) continue;
    if (s.unanswered >= config_.tries)
      dead.push_back(s.relay.key);
    else
      ask(now, s, out);
    silent = silent || (s.home && !s.granted);
  }
  for (const public_key& k : dead) {
    out.push_back(note{note_kind::relay_silent, k, {}, 0});
    fell_silent(now, k, out);
  }
  const bool waited = ample_until_ && now >= *ample_until_;
  const bool again = search_again_ && now >= *search_again_;
  if (again) search_again_.reset();
  ask_lost(now, out);
  const bool forgiven = forgive_at_ && now >= *forgive_at_;
  if (forgiven) forgive_at_ = next_forgiven(now);
  if (waited || again || silent || forgiven) fill_homes(now, out);
}

std::optional<time_point> guest::next_lost() const {
  if (lost_.empty() || !homes_wanted_ || homes_granted() > 0) return std::nullopt;
  return std::min_element(lost_.begin(), lost_.end(),
                          [](const lost_home& a, const lost_home& b) { return a.again < b.again; })
      ->again;
}

/// When the next of those that were silent may be asked again, should we have no home.
std::optional<time_point> guest::next_forgiven(time_point now) const {
  std::optional<time_point> first;
  for (const grudge& g : grudges_)
    if (g.may_end && *g.may_end > now && (!first || *g.may_end < *first)) first = g.may_end;
  return first;
}

std::optional<time_point> guest::next_timeout() const {
  std::optional<time_point> first = search_again_;
  if (forgive_at_ && (!first || *forgive_at_ < *first)) first = forgive_at_;
  if (ample_until_ && (!first || *ample_until_ < *first)) first = ample_until_;
  if (const auto t = next_lost(); t && (!first || *t < *first)) first = t;
  for (const stay& s : stays_)
    if (!first || s.due < *first) first = s.due;
  return first;
}

}  // namespace wh::relay
