#include "actors/proto/session/layer.hpp"

#include <algorithm>

#include "transport/check.hpp"

namespace wh::session {

namespace {

using namespace packet;

/// Slow deadlines are looked at together, on multiples of this.
constexpr duration sweep_interval = 5s;
/// Timestamps that nobody needs any more are dropped this often.
constexpr duration prune_interval = 1min;
/// A response on its way is given this long before another way is tried.
constexpr duration detour_after = 200ms;
constexpr unsigned detours_max = 2;
/// A half-open peer that does not confirm gets a handshake of our own when something waits for it.
constexpr duration confirmation_awaited = 1s;

bool rides_early(std::uint8_t kind) {
  return kind == wire::ping::kind || kind == wire::find_node::kind ||
         kind == wire::find_record::kind;
}

bool is_frame(const wire::message& m) {
  return std::holds_alternative<wire::relay_to>(m) || std::holds_alternative<wire::relayed>(m);
}

fixed_bytes<32> labelled(const crypto_suite& crypto, std::string_view label, const public_key& key,
                         std::string_view ns) {
  fixed_bytes<32> h;
  crypto.hash(h, {view(label), view(key), view(ns)});
  return h;
}

}  // namespace

fixed_bytes<32> mac_key_of(const crypto_suite& crypto, const public_key& key, std::string_view ns) {
  return labelled(crypto, "WireHub mac1", key, ns);
}

fixed_bytes<32> cookie_key_of(const crypto_suite& crypto, const public_key& key,
                              std::string_view ns) {
  return labelled(crypto, "WireHub cookie", key, ns);
}

layer::layer(config c, const crypto_suite& crypto, rng& random)
    : config_(std::move(c)),
      crypto_(crypto),
      random_(random),
      public_(crypto.to_public(config_.secret)),
      mac_key_(mac_key_of(crypto, public_, config_.name_space)),
      cookie_key_(cookie_key_of(crypto, public_, config_.name_space)),
      stamps_(config_.limits.timestamps),
      prefixes_(config_.limits.prefixes),
      timestamp_last_(config_.timestamp_after),
      timestamp_kept_(config_.timestamp_after) {
  const auto& l = config_.limits;
  WH_CHECK(l.sessions + l.initiating + l.half_open < session_table::slots_max);
  WH_CHECK(l.sessions > 0 && l.timestamps > 0 && l.half_open > 0);
  constexpr std::string_view name = "WireHub";
  prologue_.assign(name.begin(), name.end());
  prologue_.push_back(crypto_.wire_version());
  prologue_.insert(prologue_.end(), config_.name_space.begin(), config_.name_space.end());
}

layer::~layer() { wipe(config_.secret.value); }

void layer::say(actions& out, note_kind what, const wire::route& via, const public_key& peer,
                std::int64_t value) const {
  out.emplace_back(note{what, peer, via.where, value});
}

void layer::handle(time_point now, const received& r, actions& out) {
  const byte_view d = r.datagram;
  if (d.size() < header_size || d[0] != magic || d[3] != 0)
    return say(out, note_kind::session_malformed, r.via);
  if (d[1] != crypto_.wire_version())
    return say(out, note_kind::session_bad_version, r.via, {}, d[1]);
  switch (static_cast<type>(d[2])) {
    case type::initiation:
      return on_initiation(now, r, out);
    case type::response:
      return on_response(now, r, out);
    case type::cookie_reply:
      return on_cookie_reply(now, r, out);
    case type::transport:
      return on_transport(now, r, out);
    case type::reach:
      if (d.size() != reach_size || r.via.relayed()) break;
      out.emplace_back(reached{r.via.where, load_be<std::uint64_t>(d.data() + header_size)});
      return;
  }
  say(out, note_kind::session_malformed, r.via);
}

void layer::send_reach(const endpoint& to, std::uint64_t nonce, actions& out) const {
  bytes d(reach_size);
  d[0] = magic;
  d[1] = crypto_.wire_version();
  d[2] = static_cast<std::uint8_t>(type::reach);
  store_be(d.data() + header_size, nonce);
  out.emplace_back(transmit{wire::direct(to), std::move(d), ttl::host_default, {}, {type::reach}});
}

void layer::handle(time_point now, const send& what, actions& out) {
  const bool relayed = what.via && what.via->relayed();
  const std::size_t size_max =
      is_frame(what.what) ? (relayed ? wire::relayed_max - transport_overhead : wire::encoded_max)
                          : wire::datagram_max - transport_overhead;
  std::uint8_t buffer[wire::encoded_max];
  std::size_t size = wire::encoded_size(what.what);
  std::size_t plain = wire::plain_size(what.what);
  if (size <= size_max) {
    wire::encode_to(what.what, buffer);
  } else {
    wire::message cut = what.what;
    if (!wire::fit(cut, size_max))
      return say(out, note_kind::session_too_big, {}, what.to, static_cast<std::int64_t>(size));
    size = wire::encode_to(cut, buffer);
    plain = wire::plain_size(cut);
  }

  auto s = peers_.find(what.to);
  if (!s) {
    // Nobody: a handshake has to go somewhere, to a key that can have one.
    const bool hopeless = what.to == public_ || !crypto_.acceptable(what.to);
    if (hopeless || !what.via || peers_.size() >= session_table::slots_max) {
      say(out,
          hopeless   ? note_kind::session_bad_key
          : what.via ? note_kind::session_handshakes_full
                     : note_kind::session_no_route,
          {}, what.to);
      out.emplace_back(gave_up{what.to});
      return;
    }
    s = peers_.add(what.to);
  }
  send_now(now, *s, what, {byte_view{buffer, size}, plain}, out);
  release(*s);
}

/// True when the message left in the response that was held for it.
bool layer::answer_with(time_point now, slot s, const send& what, const packed& encoded,
                        actions& out) {
  const activity& a = *peers_[s].activity;
  const answering& held = *a.answering;
  const std::size_t room = held.size_max - response_min;
  const byte_view whole = encoded.for_whom(a.next_reads_options);
  if (!whole.empty() && whole.size() <= room) {
    respond(now, s, whole, what.limit, out);
    return true;
  }
  wire::message cut = what.what;
  if (!whole.empty() && wire::fit(cut, room)) {
    bytes shorter;
    wire::encode(cut, shorter);
    const packed short_form{shorter, wire::plain_size(cut)};
    respond(now, s, short_form.for_whom(a.next_reads_options), what.limit, out);
    return true;
  }
  say(out, note_kind::session_answer_delayed, held.via, what.to,
      static_cast<std::int64_t>(encoded.whole.size()));
  respond(now, s, {}, ttl::host_default, out);
  return false;
}

void layer::send_now(time_point now, slot s, const send& what, const packed& encoded,
                     actions& out) {
  peer& p = peers_[s];
  if (p.activity && p.activity->answering &&
      (!what.via || *what.via == p.activity->answering->via) &&
      answer_with(now, s, what, encoded, out))
    return;

  // The other side ends what idles at the same time, to the second or so.
  if (p.current.exists() && (now - p.current.born >= age_max || p.current.sent >= packets_max ||
                             now - p.active >= idle_max - idle_doubted)) {
    say(out, note_kind::session_expired, {}, p.key);
    end_session(s);
  }
  if (p.current.exists()) {
    const bool silent = p.asked != never && now - p.asked >= silence_of(p);
    const bool old =
        now - p.current.born >= (p.current.initiator ? rekey_initiator : rekey_responder) ||
        p.current.sent >= rekey_packets || p.current.told_serves != config_.serves_dht;
    const bool busy = p.activity && (p.activity->initiating || p.activity->half_open());
    if ((silent || old) && !busy) {
      const wire::route via = what.via ? *what.via : p.route();
      // The peer may not know this session any more; then only an initiation arrives.
      const bool rides = silent && rides_early(encoded.kind());
      if (silent) p.direct_heard = {};  // nor is its default route worth more than another
      const bool begun =
          begin(now, s, via, what.limit, rides ? encoded.for_whom(false) : byte_view{}, out);
      if (begun && rides) return;
    } else if (silent && p.activity->initiating) {
      detour(now, s, what);
    }
    return send_message(now, s, encoded, what.via, what.limit, out);
  }

  if (p.activity && p.activity->initiating) {
    detour(now, s, what);
    return wait(s, what, encoded, out);
  }
  if (p.activity && p.activity->half_open()) {
    if (p.activity->start_at == never) {
      p.activity->start_at = now + line_.patience(confirmation_awaited);
      wake_by(s, p.activity->start_at);
    }
    return wait(s, what, encoded, out);
  }
  if (!what.via && !p.has_route()) {
    say(out, note_kind::session_no_route, {}, what.to);
    out.emplace_back(gave_up{what.to});
    return;
  }
  const bool rides = rides_early(encoded.kind());
  if (!begin(now, s, what.via ? *what.via : p.route(), what.limit,
             rides ? encoded.for_whom(false) : byte_view{}, out)) {
    out.emplace_back(gave_up{what.to});
    return;
  }
  if (!rides) wait(s, what, encoded, out);
}

/// While a handshake is under way, `what` names another way that it could go.
void layer::detour(time_point now, slot s, const send& what) {
  initiating& i = *peers_[s].activity->initiating;
  if (!what.via || *what.via == i.via_next) return;
  i.via_next = *what.via;
  i.limit = what.limit;
  if (i.detours >= detours_max) return;
  ++i.detours;
  if (i.tries > 0) --i.tries;
  i.try_next = std::min(i.try_next, std::max(now, i.try_last + detour_after));
  wake_by(s, i.try_next);
}

void layer::wait(slot s, const send& what, const packed& encoded, actions& out) {
  auto& queue = peers_.activity_of(s).queue;
  if (queue.size() >= config_.limits.queue)
    return say(out, note_kind::session_queue_full, {}, what.to, encoded.kind());
  queue.push_back(
      {{encoded.whole.begin(), encoded.whole.end()}, encoded.plain, what.via, what.limit});
}

void layer::flush(time_point now, slot s, actions& out) {
  if (!peers_[s].activity) return;
  const auto queue = std::move(peers_[s].activity->queue);
  peers_[s].activity->queue.clear();
  for (const waiting_message& w : queue) send_message(now, s, w.what(), w.via, w.limit, out);
}

void layer::forget(const public_key& k) {
  if (const auto s = peers_.find(k)) remove(*s);
}

std::optional<wire::route> layer::route_of(const public_key& k) const {
  const auto s = peers_.find(k);
  if (!s || !peers_[*s].current.exists()) return std::nullopt;
  return peers_[*s].route();
}

void layer::end_session(slot s) {
  peer& p = peers_[s];
  if (!p.current.exists()) return;
  stamps_.keep(p.active, p.key);
  p.current = {};
  p.asked = never;
  if (p.activity) p.activity->previous = {};
  --session_count_;
}

/// Gives back what a peer no longer needs; the peer itself when nothing is left.
void layer::release(slot s) {
  peer& p = peers_[s];
  if (p.activity && p.activity->idle()) p.activity.reset();
  if (!p.activity && !p.current.exists()) remove(s);
}

void layer::remove(slot s) {
  end_initiating(s);
  end_half_open(s);
  end_session(s);
  if (peers_[s].timed) std::erase(timed_, s);
  peers_.remove(s);
}

std::optional<time_point> layer::next_timeout() const {
  const time_point t = std::min(urgent_, sweep_at_);
  if (t == never) return std::nullopt;
  return t;
}

void layer::wake_by(slot s, time_point deadline) {
  if (!peers_[s].timed) {
    peers_[s].timed = true;
    timed_.push_back(s);
  }
  urgent_ = std::min(urgent_, deadline);
}

void layer::expire_by(time_point t) {
  const auto since = t.time_since_epoch() + sweep_interval - duration{1};
  sweep_at_ = std::min(sweep_at_, time_point{since - since % sweep_interval});
}

namespace {

time_point deadline_of(const activity& a) {
  time_point t = a.start_at;
  if (a.initiating) t = std::min(t, a.initiating->try_next);
  if (a.answering) t = std::min(t, a.answering->deadline);
  return t;
}

}  // namespace

void layer::handle_timeout(time_point now, actions& out) {
  if (now >= urgent_) {
    const auto listed = timed_;
    for (const slot s : listed)
      if (peers_.used(s) && peers_[s].timed && peers_[s].activity &&
          deadline_of(*peers_[s].activity) <= now)
        wake(now, s, out);
    urgent_ = never;
    std::erase_if(timed_, [this](slot s) {
      const auto* a = peers_[s].activity.get();
      const time_point t = a == nullptr ? never : deadline_of(*a);
      urgent_ = std::min(urgent_, t);
      peers_[s].timed = t != never;
      return t == never;
    });
  }
  if (now >= sweep_at_) sweep(now, out);
}

/// A deadline of the peer has passed.
void layer::wake(time_point now, slot s, actions& out) {
  activity& a = *peers_[s].activity;
  if (a.answering && a.answering->deadline <= now) respond(now, s, {}, ttl::host_default, out);
  if (a.start_at <= now) {
    a.start_at = never;
    if (!a.initiating && !peers_[s].current.exists() && !a.queue.empty()) {
      const auto& first = a.queue.front();
      const wire::route via = first.via ? *first.via : a.next_via;
      if (!begin(now, s, via, first.limit, {}, out)) {
        a.queue.clear();
        out.emplace_back(gave_up{peers_[s].key});
      }
    }
  }
  if (a.initiating && a.initiating->try_next <= now) {
    if (a.initiating->tries >= tries_max)
      give_up(now, s, out);
    else
      initiate(now, s, out);
  }
  release(s);
}

/// Everything that ends by itself, a few seconds late. A session too old is ended by its next use,
/// or by idling: it is not looked for here.
void layer::sweep(time_point now, actions& out) {
  sweep_at_ = never;
  std::vector<slot> idle;
  peers_.each_by_age([&](slot s) {
    const peer& p = peers_[s];
    if (!p.current.exists()) return true;
    if (p.active + idle_max > now) {
      expire_by(p.active + idle_max);
      return false;
    }
    idle.push_back(s);
    return true;
  });
  for (const slot s : idle) {
    say(out, note_kind::session_expired, {}, peers_[s].key);
    end_session(s);
    release(s);
  }
  peers_.each_active([&](slot s) { sweep_activity(now, s, out); });
  if (now < prune_at_) return;
  prune_at_ = now + prune_interval;
  stamps_.prune(now, [this](const auto& begin) { return peers_.has_session(begin); });
}

void layer::sweep_activity(time_point now, slot s, actions& out) {
  activity& a = *peers_[s].activity;
  if (a.half_open_since != never) {
    const time_point end = a.half_open_since + half_open_kept;
    if (end <= now) {
      say(out, note_kind::session_unconfirmed, a.next_via, peers_[s].key);
      end_half_open(s);
    } else {
      expire_by(end);
    }
  }
  if (a.previous.exists()) {
    const time_point end = std::min(a.previous_heard + idle_max, a.previous.born + age_max);
    if (end <= now)
      a.previous = {};
    else
      expire_by(end);
  }
  // A candidate is worth keeping only while its echo may come.
  if (!a.candidate.is_unspecified()) {
    const time_point end = a.challenged + sweep_interval;
    if (end <= now)
      a.candidate = {}, a.for_candidate.clear();
    else
      expire_by(end);
  }
  release(s);
}

}  // namespace wh::session
