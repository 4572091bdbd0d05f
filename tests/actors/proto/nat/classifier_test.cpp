#include "actors/proto/nat/classifier.hpp"

#include "tests/support/actions.hpp"

using namespace wh;
using namespace wh::nat;
using test::all;
using test::at;
using test::key;
using test::notes;
using test::t0;
using wire::nat_class;

namespace {

endpoint observer(std::uint32_t n) {
  return {ip_address::v4(198, 51, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)),
          51820};
}

struct host {
  explicit host(config c = {}, std::vector<endpoint> local = {at("192.168.1.5:51820")})
      : it(c, std::move(local), random) {}

  void sees(std::uint32_t n, const endpoint& me) {
    it.handle(now, observed{{key(n), observer(n)}, me}, out);
  }
  /// Whoever is asked to have us dialled passes it on, if `helped`.
  void let(duration d) {
    for (const time_point end = now + d;; now = *it.next_timeout(), step()) {
      if (it.next_timeout() && *it.next_timeout() <= end) continue;
      now = end;
      return;
    }
  }
  void step() {
    const auto before = all<dial>(out).size();
    it.handle_timeout(now, out);
    if (it.next_timeout()) REQUIRE(*it.next_timeout() > now);
    if (const auto dials = all<dial>(out); helped && dials.size() > before)
      it.handle(now, passed_on{dials.back().what.tx});
  }
  void opens() {
    for (const auto* who : {"192.0.2.98:51820", "192.0.2.99:51820"}) {
      let(2s);
      dialled_from(at(who));
    }
  }
  /// The last dial asked for is fulfilled from this address.
  void dialled_from(const endpoint& e) {
    const auto dials = all<dial>(out);
    REQUIRE(!dials.empty());
    it.handle(now, reached{e, dials.back().what.nonce}, out);
  }
  void clear() {
    told_before = it.current();
    out.clear();
  }
  /// What is published anew: not that another port is seen as well.
  std::size_t verdicts() const {
    std::size_t n = 0;
    verdict last = told_before;
    for (const verdict& v : all<verdict>(out)) {
      n += v.kind != last.kind || v.external != last.external || v.serves != last.serves ? 1 : 0;
      last = v;
    }
    return n;
  }
  nat_class kind() const { return it.current().kind; }

  seeded_rng random{seed{7}};
  classifier it;
  bool helped = true;
  time_point now = t0;
  actions out;
  verdict told_before{};
};

const endpoint home = at("203.0.113.7:51820");
const endpoint home_later = at("203.0.113.7:40001");
const endpoint stranger = at("192.0.2.99:51820");

}  // namespace

TEST_CASE("two observers who agree make a mapping endpoint independent") {
  host h;
  h.sees(1, home);
  CHECK(h.kind() == nat_class::unknown);
  CHECK(h.it.current().external == home);
  h.sees(2, home);
  CHECK(h.kind() == nat_class::endpoint_independent);
  CHECK_FALSE(h.it.current().serves);
}

TEST_CASE("three observers who all see another endpoint make it endpoint dependent") {
  host h;
  for (std::uint16_t n = 1; n <= 3; ++n)
    h.sees(n, {home.address, static_cast<std::uint16_t>(1000 + n)});
  CHECK(h.kind() == nat_class::endpoint_dependent);
  CHECK(h.it.current().external.address == home.address);
}

TEST_CASE("a mapping that varies is told once however many observers see yet other ports") {
  host h;
  for (std::uint16_t n = 1; n <= 200; ++n)
    h.sees(n, {home.address, static_cast<std::uint16_t>(1000 + n)});
  CHECK(h.kind() == nat_class::endpoint_dependent);
  // Nothing known, two words against each other, the verdict.
  CHECK(h.verdicts() <= 3);
}

