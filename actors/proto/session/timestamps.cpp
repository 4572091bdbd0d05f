#include "actors/proto/session/timestamps.hpp"

#include <algorithm>

namespace wh::session {

timestamps::short_key timestamps::short_form(const public_key& k) {
  short_key b;
  std::copy_n(k.value.begin(), b.size(), b.begin());
  return b;
}

std::vector<timestamps::entry>::iterator timestamps::at(const public_key& peer) {
  return std::lower_bound(entries_.begin(), entries_.end(), short_form(peer),
                          [](const entry& e, const short_key& p) { return e.peer < p; });
}

timestamps::result timestamps::advance(time_point now, const public_key& peer,
                                       std::uint64_t stamp) {
  auto it = at(peer);
  if (it != entries_.end() && it->peer == short_form(peer)) {
    if (stamp <= it->stamp && now - it->heard < memory) return result::not_newer;
    it->stamp = stamp;
    it->heard = now;
    return result::advanced;
  }
  auto outcome = result::advanced;
  if (entries_.size() >= max_) {
    entries_.erase(
        std::min_element(entries_.begin(), entries_.end(),
                         [](const entry& a, const entry& b) { return a.heard < b.heard; }));
    it = at(peer);
    outcome = result::advanced_forgetting_another;
  }
  entries_.insert(it, entry{short_form(peer), stamp, now});
  return outcome;
}

void timestamps::keep(time_point now, const public_key& peer) {
  const auto it = at(peer);
  if (it != entries_.end() && it->peer == short_form(peer)) it->heard = now;
}

}  // namespace wh::session
