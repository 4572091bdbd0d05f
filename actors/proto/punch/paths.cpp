#include "actors/proto/punch/paths.hpp"

#include <algorithm>
#include <array>

namespace wh::punch {

namespace {

constexpr std::size_t pings_max = 64;
constexpr std::size_t proven_max = 4;
// The guest side keeps fewer.
constexpr std::size_t attached_max = 128;

// A NAT that took a stranger's packet for a connection of its own forgets it after 30 s of silence
// (Linux, nf_conntrack_udp_timeout): the second try waits that long, the later ones follow the
// clock.
constexpr std::array<duration, 6> retry_after = {5s, 40s, 60s, 5min, 15min, 60min};

/// Whether a member may have us send there because it says so: no loopback, no multicast, nothing
/// that needs a scope.
bool may_be_tried(const endpoint& e) {
  if (e.is_unspecified() || e.port() == 0 || e.address.is_loopback()) return false;
  if (e.address.is_v4()) {
    const std::uint32_t a = e.address.v4_value();
    return a >> 24 != 0 && a >> 28 < 0xe;  // not 0/8, 224/4, 240/4
  }
  const auto& raw = e.address.raw();
  return raw[0] != 0xff && !(raw[0] == 0xfe && (raw[1] & 0xc0) == 0x80);
}

std::vector<endpoint> triable(const std::vector<endpoint>& all) {
  std::vector<endpoint> v;
  std::copy_if(all.begin(), all.end(), std::back_inserter(v), may_be_tried);
  return v;
}

template <class Peers, class Key>
auto lower(Peers& peers, const Key& k) {
  return std::lower_bound(peers.begin(), peers.end(), k,
                          [](const auto& p, const public_key& x) { return p.key < x; });
}

auto lower_contact(std::vector<wire::contact>& v, const public_key& k) {
  return std::lower_bound(v.begin(), v.end(), k,
                          [](const wire::contact& c, const public_key& x) { return c.key < x; });
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
  p.offers_left = config_.offers_burst;
  p.offers_filled = now;
  return *peers_.insert(at, std::move(p));
}

paths::relay_option* paths::find_relay(peer& p, const public_key& relay) {
  for (relay_option& r : p.relays)
    if (r.relay.key == relay) return &r;
  return nullptr;
}

const paths::relay_option* paths::find_relay(const peer& p, const public_key& relay) {
  const auto at = std::find_if(p.relays.begin(), p.relays.end(),
                               [&](const relay_option& r) { return r.relay.key == relay; });
  return at != p.relays.end() ? &*at : nullptr;
}

void paths::handle(time_point now, const want& in, actions& out) {
  if (!find_member(in.peer)) return;
  peer& p = obtain(now, in.peer);
  if (p.lost_since && now - p.last_payload > config_.payload_recent)
    p.next_beat = std::min(p.next_beat, now + config_.heartbeat);
  p.last_payload = now;
  // Who only waited for the other side's doings begins with its own.
  const bool waits = p.wanted && p.next_lookup;
  p.wanted = true;
  if (p.in_use || p.looking || waits) return;
  look_up(now, p, out);
  tell(p, out);
}

void paths::handle(time_point, const forget& in, actions& out) { remove(in.peer, true, out); }

void paths::remove(const public_key& k, bool say_bye, actions& out) {
  const auto at = lower(peers_, k);
  if (at == peers_.end() || at->key != k) return;
  const peer gone = std::move(*at);
  peers_.erase(at);
  if (gone.in_use) {
    if (say_bye) out.push_back(send{k, *gone.in_use, wire::bye{}});
    out.push_back(use{k, std::nullopt, {}});
  }
  for (const relay_option& r : gone.relays) out.push_back(visit_relay{r.relay, false, k});
  if (gone.probe_until) out.push_back(probed{k, {}, {}});
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
    p.failures = p.unagreed = 0;
    if (p.direct) {
      p.next_beat = now;  // and what worked may not: the other side is to see where we are now
      continue;
    }
    if (p.opening) continue;
    look_up_soon(now, p);
    if (p.in_use) p.next_open = now + 500ms;
    tell(p, out);
  }
}

void paths::look_up(time_point now, peer& p, actions& out) {
  if (p.looking) return;
  p.looking = true;
  if (p.lookup_wait == 0ns) {
    p.missed_since = now;
    p.lookup_wait = config_.lookup_retry;
  } else {
    p.lookup_wait = std::min(2 * p.lookup_wait, lookup_wait_max(now, p));
  }
  p.next_lookup = now + p.lookup_wait + 30s;  // should the DHT never answer
  if (p.why == reason::none || p.why == reason::lost) p.why = reason::looking_up;
  out.push_back(find{p.key});
  // What the network file says is tried beside what the DHT will say.
  if (const member* m = find_member(p.key); m && m->where) {
    add_candidates(p, {*m->where});
    ping(now, p, wire::direct(*m->where), out);
  }
}

/// A peer that had a path is asked where it was all the time (`seek`): its lookups may be seldom.
duration paths::lookup_wait_max(time_point now, const peer& p) const {
  if (p.lost_since || now - p.last_payload >= config_.payload_recent)
    return config_.lookup_retry_max;
  return std::clamp<duration>((now - p.missed_since) / config_.lookup_part, config_.contact_timeout,
                              config_.lookup_retry_max);
}

/// Whoever waits for a lookup because of what failed before has it at once; one that is due within
/// moments stays where it is.
void paths::look_up_soon(time_point now, peer& p) const {
  if (p.in_use || p.looking || !p.next_lookup || p.lookup_wait <= config_.contact_timeout) return;
  p.lookup_wait = config_.contact_timeout;
  p.next_lookup = now;
}

void paths::handle(time_point now, const network_back&, actions&) {
  for (peer& p : peers_) look_up_soon(now, p);
}

void paths::handle(time_point now, const found& in, actions& out) {
  peer* p = find_peer(in.peer);
  if (!p) return;
  p->looking = false;
  const bool there = in.what && in.what->key == in.peer;
  if (there) p->lookup_wait = std::max(p->lookup_wait, config_.contact_first);
  p->next_lookup = now + std::max(p->lookup_wait, config_.lookup_retry);
  if (!there) {
    if (!p->in_use) p->why = reason::no_record;
    tell(*p, out);
    return;
  }
  if (!p->known || in.what->sequence >= p->known->sequence) p->known = in.what;
  p->their_kind = p->known->nat;
  // Of a peer known to be silent the next try says nothing new until it has an answer.
  if (!p->in_use && p->why != reason::peer_silent && p->why != reason::no_relay)
    p->why = reason::contacting;
  contact(now, *p, out);
  tell(*p, out);
}

/// Asks the peer wherever its record says that it may be met.
void paths::contact(time_point now, peer& p, actions& out) {
  const wire::record& known = *p.known;
  add_candidates(p, triable(known.endpoints.items()));
  bool meets = false;
  for (const wire::contact& r : known.relays) {
    if (r.key == self_) {
      // We carry for it ourselves: the session that it keeps warm for that leads to it.
      ping(now, p, wire::direct({}), out);
    } else if (r.key != p.key && may_be_tried(r.where)) {
      add_relay(now, p, r, out);
      meets = true;
    }
  }
  // An open peer is reached at its endpoint; so may one be that we cannot meet anywhere.
  if (p.their_kind == wire::nat_class::open || !meets) try_endpoints(now, p, out);
}

void paths::try_endpoints(time_point now, peer& p, actions& out) {
  for (const endpoint& e : triable(p.known->endpoints.items())) ping(now, p, wire::direct(e), out);
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
    out.push_back(visit_relay{useless->relay, false, p.key});
    p.relays.erase(useless);
  }
  p.relays.push_back({.relay = relay});
  out.push_back(visit_relay{relay, true, p.key});
}

