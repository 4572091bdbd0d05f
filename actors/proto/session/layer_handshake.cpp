#include <algorithm>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/session/layer.hpp"

/// Initiations, responses and cookies: how a session comes about.
namespace wh::session {

using namespace packet;

namespace {

constexpr duration try_waits[] = {1s, 1500ms};

std::uint64_t begin_of(const public_key& k) { return load_be<std::uint64_t>(k.value.data()); }

std::uint16_t in_ms(duration rtt) {
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(rtt / 1ms, 1, rtt_max / 1ms));
}

void put_header(bytes& d, const crypto_suite& crypto, type t) {
  d.insert(d.end(), {magic, crypto.wire_version(), static_cast<std::uint8_t>(t), 0});
}

template <class Int>
void put(bytes& d, Int v) {
  d.resize(d.size() + sizeof(Int));
  store_be(d.data() + d.size() - sizeof(Int), v);
}

/// Of an encoded message; 0: none.
std::uint8_t kind_of(byte_view encoded) { return encoded.empty() ? 0 : encoded[0]; }

void append(bytes& d, byte_view b) { d.insert(d.end(), b.begin(), b.end()); }

/// Answers with contacts are long; their questions are padded, so that the answer may ride back.
/// Whatever else it is, the number says that we read optional fields.
std::size_t padding(byte_view riding, bool relayed) {
  std::size_t zeros = 0;
  const std::size_t size = initiation_min + riding.size();
  if (!relayed && !riding.empty() && riding[0] != wire::ping::kind && size < initiation_padded)
    zeros = initiation_padded - size;
  return zeros - zeros % padding_unit + padding_reads_options;
}

/// What stands behind a handshake's message: optional fields, of which none is known yet, and
/// zeros.
struct handshake_rest {
  bool sound = true;
  std::size_t zeros = 0;
};
handshake_rest read_rest(byte_view in) {
  handshake_rest r;
  while (!in.empty()) {
    if (in[0] == no_option) {
      ++r.zeros;
      in = in.subspan(1);
    } else if (in.size() < 2 || in.size() - 2 < in[1]) {
      r.sound = false;
      return r;
    } else {
      in = in.subspan(2 + std::size_t{in[1]});
    }
  }
  return r;
}

}  // namespace

bool layer::begin(time_point now, slot s, const wire::route& via, ttl limit, byte_view riding,
                  actions& out) {
  if (initiating_count_ >= config_.limits.initiating) {
    say(out, note_kind::session_handshakes_full, via, peers_[s].key);
    return false;
  }
  activity& a = peers_.activity_of(s);
  a.initiating = std::make_unique<initiating>();
  a.initiating->via_next = via;
  a.initiating->limit = limit;
  a.initiating->riding.assign(riding.begin(), riding.end());
  ++initiating_count_;
  initiate(now, s, out);
  return true;
}

/// How long the peer's response will take by what is known: of the peer, of the relay in between,
/// of our own line.
duration layer::expected(slot s, const wire::route& via) const {
  const peer& p = peers_[s];
  if (p.activity && p.activity->initiating && p.activity->initiating->round_trip > 0ns)
    return p.activity->initiating->round_trip;
  if (p.rtt_ms > 0) return p.rtt();
  for (const tried& t : tried_)
    if (t.key == begin_of(p.key) && t.rtt_ms > 0) return t.rtt();
  if (!via.relay) return line_.line();
  // From the relay on it is as far, for all we know.
  const auto relay = peers_.find(*via.relay);
  return 2 * (relay ? std::max(peers_[*relay].rtt(), line_.line()) : line_.line());
}

/// A round trip of a handshake: of the peer, and one word about our line.
void layer::measured(slot s, duration rtt, const wire::route& via) {
  peers_[s].rtt_ms = in_ms(rtt);
  if (!via.relayed()) line_.add(rtt);
}

/// The last try is about to be replaced, or given up.
void layer::remember_try(slot s) {
  const initiating& i = *peers_[s].activity->initiating;
  if (i.tries == 0) return;
  std::erase_if(tried_, [&](const tried& t) { return i.try_last - t.sent > tried_kept; });
  if (tried_.size() >= tried_max) tried_.erase(tried_.begin());
  tried_.push_back({begin_of(peers_[s].key), i.try_last, i.mine, 0, i.via.relayed()});
}

