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

void host::attach(time_point now, const host_received& in, const wire::relay_attach& m,
                  host_actions& out) {
  wire::relay_attached answer;
  answer.tx = m.tx;
  answer.observed = in.observed;
  answer.lease_s = static_cast<std::uint16_t>(config_.lease.count());
  if (!config_.consents) {
    answer.result = wire::attach_result::refused;
  } else if (guest_entry* g = find(in.from, now)) {
    g->until = now + config_.lease;
  } else {
    handle_timeout(now);
    if (guests_.size() >= config_.guests_max) {
      answer.result = wire::attach_result::full;
      out.push_back(note{note_kind::relay_full, in.from, in.observed, 0});
    } else {
      const auto at =
          std::lower_bound(guests_.begin(), guests_.end(), in.from,
                           [](const guest_entry& e, const public_key& x) { return e.key < x; });
      guests_.insert(at, {in.from, now + config_.lease, now, config_.guest_burst_bytes * per_byte});
      if (!next_sweep_) next_sweep_ = now + config_.lease;
      out.push_back(note{note_kind::relay_guest_came, in.from, in.observed, 0});
    }
  }
  out.push_back(host_send{in.from, answer});
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

void host::handle_timeout(time_point now) {
  if (!next_sweep_ || now < *next_sweep_) return;
  next_sweep_.reset();
  std::erase_if(guests_, [&](const guest_entry& g) { return g.until <= now; });
  for (const guest_entry& g : guests_)
    if (!next_sweep_ || g.until < *next_sweep_) next_sweep_ = g.until;
}

}  // namespace wh::relay