/// Something of the peer's came through this relay, so both of us are its guests.
paths::relay_option* paths::met_at(peer& p, const public_key& relay, actions& out) {
  relay_option* r = find_relay(p, relay);
  if (!r) {
    // Others may come on top of those that we chose, but not without end.
    if (p.relays.size() >= config_.relays_max + 2) return nullptr;
    // Where we are its guest anyway, we stay for this peer's sake too.
    const auto ours = std::find_if(attached_.begin(), attached_.end(),
                                   [&](const wire::contact& c) { return c.key == relay; });
    // Where we are none as far as we know, the relay's lease is of before and ends soon: we visit
    // it, by the session that the frame came in.
    const bool known = ours != attached_.end();
    p.relays.push_back({.relay = known ? *ours : wire::contact{relay, {}}});
    r = &p.relays.back();
    out.push_back(visit_relay{r->relay, true, p.key});
  }
  r->attached = r->answered = true;
  r->missed = 0;
  return r;
}

void paths::add_candidates(peer& p, const std::vector<endpoint>& news) const {
  std::vector<endpoint> all;
  const auto add = [&](const endpoint& e) {
    if (all.size() < config_.candidates_max && std::find(all.begin(), all.end(), e) == all.end())
      all.push_back(e);
  };
  for (const endpoint& e : news) add(e);
  for (const endpoint& e : p.candidates) add(e);
  p.candidates = std::move(all);
}

