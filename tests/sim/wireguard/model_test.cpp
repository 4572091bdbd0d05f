#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <map>

#include "sim/wireguard/model.hpp"

using namespace wh;
using namespace wh::sim;
using namespace wh::sim::wireguard;

namespace {

public_key key_of(std::uint8_t n) {
  public_key k;
  k.value.fill(n);
  return k;
}
endpoint at(std::uint8_t n, std::uint16_t port = 51820) {
  return {ip_address::v4(198, 51, 100, n), port};
}

/// Devices on a cable of 10 ms, each with an address; tunnels of one lead into tunnels of the
/// other.
struct cable {
  struct host {
    wireguard_model device;
    endpoint address;
    std::vector<delivered> got;
    std::vector<note> notes;
    std::vector<std::pair<time_point, bytes>> sent;
  };
  struct flight {
    std::size_t to;
    endpoint from;
    bytes datagram;
    bool tunnelled = false;
    public_key tunnel{};
  };

  time_point now{1000s};
  std::deque<host> hosts;
  std::multimap<time_point, flight> flying;
  std::function<bool(const host&, byte_view)> lose = [](const host&, byte_view) { return false; };
  std::vector<std::pair<std::size_t, bool>> carried;  // who sent, whether by a tunnel

  std::size_t add(std::uint8_t n) {
    hosts.push_back({wireguard_model{key_of(n), seed{n}}, at(n), {}, {}, {}});
    return hosts.size() - 1;
  }
  void peer(std::size_t a, std::size_t b, std::optional<endpoint> where,
            std::chrono::seconds keepalive = 0s) {
    actions out;
    hosts[a].device.set_peer(now, {hosts[b].device.key(), {}, where, keepalive}, out);
    take(a, out);
  }
  void send(std::size_t a, std::size_t b, bytes packet) {
    actions out;
    hosts[a].device.payload(now, hosts[b].device.key(), std::move(packet), out);
    take(a, out);
  }
  void take(std::size_t a, actions& out) {
    for (auto& act : out) {
      if (auto* d = std::get_if<delivered>(&act)) hosts[a].got.push_back(*d);
      if (auto* n = std::get_if<note>(&act)) hosts[a].notes.push_back(*n);
      auto* t = std::get_if<transmit>(&act);
      if (t == nullptr) continue;
      hosts[a].sent.emplace_back(now, t->datagram);
      if (lose(hosts[a], t->datagram)) continue;
      const auto tunnel = hosts[a].device.is_tunnel(t->to);
      carried.emplace_back(a, tunnel.has_value());
      for (std::size_t b = 0; b < hosts.size(); ++b) {
        const bool there = tunnel ? hosts[b].device.key() == *tunnel : hosts[b].address == t->to;
        if (there)
          flying.emplace(now + 10ms, flight{b, hosts[a].address, t->datagram, tunnel.has_value(),
                                            hosts[a].device.key()});
      }
    }
    out.clear();
  }
  void run(duration d) {
    const time_point end = now + d;
    for (;;) {
      time_point next = end;
      if (!flying.empty()) next = std::min(next, flying.begin()->first);
      for (const auto& h : hosts)
        if (const auto t = h.device.next_timeout()) next = std::min(next, *t);
      now = std::max(now, next);
      actions out;
      if (!flying.empty() && flying.begin()->first <= now) {
        const flight f = flying.begin()->second;
        flying.erase(flying.begin());
        if (f.tunnelled)
          hosts[f.to].device.inject(now, f.tunnel, f.datagram, out);
        else
          hosts[f.to].device.received(now, f.from, f.datagram, out);
        take(f.to, out);
        continue;
      }
      bool rang = false;
      for (std::size_t i = 0; i < hosts.size(); ++i)
        if (const auto t = hosts[i].device.next_timeout(); t && *t <= now) {
          hosts[i].device.alarm(now, out);
          take(i, out);
          rang = true;
        }
      if (!rang && now >= end) return;
    }
  }
  std::size_t count(std::size_t a, std::uint8_t type) const {
    return static_cast<std::size_t>(
        std::count_if(hosts[a].sent.begin(), hosts[a].sent.end(),
                      [type](const auto& s) { return s.second[0] == type; }));
  }
  bool noted(std::size_t a, note_kind what) const {
    return std::any_of(hosts[a].notes.begin(), hosts[a].notes.end(),
                       [what](const note& n) { return n.what == what; });
  }
};

cable pair() {
  cable l;
  l.add(1);
  l.add(2);
  l.peer(0, 1, at(2));
  l.peer(1, 0, std::nullopt);
  return l;
}
bytes packet(std::size_t n, std::uint8_t fill = 0x45) { return bytes(n, fill); }

}  // namespace

