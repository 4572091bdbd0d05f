#include "actors/proto/dht/routing_table.hpp"

#include <algorithm>

namespace wh::dht {

std::size_t routing_table::position(prefix id, const public_key& key) const {
  const prefix d = distance(self_, id);
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), 0, [&](const entry& e, int) {
    const prefix ed = distance(self_, e.id);
    return ed != d ? ed < d : e.key < key;
  });
  return static_cast<std::size_t>(at - entries_.begin());
}

routing_table::range routing_table::bucket(unsigned index) const {
  const auto first_at = [&](prefix d) {
    return static_cast<std::size_t>(
        std::partition_point(entries_.begin(), entries_.end(),
                             [&](const entry& e) { return distance(self_, e.id) < d; }) -
        entries_.begin());
  };
  if (index >= prefix_bits) return {0, first_at(1)};
  const prefix low = prefix{1} << (prefix_bits - 1 - index);
  return {first_at(low), index == 0 ? entries_.size() : first_at(low << 1)};
}

const entry* routing_table::find(prefix id, const public_key& key) const {
  const std::size_t at = position(id, key);
  return at < entries_.size() && entries_[at].key == key ? &entries_[at] : nullptr;
}

bool routing_table::crowded(range b, const endpoint& where, const entry* except) const {
  if (!limits_.diverse) return false;
  const std::uint64_t network = network_of(where.address);
  std::size_t in_table = 0, in_bucket = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (&entries_[i] == except || network_of(entries_[i].where.address) != network) continue;
    ++in_table;
    if (i >= b.first && i < b.last) ++in_bucket;
  }
  return in_table >= limits_.per_table_network || in_bucket >= limits_.per_bucket_network;
}

bool routing_table::has_room(prefix id, const endpoint& where) const {
  const range b = bucket(common_prefix(self_, id));
  const bool full = b.last - b.first >= limits_.k;
  return (!full || is_sibling(id)) && !crowded(b, where, nullptr);
}

bool routing_table::is_sibling(prefix id) const {
  return entries_.size() < limits_.k ||
         distance(self_, id) <= distance(self_, entries_[limits_.k - 1u].id);
}

void routing_table::insert(std::size_t at, const entry& e) {
  // Grow by a little: doubling would leave a million tables half empty.
  if (entries_.size() == entries_.capacity()) entries_.reserve(entries_.size() + 16);
  entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(at), e);
}

void routing_table::keep_spare(const entry& e) {
  const auto same = [&](const entry& s) { return s.key == e.key; };
  spares_.erase(std::remove_if(spares_.begin(), spares_.end(), same), spares_.end());
  if (limits_.spares == 0) return;
  if (spares_.size() == limits_.spares) spares_.erase(spares_.begin());
  if (spares_.size() == spares_.capacity()) spares_.reserve(spares_.size() + 4);
  spares_.push_back(e);
}

admission routing_table::answered(std::uint32_t now_s, prefix id, const wire::contact& c) {
  const unsigned index = common_prefix(self_, id);
  const std::size_t at = position(id, c.key);
  const bool known = at < entries_.size() && entries_[at].key == c.key;
  if (known) {
    entry& e = entries_[at];
    if (e.where != c.where && crowded(bucket(index), c.where, &e)) {
      remove(id, c.key);
      return admission::crowded;
    }
    e.where = c.where;
    e.seen_s = now_s;
    e.fails = 0;
    return admission::known;
  }
  const range b = bucket(index);
  if (crowded(b, c.where, nullptr)) return admission::crowded;
  const entry fresh{.id = id, .key = c.key, .where = c.where, .seen_s = now_s};
  if (b.last - b.first >= limits_.k) {
    if (at >= limits_.k) {
      keep_spare(fresh);
      return admission::spare;
    }
    // It is among the k closest to us, which are kept whatever their bucket: the farthest of the
    // bucket, which cannot be one of them, makes room.
    keep_spare(entries_[b.last - 1]);
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(b.last - 1));
  }
  insert(at, fresh);
  const auto same = [&](const entry& s) { return s.key == c.key; };
  spares_.erase(std::remove_if(spares_.begin(), spares_.end(), same), spares_.end());
  return admission::added;
}

bool routing_table::seen(std::uint32_t now_s, prefix id, const wire::contact& c) {
  const std::size_t at = position(id, c.key);
  if (at == entries_.size() || entries_[at].key != c.key) return false;
  if (entries_[at].where != c.where) return true;
  entries_[at].seen_s = now_s;
  entries_[at].fails = 0;
  return true;
}

