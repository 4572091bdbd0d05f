#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "actors/proto/punch/paths.hpp"
#include "actors/proto/relay/guest.hpp"
#include "actors/proto/relay/host.hpp"
#include "sim/nat/box.hpp"
#include "sim/nat/profiles.hpp"
#include "tests/support/actions.hpp"

namespace wh::test {

/// Hosts behind NATs that make paths to each other: the engines of PUNCH and RELAY as they are, a
/// table for the DHT, packets with a life for the network, and no sessions, for every packet is
/// what it says it is.
///
/// Everything takes its turn in the order of time and then of being asked for.
class path_world {
 public:
  struct site {
    std::optional<sim::nat::box> box;  // none: public addresses
    ip_address outside;
  };
  struct host {
    host(public_key k, punch::config c, seed s)
        : self(k), random(s), paths(c, k, random), guest({}, random), carrier({}) {}

    public_key self;
    seeded_rng random;
    punch::paths paths;
    relay::guest guest;
    relay::host carrier;
    site* behind = nullptr;
    endpoint local;
    endpoint seen;  // from outside, as it knows
    wire::nat_class kind = wire::nat_class::unknown;
    bool alive = true;
    std::vector<wire::contact> homes;
    std::map<public_key, endpoint> heard;  // where a peer's packets last came from
    std::map<public_key, std::optional<wire::route>> route;
    std::vector<punch::status> told;
    std::vector<punch::probed> probed;
    std::vector<note> noted;
    unsigned lookups = 0;
    time_point wake = time_point::max();
    std::uint64_t sequence = 0;
  };

  explicit path_world(std::uint64_t root = 1, punch::config c = {})
      : config(c), seed_(root), chance_(seed_.derive("loss")) {}
  path_world(const path_world&) = delete;

  /// A host of its own behind a NAT of this kind; without one it has a public address.
  host& add(const sim::nat::config* nat, wire::nat_class kind) {
    sites_.push_back({});
    site& s = sites_.back();
    const auto n = static_cast<std::uint32_t>(sites_.size());
    s.outside = ip_address::v4(0xcb007100U + n);  // 203.0.113.n
    if (nat) s.box.emplace(sim::nat::borrow(*nat), s.outside, seed_.derive("box", n));
    return add_at(s, kind);
  }
  host& add(std::string_view profile, wire::nat_class kind) {
    const auto* c = sim::nat::profile(profile);
    REQUIRE(c);
    return add(c, kind);
  }
  host& add_open() { return add(nullptr, wire::nat_class::open); }
  /// Another host on the network of this one.
  host& add_beside(host& other) { return add_at(*other.behind, other.kind); }

  /// Everybody learns where it is seen, gets homes at these relays where it needs any, is
  /// everybody's member and has a record.
  void settle(const std::vector<host*>& relays) {
    std::vector<punch::member> members;
    for (host& h : hosts_) members.push_back({h.self, {}});
    for (host& h : hosts_) {
      h.paths.set_members(members);
      learn(h);
      if (h.kind == wire::nat_class::open) continue;
      for (host* r : relays) tell(h, relay::candidate{{r->self, r->seen}});
      tell(h, relay::want_homes{true});
    }
    run(5s);
  }
  /// The host finds out where it is seen now, and says so.
  void learn(host& h) {
    h.seen = h.local;
    if (h.behind->box) {
      const auto v = h.behind->box->outbound({h.local, observer, 64, 60}, now);
      h.seen = v.passed() ? v.out.src : endpoint{};
    }
    std::vector<endpoint> c;
    if (!h.seen.is_unspecified()) c.push_back(h.seen);
    if (h.kind == wire::nat_class::endpoint_dependent)
      c.push_back({h.seen.address, h.local.port()});
    if (h.local != h.seen) c.push_back(h.local);
    publish_soon(h);
    tell(h, punch::self_changed{h.kind, c});
  }
  void want(host& a, const host& b) { tell(a, punch::want{b.self}); }
  /// Payload both ways, from now on.
  void flow(host& a, host& b) {
    tell(a, punch::payload{b.self});
    tell(b, punch::payload{a.self});
    later(500ms, [this, &a, &b] { flow(a, b); });
  }
  void kill(host& h) { h.alive = false; }

  template <class Input>
  requires requires(punch::paths p, Input in, punch::actions out) {
    p.handle(time_point{}, in, out);
  }
  void tell(host& h, const Input& in) {
    punch::actions out;
    h.paths.handle(now, in, out);
    act(h, out);
  }
  template <class Input>
  requires requires(relay::guest g, Input in, relay::guest_actions out) {
    g.handle(time_point{}, in, out);
  }
  void tell(host& h, const Input& in) {
    relay::guest_actions out;
    h.guest.handle(now, in, out);
    act(h, out);
  }

