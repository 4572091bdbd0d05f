#include <utility>

#include "actors/proto/session/layer.hpp"

/// Transport packets of an established session, and the routes they go by.
namespace wh::session {

using namespace packet;

namespace {

/// Requests whose answer shows that the session is alive at the other side.
bool expects_answer(std::uint8_t kind) {
  switch (kind) {
    case wire::ping::kind:
    case wire::find_node::kind:
    case wire::find_record::kind:
    case wire::store::kind:
    case wire::relay_attach::kind:
      return true;
    default:
      return false;
  }
}

bool is_proven(const peer& p, const endpoint& e) { return e == p.proven[0] || e == p.proven[1]; }

}  // namespace

void layer::send_sealed(time_point now, slot s, byte_view plain, const wire::route& via, ttl limit,
                        actions& out) {
  peer& p = peers_[s];
  const std::size_t size = transport_overhead + plain.size();
  if (via.relayed() && size > wire::relayed_max)
    return say(out, note_kind::session_too_big, via, p.key, static_cast<std::int64_t>(size));
  bytes d(size);
  d[0] = magic;
  d[1] = crypto_.wire_version();
  d[2] = static_cast<std::uint8_t>(type::transport);
  store_be(d.data() + header_size, p.current.theirs);
  const std::uint64_t counter = p.current.sent++;
  store_be(d.data() + header_size + 4, counter);
  crypto_.seal(byte_span{d}.subspan(transport_sealed), p.current.send_key, counter, {}, plain);
  peers_.touch(s, now);
  const packet_kind what{type::transport, plain.empty() ? std::uint8_t{0} : plain[0]};
  out.emplace_back(transmit{via, std::move(d), limit, p.key, what, wire::frames_payload(plain)});
}

void layer::send_message(time_point now, slot s, const packed& what,
                         const std::optional<wire::route>& via, ttl limit, actions& out) {
  peer& p = peers_[s];
  const byte_view encoded = what.for_whom(p.reads_options);
  if (encoded.empty())
    return say(out, note_kind::session_not_understood, p.route(), p.key, what.kind());
  const wire::route usual = p.route();
  const wire::route* chosen = via ? &*via : &usual;
  if (!chosen->relayed() && !is_proven(p, chosen->where)) {
    const std::size_t size = transport_overhead + encoded.size();
    activity* a = p.activity.get();
    const bool answers = a != nullptr && a->candidate == chosen->where &&
                         a->candidate_sent + size <= amplification_max * a->candidate_received;
    if (answers)
      a->candidate_sent += static_cast<std::uint32_t>(size);
    else if (size > probe_max) {
      say(out, note_kind::session_unproven_route, *chosen, p.key, static_cast<std::int64_t>(size));
      // A copy for when it is proven: the peer has moved, and asked before we could know.
      if (a != nullptr && a->candidate == chosen->where &&
          a->for_candidate.size() < config_.limits.queue)
        a->for_candidate.push_back(
            {{what.whole.begin(), what.whole.end()}, what.plain, *chosen, limit});
      chosen = &usual;
    }
  }
  // Whichever way it goes: a peer that restarted may be met anywhere but where it was. A packet
  // that is to die on its way asks nothing.
  if (p.asked == never && expects_answer(encoded[0]) && limit == ttl::host_default) p.asked = now;
  send_sealed(now, s, encoded, *chosen, limit, out);
}

void layer::on_transport(time_point now, const received& r, actions& out) {
  const byte_view d = r.datagram;
  if (d.size() < transport_overhead || d.size() > transport_max)
    return say(out, note_kind::session_malformed, r.via);
  const auto index = load_be<std::uint32_t>(d.data() + header_size);
  const auto counter = load_be<std::uint64_t>(d.data() + header_size + 4);
  const auto found = peers_.slot_of(index);
  if (!found) return say(out, note_kind::session_unknown_index, r.via);
  const slot s = *found;
  peer& p = peers_[s];
  activity* a = p.activity.get();
  session_state* state = nullptr;
  if (p.current.mine == index)
    state = &p.current;
  else if (a != nullptr && a->next.mine == index)
    state = &a->next;
  else if (a != nullptr && a->previous.mine == index)
    state = &a->previous;
  if (state == nullptr) return say(out, note_kind::session_unknown_index, r.via, p.key);
  if (now - state->born >= age_max || counter >= packets_max)
    return say(out, note_kind::session_expired, r.via, p.key);
  if (!state->seen.fresh(counter)) return say(out, note_kind::session_replay, r.via, p.key);
  std::uint8_t plain_buffer[wire::encoded_max];
  const byte_span plain{plain_buffer, d.size() - transport_overhead};
  if (!crypto_.open(plain, state->receive_key, counter, {}, d.subspan(transport_sealed)))
    return say(out, note_kind::session_bad_packet, r.via, p.key);

  // Authentic from here on.
  const bool newest = state->seen.newest(counter);
  state->seen.mark(counter);
  peers_.touch(s, now);
  if (a != nullptr && state == &a->next) {
    const session_state fresh = a->next;
    measured(s, now - fresh.born, a->next_via);
    p.serves_dht = a->next_serves_dht;
    p.reads_options = a->next_reads_options;
    const wire::route via = a->next_via;
    end_half_open(s);
    take_route(now, s, via, out);
    establish(now, s, fresh, out);
  } else if (a != nullptr && state == &a->previous) {
    a->previous_heard = now;
  }
  if (p.current.mine == index) {
    p.asked = never;
    // An echo is judged by what it says.
    const bool echo = !plain.empty() && plain[0] == path_echo;
    if (newest && !echo) heard(now, s, r.via, d.size(), out);
  }

  if (!plain.empty()) {
    if (plain[0] == path_challenge || plain[0] == path_echo) {
      on_path(now, s, r.via, plain, out);
    } else if (plain[0] > layer_kinds) {
      say(out, note_kind::session_unknown_kind, r.via, p.key, plain[0]);
    } else if (auto m = wire::decode(plain)) {
      out.emplace_back(deliver{p.key, r.via, p.serves_dht, false, std::move(*m), p.reads_options});
    } else {
      undecoded(m.error(), plain, r.via, p.key, out);
    }
  }
  // Behind the delivery, so that what waited does not overtake the peer's own first words.
  flush(now, s, out);
  release(s);
}

/// An authentic packet, newer than all before, came by `via`.
void layer::heard(time_point now, slot s, const wire::route& via, std::size_t size, actions& out) {
  peer& p = peers_[s];
  if (via.relayed() || is_proven(p, via.where)) return take_route(now, s, via, out);
  activity& a = peers_.activity_of(s);
  if (a.candidate != via.where) {
    // One challenge in a while, so that a peer that forges sources cannot make us write to many.
    if (a.challenged != time_point::min() && now - a.challenged < challenge_interval) return;
    a.candidate = via.where;
    a.candidate_received = 0;
    a.candidate_sent = 0;
    a.for_candidate.clear();
    a.challenge = random_.next();
    a.challenged = time_point::min();
  }
  a.candidate_received += static_cast<std::uint32_t>(size);
  if (a.challenged != time_point::min() && now - a.challenged < challenge_interval) return;
  // Again with the same number: on a way that takes longer than the interval, the echo of an
  // earlier asking is an echo still.
  a.challenged = now;
  expire_by(now + challenge_interval);
  fixed_bytes<path_size> plain;
  plain[0] = path_challenge;
  store_be(plain.data() + 1, a.challenge);
  a.candidate_sent += static_cast<std::uint32_t>(transport_overhead + plain.size());
  send_sealed(now, s, plain, via, ttl::host_default, out);
}

/// Makes a proven route the default, unless it is a detour.
void layer::take_route(time_point now, slot s, const wire::route& via, actions& out) {
  peer& p = peers_[s];
  const bool had = p.has_route();
  if (via.relayed()) {
    if (p.relayed && *p.relay == *via.relay) return;
    if (had && !p.relayed && now - p.direct_heard < direct_preferred) return;
    p.relay = std::make_unique<public_key>(*via.relay);
    p.relayed = true;
  } else {
    p.direct_heard = now;
    if (!p.relayed && p.proven[0] == via.where) return;
    if (p.proven[0] != via.where) {
      p.proven[1] = p.proven[0];
      p.proven[0] = via.where;
    }
    p.relayed = false;
    p.relay.reset();
  }
  if (had) say(out, note_kind::session_roamed, via, p.key);
}

void layer::on_path(time_point now, slot s, const wire::route& via, byte_view plain, actions& out) {
  if (plain.size() != path_size)
    return say(out, note_kind::session_undecodable, via, peers_[s].key);
  if (plain[0] == path_challenge) {
    fixed_bytes<path_size> echo;
    std::memcpy(echo.data(), plain.data(), echo.size());
    echo[0] = path_echo;
    return send_sealed(now, s, echo, via, ttl::host_default, out);
  }
  activity* a = peers_[s].activity.get();
  if (a == nullptr || via.relayed() || a->candidate != via.where || a->candidate.is_unspecified() ||
      load_be<std::uint64_t>(plain.data() + 1) != a->challenge)
    return say(out, note_kind::session_stale_echo, via, peers_[s].key);
  a->candidate = {};
  take_route(now, s, via, out);
  for (const waiting_message& w : std::exchange(a->for_candidate, {}))
    send_message(now, s, w.what(), w.via, w.limit, out);
}

/// A kind that is not known is a newer peer's, and no fault.
void layer::undecoded(wire::decode_error why, byte_view message, const wire::route& via,
                      const public_key& peer, actions& out) const {
  if (why == wire::decode_error::unknown_kind)
    say(out, note_kind::session_unknown_kind, via, peer, message[0]);
  else
    say(out, note_kind::session_undecodable, via, peer, static_cast<std::int64_t>(why));
}

}  // namespace wh::session