void routing_table::is_far(prefix id, const public_key& key, bool far) {
  const std::size_t at = position(id, key);
  if (at < entries_.size() && entries_[at].key == key) entries_[at].far = far;
}

bool routing_table::failed(prefix id, const public_key& key, bool may_drop) {
  const std::size_t at = position(id, key);
  if (at == entries_.size() || entries_[at].key != key) {
    if (may_drop) std::erase_if(spares_, [&](const entry& s) { return s.key == key; });
    return false;
  }
  entry& e = entries_[at];
  if (e.fails < 127) ++e.fails;
  if (!may_drop || e.fails < limits_.fails_max) return false;
  remove(id, key);
  return true;
}

void routing_table::remove(prefix id, const public_key& key) {
  const std::size_t at = position(id, key);
  if (at == entries_.size() || entries_[at].key != key) return;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  refill(common_prefix(self_, id));
}

bool routing_table::says_of_relaying(prefix id, const public_key& key, relay_word said) {
  const std::size_t at = position(id, key);
  if (at >= entries_.size() || entries_[at].key != key || entries_[at].relays == said) return false;
  entries_[at].relays = said;
  return true;
}

void routing_table::refill(unsigned index) {
  // The newest spare first: it is the likeliest to be alive. It was heard of long ago, so it is
  // soon the stalest and asked.
  for (std::size_t i = spares_.size(); i-- > 0;) {
    const entry e = spares_[i];
    if (common_prefix(self_, e.id) != index || !has_room(e.id, e.where)) continue;
    spares_.erase(spares_.begin() + static_cast<std::ptrdiff_t>(i));
    insert(position(e.id, e.key), e);
    return;
  }
}

std::size_t routing_table::closer(prefix target, prefix d, std::size_t limit) const {
  std::size_t n = 0;
  for (const entry& e : entries_)
    if (distance(e.id, target) < d && ++n >= limit) break;
  return n;
}

std::vector<const entry*> routing_table::closest(prefix target, std::size_t n,
                                                 const public_key* except,
                                                 bool with_failing) const {
  std::vector<const entry*> best;
  best.reserve(n + 1);
  const auto before = [target](const entry* a, const entry* b) {
    const prefix da = distance(a->id, target), db = distance(b->id, target);
    return da != db ? da < db : a->key < b->key;
  };
  for (const entry& e : entries_) {
    if ((e.fails > 0 && !with_failing) || (except != nullptr && e.key == *except)) continue;
    if (best.size() == n) {
      if (n == 0 || !before(&e, best.back())) continue;
      best.pop_back();
    }
    best.insert(std::upper_bound(best.begin(), best.end(), &e, before), &e);
  }
  return best;
}

const entry* routing_table::stalest() const {
  const entry* best = nullptr;
  for (const entry& e : entries_) {
    if (best == nullptr || (e.fails > 0) > (best->fails > 0) ||
        ((e.fails > 0) == (best->fails > 0) && e.seen_s < best->seen_s))
      best = &e;
  }
  return best;
}

const entry* routing_table::random(rng& r) const {
  return entries_.empty() ? nullptr : &entries_[r.below(entries_.size())];
}

double routing_table::estimated_nodes() const {
  // The i-th closest of N uniform ids lies about i / N of the space away, and (i - 1) / distance is
  // an unbiased estimate of N. Of the farther half of the siblings, for the first few scatter most;
  // the median, which bears some ids that are ground close to ours, as a mean would not.
  const std::size_t n = std::min<std::size_t>(entries_.size(), limits_.k);
  if (n < limits_.k) return static_cast<double>(std::max<std::size_t>(n, 1));
  std::vector<double> estimates;
  estimates.reserve(n);
  for (std::size_t i = n / 2; i < n; ++i) {
    const double d = static_cast<double>(distance(self_, entries_[i].id)) * 0x1p-64;
    estimates.push_back(d > 0 ? static_cast<double>(i) / d : 0x1p64);
  }
  const auto middle = estimates.begin() + static_cast<std::ptrdiff_t>(estimates.size() / 2);
  std::nth_element(estimates.begin(), middle, estimates.end());
  return std::max(*middle, static_cast<double>(n));
}

std::size_t routing_table::buckets() const {
  std::size_t n = 0;
  unsigned last = prefix_bits + 1;
  for (const entry& e : entries_) {
    const unsigned b = common_prefix(self_, e.id);
    n += b != last;
    last = b;
  }
  return n;
}

std::size_t routing_table::in_bucket(unsigned index) const {
  const range b = bucket(index);
  return b.last - b.first;
}

}  // namespace wh::dht