  void run(duration d) {
    run_until(d, [] { return false; });
  }
  /// How long until `done`; more than `most` when it never was.
  duration run_until(duration most, const std::function<bool()>& done) {
    const time_point start = now, end = now + most;
    while (!done()) {
      if (events_.empty() || events_.begin()->first.first > end) {
        now = end;
        return most + 1ns;
      }
      now = events_.begin()->first.first;
      const auto what = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      what();
    }
    return now - start;
  }
  duration until(duration most, const host& a, const host& b, punch::path_state s) {
    return run_until(most, [&] { return state(a, b) == s; });
  }

  punch::path_state state(const host& a, const host& b) const {
    const auto s = a.paths.status_of(b.self);
    return s ? s->state : punch::path_state::none;
  }
  punch::reason why(const host& a, const host& b) const {
    const auto s = a.paths.status_of(b.self);
    return s ? s->why : punch::reason::none;
  }
  bool direct(const host& a, const host& b) const {
    return state(a, b) == punch::path_state::direct && state(b, a) == punch::path_state::direct;
  }
  static std::size_t noted(const host& h, note_kind what) {
    return static_cast<std::size_t>(std::count_if(h.noted.begin(), h.noted.end(),
                                                  [&](const note& n) { return n.what == what; }));
  }
  host& owner(const public_key& k) {
    for (host& h : hosts_)
      if (h.self == k) return h;
    FAIL("no such host");
    return hosts_.front();
  }

  punch::config config;
  time_point now = t0;
  duration latency = 25ms;  // one way between any two sites
  std::uint8_t hops = 10;   // between two sites' edges
  double loss_ratio = 0;
  std::map<public_key, wire::record> dht;
  std::map<std::pair<public_key, endpoint>, std::size_t> sent;  // by whom, where to
  std::size_t packets = 0;

 private:
  struct datagram {
    public_key from, to;
    wire::message what;
  };
  static inline const endpoint observer{ip_address::v4(192, 0, 2, 53), 51820};

  host& add_at(site& s, wire::nat_class kind) {
    const auto n = static_cast<std::uint32_t>(hosts_.size() + 1);
    hosts_.emplace_back(key(n), config, seed_.derive("host", n));
    host& h = hosts_.back();
    h.behind = &s;
    h.kind = kind;
    h.local = {s.box ? ip_address::v4(10, 0, 0, static_cast<std::uint8_t>(n)) : s.outside, 51820};
    h.sequence = 1;
    return h;
  }

  void later(duration d, std::function<void()> what) {
    events_.emplace(std::pair{now + d, ++order_}, std::move(what));
  }

  void publish_soon(host& h) {
    later(600ms, [this, &h] {
      wire::record r;
      r.key = h.self;
      r.sequence = ++h.sequence;
      r.nat = h.kind;
      if (h.seen.address.is_global()) r.endpoints.push_back(h.seen);
      for (const wire::contact& c : h.homes) r.relays.push_back(c);
      if (h.alive) dht[h.self] = r;
    });
  }

  void wake_up(host& h) {
    for (const auto& t : {h.paths.next_timeout(), h.guest.next_timeout(), h.carrier.next_timeout()})
      if (t && *t < h.wake) {
        h.wake = std::max(*t, now);
        events_.emplace(std::pair{h.wake, ++order_}, [this, &h, at = h.wake] {
          if (h.wake == at) wake(h);  // else one came before, or has been already
        });
      }
  }
  void wake(host& h) {
    h.wake = time_point::max();
    punch::actions p;
    relay::guest_actions g;
    h.paths.handle_timeout(now, p);
    h.guest.handle_timeout(now, g);
    relay::host_actions ended;
    h.carrier.handle_timeout(now, ended);
    for (const auto& t : {h.paths.next_timeout(), h.guest.next_timeout(), h.carrier.next_timeout()})
      if (t) REQUIRE(*t > now);
    act(h, p);
    act(h, g);
  }

  void act(host& h, punch::actions& out) {
    for (punch::action& a : out) std::visit([&](auto& x) { perform(h, x); }, a);
    wake_up(h);
  }
  void act(host& h, relay::guest_actions& out) {
    for (relay::guest_action& a : out) std::visit([&](auto& x) { perform(h, x); }, a);
    wake_up(h);
  }