/// A response to a try that is no more. Sealed for us by whoever saw the try; its keys are gone.
void layer::late_response(time_point now, byte_view d, std::uint32_t index) {
  const auto at = std::find_if(tried_.begin(), tried_.end(), [&](const tried& t) {
    return t.index == index && t.rtt_ms == 0 && now - t.sent <= tried_kept;
  });
  const byte_view authentic = d.first(d.size() - mac_size);
  if (at == tried_.end() || !same(mac_of(crypto_, mac_key_, authentic), d.last(mac_size))) return;
  at->rtt_ms = in_ms(now - at->sent);
  if (!at->relayed) line_.add(at->rtt());
  // The try under way is given its time.
  const auto s = peers_.slot_of(index);
  if (!s || begin_of(peers_[*s].key) != at->key) return;
  activity* a = peers_[*s].activity.get();
  if (a == nullptr || !a->initiating) return;
  a->initiating->round_trip = at->rtt();
  a->initiating->try_next =
      std::max(a->initiating->try_next, a->initiating->try_last + at->rtt() * 3 / 2);
}

/// One try: a handshake from its beginning, because no key may seal two different timestamps.
void layer::initiate(time_point now, slot s, actions& out) {
  initiating& i = *peers_[s].activity->initiating;
  remember_try(s);
  const public_key& to = peers_[s].key;
  i.state.emplace(crypto_,
                  noise::handshake::parameters{noise::pattern::ik, true, prologue_, public_, to});
  i.mine = peers_.fresh_index(s, random_);
  i.via = i.via_next;
  i.try_last = now;
  i.try_next = now + std::max<duration>(try_waits[std::min<std::size_t>(i.tries, 1)],
                                        expected(s, i.via) * 3 / 2);
  ++i.tries;
  wake_by(s, i.try_next);

  // The clock may stand still for two handshakes, or have been set back.
  const auto clock =
      static_cast<std::uint64_t>(std::max<std::int64_t>(now.time_since_epoch().count(), 0));
  timestamp_last_ = std::max(clock, timestamp_last_ + 1);
  if (timestamp_last_ > timestamp_kept_) {
    timestamp_kept_ = timestamp_last_ + static_cast<std::uint64_t>(
                                            std::chrono::nanoseconds{timestamps_ahead}.count());
    out.emplace_back(keep_timestamp{timestamp_kept_});
  }
  bytes payload;
  payload.reserve(initiation_padded);
  put(payload, timestamp_last_);
  i.told_serves = config_.serves_dht;
  payload.push_back(i.told_serves ? flag_serves_dht : 0);
  put(payload, static_cast<std::uint16_t>(i.riding.size()));
  append(payload, i.riding);
  payload.resize(payload.size() + padding(i.riding, i.via.relayed()));

  bytes d;
  d.reserve(initiation_overhead + payload.size());
  put_header(d, crypto_, type::initiation);
  put(d, i.mine);
  private_key ephemeral = crypto_.make_private_key(random_);
  const bool written = i.state->write(crypto_, config_.secret, ephemeral, payload, d);
  wipe(ephemeral.value);
  if (!written) return say(out, note_kind::session_bad_key, i.via, to);
  i.mac1 = mac_of(crypto_, mac_key_of(crypto_, to, config_.name_space), d);
  append(d, i.mac1);
  append(d, i.has_cookie ? mac_of(crypto_, i.cookie, d) : fixed_bytes<mac_size>{});
  WH_CHECK(d.size() <= wire::datagram_max);
  out.emplace_back(
      transmit{i.via, std::move(d), i.limit, to, {type::initiation, kind_of(i.riding)}});
}

void layer::end_initiating(slot s) {
  activity* a = peers_[s].activity.get();
  if (a == nullptr || !a->initiating) return;
  a->initiating.reset();
  --initiating_count_;
}

