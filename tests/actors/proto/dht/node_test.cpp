// What a node does for itself: its table, its lookups, its records.
#include <map>
#include <set>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/record/record.hpp"
#include "actors/proto/wire/codec.hpp"
#include "tests/actors/proto/dht/node_fixture.hpp"
#include "tests/support/arbitrary.hpp"

using namespace wh;

namespace {
using fixture = test::node_fixture;
}  // namespace

TEST_CASE_METHOD(fixture, "a fresh engine does nothing and wants nothing and is small") {
  CHECK_FALSE(node->next_timeout());
  CHECK(wait(1h).empty());
  CHECK(node->memory_bytes() <= 760);
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

TEST_CASE_METHOD(fixture, "an answer counts only from whom it was asked by its number and kind") {
  const auto boot = peer(), other = peer();
  const auto asked = sent<wire::find_node>(tell(dht::add_contacts{{boot}}));
  REQUIRE(asked.size() == 1);
  const auto tx = asked[0].second.tx;
  CHECK(noted(hear(other, wire::nodes{tx, config_endpoint, {}}), note_kind::dht_stray_answer) == 1);
  CHECK(noted(hear(boot, wire::nodes{{tx.value + 1}, config_endpoint, {}}),
              note_kind::dht_stray_answer) == 1);
  CHECK(noted(hear(boot, wire::records{tx, config_endpoint, {}, {}, {}}),
              note_kind::dht_stray_answer) == 1);
  CHECK(noted(hear(boot, wire::stored{tx, {}}), note_kind::dht_stray_answer) == 1);
  CHECK(noted(hear(boot, wire::nodes{tx, config_endpoint, {}}, true),
              note_kind::dht_stray_answer) == 1);
  CHECK(node->table().size() == 0);
  const auto a = hear(boot, wire::nodes{tx, config_endpoint, {}});
  CHECK(node->table().size() == 1);
  REQUIRE(all<dht::observed>(a).size() == 1);
  CHECK(all<dht::observed>(a)[0].me == config_endpoint);
  CHECK(all<dht::joined>(a).size() == 1);
  CHECK(noted(hear(boot, wire::nodes{tx, config_endpoint, {}}), note_kind::dht_stray_answer) == 1);
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
  // One that stays silent is not asked again at once, whatever it asks.
  const auto silent = peer();
  const auto asked_it = [&](const dht::actions& a) {
    for (const auto& [to, m] : sent<wire::find_node>(a))
      if (to == silent) return true;
    return false;
  };
  hear(silent, wire::find_node{}, true);
  CHECK(asked_it(wait(4s)));
  hear(silent, wire::find_node{}, true);
  CHECK_FALSE(asked_it(wait(4s)));
  // It goes on asking, and with so few there is nobody better.
  wait(5s);
  hear(silent, wire::find_node{}, true);
  CHECK(asked_it(wait(4s)));
}

TEST_CASE_METHOD(
    fixture,
    "contacts of another's are refused that are us or unroutable or unworthy or not canonical") {
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
  const auto bad = std::find_if(notes.begin(), notes.end(), [](const note& x) {
    return x.what == note_kind::dht_bad_contacts;
  });
  REQUIRE(bad != notes.end());
  CHECK(bad->value == 4);
  CHECK(bad->peer == boot.key);
}

TEST_CASE_METHOD(fixture, "a relayed message is no business of the table") {
  const auto c = peer();
  const auto a = tell(dht::received{c.key, {}, true, true, false, wire::find_node{}});
  CHECK(all<dht::send>(a).empty());
  CHECK(noted(a, note_kind::dht_relayed) == 1);
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

TEST_CASE_METHOD(fixture, "a lookup of silent peers ends and every lookup ends exactly once") {
  join(10);
  tell(dht::lookup{1, random.make_bytes<node_id>(), true, 8});
  const auto f = all<dht::finished>(wait(2min));
  REQUIRE(f.size() == 1);
  CHECK_FALSE(f[0].found);
  CHECK(f[0].timeouts >= 10);
  CHECK(f[0].took > 1s);
}

TEST_CASE_METHOD(fixture, "four lookups run and sixteen wait and the next is refused at once") {
  join(10);
  std::size_t refused = 0;
  for (std::uint64_t id = 0; id < 25; ++id) {
    const auto a = tell(dht::lookup{id, random.make_bytes<node_id>(), true, 0});
    for (const auto& f : all<dht::finished>(a)) {
      CHECK(f.id == id);
      CHECK(f.requests == 0);
      ++refused;
    }
    CHECK(noted(a, note_kind::dht_lookups_full) == (id >= 20 ? 1 : 0));
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

TEST_CASE_METHOD(fixture, "publishing nobody takes is tried again ever more slowly") {
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
  CHECK(noted(a, note_kind::dht_publications_full) == 1);
  CHECK(all<dht::published>(a).size() == 1);
}

TEST_CASE_METHOD(fixture, "when all but one fall silent at once they are soon asked again") {
  join(30);
  tell(dht::look_around{});
  const auto first = sent<wire::find_node>(wait(1ms));
  REQUIRE(!first.empty());
  hear(first[0].first, wire::nodes{first[0].second.tx, config_endpoint, {}});
  const auto look = wait(10s);
  CHECK(noted(look, note_kind::dht_nobody_answers) == 1);
  std::map<public_key, std::size_t> asked;
  for (const auto& [to, m] : sent<wire::find_node>(look)) ++asked[to.key];
  CHECK(std::count_if(asked.begin(), asked.end(), [](const auto& a) { return a.second > 1; }) >= 6);
}

TEST_CASE_METHOD(fixture, "who may have moved looks around twice and again ever more seldom") {
  join(30);
  const auto asked = [&](const dht::actions& a) { return sent<wire::find_node>(a).size(); };
  live(1min);
  CHECK(asked(live(9s)) < config.k);
  tell(dht::look_around{});
  CHECK(asked(live(9s)) >= 2 * config.k);
  tell(dht::look_around{});
  CHECK(asked(live(9s)) < config.k);
  // One that follows soon may be another move; a liar who goes on has it done ever more seldom.
  unsigned looks = 0;
  for (int i = 0; i < 60; ++i) {
    tell(dht::look_around{});
    looks += asked(live(10s)) >= config.k ? 1 : 0;
  }
  CHECK(looks >= 4);
  CHECK(looks <= 6);
  live(config.join_retry_max + 5min);
  for (int i = 0; i < 2; ++i) {
    tell(dht::look_around{});
    CHECK(asked(live(15s)) >= 2 * config.k);
  }
}

TEST_CASE_METHOD(fixture, "boot nodes stay known for ever - cached contacts until joined") {
  dht::add_contacts boot, cached;
  for (int i = 0; i < 80; ++i) boot.contacts.push_back(peer());
  cached.boot = false;
  for (int i = 0; i < 80; ++i) cached.contacts.push_back(peer());
  CHECK(noted(tell(boot), note_kind::dht_seeds_full) == 1);
  tell(cached);
  CHECK(node->memory_bytes() < 24 * 1024);
}

TEST_CASE_METHOD(fixture, "who lives of an earlier life's contacts is enough to join in 0.2 s") {
  const auto dead = peer(), alive = peer();
  CHECK(sent<wire::find_node>(tell(dht::add_contacts{{dead}})).size() == 1);
  // They come while the lookup of our own id is out, and it asks them too.
  const auto asked = sent<wire::find_node>(tell(dht::add_contacts{{alive}, false}));
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].first == alive);
  wait(20ms);
  // It does not know yet that the other one is gone.
  hear(alive, wire::nodes{asked[0].second.tx, config_endpoint, {dead}});
  CHECK_FALSE(node->has_joined());
  CHECK(all<dht::joined>(wait(180ms)).size() == 1);
  // Nor does a publication wait, or ask again.
  const auto find = sent<wire::find_record>(tell(dht::publish{record_of(config.self)}));
  REQUIRE(find.size() == 1);
  CHECK(find[0].first == alive);
  const auto put =
      hear(alive, wire::records{find[0].second.tx, config_endpoint, {}, std::nullopt, {dead}});
  CHECK(sent<wire::store>(put).size() == 1);
  CHECK(sent<wire::find_record>(put).empty());
}

TEST_CASE_METHOD(fixture, "a lookup while we join does not wait for the dead among boot nodes") {
  const auto dead = peer(), alive = peer();
  tell(dht::add_contacts{{dead, alive}});
  const auto asked = sent<wire::find_record>(tell(dht::lookup{1, random.make_bytes<node_id>()}));
  REQUIRE(asked.size() == 2);
  const auto& question = asked[asked[0].first == alive ? 0 : 1];
  CHECK(question.first == alive);
  CHECK(all<dht::finished>(
            hear(alive, wire::records{question.second.tx, config_endpoint, {}, {}, {}}))
            .empty());
  CHECK(all<dht::finished>(wait(199ms)).empty());
  CHECK(all<dht::finished>(wait(1ms)).size() == 1);
}

TEST_CASE_METHOD(fixture, "a boot node that answers late is listed and what it tells is used") {
  const auto slow = peer(), alive = peer(), third = peer();
  const auto asked = sent<wire::find_node>(tell(dht::add_contacts{{slow, alive}}));
  REQUIRE(asked.size() == 2);
  const auto tx = [&](const wire::contact& c) {
    return asked[asked[0].first == c ? 0 : 1].second.tx;
  };
  hear(alive, wire::nodes{tx(alive), config_endpoint, {}});
  wait(1400ms);
  REQUIRE(node->has_joined());
  hear(slow, wire::nodes{tx(slow), config_endpoint, {third}});
  CHECK(node->table().size() == 2);
  const auto later = sent<wire::find_node>(wait(2s));
  CHECK(std::any_of(later.begin(), later.end(), [&](const auto& q) { return q.first == third; }));
}

TEST_CASE_METHOD(fixture,
                 "one alive that turns up between two tries to join is joined by at once") {
  tell(dht::add_contacts{{peer()}});
  wait(30min);  // tries are minutes apart by now
  const auto stranger = peer();
  hear(stranger, wire::find_node{}, true);
  dht::actions a = wait(1s);
  for (const auto& [to, m] : sent<wire::find_node>(a))
    if (to == stranger) hear(to, wire::nodes{m.tx, config_endpoint, {}});
  REQUIRE(node->table().size() == 1);
  for (const auto& [to, m] : sent<wire::find_node>(wait(0s)))
    if (to == stranger) hear(to, wire::nodes{m.tx, config_endpoint, {}});
  wait(200ms);
  CHECK(node->has_joined());
}

TEST_CASE_METHOD(fixture, "an early alarm does no harm nor does one that comes twice") {
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

TEST_CASE_METHOD(fixture, "whatever peers say in whatever order every bound holds") {
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

TEST_CASE_METHOD(fixture, "an answer later than our patience is one and makes us patient") {
  const auto boot = peer(), other = peer();
  const auto first = sent<wire::find_node>(tell(dht::add_contacts{{boot}, true}));
  REQUIRE(first.size() == 1);
  auto a = wait(2s);
  CHECK(noted(a, note_kind::dht_join_failed) == 1);
  CHECK_FALSE(node->has_joined());
  // It came after all: from now on the line is known to be that long.
  a = hear(boot, wire::nodes{first[0].second.tx, config_endpoint, {}});
  CHECK(all<dht::observed>(a).size() == 1);
  CHECK(node->table().size() == 1);
  const auto again = sent<wire::find_node>(wait(0s));
  REQUIRE(again.size() == 1);
  wait(2500ms);
  hear(boot, wire::nodes{again[0].second.tx, config_endpoint, {other}});
  CHECK(node->has_joined() == false);  // the other one is asked
  answer_all(out);
  CHECK(node->has_joined());
  CHECK(noted(a, note_kind::dht_stray_answer) == 0);
}

TEST_CASE_METHOD(fixture, "a contact that answered late once is waited for where others are near") {
  const auto far = join(8)[0];
  const auto owner = peer();
  const auto r = record_of(owner.key, unix_seconds(now));
  const dht::lookup looking{1, record::location_of(crypto, owner.key, ns), true, 1};
  // The far one alone has the record; its answer takes 1.6 s. The others answer at once.
  const auto find = [&] {
    std::optional<std::uint32_t> question;
    auto todo = sent<wire::find_record>(tell(looking));
    std::vector<dht::finished> done;
    while (!todo.empty()) {
      const auto [to, m] = todo.front();
      todo.erase(todo.begin());
      if (to.key == far.key) {
        question = m.tx.value;
        continue;
      }
      const auto a = hear(to, wire::records{m.tx, config_endpoint, {}, {}, {}});
      for (const auto& s : sent<wire::find_record>(a)) todo.push_back(s);
    }
    REQUIRE(question);
    for (const auto& f : all<dht::finished>(wait(1600ms))) done.push_back(f);
    for (const auto& f :
         all<dht::finished>(hear(far, wire::records{{*question}, config_endpoint, {}, r, {}})))
      done.push_back(f);
    REQUIRE(done.size() == 1);
    return done[0].found.has_value();
  };
  CHECK_FALSE(find());
  CHECK(find());
}

TEST_CASE_METHOD(fixture, "an answer ten seconds late or of somebody else is none") {
  const auto boot = peer();
  const auto asked = sent<wire::find_node>(tell(dht::add_contacts{{boot}, true}));
  wait(1600ms);
  CHECK(noted(hear(peer(), wire::nodes{asked[0].second.tx, config_endpoint, {}}),
              note_kind::dht_stray_answer) == 1);
  wait(9s);
  CHECK(noted(hear(boot, wire::nodes{asked[0].second.tx, config_endpoint, {}}),
              note_kind::dht_stray_answer) == 1);
  CHECK(node->table().size() == 0);
}

TEST_CASE_METHOD(fixture, "where most are silent nobody takes himself for cut off") {
  const auto all_of_them = join(30);
  const wire::contact lively = all_of_them.back();
  const auto before = node->table().size();
  // Nobody but one says a word any more: eight failures in a row are no sign.
  std::size_t dropped = 0;
  for (int i = 0; i < 600; ++i) {
    dropped += noted(wait(1s), note_kind::dht_contact_dropped);
    hear(lively, wire::find_node{});
  }
  CHECK(dropped > before / 2);
}

TEST_CASE_METHOD(fixture,
                 "who is cut off keeps its contacts and asks one at a time until it is back") {
  join(30);
  const auto before = node->table().size();
  wait(10min);
  const auto a = wait(50min);
  CHECK(node->table().size() + 8 >= before);
  std::size_t asked = 0;
  for (const auto& s : sent<wire::find_node>(a)) asked += s.second.tx.value != 0;
  CHECK(asked > 10);
  // The first answer makes it look around at once.
  const auto look = sent<wire::find_node>(wait(1min));
  REQUIRE(!look.empty());
  const auto back =
      hear(look.back().first, wire::nodes{look.back().second.tx, config_endpoint, {}});
  CHECK(sent<wire::find_node>(wait(10ms)).size() + sent<wire::find_node>(back).size() > 1);
}

TEST_CASE_METHOD(fixture,
                 "a lookup goes on with those that never had a place when all others are silent") {
  join(20);
  // Others come by, and get a place or wait for one.
  for (int i = 0; i < 15; ++i) hear(peer(), wire::find_node{});
  live(1min);
  const std::size_t known = node->table().size() + node->table().spares() + node->candidates();
  REQUIRE(known > 25);
  dht::lookup l;
  l.target.value.fill(7);
  l.want_record = true;
  // All that it begins with are silent; every other one whom it knows is asked after them.
  std::set<public_key> asked;
  for (const auto& s : sent<wire::find_record>(tell(l))) asked.insert(s.first.key);
  for (const auto& s : sent<wire::find_record>(wait(30s))) asked.insert(s.first.key);
  CHECK(asked.size() == known);
}

TEST_CASE_METHOD(fixture, "a holder that likely began a new life is asked and given the record") {
  join(5);
  const auto mine = record_of(config.self);
  publish_answered(mine);
  const wire::contact holder = node->table().entries()[0].contact();
  const auto asked = sent<wire::find_record>(tell(dht::revived{holder.key}));
  REQUIRE(asked.size() == 1);
  // It has it still: nothing more.
  wire::records has{asked[0].second.tx, config_endpoint, {}, mine, {}};
  CHECK(sent<wire::store>(hear(holder, has)).empty());
  const auto again = sent<wire::find_record>(tell(dht::revived{holder.key}));
  REQUIRE(again.size() == 1);
  CHECK(tell(dht::revived{holder.key}).empty());  // one question at a time
  const auto lost = hear(holder, wire::records{again[0].second.tx, config_endpoint, {}, {}, {}});
  REQUIRE(sent<wire::store>(lost).size() == 1);
  CHECK(sent<wire::store>(lost)[0].first.key == holder.key);
  CHECK(noted(lost, note_kind::dht_record_missed) == 1);
  CHECK(tell(dht::revived{peer().key}).empty());  // who holds nothing of ours is not asked
}

TEST_CASE_METHOD(fixture, "where few hold our record one of them is asked for it every minute") {
  join(1);
  publish_answered(record_of(config.self));
  const auto seen = live(10min);
  CHECK(sent<wire::find_record>(seen).size() >= 8);
  CHECK(sent<wire::find_record>(seen).size() <= 14);
  CHECK(sent<wire::store>(seen).size() == sent<wire::find_record>(seen).size());  // it has it never
}

TEST_CASE_METHOD(fixture, "who knows nobody holds its own record for those who come") {
  const auto mine = record_of(config.self);
  CHECK(noted(tell(dht::publish{mine}), note_kind::dht_record_held) == 1);
  const auto stranger = peer();
  const auto got = sent<wire::records>(
      hear(stranger, wire::find_record{{7}, record::location_of(crypto, config.self, ns)}));
  REQUIRE(got.size() == 1);
  REQUIRE(got[0].second.found);
  CHECK(*got[0].second.found == mine);
}

TEST_CASE_METHOD(fixture, "a boot node that is missed is asked in an eighth of the time since") {
  const auto boot = peer();
  answer_all(tell(dht::add_contacts{{boot}}));
  REQUIRE(node->has_joined());
  // Others are there, and go on answering; the boot node does not.
  std::vector<wire::contact> others;
  for (int i = 0; i < 4; ++i) {
    others.push_back(peer());
    hear(others.back(), wire::find_node{});
  }
  std::vector<time_point> asked;
  const auto pass = [&](duration d, bool boot_answers) {
    const time_point end = now + d;
    while (now < end) {
      auto todo = wait(100ms);
      for (int round = 0; round < 20 && !todo.empty(); ++round) {
        dht::actions next;
        for (const auto& [to, m] : sent<wire::find_node>(todo)) {
          if (to.key == boot.key) asked.push_back(now);
          if (to.key == boot.key && !boot_answers) continue;
          const auto more = hear(to, wire::nodes{m.tx, config_endpoint, {}});
          next.insert(next.end(), more.begin(), more.end());
        }
        todo = std::move(next);
      }
    }
  };
  pass(20min, true);
  REQUIRE(node->table().size() == 5);
  pass(30min, false);
  CHECK(node->table().size() == 4);
  std::erase_if(asked, [&](time_point t) { return t < now - 20min; });
  // In the long run once a minute, not seldomer.
  CHECK(asked.size() >= 14);
  CHECK(asked.size() <= 30);
  pass(90s, true);
  CHECK(node->table().size() == 5);
}

TEST_CASE_METHOD(fixture,
                 "a contact that speaks from elsewhere is asked there and moves when it answers") {
  join(3);
  const wire::contact was = node->table().entries()[1].contact();
  wire::contact is = was;
  is.where = peer().where;
  const auto asked = sent<wire::find_node>(hear(is, wire::find_node{}));
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].first == is);
  const auto listed = [&] {
    for (const auto& e : node->table().entries())
      if (e.key == was.key) return e.where;
    return endpoint{};
  };
  CHECK(listed() == was.where);                                       // its word is not enough
  CHECK(sent<wire::find_node>(hear(is, wire::find_node{})).empty());  // one question at a time
  hear(is, wire::nodes{asked[0].second.tx, config_endpoint, {}});
  CHECK(listed() == is.where);
  // What may be a copy asks nothing of anybody.
  wire::contact copied = was;
  copied.where = peer().where;
  CHECK(sent<wire::find_node>(hear(copied, wire::find_node{}, true)).empty());
}

TEST_CASE_METHOD(fixture, "a relay that takes us brings a join within seconds") {
  tell(dht::add_contacts{{peer()}});
  wait(3min);  // nobody answers, and the gaps have grown
  while (*node->next_timeout() <= now + 5s) wait(5s);
  tell(dht::enough_relays{});
  CHECK(*node->next_timeout() <= now + 2s);
}

TEST_CASE_METHOD(fixture, "who knows nobody joins by whoever comes to ask and serves") {
  const auto other = peer();
  hear(other, wire::find_node{{1}, {}}, false, false);
  hear(other, wire::find_node{{2}, {}}, false, false);
  wait(30s);
  dht::actions todo = hear(other, wire::find_node{{3}, {}});
  const auto more = wait(5s);
  todo.insert(todo.end(), more.begin(), more.end());
  answer_all(todo);
  CHECK(node->table().size() == 1);
  answer_all(wait(1s));
  CHECK(node->has_joined());
}

TEST_CASE_METHOD(fixture,
                 "whom an opening did not reach is not asked for longer than routers remember") {
  const auto known = join(5);
  const wire::contact member = known[3];
  tell(dht::not_reached{member.key});
  CHECK(node->table().size() == 4);
  std::uint64_t id = 0;
  // Others name it in a lookup; how often it is asked then.
  const auto named = [&] {
    std::size_t n = 0;
    const auto asked =
        sent<wire::find_record>(tell(dht::lookup{++id, random.make_bytes<node_id>(), true, 1}));
    REQUIRE_FALSE(asked.empty());
    for (const auto& [to, m] : asked) {
      wire::records a{m.tx, config_endpoint, {}, {}, {}};
      a.contacts = wire::bounded<wire::contact, wire::k>::first_of({member});
      for (const auto& [next, question] : sent<wire::find_record>(hear(to, a)))
        n += next.key == member.key;
    }
    return n;
  };
  CHECK(named() == 0);
  live(34s);
  CHECK(named() == 0);
  live(3s);
  CHECK(named() > 0);
}
