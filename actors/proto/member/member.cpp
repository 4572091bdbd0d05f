#include "actors/proto/member/member.hpp"

#include <algorithm>

namespace wh::member {

std::vector<endpoint> member::candidates() const {
  std::vector<endpoint> c;
  const auto add = [&](const endpoint& e) {
    if (!e.is_unspecified() && std::find(c.begin(), c.end(), e) == c.end() && c.size() < 8)
      c.push_back(e);
  };
  add(reach_.external);
  add(reach_.also);
  // Many NATs that vary the mapping still keep the port where they can (Linux with a clash, MAP-E).
  if (reach_.kind == wire::nat_class::endpoint_dependent && !local_.empty())
    add({reach_.external.address, local_.front().port()});
  for (const endpoint& e : local_) add(e);
  return c;
}

/// Where we have homes, they are where others meet us: a class that takes a third observer does not
/// hold the record up. The homes themselves saw it, where the mapping does not vary.
bool member::settled() const {
  if (homes_wanted_ && !homes_complete_) return false;
  return !homes_.empty() || reach_.kind != wire::nat_class::unknown;
}

void member::plan_publish(time_point now) {
  if (!config_.publishes) return;
  auto soon = now + (settled() ? config_.debounce_settled : config_.debounce);
  if (published_) soon = std::max(soon, *published_ + config_.publish_interval_min);
  next_publish_ = next_publish_ ? std::min(*next_publish_, soon) : soon;
}

void member::changed(time_point now, actions& out) {
  plan_publish(now);
  out.push_back(tell_paths{reach_.kind, candidates()});
}

void member::handle(time_point now, const reachability& in, actions& out) {
  if (in.serves != reach_.serves) out.push_back(set_serving{in.serves});
  // Whoever strangers reach needs nobody to carry for it.
  const bool wants = in.kind != wire::nat_class::open;
  if (wants != homes_wanted_ && config_.publishes) {
    homes_wanted_ = wants;
    homes_complete_ = false;
    out.push_back(want_homes{wants});
  }
  const bool same = in.kind == reach_.kind && in.external == reach_.external;
  const bool same_also = in.also == reach_.also;
  reach_ = in;
  if (!same)
    changed(now, out);
  else if (!same_also)  // of use to who opens a path with us now; not worth a record
    out.push_back(tell_paths{reach_.kind, candidates()});
}

void member::handle(time_point now, const homes_changed& in, actions& out) {
  homes_complete_ = in.complete;
  if (homes_ != in.relays) {
    homes_ = in.relays;
    changed(now, out);
  } else if (!published_ && next_publish_) {
    plan_publish(now);  // what the first record waited for will not come
  }
}

void member::handle(time_point now, const addresses_changed& in, actions& out) {
  if (local_ == in.local) return;
  local_ = in.local;
  changed(now, out);
}

void member::handle_timeout(time_point now, actions& out) {
  if (next_save_ && *next_save_ <= now) {
    next_save_ = now + config_.save_cache;
    out.push_back(save_endpoint_cache{});
  }
  if (!next_publish_ || *next_publish_ > now) return;
  next_publish_.reset();
  wire::record r;
  r.key = config_.self;
  r.nat = reach_.kind;
  for (const endpoint& e : candidates())
    if (e.address.is_global() && e != reach_.also) r.endpoints.push_back(e);
  for (const wire::contact& c : homes_) r.relays.push_back(c);
  // A record that names no place to go to would only say that we live.
  if (r.endpoints.empty() && r.relays.empty()) return;
  published_ = now;
  sequence_ = r.sequence = std::max(sequence_ + 1, unix_seconds(now));
  r.expires = unix_seconds(now + config_.record_life);
  out.push_back(save_sequence{sequence_});
  out.push_back(publish_record{std::move(r)});
  // Up to a tenth earlier, so that peers that started together do not publish together for ever.
  const auto tenth = static_cast<std::uint64_t>(config_.republish.count() / 10);
  next_publish_ =
      now + config_.republish - duration{static_cast<std::int64_t>(random_.below(tenth))};
}

std::optional<time_point> member::next_timeout() const {
  if (!next_publish_) return next_save_;
  if (!next_save_) return next_publish_;
  return std::min(*next_publish_, *next_save_);
}

}  // namespace wh::member
