#include "sim/world/invariants.hpp"

#include <algorithm>

#include "actors/proto/dht/store.hpp"
#include "actors/proto/relay/host.hpp"
#include "actors/proto/session/layer.hpp"
#include "actors/proto/session/packet.hpp"
#include "actors/proto/wire/codec.hpp"
#include "transport/text.hpp"

namespace wh::sim {

namespace {

using session::packet::type;

// punch/SPEC.md: an attempt is 64 packets, and is over 4.7 s after its first; a path that is kept
// adds a few.
constexpr std::size_t opening_most = 80;
constexpr duration opening_window = 4500ms;

// The bounds of the SPECs, and of what they make together.
constexpr std::size_t table_most = 1000, lookups_most = 8, homes_most = 64, paths_most = 1024;
constexpr std::size_t records_most = dht::store_limits{}.records;
constexpr std::size_t guests_most =
    relay::host_config{}.guests_max + relay::host_config{}.beside_max;
constexpr std::size_t sessions_most =
    session::limits{}.sessions + session::limits{}.initiating + session::limits{}.half_open;
constexpr std::size_t memory_most = 4U << 20;

std::uint64_t hash_of(byte_view b, std::uint64_t h) {
  for (const std::uint8_t x : b) h = (h ^ x) * 0x100000001b3U;
  return h ^ h >> 29;
}

std::uint64_t hash_of(host_number a, host_number b, const wire::message& what) {
  bytes encoded;
  wire::encode(what, encoded);
  return hash_of(encoded, (std::uint64_t{a} << 32 | b) * 0x9e3779b97f4a7c15U);
}

}  // namespace

void invariants::check(invariant i, bool holds, time_point now,
                       const std::function<std::string()>& tell) {
  invariant_row& r = rows_[static_cast<std::size_t>(i)];
  ++r.checked;
  if (holds) return;
  if (r.broken++ == 0) r.first = "after " + format_duration(now - about_.epoch) + " " + tell();
}

void invariants::life_over(host_number h) {
  const auto of_host = [h](const auto& x) { return std::get<0>(x.first) == h; };
  std::erase_if(counters_, of_host);
  std::erase_if(accounts_, of_host);
  std::erase_if(responses_, of_host);
  std::erase_if(pings_, of_host);
  std::erase_if(records_, of_host);
}

void invariants::key(const public_key& k) { keys_.insert(load_be<std::uint64_t>(k.value.data())); }

void invariants::sent(time_point now, host_number h, const endpoint& to, byte_view datagram,
                      bool ping) {
  const auto what = session::packet::type_of(datagram);
  if (!what) return;
  if (*what == type::transport) {
    const auto index = load_be<std::uint32_t>(datagram.data() + session::packet::header_size);
    const auto counter = load_be<std::uint64_t>(datagram.data() + session::packet::header_size + 4);
    check(invariant::counter, counters_[{h, index, to.address}].insert(counter).second, now, [&] {
      return about_.name_of(h) + " used counter " + std::to_string(counter) +
             " of a session twice, to " + to.to_string();
    });
  }
  if (*what == type::response)
    responses_.insert_or_assign(
        {h, load_be<std::uint32_t>(datagram.data() + session::packet::header_size)}, to);
  // Where we speak first it is no answer, nor where we dial ourselves, or look for a way by pings.
  account& a = accounts_.try_emplace({h, to}, account{.ours = true}).first->second;
  if (!a.ours && !ping &&
      (*what == type::response || *what == type::cookie_reply || *what == type::transport)) {
    a.answered += datagram.size();
    const bool within = datagram.size() <= session::packet::probe_max ||
                        a.answered <= session::packet::amplification_max * a.heard;
    check(invariant::threefold, within, now, [&] {
      return about_.name_of(h) + " answered " + to.to_string() + " with " +
             std::to_string(a.answered) + " bytes for " + std::to_string(a.heard);
    });
  }
  if (about_.real_crypto) look_for_clear(now, h, datagram);
}

void invariants::look_for_clear(time_point now, host_number h, byte_view datagram) {
  bool found = false;
  for (std::size_t i = 0; i + 8 <= datagram.size() && !found; ++i) {
    const auto x = load_be<std::uint64_t>(datagram.data() + i);
    found = keys_.contains(x) || stamps_.contains(x);
  }
  check(invariant::clear, !found, now,
        [&] { return about_.name_of(h) + " sent a key or a payload in clear"; });
}

void invariants::came(host_number h, const endpoint& from, byte_view datagram) {
  const auto what = session::packet::type_of(datagram);
  if (!what) return;
  if (*what == type::reach) return;  // nobody answers one
  account& a = accounts_[{h, from}];
  a.heard += datagram.size();
  // A session of its own begins, by the index that the other side gives in a handshake. It may come
  // from another address than we send to.
  if (*what == type::initiation || *what == type::response) {
    const auto index = load_be<std::uint32_t>(datagram.data() + session::packet::header_size);
    const auto first = counters_.lower_bound({h, index, ip_address{}});
    counters_.erase(first, std::find_if(first, counters_.end(), [&](const auto& x) {
                      return std::get<0>(x.first) != h || std::get<1>(x.first) != index;
                    }));
  }
  if (*what != type::transport) return;
  // Something sealed that comes after we had sent there: whoever is there gets what we send. And
  // who seals for an index of ours has read the response that told it, wherever that went.
  if (a.answered > 0) a.ours = true;
  const auto at =
      responses_.find({h, load_be<std::uint32_t>(datagram.data() + session::packet::header_size)});
  if (at == responses_.end()) return;
  accounts_[{h, at->second}].ours = true;
  responses_.erase(at);
}

void invariants::said(time_point now, host_number a, host_number b, const wire::route& via,
                      const wire::message& what) {
  said_.insert(hash_of(a, b, what));
  if (via.relay || !std::holds_alternative<wire::ping>(what)) return;
  auto& sent = pings_[{a, b}];
  sent.push_back(now);
  while (now - sent.front() > opening_window) sent.pop_front();
  check(invariant::opening, sent.size() <= opening_most, now, [&] {
    return about_.name_of(a) + " sent " + std::to_string(sent.size()) + " pings in " +
           format_duration(opening_window) + " straight to " + about_.name_of(b);
  });
}

void invariants::heard(time_point now, host_number a, host_number b, const wire::message& what) {
  if (std::holds_alternative<wire::relay_to>(what)) return;  // frames are no message of ours
  check(invariant::said, said_.contains(hash_of(a, b, what)), now, [&] {
    return about_.name_of(b) + " heard from " + about_.name_of(a) + " a `" +
           std::string(wire::name_of(what)) + "` that it did not say";
  });
}

void invariants::noted(time_point now, host_number h, std::optional<host_number> other,
                       const note& what) {
  const bool own = what.what == note_kind::record_signed;
  if (!own && (what.what != note_kind::dht_record_held || !other)) return;
  const auto at = records_.try_emplace({h, own ? std::nullopt : other}, what.value);
  if (at.second) return;
  std::int64_t& last = at.first->second;
  check(invariant::forward, own ? what.value > last : what.value >= last, now, [&] {
    return about_.name_of(h) + (own ? " signed" : " took") + " record " +
           std::to_string(what.value) + " after " + std::to_string(last);
  });
  last = what.value;
}

void invariants::payload_came(time_point now, host_number from, host_number to, const echo& e,
                              std::pair<host_number, host_number> pair) {
  if (e.what == echo::kind::reply) std::swap(pair.first, pair.second);
  const bool once =
      delivered_.insert({e.pair, static_cast<std::uint8_t>(e.what), e.sequence}).second;
  const bool right = pair == std::pair{from, to} && stamps_.contains(stamp_of(e));
  check(invariant::payload, once && right, now, [&] {
    return "payload of " + about_.name_of(pair.first) + " to " + about_.name_of(pair.second) +
           (right ? " came twice"
                  : " came to " + about_.name_of(to) + " as if from " + about_.name_of(from));
  });
}

void invariants::state(time_point now, host_number h, const peer_state& s) {
  const auto within = [&](std::string_view what, std::size_t is, std::size_t most) {
    check(invariant::bounds, is <= most, now, [&] {
      return about_.name_of(h) + " has " + std::to_string(is) + " " + std::string(what) +
             ", more than " + std::to_string(most);
    });
  };
  within("sessions", s.gateway.sessions, sessions_most);
  within("contacts", s.dht.contacts, table_most);
  within("records of others", s.dht.stored_records, records_most);
  within("lookups at once", s.dht.running_lookups, lookups_most);
  within("guests", s.relay.guests, guests_most);
  within("stays at relays", s.relay.stays.size(), homes_most);
  within("paths", s.punch.paths.size(), paths_most);
  within("bytes of memory", s.gateway.memory_bytes + s.dht.memory_bytes, memory_most);
}

}  // namespace wh::sim
