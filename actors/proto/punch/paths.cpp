#include "actors/proto/punch/paths.hpp"

#include <algorithm>
#include <array>

#include "transport/check.hpp"

namespace wh::punch {

namespace {

constexpr std::size_t pings_max = 48;

// A NAT that took a stranger's packet for a connection of its own forgets it after 30 s of silence
// (Linux, nf_conntrack_udp_timeout): the second try waits that long, the later ones follow the
// clock.
constexpr std::array<duration, 6> retry_after = {5s, 40s, 60s, 5min, 15min, 60min};

template <class Peers, class Key>
auto lower(Peers& peers, const Key& k) {
  return std::lower_bound(peers.begin(), peers.end(), k,
                          [](const auto& p, const public_key& x) { return p.key < x; });
}

}  // namespace

paths::paths(config c, const public_key& self, rng& random)
    : config_(c), self_(self), random_(random) {}

std::vector<public_key> paths::set_members(std::vector<member> members) {
  members_ = std::move(members);
  std::sort(members_.begin(), members_.end(),
            [](const member& a, const member& b) { return a.key < b.key; });
  std::vector<public_key> gone;
  for (const peer& p : peers_)
    if (!find_member(p.key)) gone.push_back(p.key);
  return gone;
}

const member* paths::find_member(const public_key& k) const {
  const auto at = lower(members_, k);
  return at != members_.end() && at->key == k && k != self_ ? &*at : nullptr;
}

paths::peer* paths::find_peer(const public_key& k) {
  const auto at = lower(peers_, k);
  return at != peers_.end() && at->key == k ? &*at : nullptr;
}

const paths::peer* paths::find_peer(const public_key& k) const {
  const auto at = lower(peers_, k);
  return at != peers_.end() && at->key == k ? &*at : nullptr;
}

paths::peer& paths::obtain(time_point now, const public_key& k) {
  const auto at = lower(peers_, k);
  if (at != peers_.end() && at->key == k) return *at;
  peer p;
  p.key = p.told.peer = k;
  p.last_payload = now;
  p.next_beat = now + config_.keepalive;
  return *peers_.insert(at, std::move(p));
}

paths::relay_option* paths::find_relay(peer& p, const public_key& relay) {
  for (relay_option& r : p.relays)
    if (r.relay.key == relay) return &r;
  return nullptr;
}

void paths::handle(time_point now, const want& in, actions& out) {
  if (!find_member(in.peer)) return;
  peer& p = obtain(now, in.peer);
  p.last_payload = now;
  p.wanted = true;
  if (p.in_use || p.looking || p.next_lookup) return;
  look_up(now, p, out);
  tell(p, out);
}

void paths::handle(time_point now, const forget& in, actions& out) { remove(now, in.peer, out); }

void paths::remove(time_point, const public_key& k, actions& out) {
  const auto at = lower(peers_, k);
  if (at == peers_.end() || at->key != k) return;
  peer gone = std::move(*at);
  peers_.erase(at);
  if (gone.in_use) {
    out.push_back(send{k, *gone.in_use, wire::bye{}});
    out.push_back(use{k, std::nullopt});
  }
  for (const relay_option& r : gone.relays)
    if (r.ours) out.push_back(visit_relay{r.relay, false});
  status last;
  last.peer = k;
  out.push_back(last);
}

void paths::handle(time_point now, self_changed in, actions& out) {
  const bool same = in.kind == me_.kind && in.candidates == me_.candidates;
  me_ = std::move(in);
  if (same) return;
  // A new NAT, a new address: what failed before may work now.
  for (peer& p : peers_) {
    if (p.direct || p.opening) continue;
    p.failures = 0;
    if (p.in_use) p.next_open = now + 500ms;
    tell(p, out);
  }
}

void paths::look_up(time_point now, peer& p, actions& out) {
  if (p.looking) return;
  p.looking = true;
  p.lookup_wait = p.lookup_wait == 0ns ? config_.lookup_retry
                                       : std::min(2 * p.lookup_wait, config_.lookup_retry_max);
  p.next_lookup = now + p.lookup_wait + 30s;  // should the DHT never answer
  if (p.why == reason::none || p.why == reason::lost) p.why = reason::looking_up;
  out.push_back(find{p.key});
  // What the network file says is tried beside what the DHT will say.
  if (const member* m = find_member(p.key); m && m->where) {
    add_candidate(p, *m->where);
    ping(now, p, wire::direct(*m->where), out);
  }
}

void paths::handle(time_point now, const found& in, actions& out) {
  peer* p = find_peer(in.peer);
  if (!p) return;
  p->looking = false;
  p->next_lookup = now + p->lookup_wait;
  if (!in.what) {
    if (!p->in_use) p->why = reason::no_record;
    tell(*p, out);
    return;
  }
  if (!p->known || in.what->sequence >= p->known->sequence) p->known = in.what;
  p->their_kind = p->known->nat;
  if (!p->in_use) p->why = reason::contacting;
  for (const endpoint& e : p->known->endpoints) add_candidate(*p, e);
  for (const wire::contact& r : p->known->relays)
    if (r.key != self_ && r.key != p->key) add_relay(now, *p, r, out);
  // An open peer is reached at its endpoint; so may one be that names no relay.
  if (p->their_kind == wire::nat_class::open || p->known->relays.empty())
    for (const endpoint& e : p->known->endpoints) ping(now, *p, wire::direct(e), out);
  tell(*p, out);
}

void paths::add_relay(time_point now, peer& p, const wire::contact& relay, actions& out) {
  if (relay_option* r = find_relay(p, relay.key)) {
    if (r->attached) ping(now, p, wire::through(relay.key), out);
    return;
  }
  if (p.relays.size() >= config_.relays_max) {
    const auto useless = std::find_if(p.relays.begin(), p.relays.end(), [&](const relay_option& r) {
      return !usable(r) && !(p.in_use && p.in_use->relay == r.relay.key);
    });
    if (useless == p.relays.end()) return;
    if (useless->ours) out.push_back(visit_relay{useless->relay, false});
    p.relays.erase(useless);
  }
  p.relays.push_back({.relay = relay});
  out.push_back(visit_relay{relay, true});
}

void paths::add_candidate(peer& p, const endpoint& e) {
  if (e.is_unspecified() || e.port() == 0 ||
      std::find(p.candidates.begin(), p.candidates.end(), e) != p.candidates.end())
    return;
  if (p.candidates.size() >= config_.candidates_max) p.candidates.erase(p.candidates.begin());
  p.candidates.push_back(e);
}

void paths::ping(time_point now, peer& p, const wire::route& via, actions& out, ttl limit) {
  const wire::transaction tx{static_cast<std::uint32_t>(random_.next())};
  // An opener is not expected to arrive: no answer to it is no evidence.
  if (limit == ttl::host_default) {
    if (p.pings.size() >= pings_max) p.pings.erase(p.pings.begin());
    p.pings.push_back({tx, via, now});
  }
  out.push_back(send{p.key, via, wire::ping{tx}, limit});
}

void paths::handle(time_point now, const received& in, actions& out) {
  if (!find_member(in.from)) return;
  if (std::holds_alternative<wire::bye>(in.what)) {
    peer* p = find_peer(in.from);
    if (p && now - p->last_payload > config_.payload_recent) remove(now, in.from, out);
    return;
  }
  peer& p = obtain(now, in.from);
  if (in.via.relay) {
    // What came through a relay shows that both of us are its guests.
    relay_option* r = find_relay(p, *in.via.relay);
    if (!r && p.relays.size() < config_.relays_max + 2) {
      p.relays.push_back({.relay = {*in.via.relay, {}}, .ours = false});
      r = &p.relays.back();
    }
    if (r) {
      r->attached = r->answered = true;
      r->missed = 0;
    }
  }
  if (const auto* m = std::get_if<wire::ping>(&in.what))
    on_ping(now, p, in, *m, out);
  else if (const auto* answer = std::get_if<wire::pong>(&in.what))
    on_pong(now, p, in, *answer, out);
  else if (const auto* c = std::get_if<wire::connect>(&in.what))
    on_connect(now, p, in, *c, out);
  choose(now, p, out);
  tell(p, out);
}

void paths::on_ping(time_point now, peer& p, const received& in, const wire::ping& m,
                    actions& out) {
  out.push_back(send{p.key, in.via, wire::pong{m.tx, in.via.where}});
  if (in.via.relayed()) return;
  // It reaches us from there: whether we reach it there too, only our own ping can tell.
  add_candidate(p, in.via.where);
  const bool known = p.direct && p.direct->where == in.via.where && p.direct->missed == 0;
  const bool asked = std::any_of(p.pings.begin(), p.pings.end(), [&](const pending_ping& q) {
    return q.via == in.via && now - q.sent < 200ms;
  });
  if (!known && !asked) ping(now, p, in.via, out);
}

void paths::on_pong(time_point now, peer& p, const received& in, const wire::pong& m,
                    actions& out) {
  const auto at = std::find_if(p.pings.begin(), p.pings.end(),
                               [&](const pending_ping& q) { return q.tx == m.tx; });
  if (at == p.pings.end()) return;
  const pending_ping asked = *at;
  p.pings.erase(at);
  const duration rtt = now - asked.sent;
  if (asked.via.relay) {
    if (in.via.relay != asked.via.relay) return;
    if (relay_option* r = find_relay(p, *asked.via.relay)) {
      r->rtt = rtt;
      r->answered = true;
      r->missed = 0;
    }
    return;
  }
  if (in.via.relayed()) return;  // our packets reach it there; its own do not reach us
  if (p.direct && p.direct->where == asked.via.where) {
    p.direct->rtt = rtt;
    p.direct->missed = 0;
    return;
  }
  // The faster of two direct paths, and no change for a hair's breadth.
  if (p.direct && p.direct->missed == 0 && rtt + 5ms >= p.direct->rtt) return;
  out.push_back(note{"punch.direct", p.key, asked.via.where, rtt / 1us});
  p.direct = direct_path{asked.via.where, rtt, 0};
  p.opening.reset();
  p.next_open.reset();
  p.failures = 0;
  p.next_beat = now + config_.heartbeat;
}

void paths::send_connect(peer& p, wire::connect_phase phase, std::uint32_t id,
                         const wire::route& via, actions& out) {
  wire::connect c;
  c.attempt = id;
  c.phase = phase;
  c.nat = me_.kind;
  if (phase != wire::connect_phase::sync)
    for (const endpoint& e : me_.candidates) c.candidates.push_back(e);
  out.push_back(send{p.key, via, std::move(c)});
}

void paths::offer(time_point now, peer& p, actions& out) {
  p.next_open.reset();
  if (!p.in_use || p.direct || p.opening) return;
  const auto id = static_cast<std::uint32_t>(random_.next());
  p.opening.emplace(now, id, attempt::role::offerer, config_.attempt);
  p.why = reason::opening;
  send_connect(p, wire::connect_phase::offer, id, *p.in_use, out);
}

void paths::on_connect(time_point now, peer& p, const received& in, const wire::connect& m,
                       actions& out) {
  p.their_kind = m.nat;
  for (const endpoint& e : m.candidates) add_candidate(p, e);
  switch (m.phase) {
    case wire::connect_phase::offer:
      // Both offered: the smaller key's offer stands.
      if (p.opening && p.opening->where() == attempt::phase::agreeing &&
          p.opening->mine() == attempt::role::offerer && self_ < p.key)
        return;
      if (p.opening && p.opening->where() == attempt::phase::opening) return;
      p.opening.emplace(now, m.attempt, attempt::role::answerer, config_.attempt);
      p.next_open.reset();
      if (!p.direct) p.why = reason::opening;
      send_connect(p, wire::connect_phase::answer, m.attempt, in.via, out);
      break;
    case wire::connect_phase::answer:
      if (!p.opening || p.opening->id() != m.attempt) return;
      p.opening->answered(now);
      send_connect(p, wire::connect_phase::sync, m.attempt, in.via, out);
      break;
    case wire::connect_phase::sync:
      if (!p.opening || p.opening->id() != m.attempt) return;
      p.opening->synced(now);
      advance_attempt(now, p, out);
      break;
  }
}

void paths::advance_attempt(time_point now, peer& p, actions& out) {
  while (p.opening && p.opening->due() <= now) {
    using kind = attempt::step::kind;
    switch (p.opening->advance(now).what) {
      case kind::nothing:
        return;
      case kind::openers:
        for (const endpoint& e : p.candidates)
          if (e.address.is_global())
            ping(now, p, wire::direct(e), out, ttl{config_.attempt.opener_ttl});
        break;
      case kind::pings:
        for (const endpoint& e : p.candidates) ping(now, p, wire::direct(e), out);
        break;
      case kind::gave_up:
        p.opening.reset();
        if (p.direct) return;
        p.why = why_failed(me_.kind, p.their_kind);
        p.next_open = now + retry_after[std::min<std::size_t>(p.failures, retry_after.size() - 1)];
        ++p.failures;
        out.push_back(note{"punch.failed", p.key, {}, p.failures});
        return;
    }
  }
}

void paths::handle(time_point now, const relay_up& in, actions& out) {
  for (peer& p : peers_)
    if (relay_option* r = find_relay(p, in.relay.key)) {
      r->relay = in.relay;
      r->attached = true;
      r->missed = 0;
      ping(now, p, wire::through(in.relay.key), out);
    }
}

void paths::handle(time_point now, const relay_down& in, actions& out) {
  for (peer& p : peers_) {
    if (!find_relay(p, in.relay)) continue;
    // The guest side forgot it: no visit is left to end.
    std::erase_if(p.relays, [&](const relay_option& r) { return r.relay.key == in.relay; });
    choose(now, p, out);
    tell(p, out);
  }
}

void paths::handle(time_point now, const not_a_guest& in, actions& out) {
  peer* p = find_peer(in.peer);
  relay_option* r = p ? find_relay(*p, in.relay) : nullptr;
  if (!r) return;
  r->answered = false;
  r->missed = config_.misses_to_suspect;
  choose(now, *p, out);
  tell(*p, out);
}

void paths::handle(time_point now, const payload& in, actions& out) {
  peer* p = find_peer(in.peer);
  if (!p) return;
  const bool woke = now - p->last_payload > config_.payload_recent;
  p->last_payload = now;
  p->next_beat = std::min(p->next_beat, now + config_.heartbeat);
  if (woke && p->in_use && !p->direct && !p->opening &&
      (!p->next_open || *p->next_open > now + 1min))
    p->next_open = now + config_.heartbeat;
  (void)out;
}

void paths::expire_pings(time_point now, peer& p, actions& out) {
  const auto late = [&](const pending_ping& q) { return now - q.sent >= config_.ping_timeout; };
  for (const pending_ping& q : p.pings) {
    if (!late(q)) continue;
    if (!q.via.relay) {
      if (p.direct && p.direct->where == q.via.where) ++p.direct->missed;
    } else if (relay_option* r = find_relay(p, *q.via.relay)) {
      ++r->missed;
      if (r->attached) out.push_back(suspect_relay{r->relay.key});
    }
  }
  const std::size_t before = p.pings.size();
  std::erase_if(p.pings, late);
  if (p.pings.size() == before) return;
  if (p.direct && p.direct->missed >= config_.misses_to_drop) {
    out.push_back(note{"punch.lost", p.key, p.direct->where, 0});
    p.direct.reset();
    p.why = reason::lost;
    p.failures = 0;
    p.next_open = now + (self_ < p.key ? 0ns : config_.courtesy);
  }
  // Something was missed: the next beat comes at the pace of payload, whether there is any or not.
  p.next_beat = std::min(p.next_beat, now + config_.heartbeat / 4);
}

void paths::beat(time_point now, peer& p, actions& out) {
  const bool missed = (p.direct && p.direct->missed > 0) ||
                      std::any_of(p.relays.begin(), p.relays.end(), [&](const relay_option& r) {
                        return r.missed > 0 && p.in_use && p.in_use->relay == r.relay.key;
                      });
  const bool busy = missed || now - p.last_payload < config_.payload_recent;
  p.next_beat = now + (busy ? config_.heartbeat : config_.keepalive);
  if (p.direct) ping(now, p, wire::direct(p.direct->where), out);
  for (const relay_option& r : p.relays) {
    const bool carries = p.in_use && p.in_use->relay == r.relay.key;
    // The others are asked only when they may be needed.
    if (r.attached && (carries || (missed && r.missed < config_.misses_to_drop)))
      ping(now, p, wire::through(r.relay.key), out);
  }
}

void paths::choose(time_point now, peer& p, actions& out) {
  std::optional<wire::route> best;
  if (p.direct && p.direct->missed < config_.misses_to_suspect) {
    best = wire::direct(p.direct->where);
  } else {
    const relay_option* pick = nullptr;
    for (const relay_option& r : p.relays) {
      if (!usable(r)) continue;
      const bool current = p.in_use && p.in_use->relay == r.relay.key;
      if (current) {
        pick = &r;
        break;
      }
      if (!pick || r.rtt < pick->rtt || (r.rtt == pick->rtt && r.relay.key < pick->relay.key))
        pick = &r;
    }
    if (pick)
      best = wire::through(pick->relay.key);
    else if (p.direct)
      best = wire::direct(p.direct->where);  // suspect, but there is nothing else
  }
  if (best) {
    p.lookup_wait = 0ns;
    if (!p.looking) p.next_lookup.reset();
    if (best->relayed() && !p.direct && !p.opening && !p.next_open)
      p.next_open = now + (self_ < p.key ? 0ns : config_.courtesy);
  } else if (!p.looking && !p.next_lookup) {
    p.next_lookup = now;
  }
  if (best == p.in_use) return;
  if (best && !p.in_use) p.next_beat = now + config_.heartbeat;
  p.in_use = best;
  out.push_back(use{p.key, best});
}

void paths::tell(peer& p, actions& out) {
  status s;
  s.peer = p.key;
  if (p.in_use) {
    s.state = p.in_use->relayed() ? path_state::relayed : path_state::direct;
    s.via = *p.in_use;
    if (const relay_option* r = p.in_use->relay ? find_relay(p, *p.in_use->relay) : nullptr)
      s.rtt = r->rtt;
    else if (p.direct)
      s.rtt = p.direct->rtt;
  }
  if (s.state == path_state::direct) p.why = reason::none;
  if (s.state == path_state::relayed && (p.why == reason::none || p.why <= reason::no_relay))
    p.why = p.opening || p.next_open ? reason::opening : why_failed(me_.kind, p.their_kind);
  if (s.state == path_state::none && p.why >= reason::opening) p.why = reason::peer_silent;
  s.why = p.why;
  const bool same = s.state == p.told.state && s.why == p.told.why && s.via == p.told.via;
  p.told = s;
  if (!same) out.push_back(s);
}

void paths::handle_timeout(time_point now, actions& out) {
  std::vector<public_key> idle;
  for (peer& p : peers_) {
    if (due(p) > now) continue;
    expire_pings(now, p, out);
    if (p.next_lookup && *p.next_lookup <= now) {
      p.next_lookup.reset();
      p.looking = false;
      if (!p.in_use) {
        if (p.why == reason::contacting)
          p.why = p.known && p.known->relays.empty() ? reason::no_relay : reason::peer_silent;
        look_up(now, p, out);
      }
    }
    advance_attempt(now, p, out);
    if (p.next_open && *p.next_open <= now) offer(now, p, out);
    if (p.next_beat <= now) beat(now, p, out);
    if (now - p.last_payload >= config_.idle) idle.push_back(p.key);
    choose(now, p, out);
    tell(p, out);
  }
  for (const public_key& k : idle) remove(now, k, out);
}

time_point paths::due(const peer& p) const {
  time_point t = p.next_beat;
  if (p.next_lookup) t = std::min(t, *p.next_lookup);
  if (p.next_open) t = std::min(t, *p.next_open);
  if (p.opening) t = std::min(t, p.opening->due());
  // Pings are in the order they were sent.
  if (!p.pings.empty()) t = std::min(t, p.pings.front().sent + config_.ping_timeout);
  return t;
}

std::optional<time_point> paths::next_timeout() const {
  std::optional<time_point> first;
  for (const peer& p : peers_) {
    const time_point t = due(p);
    if (!first || t < *first) first = t;
  }
  return first;
}

std::optional<status> paths::status_of(const public_key& k) const {
  const auto* p = find_peer(k);
  return p ? std::optional{p->told} : std::nullopt;
}

std::optional<time_point> paths::next_attempt(const public_key& k) const {
  const auto* p = find_peer(k);
  return p ? p->next_open : std::nullopt;
}

}  // namespace wh::punch
