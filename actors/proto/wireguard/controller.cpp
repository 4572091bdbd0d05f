#include "actors/proto/wireguard/controller.hpp"

#include <algorithm>
#include <utility>

namespace wh::wireguard {

namespace {

auto lower(auto& peers, const public_key& k) {
  return std::lower_bound(peers.begin(), peers.end(), k,
                          [](const auto& e, const public_key& x) { return e.who.key < x; });
}

// Message types of WireGuard, in the first byte, with three zeros behind; section 5.4 of its paper.
bool is_type(byte_view d, std::uint8_t type, std::size_t size) {
  return d.size() == size && d[0] == type && d[1] == 0 && d[2] == 0 && d[3] == 0;
}
bool is_initiation(byte_view d) { return is_type(d, 1, 148); }
bool is_response(byte_view d) { return is_type(d, 2, 92); }

// A keepalive that is switched on makes WireGuard send one at once, and so a handshake first.
constexpr std::chrono::seconds keepalive_of_kick = 25s;

// REKEY_TIMEOUT: by then WireGuard has made another, which may have gone past us.
constexpr duration handshake_retry = 5s;

// By then WireGuard has sent another one if it still wants a session: REKEY_TIMEOUT and its jitter
// of up to a third of a second.
constexpr duration handshake_given_up = 5500ms;

// PUNCH needs to know that payload flows, not every packet of it.
constexpr duration payload_word_interval = 1s;

}  // namespace

controller::entry* controller::find(const public_key& k) {
  const auto at = lower(peers_, k);
  return at != peers_.end() && at->who.key == k ? &*at : nullptr;
}

void controller::point(const entry& e, actions& out) const {
  const bool direct = e.via && !e.via->relayed();
  out.push_back(set_peer{{e.who.key, e.who.allowed, direct ? e.via->where : e.tunnel, 0s}});
}

void controller::saw_payload(time_point now, entry& e, actions& out) const {
  if (e.said_payload && now - *e.said_payload < payload_word_interval) return;
  e.said_payload = now;
  out.push_back(payload_seen{e.who.key});
}

/// By the path there is.
void controller::send(time_point now, entry& e, bytes datagram, actions& out) {
  if (is_initiation(datagram)) {
    e.initiation = datagram;
    e.initiated = now;
    e.repeats = 0;
    if (e.kicks < config_.kicks_max) next_poll_ = std::min(*next_poll_, kick_at(e));
    if (const auto at = repeat_at(e)) next_poll_ = std::min(*next_poll_, *at);
  } else if (is_response(datagram) && !e.asked.empty()) {
    e.answer = datagram;
    e.answered = now;
  }
  out.push_back(carry{e.who.key, *e.via, std::move(datagram)});
}

std::optional<time_point> controller::repeat_at(const entry& e) const {
  if (e.initiation.empty() || !e.via || e.rtt == 0ns || e.repeats >= config_.repeats_max) return {};
  return e.initiated + std::max<duration>(config_.repeat_after, 2 * e.rtt) * (1 << e.repeats);
}

/// What goes out again is what went before.
void controller::repeat(time_point now, entry& e, actions& out) {
  const auto at = repeat_at(e);
  if (!at) return;
  if (now >= *at) {
    ++e.repeats;
    out.push_back(note{note_kind::wireguard_repeated, e.who.key, e.via->where, e.repeats});
    out.push_back(carry{e.who.key, *e.via, e.initiation});
  }
  if (const auto next = repeat_at(e)) next_poll_ = std::min(*next_poll_, *next);
}

/// The one thing that makes WireGuard handshake before its 5 s are over. It forgets the session and
/// the packets that wait, so there must be no session.
void controller::kick(entry& e, actions& out) const {
  ++e.kicks;
  e.initiation.clear();
  out.push_back(note{note_kind::wireguard_kicked, e.who.key, e.via->where, 0});
  out.push_back(remove_peer{e.who.key});
  point(e, out);
  std::get<set_peer>(out.back()).what.keepalive = keepalive_of_kick;
  point(e, out);
}

void controller::add_member(time_point now, const member& m, const endpoint& tunnel, actions& out) {
  if (entry* known = find(m.key)) {
    known->who = m;
    known->tunnel = tunnel;
    point(*known, out);
    return;
  }
  const auto at = peers_.insert(lower(peers_, m.key), entry{});
  at->who = m;
  at->tunnel = tunnel;
  point(*at, out);
  if (!next_poll_) next_poll_ = now + config_.poll;
}

void controller::drop_member(const public_key& k, actions& out) {
  const auto at = lower(peers_, k);
  if (at == peers_.end() || at->who.key != k) return;
  peers_.erase(at);
  if (peers_.empty()) next_poll_.reset();
  out.push_back(remove_peer{k});
}

void controller::handle(time_point now, const path& in, actions& out) {
  entry* e = find(in.peer);
  if (!e || e->via == in.via) return;
  const auto target = [](const std::optional<wire::route>& v) {
    return v && !v->relayed() ? v->where : endpoint{};
  };
  const bool moved = target(e->via) != target(in.via);
  const bool back = e->had_path && !e->via;
  e->via = in.via;
  e->rtt = in.rtt;
  if (moved) point(*e, out);
  e->kicks = 0;
  if (!e->via) {
    e->yields_until.reset();
    return;
  }
  e->had_path = true;
  if (back && e->who.key < config_.self) {
    e->yields = true;
    e->yields_until = now + std::max(config_.yield, 2 * e->rtt);
    next_poll_ = std::min(*next_poll_, *e->yields_until);
  }
  // The path that took the handshake was perhaps none. Sent again it does no harm: who got it
  // refuses the copy.
  if (now - e->initiated >= handshake_retry) e->initiation.clear();
  if (!e->initiation.empty()) out.push_back(carry{e->who.key, *e->via, e->initiation});
  // One that WireGuard has given up is worse than none: the other side would take it, forget its
  // own, and have its answer refused.
  if (now - e->held_initiation > handshake_given_up) std::erase_if(e->held, is_initiation);
  if (!e->held.empty()) saw_payload(now, *e, out);
  for (bytes& held : std::exchange(e->held, {}))
    if (e->yields_until && is_initiation(held))
      e->held.push_back(std::move(held));
    else
      send(now, *e, std::move(held), out);
}

void controller::end_yielding(time_point now, entry& e, actions& out) {
  if (!e.yields_until || now < *e.yields_until) {
    if (e.yields_until) next_poll_ = std::min(*next_poll_, *e.yields_until);
    return;
  }
  e.yields_until.reset();
  for (bytes& held : std::exchange(e.held, {})) send(now, e, std::move(held), out);
}

void controller::handle(time_point now, const path_measured& in) {
  entry* e = find(in.peer);
  if (!e || !e->via) return;
  e->rtt = in.rtt;
  if (const auto at = repeat_at(*e)) next_poll_ = std::min(*next_poll_, std::max(now, *at));
}

void controller::handle(time_point now, from_tunnel&& in, actions& out) {
  entry* e = find(in.peer);
  if (!e) return;
  if (!e->via) {
    // Of two handshakes at once the responder answers the first alone, which WireGuard has given
    // up.
    if (is_initiation(in.datagram)) {
      std::erase_if(e->held, is_initiation);
      e->initiation.clear();
      e->held_initiation = now;
    }
    // The oldest goes: WireGuard repeats a handshake with a new one, and the new one counts.
    if (e->held.size() >= config_.held_max) {
      e->held.erase(e->held.begin());
      out.push_back(note{note_kind::wireguard_held_dropped, in.peer, {}, 0});
    }
    e->held.push_back(std::move(in.datagram));
    out.push_back(want_path{in.peer});
    return;
  }
  // WireGuard roamed to the tunnel because the other side still sends that way: the path is direct
  // all the same, and the packet takes it.
  if (!e->via->relayed() && (!e->led_back || now - *e->led_back >= config_.lead_back)) {
    e->led_back = now;
    point(*e, out);
  }
  saw_payload(now, *e, out);
  if (e->yields_until && is_initiation(in.datagram)) {
    e->held.clear();
    e->held.push_back(std::move(in.datagram));
    return;
  }
  send(now, *e, std::move(in.datagram), out);
}

void controller::handle(time_point now, from_relay&& in, actions& out) {
  entry* e = find(in.peer);
  if (!e) {
    out.push_back(note{note_kind::wireguard_relayed_stranger, in.peer, {}, 0});
    return;
  }
  saw_payload(now, *e, out);
  if (is_response(in.datagram)) e->initiation.clear();
  if (is_initiation(in.datagram)) {
    // The same once more: our answer was lost.
    if (in.datagram == e->asked && !e->answer.empty() && e->via &&
        now - e->answered < handshake_retry) {
      out.push_back(carry{in.peer, *e->via, e->answer});
      return;
    }
    e->asked = in.datagram;
    e->answer.clear();
    if (e->yields_until) e->held.clear();  // what it yields to
    e->yields_until.reset();
  } else if (!e->asked.empty()) {
    e->asked = {};  // it has our answer, or begins anew
    e->answer = {};
  }
  out.push_back(inject{in.peer, std::move(in.datagram)});
}

void controller::handle(time_point now, const polled& in, actions& out) {
  if (!peers_.empty()) next_poll_ = now + config_.poll;
  for (const wireguard_peer_status& s : in.peers) {
    entry* e = find(s.key);
    if (!e) continue;
    if (const auto carried = s.received_bytes + s.sent_bytes; carried != e->carried_bytes) {
      e->carried_bytes = carried;
      saw_payload(now, *e, out);
    }
    if (s.last_handshake && now - *s.last_handshake < config_.session_age_max) {
      e->initiation.clear();
      e->kicks = 0;
      if (e->yields_until) e->held.clear();
      e->yields_until.reset();
      e->yields = false;
    } else if (!e->initiation.empty() && e->via && e->kicks < config_.kicks_max) {
      if (now >= kick_at(*e)) {
        kick(*e, out);
        continue;
      }
      next_poll_ = std::min(*next_poll_, kick_at(*e));
    }
    end_yielding(now, *e, out);
    repeat(now, *e, out);
    const bool direct = e->via && !e->via->relayed();
    if (s.where && *s.where != (direct ? e->via->where : e->tunnel)) {
      out.push_back(note{note_kind::wireguard_roamed, s.key, *s.where, 0});
      point(*e, out);
    }
  }
}

}  // namespace wh::wireguard
