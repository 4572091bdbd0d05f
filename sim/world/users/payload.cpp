#include "sim/world/users/payload.hpp"

#include <algorithm>
#include <set>

namespace wh::sim {

namespace {

/// A pair's last moment must be judged by payload of that moment: users who send more seldom than
/// this send once more so long before the end.
constexpr duration last_word = 3s;

}  // namespace

std::vector<wanted_pair> draw_pairs(const scenario& sc, const roster& who, rng& random) {
  std::vector<wanted_pair> pairs;
  for (std::size_t item = 0; item < sc.workload.size(); ++item) {
    const auto& load = sc.workload[item].connect;
    if (!load) continue;
    const auto eligible = [&](std::string_view group) {
      std::vector<std::size_t> v = who.hosts_of(group);
      std::erase_if(v, [&](std::size_t h) { return !who.is_member(h); });
      return v;
    };
    const auto from = eligible(load->from), to = eligible(load->to);
    std::set<std::pair<std::size_t, std::size_t>> taken;
    const auto add = [&](std::size_t a, std::size_t b) {
      if (a != b && taken.insert(std::minmax({a, b})).second) pairs.push_back({a, b, item});
    };
    if (!load->pairs) {
      for (const std::size_t a : from)
        for (const std::size_t b : to) add(a, b);
    } else if (!from.empty() && !to.empty()) {
      for (unsigned tries = 0; taken.size() < *load->pairs && tries < 100 * *load->pairs; ++tries) {
        // One draw a statement: the order of a call's arguments is the compiler's.
        const std::size_t a = from[random.below(from.size())];
        const std::size_t b = to[random.below(to.size())];
        add(a, b);
      }
    }
  }
  return pairs;
}

void payload_users::schedule(rng& random) {
  for (std::size_t p = 0; p < sequences_.size(); ++p) {
    const workload_item& w = item_of(p);
    // Spread over one interval, so that a thousand pairs are not one burst.
    const duration offset{static_cast<std::int64_t>(
        random.below(static_cast<std::uint64_t>(w.ping_interval.count())))};
    const time_point start = around_.sim.epoch() + w.from + offset;
    const time_point end = around_.sim.epoch() + w.until;
    around_.sim.at(start, [this, p] { send_request(p); });
    if (w.ping_interval > last_word && end - start > last_word)
      around_.sim.at(end - last_word, [this, p] { send_now(p); });
    around_.sim.at(end, [this, p] {
      around_.log.tell(around_.sim.now(), pair_ended{static_cast<pair_number>(p)});
    });
  }
}

void payload_users::send_request(std::size_t p) {
  const workload_item& w = item_of(p);
  if (around_.sim.now() >= around_.sim.epoch() + w.until) return;
  around_.sim.after(w.ping_interval, [this, p] { send_request(p); });
  send_now(p);
}

void payload_users::send_now(std::size_t p) {
  const wanted_pair& ends = around_.who.pairs()[p];
  if (!around_.hosts[ends.from]->running() || !around_.hosts[ends.to]->running()) return;
  const echo e{echo::kind::request, false, static_cast<std::uint32_t>(p), ++sequences_[p],
               around_.sim.now()};
  around_.log.tell(e.sent, payload_sent{e.pair, e.sequence});
  around_.hosts[ends.from]->send_payload(around_.who.key_of(ends.to),
                                         encode(e, item_of(p).payload_bytes));
}

std::optional<echo> payload_users::arrived(host& at, std::size_t sender, byte_view payload,
                                           bool relayed) {
  auto e = decode_echo(payload);
  if (!e || e->pair >= sequences_.size()) return std::nullopt;
  const wanted_pair& ends = around_.who.pairs()[e->pair];
  const bool request = e->what == echo::kind::request;
  if (ends.from != (request ? sender : at.number()) || ends.to != (request ? at.number() : sender))
    return std::nullopt;
  const time_point now = around_.sim.now();
  around_.log.tell(
      now, payload_came{e->pair, request ? leg::request : leg::reply, e->sequence, relayed});
  if (request) {
    echo back = *e;
    back.what = echo::kind::reply;
    back.relayed = relayed;
    at.send_payload(around_.who.key_of(sender), encode(back, payload.size()));
  } else {
    around_.log.tell(now, payload_answered{e->pair, e->sequence, e->sent, !relayed && !e->relayed});
  }
  return e;
}

}  // namespace wh::sim
