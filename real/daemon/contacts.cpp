#include "real/daemon/contacts.hpp"

#include <algorithm>

namespace wh::real {

void contacts::set(const std::vector<contact_plan>& all) {
  ++round_;
  const auto before = std::exchange(entries_, {});
  std::vector<public_key> to_ask;
  for (const contact_plan& c : all) {
    entry& e = entries_[c.key];
    e.what = c;
    e.where = c.where.numeric();
    if (e.where) continue;
    // What a name was stays good until it is asked again.
    if (const auto old = before.find(c.key);
        old != before.end() && old->second.what.where == c.where)
      e = old->second;
    to_ask.push_back(c.key);
  }
  for (const public_key& k : to_ask) ask(k);
}

std::optional<endpoint> contacts::find(const public_key& k) const {
  const auto at = entries_.find(k);
  return at == entries_.end() ? std::nullopt : at->second.where;
}

void contacts::ask(const public_key& k) {
  resolver_.resolve(entries_.at(k).what.where.host,
                    [this, alive = std::weak_ptr(alive_), k, round = round_](
                        const std::vector<ip_address>& found, const std::string& why) {
                      if (!alive.expired()) answered(k, round, found, why);
                    });
}

void contacts::ask_later(const public_key& k, duration d) {
  reactor_.at(reactor_.now() + d, [this, alive = std::weak_ptr(alive_), k, round = round_] {
    if (!alive.expired() && round == round_) ask(k);
  });
}

void contacts::answered(const public_key& k, std::uint64_t round,
                        const std::vector<ip_address>& found, const std::string& why) {
  if (round != round_) return;
  entry& e = entries_.at(k);
  const std::string& host = e.what.where.host;
  if (found.empty()) {
    if (e.trouble != why) log_.warn("the name " + host + " has no address: " + why);
    e.trouble = why;
    ask_later(k, e.wait);
    e.wait = std::min(2 * e.wait, retry_max);
    return;
  }
  e.wait = retry_first;
  e.trouble.clear();
  // The system's order is RFC 6724's: the first one is the likeliest to be reached from here.
  const endpoint first(found.front(), e.what.where.port);
  if (e.where != first) log_.info("the name " + host + " is " + found.front().to_string());
  e.where = first;
  for (const ip_address& a : found) learned_(k, endpoint(a, e.what.where.port));
  ask_later(k, again);
}

}  // namespace wh::real