TEST_CASE("one liar among four changes nothing - whenever he speaks") {
  for (std::uint32_t liar = 1; liar <= 4; ++liar) {
    host h;
    for (std::uint32_t n = 1; n <= 4; ++n) h.sees(n, n == liar ? at("203.0.113.66:6666") : home);
    CHECK(h.kind() == nat_class::endpoint_independent);
    CHECK(h.it.current().external == home);
    const auto before = h.verdicts();
    for (std::uint16_t again = 0; again < 20; ++again)
      h.sees(liar, at("203.0.113.66:" + std::to_string(7000 + again)));
    CHECK(h.verdicts() == before);
  }
}

TEST_CASE("a verdict is told when it changes and not else") {
  host h;
  for (int round = 0; round < 10; ++round) {
    for (std::uint32_t n = 1; n <= 6; ++n) h.sees(n, home);
    h.now += 10s;
  }
  CHECK(h.verdicts() == 2);  // where we are seen; that it does not vary
}

TEST_CASE("a NAT that rebooted is never taken for one whose mapping varies") {
  for (const std::uint32_t observers : {2U, 3U, 4U, 7U, 8U}) {
    host h;
    for (std::uint32_t n = 1; n <= observers; ++n) h.sees(n, home);
    h.clear();
    for (std::uint32_t n = 1; n <= observers; ++n) {
      h.now += 1s;
      h.sees(n, home_later);
      CHECK(h.kind() == nat_class::endpoint_independent);
    }
    CHECK(h.it.current().external == home_later);
    CHECK(h.verdicts() == 1);
  }
}

TEST_CASE("two relays that see another port outweigh six peers that were not asked since") {
  host h;
  for (std::uint32_t n = 1; n <= 8; ++n) h.sees(n, home);
  h.sees(2, home_later);
  CHECK(h.it.current().external == home);  // it may be lying
  h.sees(7, home_later);
  CHECK(h.it.current() == verdict{nat_class::endpoint_independent, home_later, false});
}

TEST_CASE("for another address three have to see it") {
  const endpoint victim = at("192.0.2.66:51820");
  host h;
  for (std::uint32_t n = 1; n <= 8; ++n) h.sees(n, home);
  h.sees(2, victim);
  h.sees(3, victim);
  h.sees(2, victim);
  CHECK(h.it.current().external == home);
  h.sees(4, victim);
  CHECK(h.it.current().external == victim);
}

TEST_CASE("a mapping that varies moves to another address when three saw it go there") {
  const auto port = [](const char* address, std::uint32_t n) {
    return at(std::string(address) + ":" + std::to_string(30000 + n));
  };
  host h;
  for (std::uint32_t n = 1; n <= 8; ++n) h.sees(n, port("203.0.113.7", n));
  REQUIRE(h.kind() == nat_class::endpoint_dependent);
  h.sees(2, port("203.0.113.99", 2));
  h.sees(20,
         port("203.0.113.99", 20));  // a newcomer is no witness of a move, and does not hide one
  h.sees(3, port("203.0.113.99", 3));
  CHECK(h.it.current().external.address == at("203.0.113.7:1").address);
  h.sees(4, port("203.0.113.99", 4));
  h.let(10s);
  CHECK(h.it.current().external.address == at("203.0.113.99:1").address);
  CHECK(h.kind() == nat_class::endpoint_dependent);
}

TEST_CASE("a move that follows another one at once is seen by the same witnesses") {
  const endpoint between = at("203.0.113.7:40001"), there = at("203.0.113.99:40002");
  host h;
  for (std::uint32_t n = 1; n <= 8; ++n) h.sees(n, home);
  h.sees(2, between);
  for (std::uint32_t n = 2; n <= 4; ++n) h.sees(n, there);
  CHECK(h.it.current().external == there);
}

TEST_CASE("a router that moves new flows to another port is known at both") {
  host h;
  for (std::uint32_t n = 1; n <= 4; ++n) h.sees(n, home);
  CHECK(h.it.current().also == endpoint{});
  h.sees(5, home_later);
  CHECK(h.kind() == nat_class::endpoint_independent);
  CHECK(h.it.current().external == home);
  CHECK(h.it.current().also == home_later);
  // Nobody makes us name another address than our own, nor yet another port every moment.
  h.sees(6, at("192.0.2.66:40001"));
  h.sees(5, at("192.0.2.66:40001"));
  h.sees(6, at("203.0.113.7:40002"));
  CHECK((h.it.current().also == home_later || h.it.current().also == endpoint{}));
  const auto told = all<verdict>(h.out).size();
  for (std::uint16_t i = 0; i < 1000; ++i, h.now += 10ms)
    h.sees(5, {home.address, static_cast<std::uint16_t>(50000 + i)});
  CHECK(all<verdict>(h.out).size() <= told + 3);
}

