#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "actors/proto/session/layer.hpp"
#include "tests/support/toy_crypto.hpp"

/// Layers that talk over a network which is a list: it delays, drops, doubles, reorders, and lets a
/// test read, copy and forge everything.
namespace wh::test {

using namespace wh::session;

struct host {
  endpoint address;
  seeded_rng random;
  std::unique_ptr<layer> engine;
  std::vector<deliver> inbox;
  std::vector<established> up;
  std::vector<gave_up> down;
  std::vector<reached> reaches;
  std::vector<std::uint64_t> kept;
  std::map<note_kind, int> notes;
  /// Answers requests at the same instant when set.
  std::function<std::optional<wire::message>(const deliver&)> answer;
  std::vector<public_key> anew{};  // began a new life

  int count(note_kind what) const {
    const auto it = notes.find(what);
    return it == notes.end() ? 0 : it->second;
  }
  const public_key& key() const { return engine->key(); }
};

struct flying {
  time_point at;
  std::uint64_t order;
  wire::route from;  // as the receiver sees it
  wire::route to;
  public_key to_key;  // for relayed ones
  bytes datagram;
};

class network {
 public:
  explicit network(std::uint64_t root = 1, const crypto_suite& crypto = sodium_crypto())
      : random_(seed{root}.derive("network")), seed_(root), crypto_(crypto) {}

  time_point now = from_unix_seconds(1'700'000'000);
  duration delay = 10ms;
  duration jitter = 0ms;
  double loss = 0;
  double doubled = 0;
  /// Sees every datagram as it leaves; false drops it.
  std::function<bool(flying&)> tap;
  std::vector<flying> sent;        // all that left, dropped or not
  std::vector<std::string> kinds;  // the same, as each layer names it
  std::deque<host> hosts;

  host& add(const std::string& name, layer::config c = {}, const crypto_suite* crypto = nullptr) {
    const auto n = static_cast<std::uint8_t>(hosts.size() + 1);
    host& h = hosts.emplace_back(host{{ip_address::v4(10, n, 0, 1), 1000},
                                      seeded_rng{seed_.derive(name)},
                                      {},
                                      {},
                                      {},
                                      {},
                                      {},
                                      {},
                                      {},
                                      {}});
    start(h, std::move(c), crypto);
    return h;
  }
  /// A process begins (again): same key when `c.secret` is that of before.
  void start(host& h, layer::config c, const crypto_suite* crypto = nullptr) {
    const crypto_suite& suite = crypto ? *crypto : crypto_;
    if (c.secret == private_key{}) c.secret = suite.make_private_key(h.random);
    if (c.name_space.empty()) c.name_space = "test";
    h.engine = std::make_unique<layer>(std::move(c), suite, h.random);
  }

  void say(host& from, host& to, wire::message m, std::optional<wire::route> via = std::nullopt) {
    if (!via && !from.engine->route_of(to.key())) via = wire::direct(to.address);
    feed(from, send{to.key(), via, std::move(m)});
  }
  template <class Input>
  void feed(host& h, const Input& input) {
    actions out;
    h.engine->handle(now, input, out);
    apply(h, out);
  }
  void datagram(host& h, const wire::route& from, byte_view d) { feed(h, received{from, d}); }

  void apply(host& h, actions& first) {
    std::deque<action> todo(std::make_move_iterator(first.begin()),
                            std::make_move_iterator(first.end()));
    while (!todo.empty()) {
      action a = std::move(todo.front());
      todo.pop_front();
      if (auto* t = std::get_if<transmit>(&a)) {
        launch(h, *t);
      } else if (auto* d = std::get_if<deliver>(&a)) {
        if (h.answer)
          if (auto m = h.answer(*d)) {
            actions more;
            h.engine->handle(now, send{d->from, d->via, std::move(*m)}, more);
            for (auto& x : more) todo.push_back(std::move(x));
          }
        h.inbox.push_back(std::move(*d));
      } else if (auto* e = std::get_if<established>(&a)) {
        h.up.push_back(*e);
      } else if (auto* b = std::get_if<begun_anew>(&a)) {
        h.anew.push_back(b->peer);
      } else if (auto* g = std::get_if<gave_up>(&a)) {
        h.down.push_back(*g);
      } else if (auto* r = std::get_if<reached>(&a)) {
        h.reaches.push_back(*r);
      } else if (auto* k = std::get_if<keep_timestamp>(&a)) {
        h.kept.push_back(k->stamp);
      } else {
        ++h.notes[std::get<note>(a).what];
      }
    }
  }

  void run(duration d) {
    const time_point end = now + d;
    for (;;) {
      auto packet =
          std::min_element(air_.begin(), air_.end(), [](const flying& a, const flying& b) {
            return std::pair{a.at, a.order} < std::pair{b.at, b.order};
          });
      time_point next = packet == air_.end() ? never : packet->at;
      host* timer = nullptr;
      for (host& h : hosts)
        if (h.engine)
          if (const auto t = h.engine->next_timeout(); t && *t < next) {
            next = *t;
            timer = &h;
          }
      if (next > end) break;
      now = std::max(now, next);
      if (timer != nullptr) {
        actions out;
        timer->engine->handle_timeout(now, out);
        apply(*timer, out);
        const auto again = timer->engine->next_timeout();
        WH_CHECK(!again || *again > now);  // a timeout that is dealt with is gone
      } else {
        const flying f = std::move(*packet);
        air_.erase(packet);
        for (host& h : hosts)
          if (h.engine && (f.to.relayed() ? h.key() == f.to_key : h.address == f.to.where))
            datagram(h, f.from, f.datagram);
      }
    }
    now = end;
  }

  /// Bytes sent by a host so far, and forget them.
  std::size_t sent_by(const endpoint& from) const {
    std::size_t sum = 0;
    for (const auto& f : sent)
      if (f.from.where == from) sum += f.datagram.size();
    return sum;
  }

 private:
  void launch(host& h, transmit& t) {
    kinds.push_back(to_string(t.what));
    flying f{now + delay, order_++, wire::direct(h.address), t.via, t.to, std::move(t.datagram)};
    if (t.via.relayed()) f.from = t.via;
    if (jitter > 0ms)
      f.at += duration{
          static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(jitter.count())))};
    sent.push_back(f);
    if (tap && !tap(f)) return;
    if (random_.chance(loss)) return;
    if (random_.chance(doubled)) {
      auto copy = f;
      copy.at += 1ms;
      copy.order = order_++;
      air_.push_back(std::move(copy));
    }
    air_.push_back(std::move(f));
  }

