#include "sim/wireguard/model.hpp"

#include <algorithm>
#include <utility>

#include "transport/check.hpp"

namespace wh::sim {

using namespace wireguard;

namespace {

constexpr time_point never = time_point::max();
constexpr std::uint16_t tunnel_port = 51820;

}  // namespace

struct wireguard_model::session {
  std::uint32_t local = 0;
  std::uint32_t remote = 0;
  session_secret secret;
  bool initiator = false;
  bool refresh_asked = false;  // on receipt, once
  time_point born{};
  std::uint64_t sent = 0;
  replay_window window;
};

/// What a peer has only while something goes on; given back after 9 min of silence.
struct wireguard_model::activity {
  std::optional<session> current, previous;
  std::optional<session> next;  // we answered, the initiator has not used it yet
  std::vector<bytes> staged;    // oldest first; an empty one is a keepalive
  std::optional<initiation> pending;
  unsigned attempts = 0;
  bool another_keepalive = false;
  time_point initiated = time_point::min();
  time_point answered = time_point::min();
  time_point retransmit_at = never;
  time_point keepalive_at = never;
  time_point new_handshake_at = never;
  time_point persistent_at = never;
  time_point zero_at = never;

  time_point earliest() const {
    return std::min({retransmit_at, keepalive_at, new_handshake_at, persistent_at, zero_at});
  }
};

struct wireguard_model::peer {
  public_key key;
  std::optional<endpoint> where;
  std::uint16_t id = 0;
  std::uint16_t serial = 0;
  std::chrono::seconds keepalive{0};
  std::uint64_t latest_time = 0;  // of its initiations: an older one is a replay
  std::optional<time_point> last_handshake;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::unique_ptr<activity> live;
};

/// One call into the model. Names follow the kernel's timers.c and send.c, so that the two can be
/// read side by side.
struct wireguard_model::step {
  wireguard_model& device;
  time_point now;
  actions& out;

  void tell(note_kind what, const public_key& k, std::int64_t value = 0,
            const endpoint& where = {}) const {
    out.push_back(note{what, k, where, value});
  }

  activity& live(peer& p) const {
    if (!p.live) p.live = std::make_unique<activity>();
    return *p.live;
  }
  duration jitter() const {
    return duration{static_cast<std::int64_t>(
        device.random_.below(static_cast<std::uint64_t>(duration{rekey_jitter}.count())))};
  }

  void emit(peer& p, bytes datagram) const {
    activity& a = live(p);
    a.keepalive_at = never;
    traversed(p);
    p.sent_bytes += datagram.size();
    out.push_back(transmit{*p.where, std::move(datagram)});
  }
  /// An authenticated packet went either way.
  void traversed(peer& p) const {
    if (p.keepalive > 0s) live(p).persistent_at = now + p.keepalive;
  }
  void authenticated(peer& p, const endpoint& from, std::size_t size) const {
    live(p).new_handshake_at = never;
    p.received_bytes += size;
    if (p.where != from) {
      p.where = from;
      tell(note_kind::wireguard_roamed, p.key, 0, from);
    }
    traversed(p);
  }

  void initiate(peer& p, bool retry) const {
    activity& a = live(p);
    if (!retry) a.attempts = 0;
    if (!p.where) return;
    if (a.initiated != time_point::min() && now < a.initiated + rekey_timeout) return;
    a.initiated = now;
    a.pending = initiation{device.new_index(p), device.random_.next(),
                           static_cast<std::uint64_t>(now.time_since_epoch().count()), device.own_};
    emit(p, write(*a.pending, p.key));
    a.retransmit_at = now + rekey_timeout + jitter();
  }

  bool usable(const std::optional<session>& s) const { return s && now < s->born + reject_after; }

  void stage(peer& p, bytes packet) const {
    auto& queue = live(p).staged;
    if (queue.size() >= staged_max) {
      queue.erase(queue.begin());
      tell(note_kind::wireguard_staged_full, p.key);
    }
    queue.push_back(std::move(packet));
  }