TEST_CASE("where each flow has a port of its own no other port is named") {
  host h;
  for (std::uint32_t n = 1; n <= 8; ++n)
    h.sees(n, {home.address, static_cast<std::uint16_t>(40000 + n)});
  REQUIRE(h.kind() == nat_class::endpoint_dependent);
  for (const verdict& v : all<verdict>(h.out))
    if (v.kind == nat_class::endpoint_dependent) CHECK(v.also == endpoint{});
}

TEST_CASE("whoever asks for half a minute and hears nothing is blocked until somebody answers") {
  host h;
  h.it.talking_to(h.now, observer(1).address);
  h.let(29s);
  CHECK(h.kind() == nat_class::unknown);
  h.let(2s);
  CHECK(h.kind() == nat_class::blocked);
  CHECK(h.it.current().external == endpoint{});
  CHECK_FALSE(h.it.current().serves);
  h.sees(1, home);
  CHECK(h.kind() == nat_class::unknown);
  CHECK(h.it.current().external == home);
  h.sees(2, home);
  CHECK(h.kind() == nat_class::endpoint_independent);
  h.let(10min);
  CHECK(h.kind() == nat_class::endpoint_independent);  // nobody was asked: silence is no news
  h.it.talking_to(h.now, observer(1).address);
  h.let(31s);
  CHECK(h.kind() == nat_class::blocked);
  h.sees(1, home);
  CHECK(h.kind() != nat_class::blocked);
}

TEST_CASE("who is told to be reached directly is never blocked") {
  host h({.how = mode::direct});
  h.it.talking_to(h.now, observer(1).address);
  h.let(10min);
  CHECK(h.kind() == nat_class::open);
}

TEST_CASE("a liar who keeps changing his mind moves nothing") {
  host h;
  for (std::uint32_t n = 1; n <= 4; ++n) h.sees(n, home);
  for (int i = 0; i < 50; ++i) {
    h.sees(1, home_later);
    h.sees(1, home);
    h.sees(2, home);
    CHECK(h.it.current().external == home);
    h.now += 1s;
  }
  // Others are asked for their word each time, though not more than every ten seconds.
  CHECK(all<doubt>(h.out).size() == 5);
}

TEST_CASE("new observers replace the old ones - eight at most") {
  host h;
  for (std::uint32_t n = 1; n <= 8; ++n) h.sees(n, home);
  for (std::uint32_t n = 9; n <= 13; ++n) h.sees(n, home_later);
  CHECK(h.it.current().external == home_later);
}

TEST_CASE("after a silence one observer alone does not undo what was found") {
  host h;
  for (std::uint32_t n = 1; n <= 5; ++n) h.sees(n, home);
  const auto before = h.verdicts();
  h.now += 20min;
  h.sees(6, home);
  CHECK(h.kind() == nat_class::endpoint_independent);
  h.now += 20min;
  h.sees(7, home_later);
  CHECK(h.verdicts() == before);
  h.sees(8, home_later);
  CHECK(h.it.current() == verdict{nat_class::endpoint_independent, home_later, false});
}