  // What actors tell each other arrives at the same instant, after what was told before.
  template <class Input>
  void pass_on(host& h, Input in) {
    later(0ns, [this, &h, in = std::move(in)] { tell(h, in); });
  }
  void perform(host& h, punch::find& f) {
    ++h.lookups;
    later(150ms, [this, &h, peer = f.peer] {
      const auto r = dht.find(peer);
      tell(h, punch::found{peer, r != dht.end() ? std::optional{r->second} : std::nullopt});
    });
  }
  void perform(host& h, punch::visit_relay& v) {
    pass_on(h, relay::visit{v.relay, v.wanted, v.peer});
  }
  void perform(host& h, punch::suspect_relay& s) { pass_on(h, relay::suspect{s.relay}); }
  void perform(host& h, punch::send& s) {
    if (s.via.relay) {
      frames_.push_back({h.self, s.to, std::move(s.what)});
      bytes index(8);
      store_be(index.data(), std::uint64_t{frames_.size() - 1});
      const auto where = h.guest.contact_of(*s.via.relay);
      const bool named = where && !where->where.is_unspecified();
      to_endpoint(h, named ? where->where : h.heard[*s.via.relay],
                  {h.self, *s.via.relay, wire::relay_to{s.to, index}}, 64);
    } else {
      const endpoint where = s.via.where.is_unspecified() ? h.heard[s.to] : s.via.where;
      const auto limit = static_cast<std::uint8_t>(s.limit);
      to_endpoint(h, where, {h.self, s.to, std::move(s.what)}, limit == 0 ? 64 : limit);
    }
  }
  void perform(host& h, punch::use& u) { h.route[u.peer] = u.via; }
  void perform(host&, punch::measured&) {}
  void perform(host&, punch::not_reached&) {}
  void perform(host& h, punch::status& s) { h.told.push_back(s); }
  void perform(host& h, punch::probed& p) { h.probed.push_back(p); }
  void perform(host& h, note& n) { h.noted.push_back(n); }
  void perform(host& h, relay::guest_send& s) {
    const bool named = !s.to.where.is_unspecified();
    to_endpoint(h, named ? s.to.where : h.heard[s.to.key], {h.self, s.to.key, std::move(s.what)},
                64);
  }
  void perform(host& h, relay::attached& a) { pass_on(h, punch::relay_up{a.relay, a.rtt}); }
  void perform(host& h, relay::detached& d) { pass_on(h, punch::relay_down{d.relay}); }
  void perform(host& h, relay::homes& now_homes) {
    h.homes = std::move(now_homes.relays);
    publish_soon(h);
  }
  void perform(host&, relay::need_candidates&) {}
  void perform(host&, relay::enough_candidates&) {}
  void perform(host&, relay::seen_at&) {}  // `learn` is for tests to call

  void to_endpoint(host& h, const endpoint& to, datagram d, std::uint8_t life) {
    if (!h.alive || to.is_unspecified()) return;
    ++packets;
    ++sent[{h.self, to}];
    sim::nat::packet p{h.local, to, life, 100};
    if (!to.address.is_global()) {  // on our own network, or nowhere
      for (host& n : hosts_)
        if (n.behind == h.behind && n.local == to) arrive_later(n, h.local, std::move(d), 1ms);
      return;
    }
    if (h.behind->box) {
      const auto v = h.behind->box->outbound(p, now);
      if (v.kind == sim::nat::verdict::fate::hairpin) {
        for (host& n : hosts_)
          if (n.behind == h.behind && n.local == v.out.dst)
            arrive_later(n, v.out.src, std::move(d), 1ms);
        return;
      }
      if (!v.passed()) return;
      p = v.out;
    }
    if (p.ttl <= hops || chance_.chance(loss_ratio)) return;
    p.ttl = static_cast<std::uint8_t>(p.ttl - hops);
    later(latency, [this, p, d = std::move(d)] { at_edge(p, d); });
  }
  void at_edge(sim::nat::packet p, const datagram& d) {
    for (site& s : sites_) {
      if (s.outside != p.dst.address) continue;
      if (s.box) {
        const auto v = s.box->inbound(p, now);
        if (!v.passed()) return;
        p = v.out;
      }
      for (host& h : hosts_)
        if (h.behind == &s && h.local == p.dst) arrive(h, p.src, d);
      return;
    }
  }
  void arrive_later(host& h, const endpoint& from, datagram d, duration in) {
    later(in, [this, &h, from, d = std::move(d)] { arrive(h, from, d); });
  }
  void arrive(host& h, const endpoint& from, const datagram& d) {
    if (!h.alive || d.to != h.self) return;  // else a session would not open it
    h.heard[d.from] = from;
    if (const auto* m = std::get_if<wire::relayed>(&d.what)) {
      const datagram inner = frames_[load_be<std::uint64_t>(m->datagram.data())];
      if (inner.to != h.self) return;
      tell(h, punch::received{inner.from, wire::through(d.from), inner.what});
    } else if (const auto* u = std::get_if<wire::relay_unknown>(&d.what)) {
      tell(h, punch::not_a_guest{d.from, u->to});
    } else if (std::holds_alternative<wire::relay_attached>(d.what)) {
      tell(h, relay::guest_received{d.from, d.what, from});
    } else if (std::holds_alternative<wire::relay_attach>(d.what) ||
               std::holds_alternative<wire::relay_to>(d.what)) {
      relay::host_actions out;
      h.carrier.handle(now, {d.from, from, d.what}, out);
      for (auto& s : all<relay::host_send>(out))
        to_endpoint(h, h.heard[s.to], {h.self, s.to, std::move(s.what)}, 64);
      wake_up(h);
    } else {
      tell(h, punch::received{d.from, wire::direct(from), d.what});
    }
  }

  seed seed_;
  seeded_rng chance_;
  std::deque<site> sites_;
  std::deque<host> hosts_;
  std::vector<datagram> frames_;
  std::map<std::pair<time_point, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t order_ = 0;
};

}  // namespace wh::test
