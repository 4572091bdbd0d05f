#include "actors/proto/dht/lookup.hpp"

#include <algorithm>
#include <array>

#include "transport/check.hpp"

namespace wh::dht {

namespace {

// Of those a teller told of, so many are dead before the rest of them is left alone: where all
// others answer. Where one in five does, five times as many.
constexpr unsigned bad_max = 3;

bool has_answered(const iterative_lookup::candidate& c) {
  using state = iterative_lookup::state;
  return c.now == state::answered || c.now == state::around || c.now == state::spent;
}

}  // namespace

iterative_lookup::iterative_lookup(prefix target, lookup_limits limits)
    : target_(target), limits_(limits) {
  WH_CHECK(limits.paths >= 1 && limits.paths <= paths_max);
}

bool iterative_lookup::start_from(prefix id, const wire::contact& c, bool seed) {
  candidate n;
  n.away = distance(id, target_);
  n.key = c.key;
  n.where = c.where;
  n.path = (dealt_ % limits_.paths) & (paths_max - 1);
  n.seed = seed;
  if (!add(n)) return false;
  dealt_ = static_cast<std::uint8_t>(dealt_ + 1);
  return true;
}

bool iterative_lookup::told(std::uint16_t teller, prefix id, const wire::contact& c) {
  const candidate* from = by_serial(teller);
  if (from == nullptr) return false;
  candidate n;
  n.away = distance(id, target_);
  n.key = c.key;
  n.where = c.where;
  n.path = from->path;
  n.hop = static_cast<std::uint8_t>(std::min(from->hop + 1, 255));
  n.teller = teller;
  return add(n);
}

bool iterative_lookup::told_again(std::uint16_t teller, const public_key& k) {
  const auto at =
      std::find_if(all_.begin(), all_.end(), [&](const candidate& c) { return c.key == k; });
  if (at == all_.end()) return false;
  if (at->now == state::heard && distrusted(*at)) at->teller = teller;
  return true;
}

bool iterative_lookup::add(candidate n) {
  const auto at = std::lower_bound(all_.begin(), all_.end(), 0, [&](const candidate& o, int) {
    return o.away != n.away ? o.away < n.away : o.key < n.key;
  });
  if (at != all_.end() && at->key == n.key) return false;
  const auto where = at - all_.begin();
  std::size_t heard = 0, network = 0;
  std::ptrdiff_t farthest = -1;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const candidate& o = all_[i];
    if (limits_.per_network > 0 && network_of(o.where.address) == network_of(n.where.address))
      ++network;
    if (o.path != n.path || o.now != state::heard) continue;
    ++heard;
    farthest = static_cast<std::ptrdiff_t>(i);
  }
  if (limits_.per_network > 0 && network >= limits_.per_network) return false;
  if (heard >= limits_.heard) {
    if (farthest < where) return false;
    all_.erase(all_.begin() + farthest);
  }
  all_.insert(all_.begin() + where, n);
  return true;
}

bool iterative_lookup::distrusted(const candidate& c) const {
  if (c.teller == 0) return false;
  const credit& t = told_[c.teller - 1u];
  // Of all others, those we began with included, so many answered and so many did not.
  const unsigned good = static_cast<unsigned>(answers_ - t.good) + 1;
  const unsigned all = good + static_cast<unsigned>(timeouts_ - t.bad);
  return t.bad * good >= bad_max * all && t.bad * good > t.good * all;
}

bool iterative_lookup::may_ask() const {
  return requests_ - timeouts_ <
             limits_.requests + std::min<int>(timeouts_, 2 * limits_.requests) &&
         requests_ < limits_.requests + limits_.failures;
}

std::size_t iterative_lookup::wanted() const {
  if (limits_.region == 0 || timeouts_ <= limits_.k) return limits_.k;
  return limits_.k + std::min<std::size_t>(timeouts_ - limits_.k, std::size_t{2} * limits_.k);
}

/// Calls f(index) for each candidate that is due, closest first, until f says no.
template <class F>
void iterative_lookup::each_due(F f) const {
  const std::size_t path_share = std::max<std::size_t>(limits_.k / limits_.paths, limits_.alpha);
  std::array<std::size_t, paths_max> in_path{};
  std::size_t in_all = 0;
  const std::size_t k = wanted();
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const candidate& c = all_[i];
    if (c.now == state::failed || (c.now == state::heard && distrusted(c))) continue;
    const bool due = in_all < k || in_path[c.path] < path_share ||
                     (in_all < limits_.region && c.away <= limits_.radius);
    ++in_all;
    ++in_path[c.path];
    if (due && !f(i)) return;
  }
}

