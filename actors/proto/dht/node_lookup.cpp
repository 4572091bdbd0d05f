// Lookups, and the publications that are made of them.
#include <algorithm>
#include <cmath>

#include "actors/proto/dht/node.hpp"
#include "actors/proto/keys/keys.hpp"
#include "actors/proto/record/record.hpp"

namespace wh::dht {

namespace {

constexpr std::size_t publications_max = 4;

}  // namespace

node::running* node::find_lookup(std::uint32_t id) {
  for (const auto& l : lookups_)
    if (l->id == id) return l.get();
  return nullptr;
}

prefix node::region_radius() const {
  const double share = static_cast<double>(config_.k) / table_.estimated_nodes();
  return share >= 1 ? ~prefix{0} : static_cast<prefix>(std::ldexp(share, 64));
}

prefix node::wide_radius() const {
  const prefix radius = region_radius();
  return radius > (~prefix{0} >> 2) ? ~prefix{0} : radius << 2;
}

void node::handle(time_point now, const lookup& in, actions& out) {
  const auto users = std::count_if(lookups_.begin(), lookups_.end(),
                                   [](const auto& l) { return l->why == purpose::user; });
  if (users < config_.lookups_max) {
    start(now, {.asked = in, .width = config_.k, .with_seeds = !joined_}, out);
  } else if (waiting_.size() < config_.lookups_waiting_max) {
    waiting_.push_back(in);
  } else {
    out.emplace_back(
        note{note_kind::dht_lookups_full, {}, {}, static_cast<std::int64_t>(waiting_.size())});
    out.emplace_back(finished{in.id, std::nullopt, {}, 0, 0, 0, {}});
  }
}

void node::start(time_point now, const beginning& of, actions& out) {
  lookup asked = of.asked;
  if (of.why == purpose::self) {
    asked.target = keys::node_id_of(crypto_, config_.self, config_.name_space);
    asked.want_record = false;
    asked.paths = 1;
  }
  lookup_limits limits;
  limits.k = static_cast<std::uint8_t>(of.width);
  limits.alpha = static_cast<std::uint8_t>(config_.alpha);
  limits.paths = static_cast<std::uint8_t>(
      asked.paths == 0 ? config_.paths : std::min<std::size_t>(asked.paths, paths_max));
  limits.quorum = config_.quorum;
  const int more = limits.paths > 2 ? 10 * (limits.paths - 2) : 0;
  limits.requests = static_cast<std::uint8_t>(std::min(config_.lookup_requests + more, 250));
  limits.per_network = config_.diverse ? 10 : 0;
  if (asked.want_record) {
    limits.radius = region_radius();
    limits.region = config_.region_max;
  }
  auto l = std::make_unique<running>(running{next_id_++,
                                             of.why,
                                             of.publication,
                                             asked,
                                             iterative_lookup{prefix_of(asked.target), limits},
                                             now,
                                             std::nullopt,
                                             {}});
  if (asked.want_record) {
    if (const wire::record* mine = store_.find(now, prefix_of(asked.target))) l->best = *mine;
  }
  for (const entry* e : table_.closest(prefix_of(asked.target), config_.k, nullptr, true))
    l->engine.start_from(e->id, e->contact());
  if (of.with_seeds) {
    // Without contacts, everyone we were ever told of; else one boot node, so that two halves of a
    // network that was parted find each other again.
    const bool all = !joined_ || timeouts_in_row_ > 0;
    const std::size_t first = seeds_.empty() || all ? 0 : random_.below(seeds_.size());
    const std::size_t last = all ? seeds_.size() : std::min(first + 1, seeds_.size());
    for (std::size_t i = first; i < last; ++i)
      l->engine.start_from(id_of(seeds_[i].key), seeds_[i], true);
  }
  const std::uint32_t id = l->id;
  lookups_.push_back(std::move(l));
  pump(now, id, out);
}

/// Whom we know best fell silent: the next ones are asked, and those that never had a place in our
/// table, which hold on to those that came first. False when there is nobody else.
bool node::widen(running& l) {
  // Once settled, a look at our own neighbourhood is content with any answer.
  const std::size_t enough = l.why == purpose::self && joined_ ? 1 : l.engine.wanted();
  if (!l.engine.over() || l.engine.satisfied() ||
      l.engine.closest_answered(enough).size() >= enough)
    return false;
  const prefix target = l.engine.target();
  std::vector<const entry*> more = table_.closest(target, table_.size(), nullptr, true);
  for (const entry& e : table_.spare_contacts()) more.push_back(&e);
  for (const entry& e : candidates_) more.push_back(&e);
  std::size_t added = 0;
  for (const entry* e : more)
    if (added < config_.k && l.engine.start_from(e->id, e->contact())) ++added;
  return added > 0;
}

/// Nobody is left whom we know, and few have answered: those few know their neighbours best.
bool node::ask_around(time_point now, running& l, actions& out) {
  if (l.why == purpose::self && joined_) return false;
  const auto next = l.engine.next_around();
  if (!next) return false;
  ask(now, next->contact(), next->away ^ l.engine.target(), l.why, l.id, next->serial,
      wire::find_node{{}, keys::node_id_of(crypto_, next->key, config_.name_space)}, out);
  return true;
}

void node::pump(time_point now, std::uint32_t id, actions& out) {
  running* l = find_lookup(id);
  if (l == nullptr) return;
  while (true) {
    const auto next = l->engine.next();
    if (!next && widen(*l)) continue;
    if (!next && ask_around(now, *l, out)) continue;
    if (!next) break;
    const prefix peer = next->away ^ l->engine.target();
    if (l->asked.want_record) {
      ask(now, next->contact(), peer, l->why, id, next->serial,
          wire::find_record{{}, l->asked.target}, out, next->seed);
    } else {
      ask(now, next->contact(), peer, l->why, id, next->serial,
          wire::find_node{{}, l->asked.target}, out, next->seed);
    }
  }
  if (!l->engine.over()) return;
  const auto at =
      std::find_if(lookups_.begin(), lookups_.end(), [&](const auto& o) { return o->id == id; });
  std::unique_ptr<running> done = std::move(*at);
  lookups_.erase(at);
  finish(now, std::move(done), out);
}

bool node::take_record(time_point now, running& l, const wire::record& r, actions& out) {
  if (l.best && *l.best == r) return true;
  if (l.best && !record::newer(r, *l.best)) return false;
  const bool here = record::location_of(crypto_, r.key, config_.name_space) == l.asked.target;
  if (!here || !record::verify(crypto_, r, config_.name_space, now)) {
    out.emplace_back(note{note_kind::dht_bad_record, r.key});
    return false;
  }
  l.best = r;
  l.engine.forget_holders();
  return true;
}

void node::finish(time_point now, std::unique_ptr<running> l, actions& out) {
  switch (l->why) {
    case purpose::self:
      join_over(now, *l, out);
      break;
    case purpose::relays:
      relays_search_over(*l, out);
      break;
    case purpose::publication: {
      publication* p = find_publication(l->publication);
      if (p == nullptr) break;
      p->looking = false;
      p->looked_up = now;
      p->nodes_then = table_.estimated_nodes();
      p->holders.clear();
      if (l->best && record::newer(*l->best, p->value))
        out.emplace_back(note{note_kind::dht_newer_record_exists,
                              p->value.key,
                              {},
                              static_cast<std::int64_t>(l->best->sequence)});
      const prefix radius = region_radius();
      for (const auto& c : l->engine.closest_answered(config_.region_max)) {
        if (p->holders.size() >= config_.k && c.away > radius) break;
        const auto token = std::find_if(l->tokens.begin(), l->tokens.end(),
                                        [&](const auto& t) { return t.first == c.serial; });
        if (token != l->tokens.end()) p->holders.push_back({c.contact(), token->second});
      }
      p->holders.shrink_to_fit();
      p->thin = 4 * p->holders.size() < 3 * std::min<std::size_t>(config_.k, table_.size());
      store_at_holders(now, *p, out);
      break;
    }
    default: {
      finished f;
      f.id = l->asked.id;
      f.found = std::move(l->best);
      for (const auto& c : l->engine.closest_answered(config_.k)) f.closest.push_back(c.contact());
      f.hops = l->engine.hops();
      f.requests = l->engine.requests();
      f.timeouts = l->engine.timeouts();
      f.took = now - l->since;
      out.emplace_back(std::move(f));
      if (!waiting_.empty()) {
        const lookup next = waiting_.front();
        waiting_.erase(waiting_.begin());
        if (waiting_.empty()) waiting_.shrink_to_fit();
        start(now, {.asked = next, .width = config_.k, .with_seeds = !joined_}, out);
      }
    }
  }
  if (lookups_.empty()) {
    lookups_.shrink_to_fit();
    if (pending_.empty()) pending_.shrink_to_fit();
  }
}

// Publications

node::publication* node::find_publication(std::uint32_t id) {
  for (publication& p : publications_)
    if (p.id == id) return &p;
  return nullptr;
}

void node::handle(time_point now, const publish& in, actions& out) {
  const auto same = [&](const publication& p) { return p.value.key == in.value.key; };
  auto at = std::find_if(publications_.begin(), publications_.end(), same);
  if (at == publications_.end()) {
    if (publications_.size() >= publications_max) {
      out.emplace_back(note{note_kind::dht_publications_full, in.value.key});
      out.emplace_back(published{in.value.sequence, 0});
      return;
    }
    publications_.reserve(publications_.size() + 1);
    publication p;
    p.id = next_id_++;
    p.where = record::location_of(crypto_, in.value.key, config_.name_space);
    p.value = in.value;
    publications_.push_back(std::move(p));
    at = publications_.end() - 1;
  } else if (!record::newer(in.value, at->value)) {
    return;
  } else {
    at->value = in.value;
  }
  start_round(now, *at, out);
}

void node::start_round(time_point now, publication& p, actions& out) {
  if (p.looking || p.waiting > 0) {
    p.again = true;
    return;
  }
  p.next = never;
  if (!joined_) return hold_own(now, p, out);  // joining starts it
  if (!p.thin && !p.holders.empty() && now < p.looked_up + config_.holders_life) {
    p.direct = true;
    store_at_holders(now, p, out);
    return;
  }
  p.direct = false;
  p.looking = true;
  lookup l;
  l.target = p.where;
  start(now, {purpose::publication, l, p.id, config_.k, false}, out);
}

/// We may be one of those who are asked for what we publish, or the only one.
void node::hold_own(time_point now, const publication& p, actions& out) {
  if (!config_.serves || !record::verify(crypto_, p.value, config_.name_space, now)) return;
  hold(p.value, prefix_of(p.where), 0, out);
}

void node::store_at_holders(time_point now, publication& p, actions& out) {
  p.next = never;
  p.copies = 0;
  p.waiting = static_cast<std::uint16_t>(p.holders.size());
  hold_own(now, p, out);
  for (const holder& h : p.holders)
    ask(now, h.who, id_of(h.who.key), purpose::store, p.id, 0, wire::store{{}, h.token, p.value},
        out);
  if (p.holders.empty()) {
    out.emplace_back(published{p.value.sequence, 0});
    later(now, p);
  }
}

/// After a look at our own neighbourhood: where the network grew, or we were hardly part of it when
/// the record was stored, its holders are looked up anew.
void node::follow_network(time_point now, actions& out) {
  const double nodes = table_.estimated_nodes();
  for (publication& p : publications_) {
    if (p.looking || p.waiting > 0 || (!p.thin && nodes < p.nodes_then * config_.growth)) continue;
    p.holders.clear();
    start_round(now, p, out);
  }
}

/// We hear this contact again after it had failed, or for the first time: it may have lost our
/// records, or never have been given them. Of a large network one holder is no loss.
void node::met_anew(time_point now, const wire::contact& who, actions& out) {
  for (const publication& p : publications_) {
    if (p.looked_up == time_point{} || p.looking || p.waiting > 0) continue;
    const bool holds = std::any_of(p.holders.begin(), p.holders.end(),
                                   [&](const holder& h) { return h.who.key == who.key; });
    const bool wanting = knows_few() && p.holders.size() < config_.quorum;
    if (wanting || (holds && p.holders.size() < config_.k)) check_holder(now, p, who, out);
  }
}

void node::check_holder(time_point now, const publication& p, const wire::contact& who,
                        actions& out) {
  const bool asked = std::any_of(pending_.begin(), pending_.end(), [&](const request& r) {
    return r.owner == p.id && r.to.key == who.key &&
           (r.why == purpose::check || r.why == purpose::amend);
  });
  if (!asked)
    ask(now, who, id_of(who.key), purpose::check, p.id, 0, wire::find_record{{}, p.where}, out);
}

/// One that does not hold what we publish is given it, with the token of its answer.
void node::checked(time_point now, const request& r, const wire::records& m, actions& out) {
  publication* p = find_publication(r.owner);
  if (p == nullptr || p->looking || p->waiting > 0) return;
  const auto at = std::find_if(p->holders.begin(), p->holders.end(),
                               [&](const holder& h) { return h.who.key == r.to.key; });
  if (at != p->holders.end())
    *at = {r.to, m.token};
  else if (p->holders.size() < config_.region_max)
    p->holders.push_back({r.to, m.token});
  if (m.found && !record::newer(p->value, *m.found)) return;
  out.emplace_back(note{note_kind::dht_record_missed, r.to.key, r.to.where});
  ask(now, r.to, r.id, purpose::amend, p->id, 0, wire::store{{}, m.token, p->value}, out);
}

void node::later(time_point now, publication& p) {
  const bool few = p.holders.size() < config_.quorum;
  p.next_check = few && p.copies > 0 ? now + check_interval : never;
  if (p.copies > 0 && !p.thin) {
    p.retry = duration::zero();
    // Never before its time: who signs anew in less is not to be forestalled.
    p.next = now + config_.republish + jittered(config_.republish / 4);
    return;
  }
  p.retry = std::min(p.retry == duration::zero() ? config_.join_retry * 4 : p.retry * 2,
                     config_.join_retry_max);
  p.next = now + jittered(p.retry);
}

void node::store_result(time_point now, std::uint32_t id, bool ok, actions& out) {
  publication* p = find_publication(id);
  if (p == nullptr || p->waiting == 0) return;
  --p->waiting;
  if (ok) ++p->copies;
  if (p->waiting > 0) return;
  const std::size_t copies = p->copies, holders = p->holders.size();
  out.emplace_back(published{p->value.sequence, copies});
  const bool enough = copies * 4 >= holders * 3;
  // Too many of the holders we knew are gone: look for the present ones at once, but only once.
  const bool look_again = p->direct && !enough;
  if (!enough) {
    p->holders.clear();
    p->thin = true;
  }
  if (look_again || p->again) {
    p->again = false;
    start_round(now, *p, out);
    return;
  }
  later(now, *p);
}

}  // namespace wh::dht