TEST_CASE("the first packet makes a handshake and then goes through and so does the answer") {
  cable l = pair();
  l.send(0, 1, packet(100));
  REQUIRE(l.hosts[0].sent.size() == 1);
  CHECK(l.hosts[0].sent[0].second.size() == 148);
  l.run(40ms);
  REQUIRE(l.hosts[1].sent.size() == 1);
  CHECK(l.hosts[1].sent[0].second.size() == 92);
  REQUIRE(l.hosts[1].got.size() == 1);
  CHECK(l.hosts[1].got[0].payload == packet(100));
  CHECK(l.hosts[1].got[0].from == key_of(1));
  CHECK(l.hosts[0].sent[1].second.size() == 32 + 112);
  l.send(1, 0, packet(33));
  l.run(40ms);
  REQUIRE(l.hosts[0].got.size() == 1);
  CHECK(l.hosts[0].got[0].payload == packet(33));
  const auto s = l.hosts[0].device.status().at(0);
  CHECK(s.last_handshake == time_point{1000s} + 20ms);
  CHECK(s.sent_bytes == 148 + 144);
  CHECK(s.received_bytes == 92 + 32 + 48);
  CHECK(l.hosts[1].device.status().at(0).where == at(1));  // learned
}

TEST_CASE("every datagram begins with a type from 1 to 4 and three zeros") {
  cable l = pair();
  for (std::size_t n = 0; n < 40; ++n) l.send(0, 1, packet(n, 0xff));
  l.run(30s);
  for (const auto& h : l.hosts)
    for (const auto& [t, d] : h.sent) {
      CHECK(d[0] >= 1);
      CHECK(d[0] <= 4);
      CHECK((d[1] == 0 && d[2] == 0 && d[3] == 0));
      CHECK((d.size() == 148 || d.size() == 92 || d.size() % 16 == 0));
    }
  // 39 of them: an empty packet is a keepalive.
  REQUIRE(l.hosts[1].got.size() == 39);
  for (std::size_t n = 1; n < 40; ++n) CHECK(l.hosts[1].got[n - 1].payload == packet(n, 0xff));
}

TEST_CASE("a handshake without answer is tried again after 5 s and a little for 90 s") {
  cable l = pair();
  l.lose = [](const cable::host&, byte_view) { return true; };
  l.send(0, 1, packet(10));
  l.run(200s);
  const auto& sent = l.hosts[0].sent;
  CHECK(sent.size() == 19);
  for (std::size_t i = 1; i < sent.size(); ++i) {
    CHECK(sent[i].first - sent[i - 1].first >= 5s);
    CHECK(sent[i].first - sent[i - 1].first <= 5333ms);
    CHECK(sent[i].second != sent[i - 1].second);
  }
  CHECK(l.noted(0, note_kind::wireguard_gave_up));
  SECTION("and what waited is lost, but the next packet tries anew") {
    l.lose = [](const cable::host&, byte_view) { return false; };
    l.send(0, 1, packet(20));
    l.run(1s);
    REQUIRE(l.hosts[1].got.size() == 1);
    CHECK(l.hosts[1].got[0].payload == packet(20));
  }
}

TEST_CASE("packets wait for the session - the newest 128 of them") {
  cable l = pair();
  for (std::uint8_t i = 0; i < 200; ++i) l.send(0, 1, packet(20, i));
  CHECK(l.noted(0, note_kind::wireguard_staged_full));
  l.run(1s);
  REQUIRE(l.hosts[1].got.size() == 128);
  CHECK(l.hosts[1].got.front().payload == packet(20, 72));
  CHECK(l.hosts[1].got.back().payload == packet(20, 199));
}

TEST_CASE("a receiver that has nothing to say sends one keepalive after 10 s") {
  cable l = pair();
  l.send(0, 1, packet(10));
  l.run(60s);
  REQUIRE(l.hosts[1].sent.size() == 2);
  CHECK(l.hosts[1].sent[1].second.size() == 32);
  CHECK(l.hosts[1].sent[1].first == time_point{1000s} + 30ms + 10s);
  CHECK(l.count(0, 1) == 1);  // which also spares the sender a new handshake
}

