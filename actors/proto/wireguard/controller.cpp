#include "actors/proto/wireguard/controller.hpp"

#include <algorithm>

namespace wh::wireguard {

namespace {

auto lower(auto& peers, const public_key& k) {
  return std::lower_bound(peers.begin(), peers.end(), k,
                          [](const auto& e, const public_key& x) { return e.who.key < x; });
}

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
  e->via = in.via;
  if (moved) point(*e, out);
  if (!e->via) return;
  for (bytes& held : e->held) out.push_back(carry{e->who.key, *e->via, std::move(held)});
  if (!e->held.empty()) saw_payload(now, *e, out);
  e->held.clear();
}

void controller::handle(time_point now, from_tunnel&& in, actions& out) {
  entry* e = find(in.peer);
  if (!e) return;
  if (!e->via) {
    // The oldest goes: WireGuard repeats a handshake with a new one, and the new one counts.
    if (e->held.size() >= config_.held_max) {
      e->held.erase(e->held.begin());
      out.push_back(note{"wireguard.held_dropped", in.peer, {}, 0});
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
  out.push_back(carry{in.peer, *e->via, std::move(in.datagram)});
}

void controller::handle(time_point now, from_relay&& in, actions& out) {
  entry* e = find(in.peer);
  if (!e) {
    out.push_back(note{"wireguard.relayed_stranger", in.peer, {}, 0});
    return;
  }
  saw_payload(now, *e, out);
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
    const bool direct = e->via && !e->via->relayed();
    if (s.where && *s.where != (direct ? e->via->where : e->tunnel)) {
      out.push_back(note{"wireguard.roamed", s.key, *s.where, 0});
      point(*e, out);
    }
  }
}

}  // namespace wh::wireguard
