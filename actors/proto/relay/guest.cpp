#include "actors/proto/relay/guest.hpp"

#include <algorithm>

namespace wh::relay {

namespace {

/// A relay that was given up before it answered may do so for this long, and so many are
/// remembered.
constexpr duration unheard_kept = 10s;
constexpr std::size_t unheard_max = 8;

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
  return std::any_of(grudges_.begin(), grudges_.end(),
                     [&](const grudge& g) { return g.relay == k && g.until > now; });
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
  out.push_back(guest_send{s.relay, wire::relay_attach{s.tx}});
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
  const auto known = std::find_if(candidates_.begin(), candidates_.end(),
                                  [&](const wire::contact& c) { return c.key == in.who.key; });
  if (known != candidates_.end()) {
    known->where = in.who.where;  // and keeps its place
  } else {
    if (candidates_.size() >= config_.candidates_max) candidates_.erase(candidates_.begin());
    candidates_.push_back(in.who);
  }
  fill_homes(now, out);
}

void guest::handle(time_point, const candidates_end&, guest_actions& out) {
  if (!homes_wanted_) return;
  candidates_all_ = true;
  tell_homes(out);
}

void guest::handle(time_point now, const want_homes& in, guest_actions& out) {
  if (homes_wanted_ == in.wanted) return;
  homes_wanted_ = in.wanted;
  candidates_all_ = complete_told_ = false;
  if (homes_wanted_) {
    fill_homes(now, out);
    return;
  }
  for (stay& s : stays_) {
    s.home = false;
    if (s.visitors == 0 && s.granted) out.push_back(detached{s.relay.key});
  }
  std::erase_if(stays_, [](const stay& s) { return s.visitors == 0; });
  search_again_.reset();
  tell_homes(out);
}

void guest::handle(time_point now, const visit& in, guest_actions& out) {
  stay* s = find(in.relay.key);
  if (!in.wanted) {
    if (!s || s->visitors == 0) return;
    if (--s->visitors == 0 && !s->home) drop(now, in.relay.key, 0s, out);
    return;
  }
  if (s) {
    ++s->visitors;
    if (s->granted) out.push_back(attached{s->relay, s->rtt});
    return;
  }
  if (in.relay.where.is_unspecified() || stays_.size() >= config_.visits_max + config_.homes) {
    out.push_back(note{note_kind::relay_visit_refused, in.relay.key, in.relay.where, 0});
    out.push_back(detached{in.relay.key});
    return;
  }
  stays_.push_back({.relay = in.relay, .visitors = 1});
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
  out.push_back(attached{s->relay, s->rtt});
  if (s->home) tell_homes(out);
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
  std::erase_if(grudges_, [&](const grudge& g) { return g.relay == from; });
  handle(now, candidate{was.relay}, out);
}

void guest::handle(time_point now, const suspect& in, guest_actions& out) {
  stay* s = find(in.relay);
  // One question at a time: the answer, or its absence, is what counts.
  if (s && s->granted && s->unanswered == 0) ask(now, *s, out);
}

void guest::handle(time_point now, const guest_failed& in, guest_actions& out) {
  if (find(in.peer)) drop(now, in.peer, config_.grudge, out);
}

void guest::drop(time_point now, const public_key& k, duration resent, guest_actions& out) {
  const auto at =
      std::find_if(stays_.begin(), stays_.end(), [&](const stay& s) { return s.relay.key == k; });
  if (at == stays_.end()) return;
  if (resent > 0s && !at->granted) {
    if (unheard_.size() >= unheard_max) unheard_.erase(unheard_.begin());
    unheard_.push_back({at->relay, at->tx, at->asked});
  }
  stays_.erase(at);
  if (resent > 0s) {
    std::erase_if(grudges_, [&](const grudge& g) { return g.until <= now || g.relay == k; });
    if (grudges_.size() >= 4 * config_.candidates_max) grudges_.erase(grudges_.begin());
    grudges_.push_back({k, now + resent});
  }
  out.push_back(detached{k});
  fill_homes(now, out);
  tell_homes(out);
}

void guest::fill_homes(time_point now, guest_actions& out) {
  if (!homes_wanted_) return;
  auto have = static_cast<std::size_t>(
      std::count_if(stays_.begin(), stays_.end(), [](const stay& s) { return s.home; }));
  for (stay& s : stays_) {
    if (have >= config_.homes) break;
    if (s.home || !s.granted) continue;
    s.home = true;
    ++have;
    tell_homes(out);
  }
  while (have < config_.homes) {
    // The longest known first: whoever has been there for long is likelier to stay.
    const auto c =
        std::find_if(candidates_.begin(), candidates_.end(),
                     [&](const wire::contact& x) { return !find(x.key) && !resented(now, x.key); });
    if (c == candidates_.end()) break;
    stays_.push_back({.relay = *c, .home = true});
    candidates_.erase(c);
    ask(now, stays_.back(), out);
    ++have;
  }
  if (have < config_.homes && !search_again_) {
    search_again_ = now + 30s;
    candidates_all_ = false;
    out.push_back(need_candidates{});
  }
}

bool guest::homes_complete() const {
  const auto homes = std::count_if(stays_.begin(), stays_.end(),
                                   [](const stay& s) { return s.home && s.granted; });
  if (static_cast<std::size_t>(homes) >= config_.homes) return true;
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
  for (stay& s : stays_) {
    if (s.due > now) continue;
    if (s.unanswered >= config_.tries)
      dead.push_back(s.relay.key);
    else
      ask(now, s, out);
  }
  for (const public_key& k : dead) {
    out.push_back(note{note_kind::relay_silent, k, {}, 0});
    drop(now, k, config_.grudge, out);
  }
  if (search_again_ && now >= *search_again_) {
    search_again_.reset();
    fill_homes(now, out);
  }
}

std::optional<time_point> guest::next_timeout() const {
  std::optional<time_point> first = search_again_;
  for (const stay& s : stays_)
    if (!first || s.due < *first) first = s.due;
  return first;
}

}  // namespace wh::relay
