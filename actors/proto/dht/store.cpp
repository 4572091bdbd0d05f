#include "actors/proto/dht/store.hpp"

#include <algorithm>

#include "actors/proto/record/record.hpp"

namespace wh::dht {

std::vector<record_store::held>::iterator record_store::at(prefix where) {
  return std::lower_bound(all_.begin(), all_.end(), where,
                          [](const held& h, prefix w) { return h.where < w; });
}

std::vector<record_store::held>::iterator record_store::farthest() {
  return std::max_element(all_.begin(), all_.end(), [&](const held& a, const held& b) {
    return distance(a.where, self_) < distance(b.where, self_);
  });
}

wire::store_result record_store::admits(time_point now, prefix where, const wire::record& r,
                                        std::uint64_t network) {
  const auto i = at(where);
  const bool there = i != all_.end() && i->where == where;
  const bool alive = there && i->what.expires > unix_seconds(now);
  if (alive) {
    if (i->what == r) return wire::store_result::stored;
    // Two keys cannot be told apart that agree in 64 bits of their locations: the first stays.
    if (i->what.key != r.key || !record::newer(r, i->what)) return wire::store_result::old;
  }
  if (limits_.per_network > 0) {
    const auto n = std::count_if(all_.begin(), all_.end(), [&](const held& h) {
      return h.network == network && h.where != where;
    });
    if (n >= limits_.per_network) return wire::store_result::quota;
  }
  if (!there && all_.size() >= limits_.records) {
    expire(now);
    if (all_.size() >= limits_.records &&
        (all_.empty() || distance(where, self_) >= distance(farthest()->where, self_)))
      return wire::store_result::quota;
  }
  return wire::store_result::stored;
}

void record_store::put(prefix where, const wire::record& r, std::uint64_t network) {
  auto i = at(where);
  if (i != all_.end() && i->where == where) {
    if (i->what != r) *i = {where, network, r};
    return;
  }
  if (all_.size() >= limits_.records) {
    if (all_.empty()) return;
    all_.erase(farthest());
    i = at(where);
  }
  if (all_.size() == all_.capacity()) {
    all_.reserve(all_.size() + 8);
    i = at(where);
  }
  all_.insert(i, {where, network, r});
}

const wire::record* record_store::find(time_point now, prefix where) const {
  const auto i = const_cast<record_store*>(this)->at(where);
  return i != all_.end() && i->where == where && i->what.expires > unix_seconds(now) ? &i->what
                                                                                     : nullptr;
}

void record_store::expire(time_point now) {
  const std::uint64_t now_s = unix_seconds(now);
  std::erase_if(all_, [&](const held& h) { return h.what.expires <= now_s; });
}

std::size_t record_store::memory_bytes() const {
  std::size_t n = all_.capacity() * sizeof(held);
  for (const held& h : all_)
    n += h.what.endpoints.size() * sizeof(endpoint) + h.what.relays.size() * sizeof(wire::contact);
  return n;
}

wire::store_token token_mint::of_hour(const crypto_suite& crypto, std::uint64_t hour,
                                      const public_key& who, const endpoint& from,
                                      const wire::location& where) const {
  fixed_bytes<8> h;
  store_be(h.data(), hour);
  wire::store_token t;
  // The address without the port: a NAT may give a new one within the hour, and the session proves
  // the rest.
  crypto.hash(t.value, {view("wh2-token"), h, view(who), from.address.raw(), view(where)}, secret_);
  return t;
}

wire::store_token token_mint::make(const crypto_suite& crypto, time_point now,
                                   const public_key& who, const endpoint& from,
                                   const wire::location& where) const {
  return of_hour(crypto, unix_seconds(now) / 3600, who, from, where);
}

bool token_mint::check(const crypto_suite& crypto, time_point now, const public_key& who,
                       const endpoint& from, const wire::location& where,
                       const wire::store_token& token) const {
  const std::uint64_t hour = unix_seconds(now) / 3600;
  return token == of_hour(crypto, hour, who, from, where) ||
         token == of_hour(crypto, hour - 1, who, from, where);
}

}  // namespace wh::dht
