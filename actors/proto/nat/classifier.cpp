#include "actors/proto/nat/classifier.hpp"

#include <algorithm>

namespace wh::nat {

namespace {

// 256 addresses are more than a node talks to before its class is settled; a full memory only makes
// more dial-backs inconclusive.
constexpr std::size_t talked_to_max = 256;

std::uint32_t short_hash(const ip_address& a) {
  std::uint64_t h = load_be<std::uint64_t>(a.raw().data()) * 0x9e3779b97f4a7c15U;
  h = (h ^ load_be<std::uint64_t>(a.raw().data() + 8)) * 0xbf58476d1ce4e5b9U;
  return static_cast<std::uint32_t>(h >> 32);
}

}  // namespace

classifier::classifier(config c, std::vector<endpoint> local, rng& random)
    : config_(c), local_(std::move(local)), random_(random), dial_interval_(c.dial_interval) {
  if (config_.how == mode::direct) {
    current_.kind = wire::nat_class::open;
    current_.serves = true;
    for (const endpoint& e : local_)
      if (e.address.is_global()) {
        current_.external = e;
        break;
      }
  }
}

bool classifier::talked_to(const ip_address& a) const {
  return std::binary_search(talked_to_.begin(), talked_to_.end(), short_hash(a));
}

void classifier::remember(const ip_address& a) {
  const auto h = short_hash(a);
  const auto at = std::lower_bound(talked_to_.begin(), talked_to_.end(), h);
  if ((at != talked_to_.end() && *at == h) || talked_to_.size() >= talked_to_max) return;
  talked_to_.insert(at, h);
}

void classifier::handle(time_point now, const observed& in, actions& out) {
  if (in.me.is_unspecified()) return;
  const auto same = [&](const observation& o) { return o.by.where.address == in.by.where.address; };
  const auto known = std::find_if(seen_.begin(), seen_.end(), same);
  if (known != seen_.end() && known->me == in.me) {
    // The common case by far: nothing new but the time.
    known->at = now;
    std::rotate(known, known + 1, seen_.end());
    return;
  }
  std::erase_if(seen_, [&](const observation& o) { return now - o.at > config_.observation_life; });
  std::erase_if(seen_, same);
  if (seen_.size() >= config_.observers_max) seen_.erase(seen_.begin());
  seen_.push_back({in.by, in.me, now});
  if (!reachable_) remember(in.by.where.address);
  if (!next_dial_ && config_.how == mode::unknown) next_dial_ = now + dial_interval_;
  judge(now, out);
}

void classifier::handle(time_point now, const reached& in, actions& out) {
  if (in.nonce != nonce_ || nonce_ == 0 || config_.how != mode::unknown) return;
  if (talked_to(in.from.address)) {
    out.push_back(note{"nat.reach_from_acquaintance", {}, in.from, 0});
    return;
  }
  out.push_back(note{"nat.reached_by_stranger", {}, in.from, 0});
  nonce_ = 0;
  dials_ = 0;
  reachable_ = true;
  talked_to_ = {};
  dial_interval_ = config_.dial_interval_max;
  next_dial_ = now + dial_interval_;
  judge(now, out);
}

void classifier::handle_addresses(time_point now, std::vector<endpoint> local, actions& out) {
  local_ = std::move(local);
  seen_.clear();
  talked_to_.clear();
  reachable_ = false;
  dials_ = 0;
  dial_interval_ = config_.dial_interval;
  next_dial_.reset();
  judge(now, out);
}

void classifier::handle_timeout(time_point now, actions& out) {
  if (!next_dial_ || now < *next_dial_) return;
  if (seen_.empty()) {
    next_dial_.reset();
    return;
  }
  if (nonce_ != 0) ++dials_;
  if (dials_ >= config_.dial_tries) {
    reachable_ = false;
    dial_interval_ = std::min(2 * dial_interval_, config_.dial_interval_max);
    judge(now, out);
  }
  nonce_ = random_.next() | 1;
  const wire::contact whom = seen_[random_.below(seen_.size())].by;
  out.push_back(
      dial{whom, {wire::transaction{static_cast<std::uint32_t>(random_.next())}, nonce_}});
  next_dial_ = now + dial_interval_;
}

void classifier::judge(time_point now, actions& out) {
  verdict v;
  std::size_t observers = 0, agreeing = 0;
  for (const observation& o : seen_) {
    if (now - o.at > config_.observation_life) continue;
    ++observers;
    const auto votes = static_cast<std::size_t>(
        std::count_if(seen_.begin(), seen_.end(), [&](const observation& p) {
          return p.me == o.me && now - p.at <= config_.observation_life;
        }));
    // Of equals the newest: a NAT that rebooted is seen by the latest observer first.
    if (votes >= agreeing) {
      agreeing = votes;
      v.external = o.me;
    }
  }
  const bool agreed = agreeing >= 2 && 2 * agreeing > observers;
  const bool untranslated =
      std::find(local_.begin(), local_.end(), v.external) != local_.end() && observers > 0;
  if (agreed)
    v.kind = wire::nat_class::endpoint_independent;
  else if (observers >= 3)
    v.kind = wire::nat_class::endpoint_dependent;
  if (config_.how == mode::direct || (reachable_ && (agreed || observers < 3)))
    v.kind = wire::nat_class::open;
  v.serves = v.kind == wire::nat_class::open ||
             (untranslated && dials_ < config_.dial_tries && config_.how == mode::unknown);
  if (config_.how == mode::direct && observers == 0) v.external = current_.external;
  if (v == current_) return;
  current_ = v;
  out.push_back(v);
}

}  // namespace wh::nat