  void send_staged(peer& p) const {
    activity& a = live(p);
    if (a.staged.empty()) return;
    if (!p.where) return;
    if (!usable(a.current)) {
      initiate(p, false);
      return;
    }
    const auto packets = std::exchange(a.staged, {});
    session& s = *a.current;
    for (const bytes& packet : packets) {
      emit(p, write_data(s.remote, s.sent++, packet, s.secret, s.initiator));
      if (!packet.empty() && a.new_handshake_at == never)
        a.new_handshake_at = now + keepalive_timeout + rekey_timeout + jitter();
    }
    if (s.initiator && now >= s.born + rekey_after) initiate(p, false);
  }

  void send_keepalive(peer& p) const {
    if (live(p).staged.empty()) stage(p, {});
    send_staged(p);
  }

  void derived(activity& a) const { a.zero_at = now + 3 * reject_after; }

  void completed(peer& p, note_kind what) const {
    activity& a = live(p);
    tell(what, p.key, a.attempts);
    a.retransmit_at = never;
    a.attempts = 0;
    p.last_handshake = now;
  }

  void on_initiation(const endpoint& from, byte_view d) const {
    const auto m = read_initiation(d, device.own_);
    if (!m) return tell(note_kind::wireguard_forged, {}, 1, from);
    peer* p = device.find(m->from);
    if (p == nullptr) return tell(note_kind::wireguard_no_peer, m->from, 1, from);
    // The kernel takes no more than 50 a second from a peer, and none that is not newer.
    if (m->time <= p->latest_time) return tell(note_kind::wireguard_replay, p->key, 1, from);
    activity& a = live(*p);
    if (a.answered != time_point::min() && now < a.answered + 20ms) return;
    a.answered = now;
    p->latest_time = m->time;
    a.pending.reset();  // there is one handshake a peer: theirs takes the place of ours
    authenticated(*p, from, d.size());

    response r{device.new_index(*p), m->sender, device.random_.next()};
    session s;
    s.local = r.sender;
    s.remote = r.receiver;
    s.secret = derive(*m, device.own_, r.nonce);
    s.born = now;
    a.next = s;
    a.previous.reset();
    a.initiated = now;  // our own initiation can wait for this one's outcome
    derived(a);
    emit(*p, write(r, s.secret));
  }

  void on_response(const endpoint& from, byte_view d) const {
    const response r = peek_response(d);
    peer* p = device.find_index(r.receiver);
    if (p == nullptr || !p->live || !p->live->pending || p->live->pending->sender != r.receiver)
      return tell(note_kind::wireguard_no_peer, {}, 2, from);
    activity& a = *p->live;
    const auto secret = derive(*a.pending, p->key, r.nonce);
    if (!authentic(d, secret)) return tell(note_kind::wireguard_forged, p->key, 2, from);
    session s;
    s.local = r.receiver;
    s.remote = r.sender;
    s.secret = secret;
    s.initiator = true;
    s.born = now;
    a.previous = a.next ? std::exchange(a.next, std::nullopt) : std::move(a.current);
    a.current = s;
    a.pending.reset();
    derived(a);
    completed(*p, note_kind::wireguard_session);
    authenticated(*p, from, d.size());
    send_keepalive(*p);  // or what waits: it tells the responder that the session holds
  }

  void on_data(const endpoint& from, byte_view d) const {
    const std::uint32_t index = receiver_of_data(d);
    peer* p = device.find_index(index);
    if (p == nullptr || !p->live) return tell(note_kind::wireguard_no_peer, {}, 4, from);
    activity& a = *p->live;
    std::optional<session>* held = nullptr;
    for (auto* s : {&a.current, &a.previous, &a.next})
      if (*s && (*s)->local == index) held = s;
    if (held == nullptr || !usable(*held))
      return tell(note_kind::wireguard_no_peer, p->key, 4, from);
    const auto text = read_data(d, (*held)->secret, !(*held)->initiator);
    if (!text) return tell(note_kind::wireguard_forged, p->key, 4, from);
    if (!(*held)->window.accept(counter_of_data(d)))
      return tell(note_kind::wireguard_replay, p->key, 4, from);

    const bool confirmed = held == &a.next;
    if (confirmed) {
      a.previous = std::move(a.current);
      a.current = std::exchange(a.next, std::nullopt);
      completed(*p, note_kind::wireguard_answered);
    }
    authenticated(*p, from, d.size());
    if (!text->empty()) {
      if (a.keepalive_at == never)
        a.keepalive_at = now + keepalive_timeout;
      else
        a.another_keepalive = true;
      out.push_back(delivered{p->key, bytes(text->begin(), text->end())});
    }
    if (confirmed) send_staged(*p);
    // An initiator that only receives renews in time as well, once a session.
    if (session* s = a.current ? &*a.current : nullptr;
        s != nullptr && s->initiator && !s->refresh_asked &&
        now >= s->born + (reject_after - keepalive_timeout - rekey_timeout)) {
      s->refresh_asked = true;
      initiate(*p, false);
    }
  }