TEST_CASE("the last observer left is believed when it says again that we moved") {
  const endpoint elsewhere = at("198.18.0.1:40001");
  enum class other { stays, goes_before, goes_after };
  for (const other o : {other::stays, other::goes_before, other::goes_after}) {
    host h;
    h.sees(1, home);
    h.sees(2, home);
    CHECK(h.kind() == nat_class::endpoint_independent);
    if (o == other::goes_before) h.it.handle(h.now, gone{observer(2).address}, h.out);
    h.sees(1, elsewhere);
    CHECK(h.it.current().external == home);
    if (o == other::goes_after) h.it.handle(h.now, gone{observer(2).address}, h.out);
    const time_point before = h.now;
    while (h.it.current().external == home && h.now - before < 10min) {
      h.now += 15s;
      h.sees(1, elsewhere);
    }
    CHECK(h.it.current().external == elsewhere);
    // The other one's word of before counts for 5 min, unless it is gone.
    CHECK(h.now - before == (o == other::stays ? 315s : 15s));
    // Another one who agrees makes it sure again.
    h.sees(3, elsewhere);
    CHECK(h.it.current() == verdict{nat_class::endpoint_independent, elsewhere, false});
  }
}

TEST_CASE("an observer that is gone counts on where nobody saw us move") {
  host h;
  h.sees(1, home);
  h.sees(2, home);
  h.sees(3, home_later);
  h.it.handle(h.now, gone{observer(1).address}, h.out);
  h.it.handle(h.now, gone{observer(2).address}, h.out);
  h.now += 15s;
  h.sees(3, home_later);
  CHECK(h.it.current().external == home);
}

TEST_CASE("an observation renewed after its life counts anew") {
  host h;
  for (std::uint32_t n = 1; n <= 3; ++n) h.sees(n, home);
  h.now += 6min;
  h.sees(1, home_later);
  h.sees(2, home_later);
  CHECK(h.it.current().external == home_later);
}

TEST_CASE("a host of two families is judged by IPv4 and one without it by IPv6") {
  const endpoint six = at("[2001:db8::7]:51820");
  host both;
  for (std::uint32_t n = 1; n <= 4; ++n) {
    both.sees(2 * n, home);
    both.sees(2 * n + 1, six);
  }
  CHECK(both.kind() == nat_class::endpoint_independent);
  CHECK(both.it.current().external == home);

  host only;
  for (std::uint32_t n = 1; n <= 4; ++n) only.sees(n, six);
  CHECK(only.it.current().external == six);
}

TEST_CASE("neighbours who see the address inside do not outvote the world") {
  host h;
  h.sees(1, home);
  h.sees(2, home);
  for (std::uint32_t n = 3; n <= 8; ++n) h.sees(n, at("192.168.1.5:51820"));
  CHECK(h.it.current().external == home);
  CHECK(h.kind() == nat_class::endpoint_independent);
}

TEST_CASE("nonsense is not an observation") {
  host h;
  h.sees(1, {});
  h.sees(2, {home.address, 0});
  CHECK(h.verdicts() == 0);
  CHECK_FALSE(h.it.next_timeout());
}

TEST_CASE("two strangers' datagrams make it open") {
  host h;
  h.sees(1, home);
  h.sees(2, home);
  h.let(2s);
  h.dialled_from(stranger);
  CHECK(h.kind() == nat_class::endpoint_independent);
  h.let(2s);
  h.dialled_from(stranger);  // the same one is none any more
  CHECK(notes(h.out, note_kind::nat_reach_from_acquaintance) == 1);
  CHECK(h.kind() == nat_class::endpoint_independent);
  h.dialled_from(at("192.0.2.98:1"));
  CHECK(h.kind() == nat_class::open);
  CHECK(h.it.current().serves);
  CHECK(notes(h.out, note_kind::nat_reached_by_stranger) == 2);
}

TEST_CASE("an untranslated host that knows many peers waits for two strangers") {
  host h({}, {home});
  h.helped = false;
  h.it.set_few_peers(false);
  h.sees(1, home);
  h.sees(2, home);
  h.let(1min);
  CHECK_FALSE(h.it.current().serves);
  h.it.set_few_peers(true);
  h.let(1min);
  CHECK(h.it.current().serves);
}

TEST_CASE("whom we sent something is no stranger whether it answered or not") {
  host h;
  h.sees(1, home);
  h.sees(2, home);
  h.it.talking_to(h.now, stranger.address);
  h.let(2s);
  h.dialled_from(stranger);
  CHECK(notes(h.out, note_kind::nat_reach_from_acquaintance) == 1);
}

