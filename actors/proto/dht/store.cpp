#include "actors/proto/dht/store.hpp"

#include <algorithm>
#include <tuple>

#include "actors/proto/record/record.hpp"

namespace wh::dht {

namespace {

/// Where the run of those that share a number with the first ends.
template <class It, class Number>
It run_end(It first, It last, Number number) {
  return std::find_if(first, last,
                      [&, n = number(*first)](const auto& c) { return number(c) != n; });
}

}  // namespace

std::vector<record_store::held>::iterator record_store::at(prefix where) {
  return std::lower_bound(all_.begin(), all_.end(), where,
                          [](const held& h, prefix w) { return h.where < w; });
}

record_store::claim record_store::who_gives_way(const claim& newcomer) {
  // One pass over runs, and no more than sorting may cost whoever chooses the addresses.
  if (claims_.empty()) {
    claims_.reserve(all_.size() + 1);
    for (const held& h : all_) claims_.push_back(claim_of(h.site, h.where));
    std::sort(claims_.begin(), claims_.end());
  }
  const auto place =
      claims_.insert(std::upper_bound(claims_.begin(), claims_.end(), newcomer), newcomer);
  const auto new_at = place - claims_.begin();
  const auto network = [](const claim& c) { return network_of_site(c.first); };
  const auto site = [](const claim& c) { return c.first; };
  std::tuple<std::ptrdiff_t, std::ptrdiff_t, prefix> most{};  // in network, in site, distance
  claim loser{};
  for (auto n = claims_.begin(); n != claims_.end();) {
    const auto n_end = run_end(n, claims_.end(), network);
    for (auto s = n; s != n_end;) {
      const auto s_end = run_end(s, n_end, site);
      const claim& farthest = *(s_end - 1);
      const std::tuple size{n_end - n, s_end - s, farthest.second};
      if (size > most) {
        most = size;
        loser = farthest;
      }
      s = s_end;
    }
    n = n_end;
  }
  claims_.erase(claims_.begin() + new_at);
  return loser;
}

std::size_t record_store::from_network(std::uint64_t site) const {
  return static_cast<std::size_t>(std::count_if(all_.begin(), all_.end(), [&](const held& h) {
    return network_of_site(h.site) == network_of_site(site);
  }));
}

void record_store::move(held& h, std::uint64_t site) {
  if (!claims_.empty()) {
    const auto sorted = [&](const claim& c) {
      return std::lower_bound(claims_.begin(), claims_.end(), c);
    };
    claims_.erase(sorted(claim_of(h.site, h.where)));
    const claim c = claim_of(site, h.where);
    claims_.insert(sorted(c), c);
  }
  h.site = site;
}

wire::store_result record_store::admits(time_point now, prefix where, const wire::record& r,
                                        std::uint64_t site) {
  const auto i = at(where);
  const bool there = i != all_.end() && i->where == where;
  const bool alive = there && i->what.expires > unix_seconds(now);
  if (alive) {
    if (i->what == r) {
      // Somebody else may have brought it before its owner did, from a network that is about to
      // give way. Whoever it comes from, it counts where it is safer.
      if (network_of_site(site) != network_of_site(i->site) &&
          from_network(site) + 1 < from_network(i->site))
        move(*i, site);
      return wire::store_result::stored;
    }
    // Two keys cannot be told apart that agree in 64 bits of their locations: the first stays.
    if (i->what.key != r.key || !record::newer(r, i->what)) return wire::store_result::old;
  }
  if (there || all_.size() < limits_.records) return wire::store_result::stored;
  expire(now);
  if (all_.size() < limits_.records) return wire::store_result::stored;
  const claim newcomer = claim_of(site, where);
  return who_gives_way(newcomer) == newcomer ? wire::store_result::quota
                                             : wire::store_result::stored;
}

std::optional<wire::record> record_store::put(prefix where, const wire::record& r,
                                              std::uint64_t site) {
  auto i = at(where);
  if (i != all_.end() && i->where == where) {
    if (i->what == r) return std::nullopt;
    i->what = r;
    move(*i, site);
    return std::nullopt;
  }
  std::optional<wire::record> gone;
  if (all_.size() >= limits_.records) {
    const claim newcomer = claim_of(site, where), loser = who_gives_way(newcomer);
    if (loser == newcomer) return r;
    claims_.erase(std::lower_bound(claims_.begin(), claims_.end(), loser));
    claims_.insert(std::lower_bound(claims_.begin(), claims_.end(), newcomer), newcomer);
    i = at(distance(loser.second, self_));
    gone = std::move(i->what);
    all_.erase(i);
    i = at(where);
  }
  if (all_.size() == all_.capacity()) {
    all_.reserve(all_.size() + 8);
    i = at(where);
  }
  all_.insert(i, {where, site, r});
  return gone;
}

const wire::record* record_store::find(time_point now, prefix where) const {
  const auto i = const_cast<record_store*>(this)->at(where);
  return i != all_.end() && i->where == where && i->what.expires > unix_seconds(now) ? &i->what
                                                                                     : nullptr;
}

void record_store::expire(time_point now) {
  const std::uint64_t now_s = unix_seconds(now);
  if (std::erase_if(all_, [&](const held& h) { return h.what.expires <= now_s; }) > 0)
    claims_ = std::vector<claim>{};
}

std::size_t record_store::memory_bytes() const {
  std::size_t n = all_.capacity() * sizeof(held) + claims_.capacity() * sizeof(claim);
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