void layer::give_up(time_point now, slot s, actions& out) {
  peer& p = peers_[s];
  const bytes riding = std::move(p.activity->initiating->riding);
  const wire::route via = p.activity->initiating->via;
  remember_try(s);
  end_initiating(s);
  const bool alive = p.current.exists() && (p.asked == never || now - p.asked < silence_of(p));
  if (alive) {
    say(out, note_kind::session_rekey_failed, via, p.key);
    if (!riding.empty())
      send_message(now, s, {riding, riding.size()}, std::nullopt, ttl::host_default, out);
    return;
  }
  end_session(s);
  p.activity->queue.clear();
  p.activity->start_at = never;
  say(out, note_kind::session_unanswered, via, p.key);
  out.emplace_back(gave_up{p.key});
}

/// True when the initiation may cost us a Diffie-Hellman. `proven`: it carried a cookie.
bool layer::admit(time_point now, const received& r, bool& proven, actions& out) {
  const limits& l = config_.limits;
  prefix_buckets::pair* bucket = nullptr;
  bool crowded = false;
  if (!r.via.relayed()) {
    bucket = prefixes_.find_or_add(now, r.via.where.address);
    crowded = bucket == nullptr || !bucket->unproven.has(now, l.prefix_unproven);
  }
  const bool loaded = crowded || !all_unproven_.has(now, l.all_unproven);

  const byte_view d = r.datagram;
  const byte_view mac2 = d.last(mac_size);
  const bool has_mac2 = !same(mac2, fixed_bytes<mac_size>{});
  proven = false;
  if (loaded || has_mac2) {
    const cookie c = cookies_.make(crypto_, random_, now, r.via);
    proven = has_mac2 && same(mac2, mac_of(crypto_, c, d.first(d.size() - mac_size)));
    if (loaded && !proven) {
      const byte_view mac1 = d.subspan(d.size() - macs_size, mac_size);
      if (opened_.has(mac1)) {
        say(out, note_kind::session_copy_under_load, r.via);
        return false;
      }
      bytes reply;
      reply.reserve(cookie_reply_size);
      put_header(reply, crypto_, type::cookie_reply);
      append(reply, d.subspan(header_size, 4));
      fixed_bytes<24> nonce;
      random_.fill(nonce);
      append(reply, nonce);
      reply.resize(cookie_reply_size);
      aead_key key;
      key.value = cookie_key_;
      crypto_.seal_x(byte_span{reply}.last(cookie_size + aead_tag_size), key, nonce, mac1, c);
      say(out, note_kind::session_cookie_sent, r.via);
      out.emplace_back(
          transmit{r.via, std::move(reply), ttl::host_default, {}, {type::cookie_reply}});
      return false;
    }
  }
  if (!loaded) {
    all_unproven_.take(now, l.all_unproven);
    if (bucket != nullptr) bucket->unproven.take(now, l.prefix_unproven);
    return true;
  }
  if (bucket != nullptr && !bucket->proven.take(now, l.prefix_proven)) {
    say(out, note_kind::session_rate_limited, r.via);
    return false;
  }
  if (!all_proven_.take(now, l.all_proven)) {
    say(out, note_kind::session_overloaded, r.via);
    return false;
  }
  return true;
}