TEST_CASE("a request that nobody passed on proves nothing and is put ever more seldom") {
  host h({.provisional_after = 0s}, {home});
  h.helped = false;
  h.sees(1, home);
  h.sees(2, home);
  h.let(10min);
  CHECK(h.it.current().serves);
  CHECK(all<dial>(h.out).size() >= 7);
  CHECK(all<dial>(h.out).size() <= 10);
  h.it.handle(h.now, passed_on{wire::transaction{12345}});  // of another one
  h.let(1h);
  CHECK(h.it.current().serves);
  h.helped = true;
  h.let(1h);
  CHECK_FALSE(h.it.current().serves);
}

TEST_CASE(
    "an acquaintance's datagram is no failure though the word of our request comes after it") {
  host h({.provisional_after = 0s}, {home});
  h.helped = false;
  h.sees(1, home);
  h.sees(2, home);
  for (int i = 0; i < 10; ++i) {
    const auto before = all<dial>(h.out).size();
    while (all<dial>(h.out).size() == before) h.let(1s);
    h.dialled_from(observer(1));
    h.it.handle(h.now, passed_on{all<dial>(h.out).back().what.tx});
  }
  CHECK(h.it.current().serves);
}

TEST_CASE("an acquaintance's datagram proves nothing however long ago we talked") {
  host h;
  h.sees(1, home);
  h.sees(2, home);
  for (std::uint32_t n = 3; n <= 200; ++n) h.sees(n, home);  // 1 is no observer any more
  h.let(2s);
  h.dialled_from({observer(1).address, 9});
  CHECK(notes(h.out, note_kind::nat_reach_from_acquaintance) == 1);
  CHECK(h.kind() == nat_class::endpoint_independent);
}

TEST_CASE("of very many acquaintances the latest are remembered") {
  host h;
  for (std::uint32_t n = 1; n <= 2000; ++n) h.sees(n, home);
  h.let(2s);
  for (std::uint32_t n = 1800; n <= 2000; n += 20) {
    h.dialled_from(observer(n));
    CHECK(h.kind() == nat_class::endpoint_independent);
  }
}

TEST_CASE("who is open still knows its observers so a NAT that closed is found out") {
  host h;
  for (std::uint32_t n = 1; n <= 4; ++n) h.sees(n, home);
  h.opens();
  h.clear();
  h.let(10min);
  REQUIRE(all<dial>(h.out).size() == 1);
  h.dialled_from(observer(2));
  CHECK(notes(h.out, note_kind::nat_reach_from_acquaintance) == 1);
  h.let(7s);
  CHECK(h.kind() == nat_class::endpoint_independent);
  CHECK_FALSE(h.it.current().serves);
}

TEST_CASE("where all who dial are acquaintances an untranslated host goes on serving") {
  host h({.provisional_after = 0s}, {home});
  for (std::uint32_t n = 1; n <= 4; ++n) h.sees(n, home);
  REQUIRE(h.it.current().serves);
  for (int i = 0; i < 20; ++i) {
    h.let(2s);
    h.dialled_from(observer(2));
  }
  CHECK(notes(h.out, note_kind::nat_reach_from_acquaintance) >= 5);
  CHECK(h.it.current().serves);
}

TEST_CASE("a wrong or old nonce proves nothing") {
  host h;
  h.sees(1, home);
  h.sees(2, home);
  h.it.handle(h.now, reached{stranger, 0}, h.out);
  h.let(2s);
  const auto nonce = all<dial>(h.out).back().what.nonce;
  h.it.handle(h.now, reached{stranger, nonce ^ 2}, h.out);
  h.let(2s);
  h.it.handle(h.now, reached{stranger, nonce}, h.out);
  CHECK(h.kind() == nat_class::endpoint_independent);
}

TEST_CASE("being reached over IPv6 says nothing of IPv4") {
  host h;
  h.sees(1, home);
  h.sees(2, home);
  h.let(2s);
  h.dialled_from(at("[2001:db8::99]:1"));
  CHECK(h.kind() == nat_class::endpoint_independent);
}