  std::vector<flying> air_;
  seeded_rng random_;
  seed seed_;
  const crypto_suite& crypto_;
  std::uint64_t order_ = 0;
};

/// What a DHT node says: everything it knows, and it knows a lot.
inline std::optional<wire::message> full_answer(const deliver& d) {
  wire::bounded<wire::contact, wire::k> contacts;
  for (std::uint8_t i = 0; !contacts.full(); ++i) {
    wire::contact c;
    c.key.value.fill(i);
    fixed_bytes<16> a{};
    a[0] = 0x20;
    a[15] = i;
    c.where = {ip_address::v6(a), 1};
    contacts.push_back(c);
  }
  if (const auto* p = std::get_if<wire::ping>(&d.what)) return wire::pong{p->tx, d.via.where};
  if (const auto* f = std::get_if<wire::find_node>(&d.what))
    return wire::nodes{f->tx, d.via.where, contacts};
  if (const auto* f = std::get_if<wire::find_record>(&d.what)) {
    wire::record r;
    for (std::uint8_t i = 0; !r.endpoints.full(); ++i) r.endpoints.push_back(contacts[i].where);
    while (!r.relays.full()) r.relays.push_back(contacts[0]);
    return wire::records{f->tx, d.via.where, {}, r, contacts};
  }
  if (const auto* s = std::get_if<wire::store>(&d.what)) return wire::stored{s->tx, {}};
  if (const auto* a = std::get_if<wire::relay_attach>(&d.what))
    return wire::relay_attached{a->tx, {}, 60, d.via.where};
  return std::nullopt;
}

inline wire::find_node ask(std::uint32_t tx = 1) { return {wire::transaction{tx}, {}}; }
inline wire::ping ping(std::uint32_t tx = 1) { return {wire::transaction{tx}}; }

}  // namespace wh::test