void layer::on_initiation(time_point now, const received& r, actions& out) {
  const byte_view d = r.datagram;
  if (d.size() < initiation_min || d.size() > wire::datagram_max)
    return say(out, note_kind::session_malformed, r.via);
  const byte_view authentic = d.first(d.size() - macs_size);
  if (!same(mac_of(crypto_, mac_key_, authentic), d.subspan(authentic.size(), mac_size)))
    return say(out, note_kind::session_bad_mac1, r.via);
  bool proven = false;
  if (!admit(now, r, proven, out)) return;

  noise::handshake state{crypto_, {noise::pattern::ik, false, prologue_, public_, {}}};
  struct verdict {
    const layer& self;
    note_kind why;
    unsigned workbit = 0;
  } filtered{*this, note_kind::session_bad_key};
  const auto filter = [](void* context, const public_key& k) {
    auto& v = *static_cast<verdict*>(context);
    if (k == v.self.public_) return false;
    v.workbit = keys::workbit(v.self.crypto_, k, v.self.config_.name_space);
    if (v.workbit >= v.self.config_.workbit) return true;
    v.why = note_kind::session_low_workbit;
    return false;
  };
  bytes payload;
  switch (state.read(crypto_, config_.secret, authentic.subspan(initiation_noise), payload, filter,
                     &filtered)) {
    case noise::read_result::ok:
      break;
    case noise::read_result::refused:
      return say(out, filtered.why, r.via, state.remote_static(), filtered.workbit);
    case noise::read_result::bad_key:
      return say(out, note_kind::session_bad_key, r.via);
    default:
      return say(out, note_kind::session_bad_initiation, r.via);
  }

  opened_.add(d.subspan(authentic.size(), mac_size));
  const public_key from = state.remote_static();
  switch (stamps_.advance(now, from, load_be<std::uint64_t>(payload.data()))) {
    case timestamps::result::not_newer:
      return say(out, note_kind::session_old_timestamp, r.via, from);
    case timestamps::result::advanced_forgetting_another:
      say(out, note_kind::session_timestamp_forgotten, r.via, from);
      break;
    case timestamps::result::advanced:
      break;
  }
  const std::uint8_t flags = payload[8];
  const std::size_t length = load_be<std::uint16_t>(payload.data() + 9);
  const byte_view rest = byte_view{payload}.subspan(initiation_payload_min);
  if (length > rest.size()) return say(out, note_kind::session_undecodable, r.via, from);
  const handshake_rest behind = read_rest(rest.subspan(length));
  if (!behind.sound) return say(out, note_kind::session_undecodable, r.via, from);
  std::optional<wire::message> early;
  if (length > 0) {
    const byte_view message = rest.first(length);
    auto m = wire::decode(message);
    if (!m) {
      undecoded(m.error(), message, r.via, from, out);
      if (m.error() != wire::decode_error::unknown_kind) return;
    } else if (!std::holds_alternative<wire::ping>(*m) &&
               !std::holds_alternative<wire::find_node>(*m) &&
               !std::holds_alternative<wire::find_record>(*m)) {
      return say(out, note_kind::session_not_early, r.via, from, rest[0]);
    } else {
      early = std::move(*m);
    }
  }

  auto s = peers_.find(from);
  if (!s) {
    if (peers_.size() >= session_table::slots_max)
      return say(out, note_kind::session_overloaded, r.via, from);
    s = peers_.add(from);
  }
  make_half_open(now, *s, out);
  activity& a = *peers_[*s].activity;
  const bool serves_dht = (flags & flag_serves_dht) != 0;
  a.next_via = r.via;
  a.next_serves_dht = serves_dht;
  a.next_reads_options = behind.zeros % padding_unit == padding_reads_options;
  const std::size_t size_max = proven || r.via.relayed()
                                   ? wire::datagram_max
                                   : std::min(wire::datagram_max, amplification_max * d.size());
  a.answering = std::make_unique<answering>(answering{
      state, r.via, load_be<std::uint32_t>(d.data() + header_size), now + response_held, size_max});
  if (!early) {
    respond(now, *s, {}, ttl::host_default, out);
    return release(*s);
  }
  wake_by(*s, a.answering->deadline);
  out.emplace_back(deliver{from, r.via, serves_dht, true, std::move(*early), a.next_reads_options});
}

/// Counts the peer among the half-open; the oldest ends when they are too many.
void layer::make_half_open(time_point now, slot s, actions& out) {
  end_half_open(s);
  if (half_open_count_ >= config_.limits.half_open) {
    std::optional<slot> oldest;
    for (std::size_t i = 0; i < peers_.slot_end(); ++i) {
      const auto t = static_cast<slot>(i);
      const activity* a = peers_.used(t) ? peers_[t].activity.get() : nullptr;
      if (a == nullptr || !a->half_open()) continue;
      if (!oldest || a->half_open_since < peers_[*oldest].activity->half_open_since) oldest = t;
    }
    say(out, note_kind::session_half_open_evicted, {}, peers_[*oldest].key);
    end_half_open(*oldest);
    release(*oldest);
  }
  peers_.activity_of(s).half_open_since = now;
  ++half_open_count_;
  expire_by(now + half_open_kept);
}

void layer::end_half_open(slot s) {
  activity* a = peers_[s].activity.get();
  if (a == nullptr || a->half_open_since == never) return;
  a->answering.reset();
  a->next = {};
  a->half_open_since = never;
  --half_open_count_;
}

