#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "actors/proto/dht/node.hpp"
#include "actors/proto/record/record.hpp"
#include "actors/proto/wire/codec.hpp"
#include "tests/support/fast_crypto.hpp"

namespace wh::test {

/// One engine and whatever a peer may say to it.
struct node_fixture {
  static constexpr std::string_view ns = "test";
  seeded_rng random{seed{11}};
  fast_crypto crypto;
  time_point now = from_unix_seconds(1'800'000'000);
  std::uint32_t hosts = 0;
  dht::config config = [this] {
    dht::config c;
    c.self = crypto.to_public(crypto.make_private_key(random));
    c.name_space = ns;
    c.workbit = 0;
    return c;
  }();
  std::unique_ptr<dht::node> node = std::make_unique<dht::node>(config, crypto, random);
  dht::actions out;

  void restart() { node = std::make_unique<dht::node>(config, crypto, random); }
  wire::contact peer() {
    return {crypto.to_public(crypto.make_private_key(random)),
            {ip_address::v4(0x14000000U + (++hosts << 8)), 1}};
  }
  template <class Input>
  dht::actions tell(const Input& in) {
    out.clear();
    node->handle(now, in, out);
    return out;
  }
  dht::actions hear(const wire::contact& from, wire::message m, bool early = false,
                    bool serves = true) {
    return tell(dht::received{from.key, from.where, false, serves, early, std::move(m)});
  }
  dht::actions wait(duration d) {
    out.clear();
    const time_point end = now + d;
    for (auto t = node->next_timeout(); t && *t <= end; t = node->next_timeout()) {
      now = std::max(now, *t);
      node->handle_timeout(now, out);
    }
    now = end;
    return out;
  }
  template <class T>
  static std::vector<T> all(const dht::actions& a) {
    std::vector<T> r;
    for (const auto& x : a)
      if (const T* t = std::get_if<T>(&x)) r.push_back(*t);
    return r;
  }
  template <class M>
  static std::vector<std::pair<wire::contact, M>> sent(const dht::actions& a) {
    std::vector<std::pair<wire::contact, M>> r;
    for (const auto& s : all<dht::send>(a))
      if (const M* m = std::get_if<M>(&s.what)) r.emplace_back(s.to, *m);
    return r;
  }
  static std::size_t noted(const dht::actions& a, note_kind what) {
    std::size_t n = 0;
    for (const note& x : all<note>(a)) n += x.what == what;
    return n;
  }
  /// Answers the find_node requests in `a`, and those that follow, with no contacts.
  void answer_all(dht::actions a) {
    for (int round = 0; round < 100; ++round) {
      dht::actions next;
      for (const auto& [to, m] : sent<wire::find_node>(a)) {
        const auto more = hear(to, wire::nodes{m.tx, config_endpoint, {}});
        next.insert(next.end(), more.begin(), more.end());
      }
      if (next.empty()) return;
      a = std::move(next);
    }
  }
  /// Lets time pass with every request answered, stores with `result`.
  dht::actions live(duration d, wire::store_result result = wire::store_result::stored) {
    dht::actions seen;
    const time_point end = now + d;
    dht::actions todo;
    for (;;) {
      while (!todo.empty()) {
        dht::actions next;
        const auto keep = [&](const dht::actions& a) {
          next.insert(next.end(), a.begin(), a.end());
        };
        for (const auto& [to, m] : sent<wire::find_node>(todo))
          keep(hear(to, wire::nodes{m.tx, config_endpoint, {}}));
        for (const auto& [to, m] : sent<wire::find_record>(todo))
          keep(hear(to, wire::records{m.tx, config_endpoint, {}, {}, {}}));
        for (const auto& [to, m] : sent<wire::store>(todo))
          keep(hear(to, wire::stored{m.tx, result}));
        seen.insert(seen.end(), todo.begin(), todo.end());
        todo = std::move(next);
      }
      const auto t = node->next_timeout();
      if (!t || *t > end) break;
      now = std::max(now, *t);
      node->handle_timeout(now, todo);
    }
    now = end;
    return seen;
  }
  /// Publishes, and answers every question of that: nobody holds it, and all take it.
  void publish_answered(const wire::record& r) {
    for (dht::actions todo = tell(dht::publish{r}); !todo.empty();) {
      dht::actions next;
      const auto keep = [&](const dht::actions& a) { next.insert(next.end(), a.begin(), a.end()); };
      for (const auto& [to, m] : sent<wire::find_record>(todo))
        keep(hear(to, wire::records{m.tx, config_endpoint, {}, {}, {}}));
      for (const auto& [to, m] : sent<wire::store>(todo))
        keep(hear(to, wire::stored{m.tx, wire::store_result::stored}));
      todo = std::move(next);
    }
  }
  std::vector<wire::contact> join(std::size_t n) {
    dht::add_contacts in;
    for (std::size_t i = 0; i < n; ++i) in.contacts.push_back(peer());
    answer_all(tell(in));
    return in.contacts;
  }
  wire::record record_of(const public_key& k, std::uint64_t sequence = 1, duration life = 1h) {
    wire::record r;
    r.key = k;
    r.sequence = sequence;
    r.expires = unix_seconds(now + life);
    r.sign = crypto.sign_as(k, wire::signed_part(r, ns));
    return r;
  }
  /// 2000 strangers come by, of which the table takes what it takes.
  void know_thousands() {
    for (int i = 0; i < 2000; ++i) {
      hear(peer(), wire::find_node{}, true);
      if (node->candidates() >= 8 || i % 50 == 0) live(3s);
    }
    REQUIRE(node->table().size() > 60);
  }
  /// Whether a stranger is given the record of `k`.
  bool found(const public_key& k) {
    const auto a = sent<wire::records>(
        hear(peer(), wire::find_record{{}, record::location_of(crypto, k, ns)}));
    REQUIRE(a.size() == 1);
    return a[0].second.found && a[0].second.found->key == k;
  }
  wire::store_result store(const wire::contact& from, const wire::record& r) {
    const auto where = record::location_of(crypto, r.key, ns);
    const auto a = sent<wire::records>(hear(from, wire::find_record{{}, where}));
    REQUIRE(a.size() == 1);
    return store(from, r, a[0].second.token);
  }
  wire::store_result store(const wire::contact& from, const wire::record& r,
                           wire::store_token token) {
    const auto s = sent<wire::stored>(hear(from, wire::store{{}, token, r}));
    REQUIRE(s.size() == 1);
    return s[0].second.result;
  }
  const endpoint config_endpoint{ip_address::v4(9, 9, 9, 9), 9};
};

}  // namespace wh::test