duration paths::patience(const peer& p, const wire::route& via) const {
  duration rtt{0};
  if (!via.relay) {
    if (p.direct && p.direct->where == via.where && p.direct->missed < config_.misses_to_suspect)
      rtt = p.direct->rtt;
  } else if (const relay_option* r = find_relay(p, *via.relay); r && usable(*r)) {
    rtt = r->rtt;
  }
  // A path that is suspected already, or not known yet, is given its time.
  if (rtt == 0ns) return config_.ping_timeout;
  return std::min(std::max(3 * rtt, config_.ping_timeout_min),
                  std::max<duration>(config_.ping_timeout, rtt * 3 / 2));
}

duration paths::rtt_in_use(const peer& p) const {
  if (!p.in_use) return {};
  if (!p.in_use->relay) return p.direct ? p.direct->rtt : duration{0};
  const relay_option* r = find_relay(p, *p.in_use->relay);
  return r ? r->rtt : duration{0};
}

/// Word goes to and fro over the path in use, and pings over one that is hardly longer.
attempt_config paths::attempt_over(const peer& p) const {
  attempt_config c = config_.attempt;
  const duration rtt = rtt_in_use(p);
  c.agree_timeout = std::max<duration>(c.agree_timeout, 2 * rtt);
  c.settle = std::max<duration>(c.settle, rtt);
  return c;
}

void paths::ping(time_point now, peer& p, const wire::route& via, actions& out, ttl limit) {
  const wire::transaction tx{static_cast<std::uint32_t>(random_.next())};
  // An opener is not expected to arrive: no answer to it is no evidence.
  if (limit == ttl::host_default) {
    if (p.pings.size() >= pings_max) p.pings.erase(p.pings.begin());
    p.pings.push_back({tx, via, now, now + patience(p, via)});
  }
  out.push_back(send{p.key, via, wire::ping{tx}, limit});
}

bool paths::proven_lately(time_point now, const peer& p, const endpoint& e) const {
  return std::any_of(p.answered.begin(), p.answered.end(), [&](const proven& x) {
    return x.where == e && now - x.at < config_.proven_for;
  });
}

bool paths::asked_lately(time_point now, const peer& p, const wire::route& via) const {
  return std::any_of(p.pings.begin(), p.pings.end(),
                     [&](const pending_ping& q) { return q.via == via && now - q.sent < 200ms; });
}

void paths::handle(time_point now, const received& in, actions& out) {
  if (!find_member(in.from)) return;
  if (std::holds_alternative<wire::bye>(in.what)) {
    peer* p = find_peer(in.from);
    if (p && now - p->last_payload > config_.payload_recent) remove(in.from, false, out);
    return;
  }
  peer& p = obtain(now, in.from);
  if (!p.in_use && p.why == reason::none) p.why = reason::contacting;
  if (in.via.relay) met_at(p, *in.via.relay, out);
  if (const auto* m = std::get_if<wire::ping>(&in.what))
    on_ping(now, p, in, *m, out);
  else if (const auto* answer = std::get_if<wire::pong>(&in.what))
    on_pong(now, p, in, *answer, out);
  else if (const auto* c = std::get_if<wire::connect>(&in.what))
    on_connect(now, p, in, *c, out);
  choose(now, p, out);
  advance_probe(now, p, out);
  tell(p, out);
}

void paths::on_ping(time_point now, peer& p, const received& in, const wire::ping& m,
                    actions& out) {
  out.push_back(send{p.key, in.via, wire::pong{m.tx, in.via.where}});
  if (in.via.relayed()) return;
  // It reaches us from there: whether we reach it there too, only our own ping can tell.
  add_candidates(p, {in.via.where});
  // Where both ways are known to work there is nothing to find out: peers of whom each answers a
  // ping with one of its own, over every way, would never stop.
  if (p.direct && p.direct->missed == 0 &&
      (p.direct->where == in.via.where || proven_lately(now, p, in.via.where)))
    return;
  if (!asked_lately(now, p, in.via)) ping(now, p, in.via, out);
  // It may have moved away from where we think it is.
  if (p.direct && p.direct->where != in.via.where)
    if (const auto old = wire::direct(p.direct->where); !asked_lately(now, p, old))
      ping(now, p, old, out);
}