void layer::respond(time_point now, slot s, byte_view riding, ttl limit, actions& out) {
  activity& a = *peers_[s].activity;
  const auto held = std::move(a.answering);
  const public_key& to = peers_[s].key;
  const std::uint32_t mine = peers_.fresh_index(s, random_);
  bytes payload;
  payload.push_back(static_cast<std::uint8_t>((config_.serves_dht ? flag_serves_dht : 0) |
                                              (a.next_reads_options ? flag_reads_options : 0)));
  put(payload, static_cast<std::uint16_t>(riding.size()));
  append(payload, riding);

  bytes d;
  d.reserve(response_overhead + payload.size());
  put_header(d, crypto_, type::response);
  put(d, mine);
  put(d, held->theirs);
  private_key ephemeral = crypto_.make_private_key(random_);
  const bool written = held->state.write(crypto_, config_.secret, ephemeral, payload, d);
  wipe(ephemeral.value);
  if (!written) {
    end_half_open(s);
    return say(out, note_kind::session_bad_key, held->via, to);
  }
  append(d, mac_of(crypto_, mac_key_of(crypto_, to, config_.name_space), d));
  WH_CHECK(d.size() <= held->size_max);

  auto keys = held->state.split(crypto_);
  a.next.send_key = keys.send;
  a.next.receive_key = keys.receive;
  a.next.mine = mine;
  a.next.theirs = held->theirs;
  a.next.born = now;
  a.next.told_serves = config_.serves_dht;
  wipe(keys.send.value);
  wipe(keys.receive.value);
  out.emplace_back(transmit{held->via, std::move(d), limit, to, {type::response, kind_of(riding)}});
}

void layer::on_response(time_point now, const received& r, actions& out) {
  const byte_view d = r.datagram;
  if (d.size() < response_min || d.size() > wire::datagram_max)
    return say(out, note_kind::session_malformed, r.via);
  const auto index = load_be<std::uint32_t>(d.data() + header_size + 4);
  const auto s = peers_.slot_of(index);
  if (!s || !peers_[*s].activity || !peers_[*s].activity->initiating ||
      peers_[*s].activity->initiating->mine != index) {
    late_response(now, d, index);
    return say(out, note_kind::session_stale_response, r.via);
  }
  peer& p = peers_[*s];
  initiating& i = *p.activity->initiating;
  const byte_view authentic = d.first(d.size() - mac_size);
  if (!same(mac_of(crypto_, mac_key_, authentic), d.last(mac_size)))
    return say(out, note_kind::session_bad_mac1, r.via, p.key);
  noise::handshake state = *i.state;
  bytes payload;
  if (state.read(crypto_, config_.secret, authentic.subspan(response_noise), payload) !=
      noise::read_result::ok)
    return say(out, note_kind::session_bad_response, r.via, p.key);

  auto keys = state.split(crypto_);
  session_state fresh;
  fresh.send_key = keys.send;
  fresh.receive_key = keys.receive;
  fresh.mine = index;
  fresh.theirs = load_be<std::uint32_t>(d.data() + header_size);
  fresh.born = now;
  fresh.initiator = true;
  fresh.told_serves = i.told_serves;
  wipe(keys.send.value);
  wipe(keys.receive.value);
  const wire::route via = i.via;
  measured(*s, now - i.try_last, via);
  end_initiating(*s);

  const std::uint8_t flags = payload[0];
  const byte_view rest = byte_view{payload}.subspan(response_payload_min);
  const std::size_t length = load_be<std::uint16_t>(payload.data() + 1);
  const bool sound = length <= rest.size() && read_rest(rest.subspan(length)).sound;
  const byte_view riding = sound ? rest.first(length) : byte_view{};
  p.serves_dht = (flags & flag_serves_dht) != 0;
  p.reads_options = (flags & flag_reads_options) != 0;
  // The way the initiation went is proven, whatever source the response had.
  take_route(now, *s, via, out);
  establish(now, *s, fresh, out);
  if (!sound) {
    say(out, note_kind::session_undecodable, r.via, p.key);
  } else if (!riding.empty()) {
    if (auto m = wire::decode(riding))
      out.emplace_back(deliver{p.key, r.via, p.serves_dht, false, std::move(*m), p.reads_options});
    else
      undecoded(m.error(), riding, r.via, p.key, out);
  }
  if (r.via != via && p.current.mine == index) heard(now, *s, r.via, d.size(), out);
  flush(now, *s, out);
  // The responder sends nothing before it has heard us with the new keys.
  if (p.current.mine == index && p.current.sent == 0)
    send_sealed(now, *s, {}, p.route(), ttl::host_default, out);
  release(*s);
}