std::optional<iterative_lookup::candidate> iterative_lookup::next() {
  if (!may_ask() || over()) return std::nullopt;
  const int in_flight_max = std::min(limits_.alpha + timeouts_ / 8, 3 * limits_.alpha);
  std::array<std::uint8_t, paths_max> in_flight{};
  for (const candidate& c : all_)
    if (c.now == state::asked) ++in_flight[c.path];
  std::size_t chosen = all_.size();
  each_due([&](std::size_t i) {
    if (all_[i].now != state::heard || in_flight[all_[i].path] >= in_flight_max) return true;
    chosen = i;
    return false;
  });
  if (chosen == all_.size()) return std::nullopt;
  candidate& c = all_[chosen];
  c.now = state::asked;
  c.serial = ++requests_;
  told_.push_back({});
  return c;
}

std::optional<iterative_lookup::candidate> iterative_lookup::next_around() {
  if (around_ >= limits_.alpha || timeouts_ <= limits_.k || satisfied() || someone_due() ||
      closest_answered(wanted()).size() >= wanted())
    return std::nullopt;
  const auto at = std::find_if(all_.begin(), all_.end(),
                               [](const candidate& c) { return c.now == state::answered; });
  if (at == all_.end()) return std::nullopt;
  at->now = state::around;
  ++around_;
  ++requests_;
  told_.push_back({});
  return *at;
}

/// Whose answer is waited for. One that was asked for its own neighbours is done with, whatever
/// came.
iterative_lookup::candidate* iterative_lookup::awaited(std::uint16_t serial) {
  candidate* c = find_serial(serial);
  if (c == nullptr) return nullptr;
  if (c->now == state::around) {
    c->now = state::spent;
    --around_;
  }
  return c->now == state::asked || c->now == state::slow ? c : nullptr;
}

iterative_lookup::candidate* iterative_lookup::find_serial(std::uint16_t serial) {
  if (serial == 0) return nullptr;
  const auto at = std::find_if(all_.begin(), all_.end(),
                               [&](const candidate& c) { return c.serial == serial; });
  return at == all_.end() ? nullptr : &*at;
}

const iterative_lookup::candidate* iterative_lookup::by_serial(std::uint16_t serial) const {
  return const_cast<iterative_lookup*>(this)->find_serial(serial);
}

void iterative_lookup::slow(std::uint16_t serial) {
  candidate* c = find_serial(serial);
  if (c != nullptr && c->now == state::asked) c->now = state::slow;
}

void iterative_lookup::failed(std::uint16_t serial) {
  candidate* c = awaited(serial);
  if (c == nullptr) return;
  c->now = state::failed;
  ++timeouts_;
  if (c->teller > 0) ++told_[c->teller - 1u].bad;
}

void iterative_lookup::answered(std::uint16_t serial, bool gave_record) {
  candidate* c = awaited(serial);
  if (c == nullptr) return;
  c->now = state::answered;
  ++answers_;
  if (c->teller > 0) ++told_[c->teller - 1u].good;
  if (!gave_record) return;
  if (holders_ == 0) holder_hop_ = c->hop;
  ++holders_;
  holder_paths_ = static_cast<std::uint8_t>(holder_paths_ | 1U << c->path);
}

void iterative_lookup::answered_late(std::uint16_t serial, bool gave_record) {
  candidate* c = find_serial(serial);
  if (c == nullptr || c->now != state::failed) return;
  c->now = state::slow;
  --timeouts_;
  if (c->teller > 0) --told_[c->teller - 1u].bad;
  answered(serial, gave_record);
}

bool iterative_lookup::found() const {
  // With several paths, holders on one of them alone may all be one attacker's, replaying an old
  // record.
  // Where one path heard of everybody near the target first, twice as many of it will do.
  const bool several = limits_.paths == 1 || std::popcount(holder_paths_) > 1;
  return ended_ || holders_ >= limits_.quorum * (several ? 1 : 2);
}

bool iterative_lookup::someone_due() const {
  bool due = false;
  const bool company = std::any_of(all_.begin(), all_.end(), has_answered);
  each_due([&](std::size_t i) {
    const state s = all_[i].now;
    due = s == state::asked || (s == state::slow && !(all_[i].seed && company)) ||
          (s == state::heard && may_ask());
    return !due;
  });
  return due;
}

bool iterative_lookup::over() const { return found() || (around_ == 0 && !someone_due()); }

std::vector<iterative_lookup::candidate> iterative_lookup::closest_answered(std::size_t n) const {
  std::vector<candidate> r;
  for (const candidate& c : all_) {
    if (r.size() == n) break;
    if (has_answered(c)) r.push_back(c);
  }
  return r;
}

unsigned iterative_lookup::hops() const {
  if (holders_ > 0) return holder_hop_;
  for (const candidate& c : all_)
    if (has_answered(c)) return c.hop;
  return 0;
}

}  // namespace wh::dht