TEST_CASE("persistent keepalives go out in their interval and begin with a handshake") {
  cable l;
  l.add(1), l.add(2);
  l.peer(1, 0, std::nullopt);
  l.peer(0, 1, at(2), 25s);
  l.run(100s);
  CHECK(l.count(0, 1) == 1);
  const auto keepalives = std::count_if(l.hosts[0].sent.begin(), l.hosts[0].sent.end(),
                                        [](const auto& s) { return s.second.size() == 32; });
  CHECK(keepalives == 4);  // one to confirm, then at 25, 50, 75 s
  SECTION("also when the endpoint comes later") {
    cable m;
    m.add(1), m.add(2);
    m.peer(1, 0, std::nullopt);
    m.peer(0, 1, std::nullopt, 25s);
    m.run(5s);
    CHECK(m.hosts[0].sent.empty());
    m.peer(0, 1, at(2), 25s);
    CHECK(m.count(0, 1) == 1);
  }
}

TEST_CASE("with traffic the initiator renews the session after 120 s without losing a packet") {
  cable l = pair();
  std::size_t sent = 0;
  for (; sent < 400; ++sent) {
    l.send(0, 1, packet(50));
    l.run(1s);
  }
  CHECK(l.hosts[1].got.size() == sent);
  CHECK(l.count(0, 1) == 4);  // at 0, 120, 240, 360 s
  CHECK(l.count(1, 1) == 0);
}

TEST_CASE("an initiator that only receives renews before the session is refused") {
  cable l = pair();
  l.send(0, 1, packet(50));
  l.run(1s);
  std::size_t sent = 0;
  for (; sent < 400; ++sent) {
    l.send(1, 0, packet(50));
    l.run(1s);
  }
  CHECK(l.hosts[0].got.size() == sent);
  CHECK(l.count(0, 1) >= 3);
  CHECK(l.count(1, 1) == 0);
}

TEST_CASE("a session of 180 s carries nothing more and the next packet makes another") {
  cable l = pair();
  l.send(0, 1, packet(50));
  l.run(200s);
  l.send(0, 1, packet(60));
  CHECK(l.hosts[0].sent.back().second.size() == 148);
  l.run(1s);
  REQUIRE(l.hosts[1].got.size() == 2);
  SECTION("and after nine minutes of silence a peer has nothing but its name") {
    const auto busy = l.hosts[0].device.memory_bytes();
    l.run(600s);
    CHECK(l.hosts[0].device.memory_bytes() < busy);
    CHECK_FALSE(l.hosts[0].device.next_timeout());
  }
}

TEST_CASE("a peer that went silent is asked for a new session 15 s after data to it") {
  cable l = pair();
  l.send(0, 1, packet(50));
  l.run(30s);  // until the other side's keepalive has come
  l.lose = [](const cable::host& h, byte_view) { return h.device.key() == key_of(2); };
  const auto t = l.now;
  l.send(0, 1, packet(50));
  l.run(30s);
  const auto& s = l.hosts[0].sent;
  const auto again = std::find_if(
      s.begin(), s.end(), [&](const auto& x) { return x.first > t && x.second.size() == 148; });
  REQUIRE(again != s.end());
  CHECK(again->first - t >= 15s);
  CHECK(again->first - t <= 15333ms);
}

TEST_CASE("who moves is answered at the new place as soon as a packet of it arrives") {
  cable l = pair();
  l.send(0, 1, packet(50));
  l.run(1s);
  l.hosts[0].address = at(77, 999);
  l.send(0, 1, packet(51));
  l.run(1s);
  CHECK(l.hosts[1].device.status().at(0).where == at(77, 999));
  CHECK(l.noted(1, note_kind::wireguard_roamed));
  l.send(1, 0, packet(52));
  l.run(1s);
  REQUIRE(l.hosts[0].got.size() == 1);
  CHECK(l.count(0, 1) == 1);  // the same session
}

