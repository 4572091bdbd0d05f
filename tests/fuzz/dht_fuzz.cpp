// Feeds an engine whatever decodes, from peers the bytes choose, and lets time pass as they say.
// After each step the bounds must hold; in the end everything asked of it must have ended.
#include <cstdlib>

#include "actors/proto/dht/cache.hpp"
#include "actors/proto/dht/node.hpp"
#include "actors/proto/wire/codec.hpp"
#include "tests/support/fast_crypto.hpp"

using namespace wh;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

/// Takes from the front, zero when there is nothing left.
struct reader {
  byte_view rest;
  std::uint8_t byte() {
    if (rest.empty()) return 0;
    const std::uint8_t b = rest[0];
    rest = rest.subspan(1);
    return b;
  }
  byte_view take(std::size_t n) {
    const byte_view r = rest.first(std::min(n, rest.size()));
    rest = rest.subspan(r.size());
    return r;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reader in{{data, size}};
  seeded_rng random{seed{in.byte()}};
  const test::fast_crypto crypto;
  dht::config c;
  c.self.value[0] = 1;
  c.name_space = "fuzz";
  c.workbit = 0;
  c.stores = {.records = 8};
  dht::node node{c, crypto, random};
  time_point now = from_unix_seconds(1'800'000'000);
  std::vector<dht::send> asked;  // what we asked lately, for answers that match
  std::uint64_t begun = 0, ended = 0;
  const auto peer = [](std::uint8_t i) {
    wire::contact p;
    p.key.value[0] = static_cast<std::uint8_t>(2 + i % 64);
    p.where = {ip_address::v4(20, 0, i % 64, 1), 7};
    return p;
  };
  const auto check = [&](dht::actions& out) {
    for (dht::action& a : out) {
      if (auto* f = std::get_if<dht::finished>(&a)) {
        ++ended;
        must(f->closest.size() <= c.k);
        if (f->found)
          must(crypto.verify(f->found->key, wire::signed_part(*f->found, c.name_space),
                             f->found->sign));
      }
      if (auto* s = std::get_if<dht::send>(&a)) {
        must(wire::encoded_size(s->what) <= wire::datagram_max - 32);
        must(s->to.key != c.self);
        if (asked.size() == 32) asked.erase(asked.begin());
        asked.push_back(std::move(*s));
      }
      if (auto* r = std::get_if<dht::send_reach>(&a))
        must(r->to.address.is_global() && r->to.port() != 0);
    }
    out.clear();
    must(node.table().size() <= 20 * 65);
    must(node.candidates() <= c.candidates_max);
    must(node.waiting_lookups() <= c.lookups_waiting_max);
    must(node.running_lookups() <= c.lookups_max + 1u + 4u);
    must(node.stored_records() <= c.stores.records);
    must(node.cache().size() <= dht::cache_contacts_max);
  };

  dht::actions out;
  for (int step = 0; step < 2000 && !in.rest.empty(); ++step) {
    const wire::contact who = peer(in.byte());
    switch (in.byte() % 8) {
      case 0: {
        const std::uint8_t d = in.byte();
        const time_point end = now + (d < 128 ? std::chrono::milliseconds{d * 20}
                                              : std::chrono::milliseconds{(d - 127) * 10'000});
        for (auto t = node.next_timeout(); t && *t <= end; t = node.next_timeout()) {
          now = std::max(now, *t);
          node.handle_timeout(now, out);
          check(out);
        }
        now = end;
        break;
      }
      case 1: {
        dht::lookup l{++begun, {}, (in.byte() & 1) != 0, in.byte()};
        l.target.value[0] = in.byte();
        node.handle(now, l, out);
        break;
      }
      case 2: {
        wire::record r;
        r.key = who.key;
        r.sequence = in.byte();
        r.expires = unix_seconds(now) + in.byte() * 60;
        r.sign = crypto.sign_as(r.key, wire::signed_part(r, c.name_space));
        node.handle(now, dht::publish{r}, out);
        break;
      }
      case 3:
        node.handle(now, dht::failed{who.key}, out);
        break;
      case 4:
        node.handle(now, dht::add_contacts{{who}, (in.byte() & 1) != 0}, out);
        break;
      default: {
        const std::uint8_t flags = in.byte();
        auto m = wire::decode(in.take(in.byte()));
        if (!m) break;
        wire::contact from = who;
        if ((flags & 8) != 0 && !asked.empty()) {
          // As an answer to what we asked last: with that number, from that peer.
          from = asked.back().to;
          const auto number = std::visit(
              [](const auto& q) {
                if constexpr (requires { q.tx; })
                  return q.tx;
                else
                  return wire::transaction{};
              },
              asked.back().what);
          std::visit(
              [&](auto& a) {
                if constexpr (requires { a.tx; }) a.tx = number;
              },
              *m);
          asked.pop_back();
        }
        node.handle(now,
                    dht::received{from.key, from.where, (flags & 1) != 0, (flags & 2) == 0,
                                  (flags & 4) != 0, std::move(*m)},
                    out);
      }
    }
    check(out);
  }
  // Every lookup ends, whoever is silent.
  for (int i = 0; i < 20000 && ended < begun; ++i) {
    const auto t = node.next_timeout();
    must(t.has_value());
    now = std::max(now, *t);
    node.handle_timeout(now, out);
    check(out);
  }
  must(ended == begun);
  return 0;
}