void layer::on_cookie_reply(time_point now, const received& r, actions& out) {
  const byte_view d = r.datagram;
  if (d.size() != cookie_reply_size) return say(out, note_kind::session_malformed, r.via);
  const auto index = load_be<std::uint32_t>(d.data() + header_size);
  const auto s = peers_.slot_of(index);
  if (!s || !peers_[*s].activity || !peers_[*s].activity->initiating ||
      peers_[*s].activity->initiating->mine != index)
    return say(out, note_kind::session_stale_cookie, r.via);
  initiating& i = *peers_[*s].activity->initiating;
  aead_key key;
  key.value = cookie_key_of(crypto_, peers_[*s].key, config_.name_space);
  fixed_bytes<24> nonce;
  std::memcpy(nonce.data(), d.data() + header_size + 4, nonce.size());
  cookie c;
  if (!crypto_.open_x(c, key, nonce, i.mac1, d.last(cookie_size + aead_tag_size)))
    return say(out, note_kind::session_bad_cookie, r.via, peers_[*s].key);
  i.cookie = c;
  i.has_cookie = true;
  say(out, note_kind::session_cookie_received, r.via, peers_[*s].key);
  // Once at once: whoever copies cookie replies must not make us send more than one packet.
  if (i.resent_with_cookie) return;
  i.resent_with_cookie = true;
  if (i.tries > 0) --i.tries;
  initiate(now, *s, out);
}

/// The peer has the keys of `fresh`, and so do we.
void layer::establish(time_point now, slot s, const session_state& fresh, actions& out) {
  peer& p = peers_[s];
  peers_.touch(s, now);
  expire_by(now + idle_max);
  const bool had = p.current.exists();
  if (had) {
    activity& a = peers_.activity_of(s);
    const duration apart =
        fresh.born > p.current.born ? fresh.born - p.current.born : p.current.born - fresh.born;
    const bool crossed = apart < std::max<duration>(both_at_once, p.rtt() * 3 / 2) &&
                         fresh.initiator != p.current.initiator;
    // Both sides come to the same choice: the session whose initiator has the lower key.
    const bool loses = crossed && fresh.initiator != (public_ < p.key);
    a.previous_heard = now;
    if (!crossed && apart < rekey_initiator && p.current.told_serves == config_.serves_dht)
      out.emplace_back(begun_anew{p.key});
    if (loses) {
      a.previous = fresh;
    } else {
      a.previous = p.current;
      p.current = fresh;
    }
    say(out, crossed ? note_kind::session_crossed : note_kind::session_renewed, p.route(), p.key);
  } else {
    p.current = fresh;
    ++session_count_;
  }
  p.asked = never;
  if (!had) {
    if (session_count_ > config_.limits.sessions) make_room(s, out);
    out.emplace_back(established{p.key, p.route(), p.serves_dht});
  }
  activity* a = p.activity.get();
  if (a == nullptr) return;
  a->start_at = never;
  if (a->initiating) {
    // Came about the other way round: what rode in our initiation goes over the session.
    waiting_message w{std::move(a->initiating->riding), 0, std::nullopt, a->initiating->limit};
    w.plain = w.encoded.size();
    end_initiating(s);
    if (!w.encoded.empty()) a->queue.insert(a->queue.begin(), std::move(w));
  }
}

void layer::make_room(slot keep, actions& out) {
  std::optional<slot> oldest;
  peers_.each_by_age([&](slot t) {
    if (t != keep && peers_[t].current.exists()) oldest = t;
    return !oldest;
  });
  if (!oldest) return;
  say(out, note_kind::session_evicted, peers_[*oldest].route(), peers_[*oldest].key);
  remove(*oldest);
}

}  // namespace wh::session