TEST_CASE("the path changes between direct and tunnel within one session") {
  cable l;
  l.add(1), l.add(2);
  auto& a = l.hosts[0].device;
  auto& b = l.hosts[1].device;
  const endpoint a_to_b = a.open_tunnel(b.key()), b_to_a = b.open_tunnel(a.key());
  l.peer(0, 1, a_to_b);
  l.peer(1, 0, b_to_a);
  l.send(0, 1, packet(50));
  l.run(1s);
  CHECK(l.hosts[1].got.size() == 1);
  for (const auto& [who, tunnelled] : l.carried) CHECK(tunnelled);
  CHECK(b.status().at(0).where == b_to_a);

  l.carried.clear();
  l.peer(0, 1, at(2));  // PUNCH found a path
  for (int i = 0; i < 5; ++i) {
    l.send(0, 1, packet(60));
    l.run(100ms);
    l.send(1, 0, packet(61));
    l.run(100ms);
  }
  for (const auto& [who, tunnelled] : l.carried) CHECK_FALSE(tunnelled);  // the other side roams
  CHECK(b.status().at(0).where == at(1));

  l.carried.clear();
  l.peer(0, 1, a_to_b);  // and lost it
  l.send(0, 1, packet(70));
  l.run(100ms);
  l.send(1, 0, packet(71));
  l.run(100ms);
  for (const auto& [who, tunnelled] : l.carried) CHECK(tunnelled);
  CHECK(l.hosts[1].got.size() == 7);
  CHECK(l.hosts[0].got.size() == 6);
  CHECK(l.count(0, 1) + l.count(1, 1) == 1);
}

TEST_CASE("each key has a tunnel of its own the same whenever asked") {
  wireguard_model d{key_of(1), seed{1}};
  std::map<endpoint, public_key> all;
  for (std::uint8_t i = 2; i < 200; ++i) all.emplace(d.open_tunnel(key_of(i)), key_of(i));
  CHECK(all.size() == 198);
  for (const auto& [e, k] : all) {
    CHECK(e.address.is_loopback());
    CHECK(d.open_tunnel(k) == e);
    CHECK(d.is_tunnel(e) == k);
  }
  CHECK_FALSE(d.is_tunnel(at(1)));
  CHECK_FALSE(d.is_tunnel({ip_address::v4(127, 0, 0, 1), 51820}));
  const endpoint third = d.open_tunnel(key_of(4));
  d.close_tunnel(key_of(4));
  CHECK_FALSE(d.is_tunnel(third));
  CHECK(d.open_tunnel(key_of(250)) == third);  // a free one is used again
}

TEST_CASE("a peer removed and added again makes a new handshake with its next packet") {
  cable l = pair();
  l.send(0, 1, packet(50));
  l.run(1s);
  l.hosts[0].device.remove_peer(key_of(2));
  CHECK(l.hosts[0].device.status().empty());
  l.send(1, 0, packet(50));  // nobody is there for it
  l.run(100ms);
  CHECK(l.hosts[0].got.empty());
  l.peer(0, 1, at(2));
  l.send(0, 1, packet(51));
  CHECK(l.hosts[0].sent.back().second.size() == 148);
  l.run(1s);
  CHECK(l.hosts[1].got.size() == 2);
  SECTION("and an endpoint set while packets wait starts one at once") {
    l.hosts[0].device.remove_peer(key_of(2));
    l.peer(0, 1, at(99));
    l.send(0, 1, packet(52));
    l.run(6s);
    const auto before = l.count(0, 1);
    l.run(5s);
    l.peer(0, 1, at(2));
    l.run(6s);
    CHECK(l.count(0, 1) > before);
    CHECK(l.hosts[1].got.size() == 3);
  }
}

TEST_CASE("two that begin at the same moment meet in the end") {
  cable l;
  l.add(1), l.add(2);
  l.peer(0, 1, at(2));
  l.peer(1, 0, at(1));
  l.send(0, 1, packet(50));
  l.send(1, 0, packet(51));
  l.run(12s);
  CHECK(l.hosts[0].got.size() == 1);
  CHECK(l.hosts[1].got.size() == 1);
}