void paths::on_pong(time_point now, peer& p, const received& in, const wire::pong& m,
                    actions& out) {
  const auto at = std::find_if(p.pings.begin(), p.pings.end(),
                               [&](const pending_ping& q) { return q.tx == m.tx; });
  if (at == p.pings.end()) return;
  const pending_ping asked = *at;
  p.pings.erase(at);
  const duration rtt = now - asked.sent;
  if (p.probing && p.probe_tx == m.tx) end_probe(p, in.via, rtt, out);
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
  // A ping by the session's own route finds out only now where it went.
  const endpoint where = asked.via.where.is_unspecified() ? in.via.where : asked.via.where;
  std::erase_if(p.answered, [&](const proven& x) { return x.where == where; });
  if (p.answered.size() >= proven_max) p.answered.erase(p.answered.begin());
  p.answered.push_back({where, now});
  if (p.direct && p.direct->where == where) {
    p.direct->rtt = rtt;
    p.direct->missed = 0;
    return;
  }
  // The faster of two direct paths, and no change for a hair's breadth.
  if (p.direct && p.direct->missed == 0 && rtt + 5ms >= p.direct->rtt) return;
  out.push_back(note{note_kind::punch_direct, p.key, where, rtt / 1us});
  p.direct = direct_path{where, rtt, 0, {}};
  p.opening.reset();
  p.next_open.reset();
  p.failures = p.unagreed = 0;
  p.next_beat = now + config_.heartbeat;
}

void paths::send_connect(peer& p, wire::connect_phase phase, std::uint32_t id,
                         const wire::route& via, actions& out, duration start_in) {
  wire::connect c;
  c.attempt = id;
  c.phase = phase;
  c.nat = me_.kind;
  c.start_in_us = static_cast<std::uint32_t>(start_in / 1us);
  if (phase != wire::connect_phase::sync)
    for (const endpoint& e : me_.candidates) c.candidates.push_back(e);
  out.push_back(send{p.key, via, std::move(c)});
}

/// While a try is repeated, what made the last one fail stays the answer.
void paths::say_opening(peer& p) {
  if (!p.direct && p.failures == 0) p.why = reason::opening;
}

void paths::offer(time_point now, peer& p, actions& out) {
  p.next_open.reset();
  if (!p.in_use || p.direct || p.opening) return;
  const auto id = static_cast<std::uint32_t>(random_.next());
  p.opening.emplace(now, id, attempt::role::offerer, attempt_over(p));
  say_opening(p);
  send_connect(p, wire::connect_phase::offer, id, *p.in_use, out);
}

bool paths::accept_offer(time_point now, peer& p) const {
  const auto earned = (now - p.offers_filled) / config_.offer_interval;
  if (earned > 0) {
    const auto more = static_cast<unsigned>(std::min<std::int64_t>(earned, config_.offers_burst));
    p.offers_left = std::min(p.offers_left + more, config_.offers_burst);
    p.offers_filled = now;
  }
  if (p.offers_left == 0) return false;
  --p.offers_left;
  return true;
}

void paths::on_connect(time_point now, peer& p, const received& in, const wire::connect& m,
                       actions& out) {
  using phase = attempt::phase;
  using role = attempt::role;
  const bool agreeing = p.opening && p.opening->where() == phase::agreeing;
  const bool ours = p.opening && p.opening->mine() == role::offerer;
  const bool current = agreeing && p.opening->id() == m.attempt;
  duration start_in{0};
  p.their_kind = m.nat;
  switch (m.phase) {
    case wire::connect_phase::offer:
      // One at a time; and when both offered, the smaller key's offer stands.
      if (p.opening && !agreeing) return;
      if (agreeing && ours && self_ < p.key) return;
      if (!accept_offer(now, p)) {
        out.push_back(note{note_kind::punch_offer_ignored, p.key, {}, 0});
        return;
      }
      add_candidates(p, triable(m.candidates.items()));
      p.opening.emplace(now, m.attempt, role::answerer, attempt_over(p));
      p.next_open.reset();
      say_opening(p);
      send_connect(p, wire::connect_phase::answer, m.attempt, in.via, out);
      break;
    case wire::connect_phase::answer:
      if (!current || !ours) return;
      add_candidates(p, triable(m.candidates.items()));
      p.unagreed = 0;
      start_in = p.opening->answered(now);
      // Twice: without it the other side lets our packets meet an unopened NAT.
      send_connect(p, wire::connect_phase::sync, m.attempt, in.via, out, start_in);
      send_connect(p, wire::connect_phase::sync, m.attempt, in.via, out, start_in);
      advance_attempt(now, p, out);
      break;
    case wire::connect_phase::sync:
      if (!current || ours) return;
      p.opening->synced(now, std::chrono::microseconds{m.start_in_us});
      advance_attempt(now, p, out);
      break;
  }
}

