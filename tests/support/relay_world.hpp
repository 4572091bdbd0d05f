#pragma once

#include <deque>
#include <map>
#include <set>

#include "actors/proto/relay/guest.hpp"
#include "actors/proto/relay/host.hpp"
#include "tests/support/actions.hpp"

namespace wh::test {

/// Relays and guests that talk to each other over ways of one length, in an order that depends on
/// nothing but what they do.
class relay_world {
 public:
  struct guest_host {
    guest_host(public_key k, seed s) : self(k), random(s), it({}, random) {}
    public_key self;
    seeded_rng random;
    relay::guest it;
    relay::guest_actions did;  // all it ever did
  };
  struct question {
    time_point when;
    public_key relay;
    wire::transaction tx;
  };

  explicit relay_world(std::uint32_t relays, std::uint64_t root = 1) : seed_(root) {
    for (std::uint32_t i = 0; i < relays; ++i) add_relay({});
  }
  relay_world(const relay_world&) = delete;

  void add_relay(relay::host_config c) {
    relays_.emplace(key(static_cast<std::uint32_t>(relays_.size() + 1)),
                    relay_host{relay::host(c), true});
  }
  guest_host& add_guest() {
    const auto n = static_cast<std::uint32_t>(guests_.size());
    guests_.emplace_back(key(1000 + n), seed_.derive("guest", n));
    return guests_.back();
  }
  std::deque<guest_host>& guests() { return guests_; }
  endpoint address(std::uint32_t n) const { return {ip_address::v4(0xc6336400U + n), 51820}; }
  wire::contact relay(std::uint32_t n) const { return {key(n), address(n)}; }
  const relay::host& host_of(const public_key& k) const { return relays_.at(k).it; }
  /// A dead relay forgets its guests.
  void kill(std::uint32_t n) {
    auto& r = relays_.at(key(n));
    r.alive = false;
    r.it = relay::host({});
  }
  void revive(std::uint32_t n) { relays_.at(key(n)).alive = true; }
  /// From now on it is there alone.
  wire::contact move(std::uint32_t n, const endpoint& to) {
    relays_.at(key(n)).where = to;
    return {key(n), to};
  }
  std::size_t asked_relays() const {
    std::set<public_key> k;
    for (const question& q : questions) k.insert(q.relay);
    return k.size();
  }

  template <class Input>
  void tell(guest_host& g, const Input& in) {
    const auto from = g.did.size();
    g.it.handle(now, in, g.did);
    act(g, from);
  }

  void run(duration d) {
    const time_point end = now + d;
    for (;;) {
      time_point next = events_.empty() ? end : events_.begin()->first.first;
      guest_host* whose = nullptr;
      for (guest_host& g : guests_)
        if (const auto t = g.it.next_timeout(); t && *t < next) {
          next = *t;
          whose = &g;
        }
      if (next > end || (!whose && events_.empty())) break;
      now = std::max(now, next);
      if (whose) {
        const auto from = whose->did.size();
        whose->it.handle_timeout(now, whose->did);
        if (whose->it.next_timeout()) REQUIRE(*whose->it.next_timeout() > now);
        act(*whose, from);
      } else {
        event e = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        arrive(e);
      }
    }
    now = end;
  }

  time_point now = t0;
  duration latency = 20ms;               // one way
  std::optional<std::uint16_t> lease_s;  // granted instead of the host's
  std::vector<question> questions;

 private:
  struct relay_host {
    relay::host it;
    bool alive = true;
    std::optional<endpoint> where{};  // none: it is found wherever it is asked
  };
  struct event {
    public_key from, to;
    endpoint where;
    wire::message what;
  };

  void post(event e) { events_.emplace(std::pair{now + latency, ++order_}, std::move(e)); }

  void act(guest_host& g, std::size_t from) {
    for (std::size_t i = from; i < g.did.size(); ++i)
      if (const auto* s = std::get_if<relay::guest_send>(&g.did[i])) {
        if (const auto* m = std::get_if<wire::relay_attach>(&s->what))
          questions.push_back({now, s->to.key, m->tx});
        post({g.self, s->to.key, s->to.where, s->what});
      }
  }

  void arrive(event& e) {
    if (const auto r = relays_.find(e.to); r != relays_.end()) {
      if (!r->second.alive || r->second.where.value_or(e.where) != e.where) return;
      relay::host_actions out;
      r->second.it.handle(now, {e.from, {}, std::move(e.what)}, out);
      for (auto& s : all<relay::host_send>(out)) {
        if (auto* a = std::get_if<wire::relay_attached>(&s.what); a && lease_s)
          a->lease_s = *lease_s;
        post({e.to, s.to, {}, std::move(s.what)});
      }
      return;
    }
    for (guest_host& g : guests_)
      if (g.self == e.to) tell(g, relay::guest_received{e.from, e.what});
  }

  seed seed_;
  std::map<public_key, relay_host> relays_;
  std::deque<guest_host> guests_;
  std::map<std::pair<time_point, std::uint64_t>, event> events_;
  std::uint64_t order_ = 0;
};

}  // namespace wh::test