TEST_CASE("dials go out every two seconds until the verdict then ever more seldom") {
  host h;
  h.sees(1, home);
  h.sees(2, home);
  std::vector<duration> when;
  for (const time_point end = t0 + 3h; h.it.next_timeout() && *h.it.next_timeout() <= end;) {
    h.now = *h.it.next_timeout();
    h.step();
    when.push_back(h.now - t0);
  }
  REQUIRE(when.size() > 6);
  CHECK(std::vector<duration>(when.begin(), when.begin() + 6) ==
        std::vector<duration>{2s, 4s, 6s, 8s, 12s, 20s});
  CHECK(when.back() - when[when.size() - 2] == 10min);
  CHECK(all<dial>(h.out).size() == when.size());
}

TEST_CASE(
    "an untranslated host that knows few peers serves for the time being until nobody dials back") {
  host h({.provisional_after = 0s}, {home});
  h.sees(1, home);
  CHECK(h.it.current().serves);
  h.sees(2, home);
  h.let(7s);
  CHECK(h.it.current().serves);
  h.let(1s);
  CHECK_FALSE(h.it.current().serves);
  CHECK(h.kind() == nat_class::endpoint_independent);
  h.let(1min);
  h.dialled_from(at("192.0.2.97:1"));
  h.opens();
  CHECK(h.it.current() == verdict{nat_class::open, home, true});
}

TEST_CASE("who says it is direct is open and serves from the first moment whatever observers say") {
  host h({.how = mode::direct}, {at("10.0.0.1:51820"), home});
  CHECK(h.it.current() == verdict{nat_class::open, home, true});
  h.sees(1, at("203.0.113.66:6666"));
  CHECK(h.it.current().external == home);
  h.sees(2, home_later);  // a translation one to one, that the operator knows of
  h.sees(3, home_later);
  CHECK(h.it.current() == verdict{nat_class::open, home_later, true});
  CHECK_FALSE(h.it.next_timeout());
}

TEST_CASE("who says it is behind a NAT never asks for dials nor serves") {
  host h({.how = mode::behind_nat}, {home});
  for (std::uint32_t n = 1; n <= 4; ++n) h.sees(n, home);
  CHECK(h.it.current() == verdict{nat_class::endpoint_independent, home, false});
  CHECK_FALSE(h.it.next_timeout());
}

TEST_CASE("new addresses void everything known") {
  host h;
  for (std::uint32_t n = 1; n <= 4; ++n) h.sees(n, home);
  h.let(2s);
  const auto nonce = all<dial>(h.out).back().what.nonce;
  h.it.handle_addresses(h.now, {at("10.9.9.9:51820")}, h.out);
  CHECK(h.it.current() == verdict{});
  CHECK_FALSE(h.it.next_timeout());
  h.it.handle(h.now, reached{stranger, nonce}, h.out);
  CHECK(h.kind() == nat_class::unknown);
  h.sees(1, home_later);
  h.sees(2, home_later);
  CHECK(h.it.current().external == home_later);
  // Whoever was talked to before is a stranger to the new address.
  for (std::uint32_t n : {3U, 4U}) {
    h.let(2s);
    h.dialled_from(observer(n));
  }
  CHECK(h.kind() == nat_class::open);
}

TEST_CASE("a direct host's new address is told at once") {
  host h({.how = mode::direct}, {home});
  h.it.handle_addresses(h.now, {home_later}, h.out);
  CHECK(all<verdict>(h.out) == std::vector{verdict{nat_class::open, home_later, true}});
}

TEST_CASE("a host on a long way is found open though each word comes after the next request") {
  host h({}, {at("203.0.113.5:51820")});
  h.helped = false;
  h.it.set_few_peers(false);
  for (std::uint32_t n = 1; n <= 3; ++n) h.sees(n, at("203.0.113.5:51820"));
  std::vector<std::pair<time_point, dial>> under_way;
  std::size_t met = 0;
  for (int i = 0; i < 600 && h.kind() != nat_class::open; ++i) {
    h.let(100ms);
    const auto dials = all<dial>(h.out);
    for (; met < dials.size(); ++met) under_way.emplace_back(h.now, dials[met]);
    for (const auto& [sent, what] : under_way) {
      if (h.now - sent == 2200ms) h.it.handle(h.now, passed_on{what.what.tx});
      if (h.now - sent == 3300ms) {
        const auto asked = ip_address::v4(0xc0000200U + static_cast<std::uint32_t>(i % 250));
        h.it.handle(h.now, reached{{asked, 51820}, what.what.nonce}, h.out);
      }
    }
  }
  CHECK(h.kind() == nat_class::open);
  CHECK(h.now - t0 < 20s);
}