void paths::advance_attempt(time_point now, peer& p, actions& out) {
  while (p.opening && p.opening->due() <= now) {
    using kind = attempt::step::kind;
    const bool agreed = p.opening->where() != attempt::phase::agreeing;
    switch (p.opening->advance(now).what) {
      case kind::nothing:
        return;
      case kind::openers:
        for (const endpoint& e : p.candidates)
          if (e.address.is_global())
            ping(now, p, wire::direct(e), out,
                 ttl{is_our_address(e) ? config_.attempt.opener_ttl_one_box
                                       : config_.attempt.opener_ttl});
        break;
      case kind::pings:
        for (const endpoint& e : p.candidates) ping(now, p, wire::direct(e), out);
        break;
      case kind::gave_up:
        p.opening.reset();
        give_up(now, p, agreed, out);
        return;
    }
  }
}

bool paths::is_our_address(const endpoint& e) const {
  return e.address.is_global() &&
         std::any_of(me_.candidates.begin(), me_.candidates.end(),
                     [&](const endpoint& mine) { return mine.address == e.address; });
}

reason paths::why_not_direct(const peer& p) const {
  const reason r = why_failed(me_.kind, p.their_kind);
  if (r != reason::no_answer) return r;
  const bool one_box = std::any_of(p.candidates.begin(), p.candidates.end(),
                                   [&](const endpoint& e) { return is_our_address(e); });
  return one_box ? reason::no_hairpin : r;
}

void paths::give_up(time_point now, peer& p, bool agreed, actions& out) {
  if (p.direct) return;
  // An offer, answer or sync that was lost says nothing about the NATs.
  if (!agreed && p.unagreed < 2) {
    ++p.unagreed;
    plan_open(now + 1s, p);
    return;
  }
  p.unagreed = 0;
  p.why = why_not_direct(p);
  plan_open(now + retry_after[std::min<std::size_t>(p.failures, retry_after.size() - 1)], p);
  ++p.failures;
  out.push_back(not_reached{p.key});
  out.push_back(note{note_kind::punch_failed, p.key, {}, p.failures});
}

/// The larger key leaves the smaller one time to be first.
void paths::plan_open(time_point at, peer& p) const {
  p.next_open = at + (self_ < p.key ? 0ns : config_.courtesy);
}

void paths::handle(time_point now, const relay_up& in, actions& out) {
  // The first relay after all were gone: we are back.
  if (attached_.empty())
    for (peer& p : peers_) look_up_soon(now, p);
  const auto at = lower_contact(attached_, in.relay.key);
  if (at != attached_.end() && at->key == in.relay.key)
    *at = in.relay;
  else if (attached_.size() < attached_max)
    attached_.insert(at, in.relay);
  bool used = false;
  for (peer& p : peers_) {
    relay_option* r = find_relay(p, in.relay.key);
    if (!r) continue;
    used = true;
    r->relay = in.relay;
    // Each peer's visit is told to all: only for whom it is news has anything changed.
    if (r->attached && r->answered) continue;
    if (!r->attached) r->missed = 0;
    r->attached = true;
    ping(now, p, wire::through(in.relay.key), out);
  }
  // A visit that crossed the word of its relay's death is on nobody's account.
  if (!used) out.push_back(visit_relay{in.relay, false, {}});
}

void paths::handle(time_point now, const relay_down& in, actions& out) {
  std::erase_if(attached_, [&](const wire::contact& c) { return c.key == in.relay; });
  for (peer& p : peers_) {
    if (!find_relay(p, in.relay)) continue;
    // The guest side forgot it: no visit is left to end.
    std::erase_if(p.relays, [&](const relay_option& r) { return r.relay.key == in.relay; });
    choose(now, p, out);
    // None of its relays takes us: its endpoints are all that is left.
    if (!p.in_use && p.relays.empty() && p.known) try_endpoints(now, p, out);
    tell(p, out);
  }
}

void paths::handle(time_point now, const not_a_guest& in, actions& out) {
  // It has forgotten ourselves: asking whether it lives makes us its guest again. Where RELAY keeps
  // no stay it says so, and what we believed of this relay ends.
  if (in.peer == self_) out.push_back(suspect_relay{in.relay});
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
  if (!p || !p->in_use) return handle(now, want{in.peer}, out);
  const bool woke = now - p->last_payload > config_.payload_recent;
  p->last_payload = now;
  p->next_beat = std::min(p->next_beat, now + config_.heartbeat);
  if (woke && p->in_use && !p->direct && !p->opening &&
      (!p->next_open || *p->next_open > now + 1min))
    p->next_open = now + config_.heartbeat;
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