TEST_CASE("what is stray or stale or damaged or strange changes nothing") {
  cable l = pair();
  l.add(3);
  std::vector<bytes> seen;
  l.send(0, 1, packet(50));
  l.run(1s);
  l.send(0, 1, packet(51));
  l.send(1, 0, packet(52));
  l.run(1s);
  for (const auto& h : l.hosts)
    for (const auto& [t, d] : h.sent) seen.push_back(d);
  REQUIRE(seen.size() >= 5);
  const auto before = l.hosts[1].device.status().at(0).where;
  seeded_rng r{seed{1}};
  const endpoint attacker = at(66);
  const auto check = [&](std::size_t who, const bytes& d) {
    actions out;
    l.hosts[who].device.received(l.now, attacker, d, out);
    for (const auto& a : out) CHECK(std::holds_alternative<note>(a));
  };
  for (const bytes& d : seen)
    for (std::size_t who = 0; who < 3; ++who) {
      check(who, d);  // replayed, or for another
      for (int i = 0; i < 200; ++i) {
        bytes x = d;
        x[r.below(x.size())] ^= static_cast<std::uint8_t>(1U << r.below(8));
        check(who, x);
        x.resize(r.below(x.size() + 1));
        check(who, x);
      }
    }
  for (int i = 0; i < 2000; ++i) {
    bytes x(r.below(200));
    r.fill(x);
    if (x.size() > 4 && i % 2 == 0)
      x = [&] {
        bytes y = x;
        y[0] = static_cast<std::uint8_t>(1 + r.below(4));
        y[1] = y[2] = y[3] = 0;
        return y;
      }();
    check(1, x);
  }
  CHECK(l.hosts[1].device.status().at(0).where == before);
  l.send(0, 1, packet(53));
  l.run(1s);
  CHECK(l.hosts[1].got.size() == 3);
}

TEST_CASE("a lossy path delivers nothing twice and nothing changed and most of it") {
  for (std::uint64_t n = 1; n <= 5; ++n) {
    cable l;
    l.add(1), l.add(2);
    l.peer(0, 1, at(2));
    l.peer(1, 0, at(1));
    seeded_rng r{seed{n}};
    l.lose = [&](const cable::host&, byte_view) { return r.chance(0.2); };
    std::size_t sent = 0;
    for (; sent < 600; ++sent) {
      bytes p(20);
      store_be(p.data(), static_cast<std::uint32_t>(sent));
      l.send(sent % 2, 1 - sent % 2, p);
      l.run(500ms);
    }
    for (std::size_t who = 0; who < 2; ++who) {
      std::vector<std::uint32_t> got;
      for (const auto& d : l.hosts[who].got) {
        CHECK(d.payload.size() == 20);
        got.push_back(load_be<std::uint32_t>(d.payload.data()));
        CHECK(got.back() % 2 == 1 - who);
      }
      CHECK(std::is_sorted(got.begin(), got.end(), std::less_equal<>{}));
      CHECK(got.size() > 200);  // of 300, a fifth lost
    }
  }
}

TEST_CASE("the replay window takes each counter once in any order within its width") {
  seeded_rng r{seed{4}};
  replay_window w;
  std::map<std::uint64_t, bool> taken;
  std::uint64_t newest = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t jump = r.chance(0.01) ? r.below(1000) : r.below(4);
    const std::uint64_t c =
        r.chance(0.5) ? newest + jump : newest - std::min<std::uint64_t>(newest, r.below(400));
    const bool in = w.accept(c);
    if (in) CHECK_FALSE(taken[c]);
    if (!in && !taken[c]) CHECK(c + 190 < newest + 1);
    taken[c] = taken[c] || in;
    newest = std::max(newest, c);
  }
  CHECK_FALSE(w.accept(~std::uint64_t{0}));
}

TEST_CASE("a packet above the interface's MTU is not sent") {
  wireguard_model d{key_of(1), seed{1}};
  actions out;
  d.set_peer(time_point{}, {key_of(2), {}, at(2), 0s}, out);
  d.payload(time_point{}, key_of(2), bytes(wh::wire::tunnel_mtu + 1), out);
  REQUIRE(out.size() == 1);
  CHECK(std::get<note>(out[0]).what == note_kind::wireguard_too_big);
  d.payload(time_point{}, key_of(2), bytes(wh::wire::tunnel_mtu), out);
  CHECK(out.size() == 2);  // a handshake for it
}

TEST_CASE("a device without peers is small and so is a peer without traffic") {
  wireguard_model d{key_of(1), seed{1}};
  CHECK(d.memory_bytes() <= 200);
  actions out;
  for (std::uint8_t i = 2; i < 66; ++i) d.set_peer(time_point{}, {key_of(i), {}, at(i), 0s}, out);
  CHECK(out.empty());
  CHECK((d.memory_bytes() - sizeof d) / 64 <= 180);
}
