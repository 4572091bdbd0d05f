// Who relays: what others say of it, where relays are looked for, and being found there.
#include <algorithm>

#include "actors/proto/dht/node.hpp"

namespace wh::dht {

namespace {

/// So many contacts that relay make a search needless, and so many that do not say are worth a try.
constexpr std::size_t known_enough = 4;
constexpr std::size_t told_max = 16;
/// A search ends early when so many named some.
constexpr std::uint8_t tellers_enough = 4;
constexpr duration search_first = 10s;
constexpr duration search_max = 10min;
/// While we know fewer than a bucket of contacts: a search is a handful of questions.
constexpr duration search_max_small = 40s;
constexpr duration search_with_home = 5min;

constexpr duration offer_first = 10s;
constexpr duration offer_max = 1h;
constexpr duration offer_life = 150min;
constexpr std::size_t offers_max = 32;
constexpr std::size_t offered_to = 8;
/// Of larger networks only so many offer themselves at a time.
constexpr double offering_nodes = 2000;

}  // namespace

node_id relays_place(const crypto_suite& crypto, std::string_view name_space) {
  node_id id;
  crypto.hash(id.value, {view("wh2-relays"), view(name_space)});
  return id;
}

node::relaying& node::about_relays() {
  if (!relaying_) {
    relaying_ = std::make_unique<relaying>();
    relaying_->search_every = search_first;
    relaying_->offer_every = offer_first;
  }
  return *relaying_;
}

std::optional<std::uint16_t> node::own_relay_room() const {
  // Whom strangers do not reach is no use to them.
  return config_.serves && relaying_ ? relaying_->room : std::nullopt;
}

// What others say

void node::said_of_relaying(const received& in, prefix id, std::optional<std::uint16_t> room,
                            actions& out) {
  if (!in.serves_dht) return;
  const relay_word said = in.reads_options ? relay_word{room} : relay_word{};
  const bool news = table_.says_of_relaying(id, in.from, said);
  if (!news || !relaying_ || !relaying_->wanted_with || !said.relays()) return;
  out.emplace_back(relay_seen{{in.from, in.where}, room, true});
}

// Looking for relays

void node::handle(time_point now, const find_relays& in, actions& out) {
  relaying& r = about_relays();
  const bool again = r.wanted_with && r.told;
  if (in.homes == 0 && r.wanted_with != 0U) {
    // The last home is lost, which is news: how often we searched before says nothing.
    r.search_every = search_first;
    r.search_after = std::min(r.search_after, now);
  }
  r.wanted_with = in.homes;
  if (in.homes > 0) somebody_is_there(now);
  if (!joined_) {
    name_known_relays(out);  // joining goes on with it
  } else if (again) {
    name_known_relays(out);  // those that were of no use may be by now
    search_relays(now, out);
  } else {
    tell_relays(now, out);
  }
}

void node::handle(time_point now, const enough_relays&, actions&) {
  somebody_is_there(now);  // homes answer
  if (!relaying_) return;
  relaying_->wanted_with.reset();
  relaying_->told = false;
}

/// Whom we know already; the others are looked for.
void node::tell_relays(time_point now, actions& out) {
  if (!relaying_ || !relaying_->wanted_with || relaying_->told) return;
  relaying_->told = true;
  if (name_known_relays(out) >= known_enough)
    out.emplace_back(relays_told{});
  else
    search_relays(now, out);
}

/// Returns how many of them have room.
std::size_t node::name_known_relays(actions& out) {
  std::vector<const entry*> relays, silent;
  for (const entry& e : table_.entries()) {
    if (e.fails > 0) continue;
    if (e.relays.relays())
      relays.push_back(&e);
    else if (!e.relays.is_known())
      silent.push_back(&e);
  }
  std::size_t told = 0, with_room = 0;
  for (std::vector<const entry*>* from : {&relays, &silent})
    for (; told < told_max && !from->empty(); ++told) {
      const std::size_t i = random_.below(from->size());
      const entry& e = *(*from)[i];
      (*from)[i] = from->back();
      from->pop_back();
      with_room += e.relays.room() > 0;
      out.emplace_back(relay_seen{
          e.contact(),
          e.relays.is_known() ? std::optional{e.relays.room()} : std::optional<std::uint16_t>{},
          true});
    }
  return with_room;
}

lookup node::to_relays_place() const {
  lookup l;
  l.target = relays_place(crypto_, config_.name_space);
  l.want_record = false;
  return l;
}

void node::search_relays(time_point now, actions& out) {
  relaying& r = *relaying_;
  if (r.searching) return;
  const bool may = now >= r.search_after;
  out.emplace_back(relays_told{may});
  if (!may) return;
  // Long after the last one the first pause holds again.
  if (now - r.search_after > search_max) r.search_every = search_first;
  r.search_after = now + jittered(*r.wanted_with > 0 ? std::max(r.search_every, search_with_home)
                                                     : r.search_every);
  r.search_every = std::min(2 * r.search_every, knows_few() ? search_max_small : search_max);
  r.searching = true;
  r.tellers = 0;
  start(now, {purpose::relays, to_relays_place(), 0, config_.k, false}, out);
}

void node::relays_named(time_point now, running& l, const wire::nodes& m, actions& out) {
  if (!relaying_ || !m.relays || m.relays->empty()) return;
  for (const wire::relay_hint& h : *m.relays)
    if (relaying_->wanted_with && sane(h.who.where) && worthy(h.who.key) &&
        !failed_lately(now, h.who))
      out.emplace_back(relay_seen{h.who, h.room, false});
  if (++relaying_->tellers >= tellers_enough && !relaying_->offering) l.engine.end();
}

void node::relays_search_over(const running& l, actions& out) {
  relaying& r = *relaying_;
  if (r.searching && r.wanted_with) out.emplace_back(relays_told{});
  r.searching = false;
  if (!std::exchange(r.offering, false) || !own_relay_room()) return;
  r.nodes_then = table_.estimated_nodes();
  for (const auto& c : l.engine.closest_answered(offered_to))
    out.emplace_back(send{c.contact(), wire::relay_offer{*own_relay_room()}});
}

// Being found

void node::handle(time_point now, const set_relay_room& in, actions&) {
  if (!in.room && !relaying_) return;
  relaying& r = about_relays();
  const bool began = in.room && !r.room;
  r.room = in.room;
  if (began) plan_offer(now);
}

void node::plan_offer(time_point now) {
  if (!relaying_ || !joined_ || !own_relay_room()) return;
  relaying_->offer_every = offer_first;
  relaying_->next_offer = std::min(relaying_->next_offer, now + jittered(offer_first));
}

void node::offer_relay(time_point now, actions& out) {
  relaying& r = *relaying_;
  r.next_offer = never;
  if (!joined_ || !own_relay_room()) return;  // planned anew when that changes
  r.offer_every = std::min(8 * r.offer_every, offer_max);
  r.next_offer = now + jittered(r.offer_every);
  const double nodes = table_.estimated_nodes();
  if (*own_relay_room() == 0 || r.offering ||
      (nodes > offering_nodes && !random_.chance(offering_nodes / nodes)))
    return;
  r.offering = true;
  if (r.searching) return;  // the search that is under way ends with it
  lookup l = to_relays_place();
  l.paths = 1;
  start(now, {purpose::relays, l, 0, offered_to, false}, out);
}

// What others look for here

void node::on(time_point now, const received& in, const wire::relay_offer& m, actions& out) {
  if (in.early || !in.serves_dht || !config_.serves || !sane(in.where) || !worthy(in.from)) return;
  if (!is_ours(relays_place_)) return;
  std::vector<relay_offered>& all = about_relays().offers;
  const auto now_s = static_cast<std::uint32_t>(unix_seconds(now));
  const auto since = static_cast<std::uint32_t>(unix_seconds(now - offer_life));
  std::erase_if(all,
                [&](const relay_offered& o) { return o.at_s < since || o.who.key == in.from; });
  all.push_back({id_of(in.from), {in.from, in.where}, m.room, now_s});
  if (all.size() <= offers_max) return;
  // Of the network with the most offers, the farthest from us: any number of keys of one network
  // takes no other's place, and nobody is pushed out twice by taking turns.
  const auto network = [](const relay_offered& o) { return network_of(o.who.where.address); };
  const auto share = [&](const relay_offered& o) {
    return std::count_if(all.begin(), all.end(),
                         [&](const relay_offered& p) { return network(p) == network(o); });
  };
  const auto loser =
      std::max_element(all.begin(), all.end(), [&](const relay_offered& a, const relay_offered& b) {
        const auto sa = share(a), sb = share(b);
        return sa != sb ? sa < sb : distance(a.id, self_) < distance(b.id, self_);
      });
  out.emplace_back(note{note_kind::dht_offers_full, loser->who.key, loser->who.where});
  all.erase(loser);
}

wire::bounded<wire::relay_hint, 4> node::relays_for(time_point now, const public_key& asker) {
  std::vector<wire::relay_hint> all;
  if (relaying_) {
    const auto since = static_cast<std::uint32_t>(unix_seconds(now - offer_life));
    for (const relay_offered& o : relaying_->offers)
      if (o.at_s >= since && o.room > 0) all.push_back({o.who, o.room});
  }
  for (const entry& e : table_.entries())
    if (e.fails == 0 && e.relays.room() > 0) all.push_back({e.contact(), e.relays.room()});
  wire::bounded<wire::relay_hint, 4> chosen;
  while (!all.empty() && !chosen.full()) {
    const std::size_t i = random_.below(all.size());
    const wire::relay_hint h = all[i];
    std::swap(all[i], all.back());
    all.pop_back();
    const bool near = std::any_of(chosen.begin(), chosen.end(), [&](const wire::relay_hint& c) {
      return network_of(c.who.where.address) == network_of(h.who.where.address);
    });
    if (!near && h.who.key != asker) chosen.push_back(h);
  }
  return chosen;
}

}  // namespace wh::dht
