// What others ask of us.
#include <algorithm>

#include "actors/proto/dht/node.hpp"
#include "actors/proto/keys/keys.hpp"
#include "actors/proto/record/record.hpp"
#include "actors/proto/wire/codec.hpp"

namespace wh::dht {

namespace {

// What fits into a packet of a session; a handshake's answer holds less, and the session drops
// contacts from the end to fit it.
constexpr std::size_t message_max = wire::datagram_max - 32;

// A third is told our asker's address at most this often.
constexpr duration dial_gap = 50ms;
constexpr duration dial_network_gap = 4s;

}  // namespace

void node::asked_by(time_point now, const received& in, actions& out) {
  const prefix id = id_of(in.from);
  const wire::contact c{in.from, in.where};
  if (!in.serves_dht) {
    // It became unreachable for strangers: no use to anyone we would name it to.
    table_.remove(id, in.from);
    return;
  }
  somebody_is_there(now);
  if (table_.seen(static_cast<std::uint32_t>(unix_seconds(now)), id, c))
    return ask_where_it_is(now, in, id, out);
  if (!sane(in.where) || !worthy(in.from)) return;
  // It serves now, whatever it did before.
  forgive(now, in.from);
  consider(now, id, c);
}

/// Those who come to us to be told of others are told where they are: a contact that speaks to us
/// from elsewhere has moved, or somebody replays it there: its answer tells. An address of the
/// other family is one more, and no move. One that does not answer there is not asked there again:
/// its old place is tested next, as of any contact that failed.
void node::ask_where_it_is(time_point now, const received& in, prefix id, actions& out) {
  const entry* known = table_.find(id, in.from);
  if (!config_.serves || in.early || known == nullptr || known->fails > 0 ||
      known->where == in.where || !sane(in.where) ||
      known->where.address.is_v4() != in.where.address.is_v4())
    return;
  const bool asked = std::any_of(pending_.begin(), pending_.end(),
                                 [&](const request& r) { return r.to.key == in.from; });
  if (!asked) ask_in_bucket(now, {in.from, in.where}, id, purpose::probe, out);
}

wire::bounded<wire::contact, wire::k> node::contacts_for(const node_id& target,
                                                         const public_key& asker) {
  // Spares too: where those that came first hold all places and are silent, nobody else is known.
  std::vector<const entry*> closest = table_.closest(prefix_of(target), config_.k, &asker, false);
  for (const entry& e : table_.spare_contacts())
    if (e.key != asker) closest.push_back(&e);
  std::sort(closest.begin(), closest.end(), [at = prefix_of(target)](const auto* a, const auto* b) {
    const prefix da = distance(a->id, at), db = distance(b->id, at);
    return da != db ? da < db : a->key < b->key;
  });
  std::vector<wire::contact> r;
  r.reserve(config_.k);
  for (const entry* e : closest)
    if (r.size() < config_.k) r.push_back(e->contact());
  return wire::bounded<wire::contact, wire::k>::first_of(std::move(r));
}

void node::answer(const received& in, wire::message what, actions& out) {
  wire::fit(what, message_max);
  out.emplace_back(send{{in.from, in.where}, std::move(what)});
}

void node::on(time_point now, const received& in, const wire::find_node& m, actions& out) {
  asked_by(now, in, out);
  wire::nodes a{m.tx, in.where, contacts_for(m.target, in.from), own_relay_room(), {}};
  // Its first bits say nearly always that it is not: most questions cost no hash.
  if (prefix_of(m.target) == relays_place_ &&
      m.target == relays_place(crypto_, config_.name_space)) {
    auto relays = relays_for(now, in.from);
    if (!relays.empty()) a.relays = std::move(relays);
  }
  answer(in, std::move(a), out);
}

void node::on(time_point now, const received& in, const wire::find_record& m, actions& out) {
  asked_by(now, in, out);
  wire::records a{m.tx,
                  in.where,
                  mint_.make(crypto_, now, in.from, in.where, m.where),
                  std::nullopt,
                  contacts_for(m.where, in.from),
                  own_relay_room()};
  if (const wire::record* r = store_.find(now, prefix_of(m.where))) a.found = *r;
  answer(in, std::move(a), out);
}

/// Whether a record with this place is ours to hold: within four times the distance in which we
/// expect k nodes, or fewer than k that we know are closer. Not "among the k closest" alone: then k
/// nodes ground next to a place would make every honest one refuse.
bool node::is_ours(prefix place) const {
  const prefix away = distance(place, self_);
  return away <= wide_radius() || table_.closer(place, away, config_.k) < config_.k;
}

void node::hold(const wire::record& r, prefix place, std::uint64_t site, actions& out) {
  const auto told = [&](note_kind what, const wire::record& of) {
    out.emplace_back(note{what, of.key, {}, static_cast<std::int64_t>(of.sequence)});
  };
  const auto gone = store_.put(place, r, site);
  if (!gone || gone->key != r.key) told(note_kind::dht_record_held, r);
  if (gone) told(note_kind::dht_record_dropped, *gone);
}

wire::store_result node::judge(time_point now, const received& in, const wire::store& m,
                               actions& out) {
  using result = wire::store_result;
  const wire::location where = record::location_of(crypto_, m.value.key, config_.name_space);
  if (in.early || !mint_.check(crypto_, now, in.from, in.where, where, m.token))
    return result::bad_token;
  if (!record::check_form(crypto_, m.value, now) || !worthy(m.value.key)) return result::bad_record;
  if (!config_.serves) return result::quota;
  const prefix at = prefix_of(where);
  if (!is_ours(at)) return result::quota;
  const std::uint64_t site = site_of(in.where.address);
  const result admits = store_.admits(now, at, m.value, site);
  if (admits != result::stored) return admits;
  const wire::record* held = store_.find(now, at);
  if (held != nullptr && *held == m.value) return result::stored;  // its answer was lost
  if (!record::verify(crypto_, m.value, config_.name_space, now)) return result::bad_record;
  hold(m.value, at, site, out);
  return result::stored;
}

void node::on(time_point now, const received& in, const wire::store& m, actions& out) {
  asked_by(now, in, out);
  remember_guest(now, in);
  const wire::store_result r = judge(now, in, m, out);
  if (r != wire::store_result::stored)
    out.emplace_back(
        note{note_kind::dht_store_refused, in.from, in.where, static_cast<std::int64_t>(r)});
  // Nothing but idempotent reads is answered before the address is proved.
  if (!in.early) out.emplace_back(send{{in.from, in.where}, wire::stored{m.tx, r}});
}

void node::remember_guest(time_point now, const received& in) {
  if (in.early || in.serves_dht || !config_.serves || !sane(in.where)) return;
  std::erase_if(guests_, [&](const guest& g) {
    return g.who.key == in.from || now - g.heard > config_.guest_life;
  });
  if (guests_.size() >= config_.guests_max) guests_.erase(guests_.begin());
  guests_.push_back({{in.from, in.where}, now});
}

/// Somebody in another network who may dial `asker`, a stranger to it if possible.
std::optional<wire::contact> node::helper_for(time_point now, const received& asker,
                                              wire::translation nat) {
  const auto elsewhere = [&](const wire::contact& c) {
    return c.key != asker.from &&
           (config_.diverse ? network_of(c.where.address) != network_of(asker.where.address)
                            : c.where.address != asker.where.address);
  };
  // Nobody is told of who serves nobody, so the asker cannot have talked to him: in a small network
  // the only stranger there is. By turns, for anybody can be one at the price of a session. Not for
  // askers behind NATs: the guest may be the one who is to meet it, and a NAT that takes his packet
  // for a flow of its own gives the asker another port towards him.
  if (nat == wire::translation::none &&
      (random_.below(2) == 0 || table_.size() <= 2u * config_.k)) {
    std::vector<wire::contact> able;
    for (const guest& g : guests_)
      if (now - g.heard <= config_.guest_life && elsewhere(g.who)) able.push_back(g.who);
    if (!able.empty()) return able[random_.below(able.size())];
  }
  // Whom the asker is likely to know, its NAT may already let in: not the ones close to it.
  const auto close = table_.size() > 2u * config_.k
                         ? table_.closest(id_of(asker.from), config_.k, nullptr, true)
                         : std::vector<const entry*>{};
  for (int attempt = 0; attempt < 8; ++attempt) {
    const entry* e = table_.random(random_);
    if (e == nullptr) break;
    if (e->fails > 0 || !elsewhere(e->contact())) continue;
    if (std::find(close.begin(), close.end(), e) == close.end()) return e->contact();
  }
  return std::nullopt;
}

void node::on(time_point now, const received& in, const wire::dial_request& m, actions& out) {
  if (in.early || !config_.serves || !sane(in.where)) return;
  const auto helper = helper_for(now, in, m.nat);
  remember_guest(now, in);
  if (!helper) return;
  if (!dial_gate_.allow(now, dial_gap, dial_network_gap, in.where)) {
    out.emplace_back(note{note_kind::dht_dial_limited, in.from, in.where});
    return;
  }
  out.emplace_back(send{*helper, wire::dial_back{in.where, m.nonce}});
  out.emplace_back(send{{in.from, in.where}, wire::dial_passed{m.tx}});
}

void node::on(time_point now, const received& in, const wire::dial_back& m, actions& out) {
  if (in.early || !sane(m.target)) return;
  if (!reach_gate_.allow(now, dial_gap, dial_network_gap, m.target)) {
    out.emplace_back(note{note_kind::dht_reach_limited, in.from, m.target});
    return;
  }
  out.emplace_back(send_reach{m.target, m.nonce});
}

}  // namespace wh::dht
