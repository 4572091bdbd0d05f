// One engine and whatever a peer may say to it.
#include "actors/proto/dht/node.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/record/record.hpp"
#include "actors/proto/wire/codec.hpp"
#include "tests/support/arbitrary.hpp"
#include "tests/support/fast_crypto.hpp"

using namespace wh;

namespace {

constexpr std::string_view ns = "test";

struct fixture {
  seeded_rng random{seed{11}};
  test::fast_crypto crypto;
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
  static std::size_t noted(const dht::actions& a, std::string_view what) {
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

}  // namespace

TEST_CASE_METHOD(fixture, "a fresh engine does nothing, wants nothing and is small") {
  CHECK_FALSE(node->next_timeout());
  CHECK(wait(1h).empty());
  CHECK(node->memory_bytes() <= 700);
}

TEST_CASE_METHOD(fixture, "joining asks the boot nodes for our own neighbourhood") {
  dht::add_contacts in;
  for (int i = 0; i < 5; ++i) in.contacts.push_back(peer());
  const auto a = tell(in);
  const auto asked = sent<wire::find_node>(a);
  REQUIRE(asked.size() == 3);
  for (const auto& [to, m] : asked) CHECK(m.target == keys::node_id_of(crypto, config.self, ns));
  answer_all(a);
  CHECK(node->has_joined());
  CHECK(node->table().size() == 5);
}

TEST_CASE_METHOD(fixture, "a silent contact is asked once and then given up") {
  tell(dht::add_contacts{{peer()}});
  CHECK(node->pending_requests() == 1);
  CHECK(sent<wire::find_node>(wait(1500ms)).empty());
  CHECK(node->pending_requests() == 0);
  CHECK(node->table().size() == 0);
}

TEST_CASE_METHOD(fixture, "an answer counts only from whom it was asked, by its number and kind") {
  const auto boot = peer(), other = peer();
  const auto asked = sent<wire::find_node>(tell(dht::add_contacts{{boot}}));
  REQUIRE(asked.size() == 1);
  const auto tx = asked[0].second.tx;
  CHECK(noted(hear(other, wire::nodes{tx, config_endpoint, {}}), "dht.stray_answer") == 1);
  CHECK(noted(hear(boot, wire::nodes{{tx.value + 1}, config_endpoint, {}}), "dht.stray_answer") ==
        1);
  CHECK(noted(hear(boot, wire::records{tx, config_endpoint, {}, {}, {}}), "dht.stray_answer") == 1);
  CHECK(noted(hear(boot, wire::stored{tx, {}}), "dht.stray_answer") == 1);
  CHECK(noted(hear(boot, wire::nodes{tx, config_endpoint, {}}, true), "dht.stray_answer") == 1);
  CHECK(node->table().size() == 0);
  const auto a = hear(boot, wire::nodes{tx, config_endpoint, {}});
  CHECK(node->table().size() == 1);
  REQUIRE(all<dht::observed>(a).size() == 1);
  CHECK(all<dht::observed>(a)[0].me == config_endpoint);
  CHECK(all<dht::joined>(a).size() == 1);
  CHECK(noted(hear(boot, wire::nodes{tx, config_endpoint, {}}), "dht.stray_answer") == 1);
}

TEST_CASE_METHOD(fixture, "who does not serve is neither listed nor named") {
  const auto boot = peer();
  const auto asked = sent<wire::find_node>(tell(dht::add_contacts{{boot}}));
  hear(boot, wire::nodes{asked[0].second.tx, config_endpoint, {}}, false, false);
  CHECK(node->table().size() == 0);
  join(5);
  const wire::contact listed = node->table().entries()[2].contact();
  const std::size_t before = node->table().size();
  hear(listed, wire::find_node{}, false, false);
  CHECK(node->table().size() == before - 1);
}

TEST_CASE_METHOD(fixture, "a stranger that serves is asked once before it gets an empty place") {
  join(5);
  wait(30min);
  const auto stranger = peer();
  CHECK(sent<wire::nodes>(hear(stranger, wire::find_node{}, true)).size() == 1);
  CHECK(node->table().size() <= 5);
  std::size_t asked = 0;
  wire::find_node last;
  for (const auto& [to, m] : sent<wire::find_node>(wait(1200ms))) {
    if (to == stranger) ++asked, last = m;
  }
  REQUIRE(asked == 1);
  hear(stranger, wire::nodes{last.tx, config_endpoint, {}});
  bool listed = false;
  for (const auto& e : node->table().entries()) listed |= e.key == stranger.key;
  CHECK(listed);
  // One that stays silent is not asked again soon, whoever names it.
  const auto silent = peer();
  hear(silent, wire::find_node{}, true);
  wait(10s);
  hear(silent, wire::find_node{}, true);
  for (const auto& [to, m] : sent<wire::find_node>(wait(10s))) CHECK(to != silent);
}

TEST_CASE_METHOD(fixture, "an answer names the k closest, never the asker, and fits a datagram") {
  for (int i = 0; i < 60; ++i) {
    auto c = peer();
    c.where.address = *ip_address::parse("2001:db8:" + std::to_string(i + 1) + "::1");
    answer_all(tell(dht::add_contacts{{c}}));
    hear(c, wire::find_node{}, true);
  }
  answer_all(wait(10s));
  const auto asker = node->table().entries()[0].contact();
  const auto a = hear(asker, wire::find_node{{}, keys::node_id_of(crypto, asker.key, ns)});
  const auto n = sent<wire::nodes>(a);
  REQUIRE(n.size() == 1);
  CHECK(n[0].first == asker);
  CHECK(n[0].second.observed == asker.where);
  for (const auto& c : n[0].second.contacts) CHECK(c.key != asker.key);
  CHECK(wire::encoded_size(n[0].second) <= wire::datagram_max - 32);
}

TEST_CASE_METHOD(
    fixture,
    "contacts of another's are refused that are us, unroutable, unworthy or not canonical") {
  config.workbit = 4;
  restart();
  wire::contact boot;
  do boot = peer();
  while (keys::workbit(crypto, boot.key, ns) < 4);
  const auto asked = sent<wire::find_node>(tell(dht::add_contacts{{boot}}));
  REQUIRE(asked.size() == 1);
  wire::contact cheap, good, local, portless, bent;
  do cheap = peer();
  while (keys::workbit(crypto, cheap.key, ns) >= 4);
  const auto worthy = [&] {
    wire::contact c;
    do c = peer();
    while (keys::workbit(crypto, c.key, ns) < 4);
    return c;
  };
  good = worthy();
  local = worthy();
  local.where.address = ip_address::v4(192, 168, 1, 1);
  portless = worthy();
  portless.where.port_be = {};
  bent = worthy();
  bent.key.value[31] |= 0x80;
  const wire::contact self{config.self, config_endpoint};
  wire::nodes m{asked[0].second.tx, config_endpoint, {cheap, good, local, portless, bent, self}};
  const auto a = hear(boot, m);
  const auto next = sent<wire::find_node>(a);
  REQUIRE(next.size() == 1);
  CHECK(next[0].first == good);
  const auto notes = all<note>(a);
  const auto bad = std::find_if(notes.begin(), notes.end(),
                                [](const note& x) { return x.what == "dht.bad_contacts"; });
  REQUIRE(bad != notes.end());
  CHECK(bad->value == 4);
  CHECK(bad->peer == boot.key);
}

TEST_CASE_METHOD(fixture, "a relayed message is no business of the table") {
  const auto c = peer();
  const auto a = tell(dht::received{c.key, {}, true, true, false, wire::find_node{}});
  CHECK(all<dht::send>(a).empty());
  CHECK(noted(a, "dht.relayed") == 1);
}

TEST_CASE_METHOD(fixture, "a record is stored with a token and given to whoever asks") {
  const auto owner = peer(), reader = peer();
  const auto r = record_of(owner.key);
  CHECK(store(owner, r) == wire::store_result::stored);
  CHECK(store(owner, r) == wire::store_result::stored);
  const auto a = sent<wire::records>(
      hear(reader, wire::find_record{{}, record::location_of(crypto, owner.key, ns)}, true));
  REQUIRE(a.size() == 1);
  CHECK(a[0].second.found == r);
  CHECK(store(owner, record_of(owner.key, 0)) == wire::store_result::old);
}

TEST_CASE_METHOD(fixture,
                 "a record is refused without a token, or when anything about it is wrong") {
  const auto owner = peer();
  const auto good = record_of(owner.key);
  CHECK(store(owner, good, {}) == wire::store_result::bad_token);
  auto forged = good;
  forged.sequence++;
  CHECK(store(owner, forged) == wire::store_result::bad_record);
  CHECK(store(owner, record_of(owner.key, 1, -1s)) == wire::store_result::bad_record);
  CHECK(store(owner, record_of(owner.key, 1, 3h)) == wire::store_result::bad_record);
  // A token of another place does not do.
  const auto other = sent<wire::records>(hear(owner, wire::find_record{}));
  CHECK(store(owner, good, other[0].second.token) == wire::store_result::bad_token);
  CHECK(node->stored_records() == 0);
  // Early data is answered to nobody, token or not.
  const auto t = sent<wire::records>(
      hear(owner, wire::find_record{{}, record::location_of(crypto, owner.key, ns)}));
  CHECK(all<dht::send>(hear(owner, wire::store{{}, t[0].second.token, good}, true)).empty());
  CHECK(node->stored_records() == 0);
}

TEST_CASE_METHOD(fixture, "who does not serve stores nothing") {
  tell(dht::set_serving{false});
  const auto owner = peer();
  CHECK(store(owner, record_of(owner.key)) == wire::store_result::quota);
  tell(dht::set_serving{true});
  CHECK(store(owner, record_of(owner.key)) == wire::store_result::stored);
}

TEST_CASE_METHOD(fixture, "one /24 may leave 32 records here, others still may after that") {
  std::size_t stored = 0;
  for (int i = 0; i < 40; ++i) {
    auto c = peer();
    c.where.address = ip_address::v4(203, 0, 113, static_cast<std::uint8_t>(i));
    stored += store(c, record_of(c.key)) == wire::store_result::stored;
  }
  CHECK(stored == 32);
  const auto other = peer();
  CHECK(store(other, record_of(other.key)) == wire::store_result::stored);
}

TEST_CASE_METHOD(fixture,
                 "a record whose place is far from us is refused once we know the network") {
  // 2000 strangers, of which the table takes what it takes.
  for (int i = 0; i < 2000; ++i) {
    const auto c = peer();
    hear(c, wire::find_node{}, true);
    if (node->candidates() >= 8 || i % 50 == 0) live(10s);
  }
  REQUIRE(node->table().size() > 60);
  std::size_t stored = 0, refused = 0;
  for (int i = 0; i < 200; ++i) {
    const auto c = peer();
    (store(c, record_of(c.key)) == wire::store_result::stored ? stored : refused)++;
  }
  CHECK(refused >= 150);
}

TEST_CASE_METHOD(fixture,
                 "a lookup takes the newest valid record and is not misled by forged ones") {
  const auto boot = join(12);
  const auto owner = peer();
  const auto where = record::location_of(crypto, owner.key, ns);
  auto forged = record_of(owner.key, 99);
  forged.sign.value[0] ^= 1;
  const auto stranger = record_of(peer().key, 100);  // valid, of another place
  auto todo = sent<wire::find_record>(tell(dht::lookup{7, where, true, 1}));
  std::size_t n = 0;
  std::vector<dht::finished> done;
  while (!todo.empty() && n < 100) {
    const auto [to, m] = todo.front();
    todo.erase(todo.begin());
    wire::records r{m.tx, config_endpoint, {}, {}, {}};
    switch (n++ % 5) {
      case 0:
        r.found = forged;
        break;
      case 1:
        r.found = stranger;
        break;
      case 2:
        r.found = record_of(owner.key, 5);
        break;
      case 3:
        r.found = record_of(owner.key, 6);
        break;
      default:
        break;
    }
    const auto a = hear(to, r);
    for (const auto& s : sent<wire::find_record>(a)) todo.push_back(s);
    for (const auto& f : all<dht::finished>(a)) done.push_back(f);
  }
  REQUIRE(done.size() == 1);
  CHECK(done[0].id == 7);
  REQUIRE(done[0].found);
  CHECK(done[0].found->sequence == 6);
  CHECK(done[0].requests == 12);
}

TEST_CASE_METHOD(fixture, "a lookup of silent peers ends, and every lookup ends exactly once") {
  join(10);
  tell(dht::lookup{1, random.make_bytes<node_id>(), true, 8});
  const auto f = all<dht::finished>(wait(2min));
  REQUIRE(f.size() == 1);
  CHECK_FALSE(f[0].found);
  CHECK(f[0].timeouts >= 10);
  CHECK(f[0].took > 1s);
}

TEST_CASE_METHOD(fixture, "four lookups run, sixteen wait, the next is refused at once") {
  join(10);
  std::size_t refused = 0;
  for (std::uint64_t id = 0; id < 25; ++id) {
    const auto a = tell(dht::lookup{id, random.make_bytes<node_id>(), true, 0});
    for (const auto& f : all<dht::finished>(a)) {
      CHECK(f.id == id);
      CHECK(f.requests == 0);
      ++refused;
    }
    CHECK(noted(a, "dht.lookups_full") == (id >= 20 ? 1 : 0));
  }
  CHECK(refused == 5);
  CHECK(node->running_lookups() == 4);
  CHECK(node->waiting_lookups() == 16);
  CHECK(all<dht::finished>(wait(5min)).size() == 20);
}

TEST_CASE_METHOD(fixture, "a lookup before any contact is known ends with nothing") {
  const auto f = all<dht::finished>(tell(dht::lookup{3, {}, true, 0}));
  REQUIRE(f.size() == 1);
  CHECK(f[0].id == 3);
}

TEST_CASE_METHOD(fixture, "a peer the session layer gave up fails its requests at once") {
  const auto boot = peer();
  tell(dht::add_contacts{{boot}});
  REQUIRE(node->pending_requests() == 1);
  tell(dht::failed{boot.key});
  CHECK(node->pending_requests() == 0);
  CHECK(node->next_timeout());  // to try again
}

TEST_CASE_METHOD(fixture, "a record published before joining is stored after it") {
  CHECK(all<dht::send>(tell(dht::publish{record_of(config.self)})).empty());
  const auto boot = peer();
  const auto asked = sent<wire::find_node>(tell(dht::add_contacts{{boot}}));
  const auto find =
      sent<wire::find_record>(hear(boot, wire::nodes{asked[0].second.tx, config_endpoint, {}}));
  REQUIRE(find.size() == 1);
  wire::store_token token;
  token.value[3] = 7;
  const auto put = sent<wire::store>(
      hear(boot, wire::records{find[0].second.tx, config_endpoint, token, {}, {}}));
  REQUIRE(put.size() == 1);
  CHECK(put[0].second.token == token);
  const auto p =
      all<dht::published>(hear(boot, wire::stored{put[0].second.tx, wire::store_result::stored}));
  REQUIRE(p.size() == 1);
  CHECK(p[0].copies == 1);
}

TEST_CASE_METHOD(fixture, "publishing nobody takes is tried again, ever more slowly") {
  join(3);
  auto a = tell(dht::publish{record_of(config.self)});
  for (const auto& [to, m] : sent<wire::find_record>(a))
    hear(to, wire::records{m.tx, config_endpoint, {}, {}, {}});
  a = live(59min, wire::store_result::quota);
  const std::size_t rounds = all<dht::published>(a).size();
  for (const auto& p : all<dht::published>(a)) CHECK(p.copies == 0);
  CHECK(rounds >= 5);
  CHECK(rounds <= 25);
}

TEST_CASE_METHOD(fixture, "at most four keys are published for") {
  for (int i = 0; i < 4; ++i)
    CHECK(all<dht::published>(tell(dht::publish{record_of(peer().key)})).empty());
  const auto a = tell(dht::publish{record_of(peer().key)});
  CHECK(noted(a, "dht.publications_full") == 1);
  CHECK(all<dht::published>(a).size() == 1);
}

TEST_CASE_METHOD(fixture,
                 "a dial request is passed to one third in another network, at a bounded rate") {
  join(15);
  const auto asker = peer();
  const auto a = sent<wire::dial_back>(hear(asker, wire::dial_request{{}, 77}));
  REQUIRE(a.size() == 1);
  CHECK(a[0].second.target == asker.where);
  CHECK(a[0].second.nonce == 77);
  CHECK(a[0].first.key != asker.key);
  CHECK(dht::network_of(a[0].first.where.address) != dht::network_of(asker.where.address));
  CHECK(sent<wire::dial_back>(hear(peer(), wire::dial_request{})).empty());
  now += 2s;
  CHECK(sent<wire::dial_back>(hear(asker, wire::dial_request{})).empty());
  CHECK(sent<wire::dial_back>(hear(peer(), wire::dial_request{})).size() == 1);
  now += 2s;
  CHECK(sent<wire::dial_back>(hear(peer(), wire::dial_request{}, true)).empty());  // early
  std::size_t passed = 0;
  for (int i = 0; i < 1000; ++i, now += 10ms)
    passed += sent<wire::dial_back>(hear(peer(), wire::dial_request{})).size();
  CHECK(passed <= 201);  // one in 50 ms for 10 s
}

TEST_CASE_METHOD(fixture, "a dial request with nobody to ask is ignored") {
  CHECK(hear(peer(), wire::dial_request{}).empty());
}

TEST_CASE_METHOD(fixture,
                 "nobody is hit by more than one reach datagram in four seconds on our part") {
  const endpoint victim{ip_address::v4(198, 51, 100, 7), 1000};
  std::size_t hits = 0;
  for (int i = 0; i < 100; ++i, now += 100ms)
    hits += all<dht::send_reach>(hear(peer(), wire::dial_back{victim, 5})).size();
  CHECK(hits == 3);  // at 0, 4 and 8 s
  now += 2s;
  CHECK(all<dht::send_reach>(hear(peer(), wire::dial_back{victim, 5})).size() == 1);
  now += 2s;
  CHECK(hear(peer(), wire::dial_back{{ip_address::v4(10, 0, 0, 1), 5}, 5}).empty());
  CHECK(hear(peer(), wire::dial_back{{victim.address, 0}, 5}).empty());
}

TEST_CASE_METHOD(fixture, "when all but one fall silent at once they are soon asked again") {
  join(30);
  tell(dht::look_around{});
  const auto first = sent<wire::find_node>(wait(1ms));
  REQUIRE(!first.empty());
  hear(first[0].first, wire::nodes{first[0].second.tx, config_endpoint, {}});
  const auto look = wait(10s);
  CHECK(noted(look, "dht.nobody_answers") == 1);
  std::map<public_key, std::size_t> asked;
  for (const auto& [to, m] : sent<wire::find_node>(look)) ++asked[to.key];
  CHECK(std::count_if(asked.begin(), asked.end(), [](const auto& a) { return a.second > 1; }) >= 6);
}

TEST_CASE_METHOD(fixture, "who may have moved looks around twice, and not again for a while") {
  join(30);
  const auto asked = [&](const dht::actions& a) { return sent<wire::find_node>(a).size(); };
  live(1min);
  CHECK(asked(live(10s)) < config.k);
  tell(dht::look_around{});
  CHECK(asked(live(10s)) >= 2 * config.k);
  tell(dht::look_around{});
  CHECK(asked(live(10s)) < config.k);
}

TEST_CASE_METHOD(fixture, "boot nodes stay known for ever, cached contacts until joined") {
  dht::add_contacts boot, cached;
  for (int i = 0; i < 80; ++i) boot.contacts.push_back(peer());
  cached.boot = false;
  for (int i = 0; i < 80; ++i) cached.contacts.push_back(peer());
  CHECK(noted(tell(boot), "dht.seeds_full") == 1);
  tell(cached);
  CHECK(node->memory_bytes() < 24 * 1024);
}

TEST_CASE_METHOD(fixture, "an early alarm does no harm, nor does one that comes twice") {
  join(10);
  for (int i = 0; i < 200; ++i) {
    out.clear();
    node->handle_timeout(now, out);
    const std::size_t once = out.size();
    node->handle_timeout(now, out);
    node->handle_timeout(now - 1s, out);
    CHECK(out.size() == once);
    now += 100ms;
  }
}

TEST_CASE_METHOD(fixture, "whatever peers say in whatever order, every bound holds") {
  auto known = join(10);
  std::vector<std::pair<wire::contact, std::uint32_t>> asked;
  for (int i = 0; i < 10000; ++i) {
    if (known.size() < 300) known.push_back(peer());
    const auto from = known[random.below(known.size())];
    dht::actions a;
    switch (random.below(12)) {
      case 0:
        a = tell(dht::lookup{static_cast<std::uint64_t>(i), random.make_bytes<node_id>(),
                             random.chance(0.5), random.below(12)});
        break;
      case 1:
        a = tell(dht::failed{from.key});
        break;
      case 2:
        a = tell(
            dht::publish{record_of(known[random.below(3)].key, static_cast<std::uint64_t>(i))});
        break;
      case 3:
        a = wait(std::chrono::milliseconds{random.below(3000)});
        break;
      case 4:
        a = tell(dht::set_serving{random.chance(0.8)});
        break;
      case 5:
        a = tell(dht::add_contacts{{from}, random.chance(0.1)});
        break;
      case 6:
      case 7:
      case 8: {
        if (asked.empty()) break;
        const auto [to, tx] = asked.back();
        asked.pop_back();
        std::vector<wire::contact> told;
        for (int n = 0; n < 20; ++n) told.push_back(known[random.below(known.size())]);
        auto contacts = wire::bounded<wire::contact, 20>::first_of(std::move(told));
        wire::records r{{tx}, from.where, {}, {}, contacts};
        if (random.chance(0.3)) r.found = record_of(from.key);
        if (random.chance(0.5))
          a = hear(to, wire::nodes{{tx}, from.where, contacts});
        else
          a = hear(to, r);
        break;
      }
      default:
        a = hear(from, test::arbitrary{random}.message(), random.chance(0.3), random.chance(0.7));
    }
    for (const auto& s : all<dht::send>(a))
      std::visit(
          [&](const auto& m) {
            if constexpr (requires { m.tx; }) asked.emplace_back(s.to, m.tx.value);
          },
          s.what);
    if (asked.size() > 50) asked.erase(asked.begin(), asked.begin() + 25);
    REQUIRE(node->candidates() <= 16);
    REQUIRE(node->running_lookups() <= 4 + 1 + 4);
    REQUIRE(node->waiting_lookups() <= 16);
    REQUIRE(node->pending_requests() <= 1000);
    REQUIRE(node->table().size() <= 300);
    REQUIRE(node->stored_records() <= 512);
    REQUIRE((!node->next_timeout() || *node->next_timeout() > now - 5s));
  }
}
