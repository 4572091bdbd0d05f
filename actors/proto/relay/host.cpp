#include "actors/proto/relay/host.hpp"

#include <algorithm>

namespace wh::relay {

namespace {

constexpr std::uint64_t per_byte = 1'000'000;

}  // namespace

host::guest_entry* host::find(const public_key& k, time_point now) {
  const auto at =
      std::lower_bound(guests_.begin(), guests_.end(), k,
                       [](const guest_entry& g, const public_key& x) { return g.key < x; });
  return at != guests_.end() && at->key == k && at->until > now ? &*at : nullptr;
}

void host::handle(time_point now, host_received&& in, host_actions& out) {
  if (const auto* m = std::get_if<wire::relay_attach>(&in.what))
    attach(now, in, *m, out);
  else if (auto* frame = std::get_if<wire::relay_to>(&in.what))
    forward(now, in, *frame, out);
}

void host::handle(time_point, const set_room& in, host_actions& out) {
  if (in.guests && *in.guests != config_.guests_max) {
    config_.guests_max = *in.guests;
    out.push_back(
        note{note_kind::relay_room_changed, {}, {}, static_cast<std::int64_t>(config_.guests_max)});
  }
  if (!in.bytes_per_s) return;
  config_.guest_bytes_per_s = *in.bytes_per_s;
  config_.guest_burst_bytes = burst_of(*in.bytes_per_s);
}

std::optional<std::uint16_t> host::room() const {
  if (!config_.consents) return std::nullopt;
  const std::size_t n = guests();
  return static_cast<std::uint16_t>(
      n >= config_.guests_max ? 0 : std::min<std::size_t>(config_.guests_max - n, 0xffff));
}

void host::attach(time_point now, const host_received& in, const wire::relay_attach& m,
                  host_actions& out) {
  wire::relay_attached answer;
  answer.tx = m.tx;
  answer.observed = in.observed;
  answer.lease_s = static_cast<std::uint16_t>(config_.lease.count());
  const std::uint64_t network = network_of(in.observed.address);
  guest_entry* g = find(in.from, now);
  if (!config_.consents) {
    answer.result = wire::attach_result::refused;
  } else if (g != nullptr && (!g->beside || has_place_beside(now, in.from, network, m))) {
    g->until = now + config_.lease;
    g->network = network;
    if (g->beside) g->meets = m.meets;
  } else {
    handle_timeout(now, out);
    // A visitor takes no home's place while there are others.
    const bool visits = m.meets && !m.homes;
    bool beside = visits && has_place_beside(now, in.from, network, m);
    bool granted = beside || guests() < config_.guests_max || make_room(network, out);
    if (!granted) granted = beside = has_place_beside(now, in.from, network, m);
    if (granted) {
      admit(now, in, network, beside ? m.meets : std::nullopt, beside);
    } else {
      answer.result = wire::attach_result::full;
      out.push_back(note{note_kind::relay_full, in.from, in.observed, 0});
    }
    if (granted && g == nullptr)
      out.push_back(note{note_kind::relay_guest_came, in.from, in.observed, 0});
  }
  if (m.homes) answer.room = room();
  // Where the question came from: a guest's NAT may have given it another port since we talked.
  out.push_back(host_send{in.from, answer, in.observed});
}

void host::admit(time_point now, const host_received& in, std::uint64_t network,
                 const std::optional<public_key>& meets, bool beside) {
  remove(in.from);
  const auto at =
      std::lower_bound(guests_.begin(), guests_.end(), in.from,
                       [](const guest_entry& e, const public_key& x) { return e.key < x; });
  guests_.insert(at, {in.from, now + config_.lease, now, config_.guest_burst_bytes * per_byte,
                      network, ++came_, beside, meets});
  beside_ += beside;
  if (!next_sweep_) next_sweep_ = now + config_.lease;
}

void host::remove(const public_key& k) {
  const auto at =
      std::lower_bound(guests_.begin(), guests_.end(), k,
                       [](const guest_entry& e, const public_key& x) { return e.key < x; });
  if (at == guests_.end() || at->key != k) return;
  beside_ -= at->beside;
  guests_.erase(at);
}

/// One more guest of this network than there are, and it holds fewer than the one that holds the
/// most: that one's newest gives way.
bool host::make_room(std::uint64_t network, host_actions& out) {
  const auto held = [&](std::uint64_t n) {
    return std::count_if(guests_.begin(), guests_.end(),
                         [&](const guest_entry& g) { return !g.beside && g.network == n; });
  };
  const auto ours = held(network);
  const guest_entry* loser = nullptr;
  std::ptrdiff_t most = ours + 1;
  for (const guest_entry& g : guests_) {
    if (g.beside) continue;
    const auto n = held(g.network);
    if (n < most || (n == most && (loser == nullptr || g.number < loser->number))) continue;
    most = n;
    loser = &g;
  }
  if (loser == nullptr) return false;
  const public_key gone = loser->key;
  out.push_back(note{note_kind::relay_guest_gave_way, gone, {}, most});
  remove(gone);
  return true;
}

/// Whether the peer has, or may have, a place beside those for anybody.
bool host::has_place_beside(time_point now, const public_key& who, std::uint64_t network,
                            const wire::relay_attach& m) {
  const bool alone = m.homes && *m.homes == 0;
  const bool visits = m.meets && find(*m.meets, now) != nullptr;
  if (!alone && !visits) return false;
  // Of an owner's few places there are few beside.
  const std::size_t most = std::min(config_.beside_max, 3 * config_.guests_max);
  std::size_t all = 0, of_network = 0, of_guest = 0;
  for (const guest_entry& g : guests_) {
    if (!g.beside || g.key == who) continue;
    ++all;
    of_network += g.network == network;
    of_guest += visits && g.meets == m.meets;
  }
  return all < most && of_network < (most + 3) / 4 && (alone || of_guest < config_.visitors_of_one);
}

void host::forward(time_point now, host_received& in, wire::relay_to& m, host_actions& out) {
  guest_entry* from = find(in.from, now);
  if (!from) {
    out.push_back(host_send{in.from, wire::relay_unknown{in.from}});
    return;
  }
  if (!find(m.to, now)) {
    out.push_back(host_send{in.from, wire::relay_unknown{m.to}});
    return;
  }
  const auto elapsed = std::min<duration>(now - from->filled, 10s) / 1us;
  if (elapsed > 0) {
    from->tokens =
        std::min(from->tokens + config_.guest_bytes_per_s * static_cast<std::uint64_t>(elapsed),
                 config_.guest_burst_bytes * per_byte);
    from->filled = now - (now - from->filled) % 1us;
  }
  const std::uint64_t price = m.datagram.size() * per_byte;
  if (from->tokens < price) {
    out.push_back(note{
        note_kind::relay_over_limit, in.from, {}, static_cast<std::int64_t>(m.datagram.size())});
    return;
  }
  from->tokens -= price;
  forwarded_bytes_ += m.datagram.size();
  const public_key to = m.to;
  out.push_back(host_send{to, wire::relayed{in.from, std::move(m.datagram)}});
}

void host::handle_timeout(time_point now, host_actions& out) {
  if (!next_sweep_ || now < *next_sweep_) return;
  next_sweep_.reset();
  for (const guest_entry& g : guests_)
    if (g.until <= now) out.push_back(note{note_kind::relay_guest_left, g.key});
  std::erase_if(guests_, [&](const guest_entry& g) { return g.until <= now; });
  beside_ = static_cast<std::size_t>(
      std::count_if(guests_.begin(), guests_.end(), [](const guest_entry& g) { return g.beside; }));
  for (const guest_entry& g : guests_)
    if (!next_sweep_ || g.until < *next_sweep_) next_sweep_ = g.until;
}

}  // namespace wh::relay
