#include "sim/world/users/lookups.hpp"

#include <algorithm>
#include <cmath>

#include "actors/proto/record/record.hpp"

namespace wh::sim {

namespace {

/// Both who asks and who is sought have run for so long: what a peer is given to be found.
constexpr duration settled = 60s;
/// What a new record is given to reach its holders.
constexpr duration spreading = 30s;

std::optional<host_number> number_of(std::optional<std::size_t> h) {
  if (!h) return std::nullopt;
  return static_cast<host_number>(*h);
}

}  // namespace

lookup_users::lookup_users(around a, rng& random)
    : around_(a),
      random_(random),
      asker_(a.sim.system().spawn<actors::asker_shell>(a.sim.clock())),
      tallies_(a.script.workload.size()),
      signed_(a.who.size()) {}

std::vector<std::string> lookup_users::warnings() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < tallies_.size(); ++i)
    if (tallies_[i].begun == 0 && tallies_[i].skipped > 0)
      out.push_back("workload " + std::to_string(i) +
                    ": no lookup began; who asks and who is sought must have run for a minute");
  return out;
}

void lookup_users::schedule() {
  for (const workload_item& w : around_.script.workload)
    if (w.lookups) around_.sim.at(around_.sim.epoch() + w.from, [this, &w] { look_up(w); });
}

void lookup_users::signed_record(std::size_t h, std::uint64_t sequence) {
  auto& v = signed_[h];
  // Who is somebody else by now has other records.
  std::erase_if(v, [&](const version& x) { return x.at < around_.hosts[h]->became(); });
  // Before the newest that everybody can have, none is asked for any more.
  const auto spread = std::find_if(v.rbegin(), v.rend(), [&](const version& x) {
    return x.at + spreading <= around_.sim.now();
  });
  if (spread != v.rend()) v.erase(v.begin(), spread.base() - 1);
  v.push_back({around_.sim.now(), sequence});
}

std::uint64_t lookup_users::wanted_of(std::size_t h) const {
  std::uint64_t wanted = 0;
  for (const version& x : signed_[h])
    if (x.at >= around_.hosts[h]->became() &&
        (wanted == 0 || x.at + spreading <= around_.sim.now()))
      wanted = x.sequence;
  return wanted;
}

void lookup_users::look_up(const workload_item& w) {
  const time_point now = around_.sim.now();
  if (now >= around_.sim.epoch() + w.until) return;
  const double gap_s = -std::log1p(-random_.unit()) / w.lookups->per_s;
  around_.sim.after(duration{static_cast<std::int64_t>(gap_s * 1e9)}, [this, &w] { look_up(w); });
  const auto pick = [&](std::string_view group, auto suits) -> std::optional<std::size_t> {
    const auto& all = around_.who.hosts_of(group);
    for (unsigned tries = 0; tries < 100 && !all.empty(); ++tries)
      if (const std::size_t h = all[random_.below(all.size())]; suits(h)) return h;
    return std::nullopt;
  };
  const auto runs_long = [&](std::size_t h) {
    return around_.hosts[h]->running() && now - around_.hosts[h]->started() >= settled;
  };
  // Who hears nobody cannot ask: what is measured is the DHT, not the host's firewall.
  const auto asker = pick(w.lookups->from, [&](std::size_t h) {
    return runs_long(h) && around_.where.layout().sides_of(h).udp();
  });
  const auto item = static_cast<std::uint32_t>(&w - around_.script.workload.data());
  if (w.lookups->absent_ratio > 0 && random_.unit() < w.lookups->absent_ratio) {
    if (!asker) return skip(item, true);
    public_key nobody;
    random_.fill(nobody.value);
    return ask(*asker, item, std::nullopt, nobody);
  }
  const auto sought = pick(w.lookups->to, [&](std::size_t h) {
    return runs_long(h) && (!asker || h != *asker) && wanted_of(h) > 0;
  });
  if (!asker || !sought) return skip(item, !asker);
  ask(*asker, item, *sought, around_.who.key_of(*sought));
}

void lookup_users::skip(std::uint32_t item, bool nobody_asks) {
  ++tallies_[item].skipped;
  around_.log.tell(around_.sim.now(), lookup_skipped{item, nobody_asks});
}

void lookup_users::ask(std::size_t asker, std::uint32_t item, std::optional<std::size_t> sought,
                       const public_key& key) {
  const auto& hosts = around_.hosts;
  ++tallies_[item].begun;
  attempt a{++lookups_, item, asker, sought, 0, hosts[asker]->starts(), 0};
  if (sought) {
    a.wanted = wanted_of(*sought);
    a.sought_life = hosts[*sought]->starts();
  }
  around_.log.tell(around_.sim.now(), lookup_began{a.number, item, static_cast<host_number>(asker),
                                                   number_of(sought)});
  dht::lookup l;
  l.target = record::location_of(around_.crypto, key, around_.who.name_space());
  around_.sim.post(asker_, actors::question_to<dht::finished>(
                               hosts[asker]->peer()->all->dht, l,
                               [this, a](const dht::finished* f) { ended(a, f); }));
}

void lookup_users::ended(const attempt& a, const dht::finished* f) {
  const host& asker = *around_.hosts[a.asker];
  const bool asker_left = !asker.running() || asker.starts() != a.asker_life;
  const bool sought_left = a.sought && (!around_.hosts[*a.sought]->running() ||
                                        around_.hosts[*a.sought]->starts() != a.sought_life);
  lookup_ended e{a.number,
                 a.item,
                 static_cast<host_number>(a.asker),
                 number_of(a.sought),
                 lookup_outcome::not_found,
                 0,
                 a.wanted,
                 0,
                 0,
                 0s};
  if (f) {
    e.requests = f->requests;
    e.timeouts = f->timeouts;
    e.took = f->took;
    if (f->found) e.sequence = f->found->sequence;
  }
  if (asker_left || sought_left)
    e.outcome = lookup_outcome::left;
  else if (!f)
    e.outcome = lookup_outcome::no_answer;
  else if (f->found)
    e.outcome = e.sequence >= a.wanted ? lookup_outcome::found : lookup_outcome::stale;
  around_.log.tell(around_.sim.now(), e);
}

}  // namespace wh::sim