TEST_CASE("whatever comes a classifier keeps its bounds and its promises") {
  for (std::uint64_t s = 1; s <= 60; ++s) {
    seeded_rng r{seed{s}};
    host h({.how = static_cast<mode>(r.below(3))}, {home});
    verdict last = h.it.current();
    for (int i = 0; i < 400; ++i) {
      h.clear();
      switch (r.below(8)) {
        case 0:
        case 1:
        case 2: {
          const endpoint me = r.chance(0.6)   ? home
                              : r.chance(0.1) ? at("[2001:db8::1]:7")
                              : r.chance(0.1)
                                  ? endpoint{}
                                  : endpoint{home.address, static_cast<std::uint16_t>(r.below(5))};
          h.sees(static_cast<std::uint32_t>(r.below(20)), me);
          break;
        }
        case 3:
          h.it.handle(h.now, reached{observer(static_cast<std::uint32_t>(r.below(40))), r.below(3)},
                      h.out);
          break;
        case 5:
          h.it.talking_to(h.now, observer(static_cast<std::uint32_t>(r.below(400))).address);
          break;
        case 6:
          h.it.handle(h.now, passed_on{wire::transaction{static_cast<std::uint32_t>(r.below(3))}});
          break;
        case 4:
          if (r.chance(0.05)) h.it.handle_addresses(h.now, {home}, h.out);
          break;
        default: {
          h.now += duration{static_cast<std::int64_t>(r.below(30'000'000'000))};
          const auto due = h.it.next_timeout();
          h.it.handle_timeout(h.now, h.out);
          if (due && *due <= h.now && h.it.next_timeout()) REQUIRE(*h.it.next_timeout() > h.now);
          if (const auto d = all<dial>(h.out); !d.empty() && r.chance(0.3))
            h.it.handle(
                h.now,
                reached{observer(static_cast<std::uint32_t>(r.below(400))), d.back().what.nonce},
                h.out);
          if (const auto d = all<dial>(h.out); !d.empty() && r.chance(0.6))
            h.it.handle(h.now, passed_on{d.back().what.tx});
        }
      }
      for (const verdict& v : all<verdict>(h.out)) {
        REQUIRE(v != last);
        last = v;
      }
      REQUIRE(last == h.it.current());
      REQUIRE((h.kind() != nat_class::open || h.it.current().serves));
    }
  }
}

TEST_CASE("two observers who see two ports in turn make a mapping endpoint dependent") {
  host h;
  h.sees(1, at("203.0.113.9:1001"));
  h.sees(2, at("203.0.113.9:1002"));
  CHECK(h.it.current().kind == nat_class::unknown);  // it may have moved in between
  h.let(1s);
  h.sees(2, at("203.0.113.9:1002"));
  CHECK(h.it.current().kind == nat_class::unknown);
  h.let(1s);
  h.sees(1, at("203.0.113.9:1001"));
  CHECK(h.it.current().kind == nat_class::endpoint_dependent);
  // A third who sees one of the two sets it right.
  h.sees(3, at("203.0.113.9:1001"));
  h.let(1min);
  CHECK(h.it.current().kind == nat_class::endpoint_independent);
}

TEST_CASE("two observers who see two addresses in turn say nothing of the mapping") {
  host h;
  for (int i = 0; i < 3; ++i) {
    h.sees(1, at("203.0.113.9:1001"));
    h.sees(2, at("192.0.2.1:1001"));
    h.let(1s);
  }
  CHECK(h.it.current().kind == nat_class::unknown);
}
