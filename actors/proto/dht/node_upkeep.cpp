// Joining, and staying joined: one slow clock that tests old contacts, tries new ones and refreshes
// buckets with the same requests.
#include <algorithm>

#include "actors/proto/dht/node.hpp"

namespace wh::dht {

duration node::jittered(duration d) {
  // 0.75 .. 1.25: nodes that started together must not stay together.
  const auto quarter = static_cast<std::uint64_t>(d.count()) / 4;
  return duration{static_cast<duration::rep>(3 * quarter + random_.below(2 * quarter + 1))};
}

void node::join_seeds(time_point now, actions& out) {
  std::vector<std::uint32_t> ids;
  for (const auto& l : lookups_) {
    for (const wire::contact& c : seeds_) l->engine.start_from(id_of(c.key), c, true);
    ids.push_back(l->id);
  }
  for (const std::uint32_t id : ids) pump(now, id, out);
}

void node::join(time_point now, std::size_t width, actions& out) {
  next_join_ = never;
  const bool at_it = std::any_of(lookups_.begin(), lookups_.end(),
                                 [](const auto& l) { return l->why == purpose::self; });
  // A look during which everybody fell silent is not the one that was to follow it.
  if (at_it && is_cut_off(now)) next_join_ = now + jittered(join_gap(now));
  if (at_it || (seeds_.empty() && table_.size() == 0)) return;
  start(now, {.why = purpose::self, .asked = {}, .width = width, .with_seeds = true}, out);
}

/// A sixteenth of the time for which joining has failed: so being apart ends for us little after it
/// ends, and trying costs less the longer it lasts.
duration node::join_gap(time_point now) const {
  const duration apart = apart_since_ == never ? duration{} : now - apart_since_;
  return std::clamp<duration>(apart / 16, config_.join_retry, config_.join_retry_max);
}

/// To join by, though it is not the DHT that answered us.
void node::somebody_is_there(time_point now) {
  if (!joined_ && next_join_ != never) next_join_ = std::min(next_join_, now + config_.join_retry);
}

void node::join_over(time_point now, const running& l, actions& out) {
  if (l.engine.closest_answered(1).empty() || table_.size() == 0) {
    // Nobody answered, or nobody who serves. What we know stays, and is asked again.
    apart_since_ = std::min(apart_since_, now);
    next_join_ = now + jittered(join_gap(now));
    out.emplace_back(note{note_kind::dht_join_failed, {}, {}, l.engine.requests()});
    return;
  }
  if (!is_cut_off(now)) {
    apart_since_ = never;
    next_join_ = never;
  } else {
    // All but the first to answer fell silent: the look that is due stays so.
    apart_since_ = std::min(apart_since_, now);
  }
  if (look_again_) {
    look_again_ = false;
    next_join_ = std::min(next_join_, now + config_.upkeep_first);
  }
  if (joined_) {
    if (relaying_ && table_.estimated_nodes() >= relaying_->nodes_then * config_.growth)
      plan_offer(now);
    return follow_network(now, out);
  }
  joined_ = true;
  plan_offer(now);
  seeds_.erase(seeds_.begin() + boot_seeds_, seeds_.end());
  seeds_.shrink_to_fit();
  upkeep_every_ = config_.upkeep_first;
  next_upkeep_ = now + jittered(upkeep_every_);
  self_every_ = table_.size() < config_.k ? config_.self_lookup_sparse : config_.self_lookup_first;
  next_self_ = now + jittered(self_every_);
  out.emplace_back(joined{table_.size()});
  tell_relays(now, out);
  for (publication& p : publications_) start_round(now, p, out);
}

/// Whether it is there, and who else is in its bucket: one question for both.
void node::ask_in_bucket(time_point now, const wire::contact& c, prefix id, purpose why,
                         actions& out) {
  wire::find_node m;
  m.target = random_id(self_, std::min(common_prefix(self_, id), prefix_bits - 1), random_);
  ask(now, c, id, why, 0, 0, m, out);
}

bool node::probe_candidate(time_point now, bool siblings_only, actions& out) {
  while (!candidates_.empty()) {
    auto at = std::find_if(candidates_.begin(), candidates_.end(),
                           [&](const entry& e) { return table_.is_sibling(e.id); });
    if (at == candidates_.end()) {
      if (siblings_only) return false;
      at = candidates_.begin();
    }
    const entry e = *at;
    candidates_.erase(at);
    if (candidates_.empty()) candidates_.shrink_to_fit();
    if (table_.find(e.id, e.key) != nullptr || !table_.has_room(e.id, e.where)) continue;
    ask_in_bucket(now, e.contact(), e.id, purpose::probe, out);
    return true;
  }
  return false;
}

/// One question in a sixty-fourth of the time that we have heard nobody: so being cut off ends for
/// us little after it ends, and costs less the longer it lasts.
void node::look_whether_back(time_point now, actions& out) {
  const duration gap =
      std::clamp<duration>((now - heard_) / 64, config_.join_retry, config_.join_retry_max);
  next_look_ = now + gap;
  const entry* e = table_.random(random_);
  if (e != nullptr) ask_in_bucket(now, e->contact(), e->id, purpose::upkeep, out);
}

void node::miss_boot(time_point now, const public_key& k) {
  past& p = requests_before();
  const auto end = seeds_.begin() + boot_seeds_;
  if (p.next_boot != never || !knows_few() ||
      std::none_of(seeds_.begin(), end, [&](const wire::contact& c) { return c.key == k; }))
    return;
  p.boot_lost = now;
  p.next_boot = now + jittered(boot_gap_min);
}

/// The two halves of a network that was parted may each be whole, and then only boot nodes tell
/// that there is more. Of a large one somebody else is told soon.
void node::look_for_boot(time_point now, actions& out) {
  past_->next_boot = never;
  if (!knows_few()) return;
  std::vector<const wire::contact*> missed;
  for (std::size_t i = 0; i < boot_seeds_; ++i)
    if (table_.find(id_of(seeds_[i].key), seeds_[i].key) == nullptr) missed.push_back(&seeds_[i]);
  if (missed.empty()) return;
  past_->next_boot = now + jittered(std::clamp<duration>((now - past_->boot_lost) / 8, boot_gap_min,
                                                         boot_gap_max));
  if (!joined_) return;  // joining asks them all
  const wire::contact& c = *missed[random_.below(missed.size())];
  ask_in_bucket(now, c, id_of(c.key), purpose::probe, out);
}

void node::upkeep(time_point now, actions& out) {
  store_.expire(now);
  if (table_.size() == 0) {
    // The last contact is gone: as if we had just started.
    if (joined_) {
      joined_ = false;
      out.emplace_back(note{note_kind::dht_table_empty});
    }
    if (next_join_ == never) next_join_ = now + jittered(join_gap(now));
  }
  const entry* stalest = table_.stalest();
  const bool failing = stalest != nullptr && stalest->fails > 0;
  probe_turn_ = !probe_turn_;
  if (!failing && (probe_turn_ || stalest == nullptr) && probe_candidate(now, false, out)) return;
  if (stalest != nullptr) ask_stalest(now, out);
}

void node::ask_stalest(time_point now, actions& out) {
  const entry e = *table_.stalest();
  const auto silent = std::chrono::seconds{static_cast<std::int64_t>(unix_seconds(now)) -
                                           static_cast<std::int64_t>(e.seen_s)};
  // An old table of lively contacts needs no test; a young one still has places to fill.
  if (e.fails == 0 && upkeep_every_ >= config_.upkeep_max && silent < config_.contact_fresh) return;
  ask_in_bucket(now, e.contact(), e.id, purpose::upkeep, out);
}

}  // namespace wh::dht
