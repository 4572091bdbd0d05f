#include "actors/proto/dht/node.hpp"

#include <algorithm>

#include "actors/proto/dht/cache.hpp"
#include "actors/proto/keys/keys.hpp"
#include "transport/check.hpp"

namespace wh::dht {

namespace {

// A record that was signed longer ago, by its sequence number, does not end a lookup early.
constexpr duration record_fresh = 32min;

// An answer may come so long after its request, and so many that failed are remembered for it.
constexpr duration late_kept = 10s;
constexpr std::size_t late_max = 8;

// In place of `failure_life`, while we know fewer than a bucket of contacts: there is nobody better
// to ask. Longer than the 30 s for which a confused router remembers (punch/SPEC.md).
constexpr duration failure_life_small = 35s;
// One that was silent and then asks us something itself is forgiven after this; in a small network
// after so little.
constexpr duration failure_forgiven = 1min, failure_forgiven_small = 5s;

// So many known contacts that are silent in a row: most of the table may be.
constexpr std::uint8_t upkeep_alarm = 2;

std::uint32_t key_tag(const public_key& k) { return load_be<std::uint32_t>(k.value.data()); }
/// 0 of an unspecified one only.
std::uint16_t place_tag(const endpoint& e) {
  if (e.is_unspecified()) return 0;
  const std::uint8_t* raw = e.address.raw().data();
  const std::uint64_t h =
      (load_be<std::uint64_t>(raw) * 0x9e3779b97f4a7c15U ^ load_be<std::uint64_t>(raw + 8)) +
      e.port();
  return static_cast<std::uint16_t>(h * 0xbf58476d1ce4e5b9U >> 48 | 1);
}

table_limits table_limits_of(const config& c) {
  table_limits l;
  l.k = static_cast<std::uint8_t>(c.k);
  l.diverse = c.diverse;
  return l;
}

}  // namespace

node::node(config c, const crypto_suite& crypto, rng& random)
    : config_(std::move(c)),
      crypto_(crypto),
      random_(random),
      self_(prefix_of(keys::node_id_of(crypto, config_.self, config_.name_space))),
      relays_place_(prefix_of(relays_place(crypto, config_.name_space))),
      table_(self_, table_limits_of(config_)),
      store_(self_, config_.stores),
      mint_(random),
      upkeep_every_(config_.upkeep_first),
      self_every_(config_.self_lookup_first),
      next_tx_(static_cast<std::uint32_t>(random.next())) {
  WH_CHECK(config_.k >= 1 && config_.k <= wire::k && config_.alpha >= 1);
  WH_CHECK(config_.paths >= 1 && config_.paths <= paths_max);
  WH_CHECK(config_.request_patience <= config_.request_timeout);
}

prefix node::id_of(const public_key& k) const {
  return prefix_of(keys::node_id_of(crypto_, k, config_.name_space));
}

bool node::sane(const endpoint& e) const {
  return e.port() != 0 && !e.is_unspecified() && (!config_.global_only || e.address.is_global());
}

bool node::worthy(const public_key& k) const {
  return k != config_.self && crypto_.acceptable(k) &&
         (config_.workbit == 0 || keys::workbit(crypto_, k, config_.name_space) >= config_.workbit);
}

void node::handle(time_point now, const received& in, actions& out) {
  if (in.from == config_.self) return;
  if (in.relayed || in.where.is_unspecified()) {
    // A relayed sender has no address to list, to answer at, or to bind a token to.
    out.emplace_back(note{note_kind::dht_relayed, in.from, in.where});
    return;
  }
  if (!in.early) heard_ = now;
  std::visit(
      [&](const auto& m) {
        if constexpr (requires { on(now, in, m, out); }) on(now, in, m, out);
      },
      in.what);
}

void node::handle(time_point now, const add_contacts& in, actions& out) {
  std::size_t refused = 0;
  for (const wire::contact& c : in.contacts) {
    const auto end = in.boot ? seeds_.begin() + boot_seeds_ : seeds_.end();
    const bool known =
        std::any_of(seeds_.begin(), end, [&](const wire::contact& s) { return s == c; });
    // What a person or our own disk says is asked whatever its address; its key must do.
    if (known || !worthy(c.key) || c.where.port() == 0 || c.where.is_unspecified()) continue;
    if (in.boot ? boot_seeds_ >= config_.seeds_max : seeds_.size() >= config_.seeds_max) {
      ++refused;
      continue;
    }
    if (in.boot) {
      seeds_.insert(seeds_.begin() + boot_seeds_++, c);
      if (seeds_.size() > config_.seeds_max) seeds_.pop_back();
    } else {
      seeds_.push_back(c);
    }
  }
  if (refused > 0)
    out.emplace_back(note{note_kind::dht_seeds_full, {}, {}, static_cast<std::int64_t>(refused)});
  if (joined_ || seeds_.empty()) return;
  join_seeds(now, out);
  join(now, config_.k, out);
}

void node::handle(time_point now, const failed& in, actions& out) {
  std::vector<request> lost;
  for (const request& r : pending_)
    if (r.to.key == in.peer) lost.push_back(r);
  std::erase_if(pending_, [&](const request& r) { return r.to.key == in.peer; });
  for (const request& r : lost) unanswered(now, r, out);
}

void node::handle(time_point now, const not_reached& in, actions& out) {
  table_.remove(id_of(in.peer), in.peer);
  std::erase_if(candidates_, [&](const entry& e) { return e.key == in.peer; });
  std::erase_if(failed_, [tag = key_tag(in.peer)](const failure& f) { return f.tag == tag; });
  leave_alone(now, {in.peer, {}}, true, out);
}

void node::handle(time_point now, const revived& in, actions& out) {
  for (const publication& p : publications_)
    for (const holder& h : p.holders)
      if (h.who.key == in.peer) {
        check_holder(now, p, h.who, out);
        break;
      }
}

void node::handle(time_point now, const set_serving& in, actions&) {
  if (in.serves == config_.serves) return;
  config_.serves = in.serves;
  // Those around our id should hear soon that we are there to be listed.
  if (in.serves && joined_) next_self_ = now;
  plan_offer(now);
}

void node::handle(time_point now, const look_around&, actions&) {
  if (!joined_ || now < look_around_after_) return;
  const bool calm = now - look_around_after_ >= config_.join_retry_max;
  look_around_every_ =
      calm ? config_.look_around_first : std::min(2 * look_around_every_, config_.join_retry_max);
  look_around_after_ = now + look_around_every_;
  next_self_ = now;
  look_again_ = true;
}

// Requests and answers

void node::await(request r) {
  const auto at = std::upper_bound(pending_.begin(), pending_.end(), r.deadline,
                                   [](time_point t, const request& o) { return t < o.deadline; });
  pending_.insert(at, r);
}

void node::ask(time_point now, const wire::contact& to, prefix id, purpose why, std::uint32_t owner,
               std::uint16_t serial, wire::message what, actions& out, bool seed) {
  const wire::transaction tx{next_tx_++};
  request r{now, now, tx.value, owner, id, to, 0, why, serial, seed};
  r.deadline += patience(r);
  std::visit(
      [&](auto& m) {
        if constexpr (requires { m.tx = tx; }) m.tx = tx;
        using message = std::decay_t<decltype(m)>;
        if constexpr (std::is_same_v<message, wire::find_node>) r.answer = wire::nodes::kind;
        if constexpr (std::is_same_v<message, wire::find_record>) r.answer = wire::records::kind;
        if constexpr (std::is_same_v<message, wire::store>) r.answer = wire::stored::kind;
      },
      what);
  WH_CHECK(r.answer != 0);
  await(r);
  out.emplace_back(send{to, std::move(what)});
}

std::optional<node::request> node::take_request(time_point now, const received& in,
                                                wire::transaction tx, std::uint8_t kind) {
  // Early, nothing of ours can have been answered.
  if (in.early) return std::nullopt;
  // Number, key and kind: nobody answers for another.
  const auto at = std::find_if(pending_.begin(), pending_.end(), [&](const request& r) {
    return r.tx == tx.value && r.to.key == in.from && r.answer == kind;
  });
  if (at != pending_.end()) {
    const request r = *at;
    pending_.erase(at);
    requests_before().trips.add(now - r.sent);
    return r;
  }
  std::vector<unanswered_request>& late = requests_before().failed;
  const auto failed = std::find_if(late.begin(), late.end(), [&](const unanswered_request& r) {
    return r.tx == tx.value && r.key == key_tag(in.from) && r.answer == kind;
  });
  if (failed == late.end() || now - failed->sent > late_kept) return std::nullopt;
  request r{};
  r.sent = failed->sent;
  r.owner = failed->owner;
  r.id = failed->id;
  r.to = {in.from, in.where};
  r.why = failed->why;
  r.serial = failed->serial;
  r.late = true;
  late.erase(failed);
  past_->trips.add(now - r.sent);
  return r;
}

void node::answered_in_lookup(const request& r, running& l, bool gave_record) {
  if (r.late)
    l.engine.answered_late(r.serial, gave_record);
  else
    l.engine.answered(r.serial, gave_record);
}

void node::answered(time_point now, const received& in, const request& r, const endpoint& me,
                    actions& out) {
  timeouts_in_row_ = 0;
  if (next_look_ != never) {
    // We are back: others may have come and gone, and not found us.
    next_look_ = never;
    next_join_ = now;
    out.emplace_back(back{});
  }
  const wire::contact c{in.from, in.where};
  if (!me.is_unspecified()) out.emplace_back(observed{c, me});
  if (in.serves_dht && sane(in.where)) {
    const entry* before = table_.find(r.id, c.key);
    const bool is_back = before != nullptr && before->fails > 0;
    switch (table_.answered(static_cast<std::uint32_t>(unix_seconds(now)), r.id, c)) {
      case admission::added:
        out.emplace_back(note{note_kind::dht_contact_added, c.key, c.where});
        // The first host of a network has nobody to join by: others find it. And nobody is to wait
        // for the next try with somebody there.
        if (!joined_) next_join_ = now;
        if (r.why != purpose::check) met_anew(now, c, out);
        break;
      case admission::spare:
        out.emplace_back(note{note_kind::dht_bucket_full, c.key, c.where});
        break;
      case admission::crowded:
        out.emplace_back(note{note_kind::dht_network_full, c.key, c.where});
        leave_alone(now, {c.key, {}}, false, out);
        break;
      case admission::known:
        if (is_back && r.why != purpose::check) met_anew(now, c, out);
        break;
    }
    table_.is_far(r.id, c.key, now - r.sent > config_.request_timeout * 3 / 4);
  } else {
    table_.remove(r.id, c.key);
    leave_alone(now, {c.key, {}}, false, out);
  }
  if (r.why == purpose::upkeep) upkeep_failures_ = 0;
  if (r.why == purpose::upkeep || r.why == purpose::probe)
    upkeep_every_ = std::min(upkeep_every_ + upkeep_every_ / 4, config_.upkeep_max);
}

void node::unanswered(time_point now, const request& r, actions& out) {
  std::vector<unanswered_request>& late = requests_before().failed;
  if (late.size() >= late_max) late.erase(late.begin());
  late.push_back({r.sent, r.id, r.tx, key_tag(r.to.key), r.owner, r.answer, r.why, r.serial});
  if (timeouts_in_row_ < 0xffff) ++timeouts_in_row_;
  const bool cut_off = is_cut_off(now);
  if (cut_off && joined_ && next_look_ == never) {
    out.emplace_back(note{note_kind::dht_nobody_answers, r.to.key, r.to.where});
    next_join_ = std::min(next_join_, now + jittered(join_gap(now)));
    next_look_ = now + config_.join_retry;
  }
  const bool known = table_.find(r.id, r.to.key) != nullptr;
  const bool gone = table_.failed(r.id, r.to.key, !cut_off);
  if (gone) {
    out.emplace_back(note{note_kind::dht_contact_dropped, r.to.key, r.to.where});
    out.emplace_back(dropped{r.to});
    miss_boot(now, r.to.key);
  }
  // Others name it for a while yet.
  if ((!known || gone) && !cut_off) leave_alone(now, r.to, true, out);
  switch (r.why) {
    case purpose::upkeep:
      // Others of its age may be gone too: look sooner. One that is silent asks for no more than a
      // quarter of the slowest pace; several in a row, for that of the young.
      if (!known || cut_off) break;
      if (upkeep_failures_ < 255) ++upkeep_failures_;
      upkeep_every_ =
          std::max(upkeep_every_ / 2, upkeep_failures_ < upkeep_alarm
                                          ? std::min(upkeep_every_, config_.upkeep_max / 4)
                                          : config_.upkeep_first);
      break;
    case purpose::probe:
    case purpose::check:
    case purpose::amend:
      break;
    case purpose::store:
      store_result(now, r.owner, false, out);
      break;
    case purpose::user:
    case purpose::self:
    case purpose::publication:
    case purpose::relays:
      if (running* l = find_lookup(r.owner)) l->engine.failed(r.serial);
      pump(now, r.owner, out);
      break;
  }
}

void node::on(time_point now, const received& in, const wire::nodes& m, actions& out) {
  const auto r = take_request(now, in, m.tx, wire::nodes::kind);
  if (!r) {
    out.emplace_back(note{note_kind::dht_stray_answer, in.from, in.where});
    return;
  }
  answered(now, in, *r, m.observed, out);
  said_of_relaying(in, r->id, m.relay_room, out);
  learn(now, m.contacts, *r, out);
  if (running* l = find_lookup(r->owner); l != nullptr && r->serial > 0) {
    if (l->why == purpose::relays) relays_named(now, *l, m, out);
    answered_in_lookup(*r, *l, false);
    pump(now, r->owner, out);
  }
}

void node::on(time_point now, const received& in, const wire::records& m, actions& out) {
  const auto r = take_request(now, in, m.tx, wire::records::kind);
  if (!r) {
    out.emplace_back(note{note_kind::dht_stray_answer, in.from, in.where});
    return;
  }
  answered(now, in, *r, m.observed, out);
  said_of_relaying(in, r->id, m.relay_room, out);
  learn(now, m.contacts, *r, out);
  if (r->why == purpose::check) return checked(now, *r, m, out);
  running* l = find_lookup(r->owner);
  if (l == nullptr) return;
  if (l->why == purpose::publication) l->tokens.emplace_back(r->serial, m.token);
  const bool holds = m.found && take_record(now, *l, *m.found, out);
  // A publisher signs anew every half hour: of an older record there is likely a newer one, and the
  // lookup goes on to those closest to the place, who have it.
  // Nor does one that is far from the place end a lookup: in a network that grew others hold it
  // now, and it was not told of what came after.
  const bool fresh = holds && from_unix_seconds(m.found->sequence) + record_fresh >= now &&
                     distance(r->id, prefix_of(l->asked.target)) <= wide_radius();
  // Storing nodes are not counted against a publisher's lookup: it wants every one of them.
  answered_in_lookup(*r, *l, fresh && l->why == purpose::user);
  pump(now, r->owner, out);
}

void node::on(time_point now, const received& in, const wire::stored& m, actions& out) {
  const auto r = take_request(now, in, m.tx, wire::stored::kind);
  if (!r) {
    out.emplace_back(note{note_kind::dht_stray_answer, in.from, in.where});
    return;
  }
  answered(now, in, *r, {}, out);
  if (m.result != wire::store_result::stored)
    out.emplace_back(
        note{note_kind::dht_not_stored, in.from, in.where, static_cast<std::int64_t>(m.result)});
  if (!r->late && r->why == purpose::store)
    store_result(now, r->owner, m.result == wire::store_result::stored, out);
}

// Contacts told by others

template <class Contacts>
void node::learn(time_point now, const Contacts& told, const request& r, actions& out) {
  running* l = r.serial > 0 ? find_lookup(r.owner) : nullptr;
  std::int64_t bad = 0;
  for (const wire::contact& c : told) {
    if (c.key == config_.self || (l != nullptr && l->engine.told_again(r.serial, c.key))) continue;
    if (failed_lately(now, c) || silent_seed(c.key)) continue;
    if (!sane(c.where) || !worthy(c.key)) {
      ++bad;
      continue;
    }
    const prefix id = id_of(c.key);
    if (l != nullptr) l->engine.told(r.serial, id, c);
    consider(now, id, c);
  }
  if (bad > 0) out.emplace_back(note{note_kind::dht_bad_contacts, r.to.key, r.to.where, bad});
}

void node::leave_alone(time_point now, const wire::contact& c, bool silent, actions& out) {
  if (config_.failures_max == 0 || failed_lately(now, c)) return;
  if (failed_.size() >= config_.failures_max) failed_.erase(failed_.begin());
  failed_.push_back(
      {key_tag(c.key), static_cast<std::uint32_t>(unix_seconds(now)), place_tag(c.where), silent});
  out.emplace_back(note{note_kind::dht_left_alone, c.key, c.where, silent});
}

/// It speaks to us, so it lives. That it hears strangers its own words do not tell, so one that was
/// silent waits a while.
void node::forgive(time_point now, const public_key& k) {
  const duration wait = knows_few() ? failure_forgiven_small : failure_forgiven;
  const auto before = static_cast<std::uint32_t>(unix_seconds(now - wait));
  std::erase_if(failed_, [&, tag = key_tag(k)](const failure& f) {
    return f.tag == tag && (!f.silent || f.at_s <= before);
  });
}

/// Who was silent at one place and is named at another one may have moved.
bool node::failed_lately(time_point now, const wire::contact& c) const {
  const duration life = knows_few() ? failure_life_small : config_.failure_life;
  const auto since = static_cast<std::uint32_t>(unix_seconds(now - life));
  return std::any_of(failed_.begin(), failed_.end(),
                     [tag = key_tag(c.key), place = place_tag(c.where), since](const failure& f) {
                       return f.tag == tag && f.at_s >= since && (f.where == 0 || f.where == place);
                     });
}

/// Others may not know yet that it is gone, and name it.
bool node::silent_seed(const public_key& k) const {
  return std::any_of(pending_.begin(), pending_.end(),
                     [&](const request& r) { return r.seed && r.slow && r.to.key == k; });
}

void node::consider(time_point now, prefix id, const wire::contact& c) {
  if (config_.candidates_max == 0) return;
  const auto same = [&](const entry& e) { return e.key == c.key; };
  if (std::any_of(candidates_.begin(), candidates_.end(), same) || failed_lately(now, c)) return;
  if (table_.find(id, c.key) != nullptr || !table_.has_room(id, c.where)) return;
  const bool sibling = table_.is_sibling(id);
  if (candidates_.size() >= config_.candidates_max) {
    // Those next to us are asked for most and known by fewest: they go first.
    const auto other = std::find_if(candidates_.rbegin(), candidates_.rend(),
                                    [&](const entry& e) { return !table_.is_sibling(e.id); });
    if (!sibling || other == candidates_.rend()) return;
    *other = {id, c.key, c.where};
  } else {
    candidates_.push_back({id, c.key, c.where});
  }
  if (sibling && next_probe_ == never) next_probe_ = now + config_.upkeep_first;
}

// Time

std::optional<time_point> node::next_timeout() const {
  time_point t = std::min({next_join_, next_upkeep_, next_self_, next_probe_, next_look_});
  if (!pending_.empty()) t = std::min(t, pending_.front().deadline);
  for (const publication& p : publications_) t = std::min({t, p.next, p.next_check});
  if (relaying_) t = std::min(t, relaying_->next_offer);
  if (past_) t = std::min(t, past_->next_boot);
  return t == never ? std::nullopt : std::optional(t);
}

void node::handle_timeout(time_point now, actions& out) {
  while (!pending_.empty() && pending_.front().deadline <= now) {
    request r = pending_.front();
    pending_.erase(pending_.begin());
    const duration rest = r.sent + time_for(r) - r.deadline;
    const bool in_lookup = r.serial > 0;
    if (!r.slow && rest > duration::zero()) {
      r.slow = true;
      r.deadline += rest;
      await(r);
      if (!in_lookup) continue;
      if (running* l = find_lookup(r.owner)) l->engine.slow(r.serial);
      pump(now, r.owner, out);
      continue;
    }
    unanswered(now, r, out);
  }
  for (std::size_t i = 0; i < publications_.size();) {
    publication& p = publications_[i];
    if (p.next_check <= now) {
      p.next_check = now + check_interval;
      if (!p.holders.empty())
        check_holder(now, p, p.holders[random_.below(p.holders.size())].who, out);
    }
    if (p.next > now) {
      ++i;
    } else if (p.value.expires <= unix_seconds(now)) {
      out.emplace_back(note{note_kind::dht_publication_ended, p.value.key});
      publications_.erase(publications_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      start_round(now, p, out);
      ++i;
    }
  }
  if (next_look_ <= now) look_whether_back(now, out);
  if (past_ && past_->next_boot <= now) look_for_boot(now, out);
  if (next_join_ <= now) join(now, config_.k, out);
  if (next_self_ <= now) {
    next_self_ = now + jittered(self_every_);
    self_every_ = std::min(self_every_ * 4, config_.self_lookup_max);
    const bool full = table_.size() >= config_.k;
    if (full) self_every_ = std::max(self_every_, config_.self_lookup_first);
    const bool settled = joined_ && full && !look_again_;
    join(now, settled ? std::min<std::size_t>(config_.self_lookup_width, config_.k) : config_.k,
         out);
  }
  if (next_probe_ <= now) {
    next_probe_ = probe_candidate(now, true, out) ? now + config_.upkeep_first : never;
  }
  if (relaying_ && relaying_->next_offer <= now) offer_relay(now, out);
  if (next_upkeep_ <= now) {
    upkeep(now, out);
    next_upkeep_ = now + jittered(upkeep_every_);
  }
}

std::vector<wire::contact> node::cache() const {
  std::vector<wire::contact> r;
  const std::vector<entry>& all = table_.entries();
  const std::size_t step = (all.size() + cache_contacts_max - 1) / cache_contacts_max;
  for (std::size_t i = 0; i < all.size(); i += step)
    if (all[i].fails == 0) r.push_back(all[i].contact());
  return r;
}

std::size_t node::memory_bytes() const {
  std::size_t n =
      sizeof *this + table_.memory_bytes() + store_.memory_bytes() +
      seeds_.capacity() * sizeof(wire::contact) + pending_.capacity() * sizeof(request) +
      (past_ ? sizeof *past_ + past_->failed.capacity() * sizeof(unanswered_request) : 0) +
      lookups_.capacity() * sizeof(void*) + waiting_.capacity() * sizeof(lookup) +
      publications_.capacity() * sizeof(publication) + candidates_.capacity() * sizeof(entry);
  for (const auto& l : lookups_) n += sizeof *l + l->engine.memory_bytes();
  for (const publication& p : publications_) n += p.holders.capacity() * sizeof(holder);
  if (relaying_) n += sizeof *relaying_ + relaying_->offers.capacity() * sizeof(relay_offered);
  return n;
}

}  // namespace wh::dht