  void run_timers(peer& p) const {
    const auto due = [&](time_point& t) {
      if (t > now) return false;
      t = never;
      return true;
    };
    activity& a = *p.live;
    if (due(a.retransmit_at)) {
      if (a.attempts >= attempts_max) {
        tell(note_kind::wireguard_gave_up, p.key, static_cast<std::int64_t>(a.staged.size()));
        a.keepalive_at = never;
        a.staged = {};
        a.pending.reset();
        if (a.zero_at == never) a.zero_at = now + 3 * reject_after;
      } else {
        ++a.attempts;
        initiate(p, true);
      }
    }
    if (due(a.keepalive_at)) {
      send_keepalive(p);
      if (std::exchange(a.another_keepalive, false)) a.keepalive_at = now + keepalive_timeout;
    }
    if (due(a.new_handshake_at)) initiate(p, false);
    if (due(a.persistent_at)) {
      traversed(p);  // again later, even when it can not be sent now
      send_keepalive(p);
    }
    if (due(a.zero_at)) {
      a.current.reset(), a.previous.reset(), a.next.reset();
      if (a.earliest() == never && a.staged.empty()) p.live.reset();
    }
  }
};

wireguard_model::wireguard_model(const public_key& own, seed s) : own_(own), random_(s) {}
wireguard_model::wireguard_model(wireguard_model&&) noexcept = default;
wireguard_model& wireguard_model::operator=(wireguard_model&&) noexcept = default;
wireguard_model::~wireguard_model() = default;

namespace {
constexpr auto by_key = [](const auto& held, const public_key& k) { return held->key < k; };
}

wireguard_model::peer* wireguard_model::find(const public_key& k) const {
  const auto p = std::lower_bound(peers_.begin(), peers_.end(), k, by_key);
  return p != peers_.end() && (*p)->key == k ? p->get() : nullptr;
}

wireguard_model::peer* wireguard_model::find_index(std::uint32_t index) const {
  const std::size_t id = index >> 16;
  return id < by_id_.size() ? by_id_[id] : nullptr;
}

std::uint32_t wireguard_model::new_index(peer& p) { return std::uint32_t{p.id} << 16 | p.serial++; }

void wireguard_model::set_peer(time_point now, const wireguard_peer& wanted, actions& out) {
  const step s{*this, now, out};
  peer* p = find(wanted.key);
  if (p == nullptr) {
    if (peers_.size() >= peers_max) return s.tell(note_kind::wireguard_full, wanted.key);
    auto fresh = std::make_unique<peer>();
    p = fresh.get();
    p->key = wanted.key;
    // Serials begin anywhere, so that a peer removed and added again is not taken for its former
    // self.
    p->serial = static_cast<std::uint16_t>(random_.next());
    const auto hole = std::find(by_id_.begin(), by_id_.end(), nullptr);
    p->id = static_cast<std::uint16_t>(hole - by_id_.begin());
    if (hole == by_id_.end())
      by_id_.push_back(p);
    else
      *hole = p;
    peers_.insert(std::lower_bound(peers_.begin(), peers_.end(), wanted.key, by_key),
                  std::move(fresh));
  }
  if (wanted.where) p->where = wanted.where;
  const bool starts = wanted.keepalive > 0s && p->keepalive == 0s;
  p->keepalive = wanted.keepalive;
  if (p->keepalive == 0s && p->live) p->live->persistent_at = never;
  if (starts)
    s.send_keepalive(*p);
  else if (p->live)
    s.send_staged(*p);
}

void wireguard_model::remove_peer(const public_key& k) {
  const auto p = std::lower_bound(peers_.begin(), peers_.end(), k, by_key);
  if (p == peers_.end() || (*p)->key != k) return;
  by_id_[(*p)->id] = nullptr;
  peers_.erase(p);
}

std::vector<wireguard_peer_status> wireguard_model::status() const {
  std::vector<wireguard_peer_status> all;
  all.reserve(peers_.size());
  for (const auto& p : peers_)
    all.push_back({p->key, p->where, p->last_handshake, p->received_bytes, p->sent_bytes});
  return all;
}

endpoint wireguard_model::open_tunnel(const public_key& k) {
  auto at = std::lower_bound(tunnels_.begin(), tunnels_.end(), k,
                             [](const tunnel& t, const public_key& key) { return t.key < key; });
  if (at == tunnels_.end() || at->key != k) {
    // The lowest number that is free; from 127.1.0.1 on, clear of 127.0.0.0/16, which hosts use.
    std::vector<std::uint32_t> used;
    for (const auto& t : tunnels_) used.push_back(t.number);
    std::sort(used.begin(), used.end());
    std::uint32_t number = 1;
    for (const auto u : used) number += u == number;
    at = tunnels_.insert(at, {k, number});
  }
  return {ip_address::v4(0x7f010000 + at->number), tunnel_port};
}

void wireguard_model::close_tunnel(const public_key& k) {
  std::erase_if(tunnels_, [&](const tunnel& t) { return t.key == k; });
}

std::optional<public_key> wireguard_model::is_tunnel(const endpoint& e) const {
  if (e.port() != tunnel_port || !e.address.is_v4()) return std::nullopt;
  const std::uint32_t number = e.address.v4_value() - 0x7f010000;
  for (const auto& t : tunnels_)
    if (t.number == number) return t.key;
  return std::nullopt;
}

void wireguard_model::payload(time_point now, const public_key& to, bytes packet, actions& out) {
  const step s{*this, now, out};
  peer* p = find(to);
  if (p == nullptr) return s.tell(note_kind::wireguard_no_peer, to);
  if (!p->where) return s.tell(note_kind::wireguard_no_endpoint, to);
  // A host's IP would fragment it, or say to its sender that it is too large.
  if (packet.size() > wh::wire::tunnel_mtu)
    return s.tell(note_kind::wireguard_too_big, to, static_cast<std::int64_t>(packet.size()));
  s.stage(*p, std::move(packet));
  s.send_staged(*p);
}

void wireguard_model::received(time_point now, const endpoint& from, byte_view d, actions& out) {
  const step s{*this, now, out};
  const auto type = type_of(d);
  if (!type) return;
  switch (*type) {
    case message_type::initiation:
      return s.on_initiation(from, d);
    case message_type::response:
      return s.on_response(from, d);
    case message_type::data:
      return s.on_data(from, d);
    case message_type::cookie:
      return;  // only under load, which is not modelled
  }
}

void wireguard_model::alarm(time_point now, actions& out) {
  const step s{*this, now, out};
  for (const auto& p : peers_)
    if (p->live && p->live->earliest() <= now) s.run_timers(*p);
}

std::optional<time_point> wireguard_model::next_timeout() const {
  time_point t = never;
  for (const auto& p : peers_)
    if (p->live) t = std::min(t, p->live->earliest());
  return t == never ? std::nullopt : std::optional{t};
}

std::size_t wireguard_model::memory_bytes() const {
  std::size_t n = sizeof *this + peers_.capacity() * sizeof(peers_[0]) +
                  by_id_.capacity() * sizeof(peer*) + tunnels_.capacity() * sizeof(tunnel);
  for (const auto& p : peers_) {
    n += sizeof *p;
    if (!p->live) continue;
    n += sizeof *p->live + p->live->staged.capacity() * sizeof(bytes);
    for (const auto& b : p->live->staged) n += b.capacity();
  }
  return n;
}

}  // namespace wh::sim
