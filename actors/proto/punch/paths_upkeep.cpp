#include <algorithm>

#include "actors/proto/punch/paths.hpp"

/// What time does to paths: pings that stay unanswered, heartbeats, and the choice between ways.
namespace wh::punch {

void paths::expire_pings(time_point now, peer& p, actions& out) {
  bool missed = false;
  for (pending_ping& q : p.pings) {
    if (q.late || q.late_at > now) continue;
    q.late = true;
    // Pings under way at once are one question: a moment of slowness is no five misses.
    const auto count = [&](auto& path) {
      if (q.sent < path.missed_at) return;
      path.missed_at = now;
      ++path.missed;
      missed = true;
    };
    if (q.via.relay) {
      if (relay_option* r = find_relay(p, *q.via.relay)) {
        count(*r);
        if (r->attached) out.push_back(suspect_relay{r->relay.key});
      }
    } else if (p.direct && p.direct->where == q.via.where) {
      count(*p.direct);  // candidates that nobody answers at are no loss
    }
  }
  std::erase_if(p.pings, [&](const pending_ping& q) {
    return q.late && now - q.sent >= config_.ping_memory;
  });
  if (!missed) return;
  // It may be our own NAT that changed: each relay's answer tells where it sees us now.
  if (p.direct && p.direct->missed == config_.misses_to_suspect)
    for (const relay_option& r : p.relays)
      if (r.attached) out.push_back(suspect_relay{r.relay.key});
  if (p.direct && p.direct->missed >= config_.misses_to_drop) {
    out.push_back(note{note_kind::punch_lost, p.key, p.direct->where, 0});
    p.last_direct = p.direct->where;
    p.direct.reset();
    p.why = reason::lost;
    p.failures = p.unagreed = 0;
    plan_open(now, p);
  }
  // Something was missed: the next beat comes at the pace of payload, whether there is any or not.
  p.next_beat = std::min(p.next_beat, now + config_.heartbeat / 4);
}

/// What was lost may be only parted from us. Both sides ask where the other one was, which keeps
/// both NATs open for it, and where its record says that it can be met: no lookup is needed, and
/// the path is back little after the way is.
void paths::seek(time_point now, peer& p, actions& out) {
  const duration gap =
      now - p.last_payload < config_.payload_recent
          ? std::clamp<duration>((now - *p.lost_since) / 64, config_.heartbeat, config_.seek_max)
          : config_.keepalive;
  p.next_beat = now + gap;
  if (p.last_direct) ping(now, p, wire::direct(*p.last_direct), out);
  const auto in_record = [&](const relay_option& r) {
    return p.known && std::any_of(p.known->relays.begin(), p.known->relays.end(),
                                  [&](const wire::contact& c) { return c.key == r.relay.key; });
  };
  for (const relay_option& r : p.relays)
    if (r.attached && !in_record(r)) ping(now, p, wire::through(r.relay.key), out);
  if (p.known) contact(now, p, out);
}

void paths::beat(time_point now, peer& p, actions& out) {
  if (p.lost_since) return seek(now, p, out);
  // A path in use was missed, or none was found yet.
  const bool missed = !p.in_use || (p.direct && p.direct->missed > 0) ||
                      std::any_of(p.relays.begin(), p.relays.end(), [&](const relay_option& r) {
                        return r.missed > 0 && p.in_use && p.in_use->relay == r.relay.key;
                      });
  const bool busy = (missed && p.in_use) || now - p.last_payload < config_.payload_recent;
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
      // Zero is not measured yet, which no relay's merit is.
      const auto rank = [](const relay_option& o) {
        return std::pair{o.rtt == 0ns ? duration::max() : o.rtt, o.relay.key};
      };
      if (!pick || rank(r) < rank(*pick)) pick = &r;
    }
    if (pick)
      best = wire::through(pick->relay.key);
    else if (p.direct)
      best = wire::direct(p.direct->where);  // suspect, but there is nothing else
  }
  if (best) {
    p.lookup_wait = 0ns;
    if (!p.looking) p.next_lookup.reset();
    if (best->relayed() && !p.direct && !p.opening && !p.next_open) plan_open(now, p);
  } else if (!p.looking && !p.next_lookup) {
    // Who came to us by itself is on its way already.
    p.next_lookup = now + (p.wanted || p.in_use ? 0ns : config_.courtesy);
  }
  if (best == p.in_use) {
    if (best && !p.rtt_told && rtt_in_use(p) > 0ns) {
      p.rtt_told = true;
      out.push_back(measured{p.key, rtt_in_use(p)});
    }
    return;
  }
  if (best.has_value() != p.in_use.has_value()) p.next_beat = now + config_.heartbeat;
  p.lost_since = best ? std::nullopt : std::optional{now};
  if (best && !best->relayed()) p.last_direct.reset();
  p.in_use = best;
  p.rtt_told = rtt_in_use(p) > 0ns;
  out.push_back(use{p.key, best, rtt_in_use(p)});
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
    p.why = p.opening || p.next_open ? reason::opening : why_not_direct(p);
  if (s.state == path_state::none) {
    if (p.why >= reason::opening) p.why = reason::peer_silent;
    // Whatever is known of the peer, it is ourselves whom nothing reaches.
    if (me_.kind == wire::nat_class::blocked)
      p.why = reason::udp_blocked;
    else if (p.why == reason::udp_blocked)
      p.why = p.looking ? reason::looking_up : reason::no_record;
  }
  s.why = p.why;
  const bool same = s.state == p.told.state && s.why == p.told.why && s.via == p.told.via;
  p.told = s;
  if (!same) out.push_back(s);
}

void paths::tick(time_point now, peer& p, actions& out) {
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
  choose(now, p, out);
  advance_probe(now, p, out);
  tell(p, out);
}

void paths::handle_timeout(time_point now, actions& out) {
  std::vector<public_key> idle;
  for (peer& p : peers_) {
    // What one round plans for this very instant, such as an offer after a loss, the next one does.
    // Nothing plans itself again, so three are enough; the bound is against our own mistakes.
    for (int round = 0; round < 4 && due(p) <= now; ++round) tick(now, p, out);
    if (now - p.last_payload >= config_.idle) idle.push_back(p.key);
  }
  for (const public_key& k : idle) remove(k, true, out);
}

time_point paths::due(const peer& p) const {
  time_point t = p.next_beat;
  if (p.next_lookup) t = std::min(t, *p.next_lookup);
  if (p.next_open) t = std::min(t, *p.next_open);
  if (p.opening) t = std::min(t, p.opening->due());
  if (p.probe_until) t = std::min(t, *p.probe_until);
  for (const pending_ping& q : p.pings)
    if (!q.late) t = std::min(t, q.late_at);
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

}  // namespace wh::punch
