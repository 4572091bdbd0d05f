#include "sim/world/users/payload.hpp"

namespace wh::sim {

namespace {

/// A pair's last moment must be judged by payload of that moment: users who send more seldom than
/// this send once more so long before the end.
constexpr duration last_word = 3s;

}  // namespace

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
  if (around_.never) around_.never->payload_sent(e);
  around_.flow.on_echo_sent(e.sent, ends.from, ends.to, e);
  around_.hosts[ends.from]->send_payload(around_.who.key_of(ends.to),
                                         encode(e, item_of(p).payload_bytes));
}

void payload_users::arrived(host& at, std::size_t sender, byte_view payload, bool relayed) {
  const auto e = decode_echo(payload);
  if (!e || e->pair >= sequences_.size()) return;
  const wanted_pair& ends = around_.who.pairs()[e->pair];
  const bool request = e->what == echo::kind::request;
  if (ends.from != (request ? sender : at.number()) || ends.to != (request ? at.number() : sender))
    return;
  const time_point now = around_.sim.now();
  around_.flow.on_echo_arrived(sender, at.number(), *e, relayed);
  around_.log.tell(
      now, payload_came{e->pair, request ? leg::request : leg::reply, e->sequence, relayed});
  if (!request) {
    around_.log.tell(now, payload_answered{e->pair, e->sequence, e->sent, !relayed && !e->relayed});
    return;
  }
  echo back = *e;
  back.what = echo::kind::reply;
  back.relayed = relayed;
  around_.flow.on_echo_sent(now, at.number(), sender, back);
  at.send_payload(around_.who.key_of(sender), encode(back, payload.size()));
}

}  // namespace wh::sim
