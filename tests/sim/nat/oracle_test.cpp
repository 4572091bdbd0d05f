#include <catch2/catch.hpp>

#include "sim/nat/chain.hpp"
#include "sim/nat/oracle.hpp"
#include "sim/nat/population.hpp"

using namespace wh;
using namespace wh::sim::nat;

namespace {

side behind(std::initializer_list<const char*> names, bool port_mapped = false) {
  side s{{}, port_mapped};
  for (const char* n : names) s.chain.push_back(profile(n));
  return s;
}
bool direct(const side& a, const side& b, common_boxes common = {}) {
  const bool there = direct_possible(a, b, common);
  CHECK(there == direct_possible(b, a, common));
  if (there) CHECK(clairvoyant_possible(a, b, common));
  return there;
}

/// Whether two behind a box each hear each other: each learns its mapping from an observer, opens
/// with a low TTL, then both send, answers going to where something came from. A peer that only
/// ports 53 and 443 answer is no direct peer, though an observer there hears it.
bool meet(const config& x, const config& y) {
  const time_point t0{1000s};
  const endpoint observer{ip_address::v4(198, 51, 100, 1), 1000};
  const endpoint in_a{ip_address::v4(192, 168, 1, 2), 4000},
      in_b{ip_address::v4(10, 1, 1, 2), 5000};
  const auto outside = [](const config& c, const endpoint& in, std::uint8_t last) {
    std::vector<ip_address> pool{in.address};
    if (c.mapping == mapping_kind::none) return pool;
    pool.clear();
    for (unsigned n = 0; n < c.external_addresses; ++n)
      pool.push_back(ip_address::v4(203, 0, last, static_cast<std::uint8_t>(1 + n)));
    return pool;
  };
  box a{borrow(x), outside(x, in_a, 1), seed{1}};
  box b{borrow(y), outside(y, in_b, 2), seed{2}};
  const auto va = a.outbound({in_a, observer}, t0), vb = b.outbound({in_b, observer}, t0);
  if (!va.passed() || !vb.passed()) return false;
  endpoint to_b = vb.out.src, to_a = va.out.src;  // what each believes of the other
  bool a_heard = false, b_heard = false;
  const auto send = [&](box& from, box& to, const endpoint& in, endpoint& dst, endpoint& other,
                        std::uint8_t ttl, time_point now) {
    const verdict v = from.outbound({in, dst, ttl}, now);
    if (!v.passed() || v.out.ttl <= 1) return false;
    const verdict w = to.inbound(v.out, now);
    if (w.passed()) other = v.out.src;  // answers go where it came from
    return w.passed();
  };
  send(a, b, in_a, to_b, to_a, 2, t0 + 1s);
  send(b, a, in_b, to_a, to_b, 2, t0 + 1s);
  for (int i = 0; i < 6; ++i) {
    const auto t = t0 + 1s + (i + 1) * 100ms;
    b_heard = send(a, b, in_a, to_b, to_a, 64, t) || b_heard;
    a_heard = send(b, a, in_b, to_a, to_b, 64, t) || a_heard;
  }
  return a_heard && b_heard;
}

}  // namespace

TEST_CASE("the oracle agrees with the traversal matrix") {
  const auto pub = behind({"open"}), full = behind({"fullcone"}), adf = behind({"cone_restricted"}),
             easy = behind({"openwrt"}), clash = behind({"linux_input_accept"}),
             fws = behind({"stateful_firewall"}), rnd = behind({"symmetric"}),
             seq = behind({"mobile_sequential"}), blk = behind({"cgn_symmetric"}),
             none = behind({"udp_blocked"}), nothing = behind({});
  for (const auto& x : {pub, full, adf, easy, clash, fws, rnd, seq, blk, nothing}) {
    for (const auto& open : {pub, full, nothing}) CHECK(direct(open, x));
    CHECK(direct(adf, x));
    CHECK_FALSE(direct(none, x));
  }
  for (const auto& x : {easy, clash, fws}) {
    for (const auto& y : {easy, clash, fws}) CHECK(direct(x, y));
    for (const auto& y : {rnd, seq, blk}) {
      CHECK_FALSE(direct(x, y));
      CHECK(clairvoyant_possible(x, y));
    }
  }
  for (const auto& x : {rnd, seq, blk})
    for (const auto& y : {rnd, seq, blk}) CHECK_FALSE(direct(x, y));
  CHECK(direct(easy, behind({"pf_static_port"})));
  CHECK(direct(rnd, behind({"symmetric"}, true)));  // a port mapping opens it
}

TEST_CASE("an address dependent filter lets in a symmetric peer only from a known address") {
  config pool = *profile("symmetric");
  pool.pooling = pooling_kind::arbitrary;
  side wandering{{&pool}, false};
  CHECK_FALSE(direct(behind({"cone_restricted"}), wandering));
  CHECK(direct(behind({"cone_restricted"}), behind({"symmetric"})));
}

TEST_CASE("below a common box the inner route counts - else the box must turn packets round") {
  const auto home = behind({"openwrt", "cgn_eim"});
  CHECK(direct(home, home, {1, true}));
  CHECK(direct(home, home, {1, false}));  // an RFC 6888 carrier hairpins
  const auto lan = behind({"openwrt"});
  CHECK(direct(lan, lan, {1, true}));
  CHECK_FALSE(direct(lan, lan, {1, false}));
  const auto two = behind({"symmetric", "cgn_eim"});
  CHECK(direct(two, two, {2, true}));
  CHECK_FALSE(direct(two, two, {1, true}));
  CHECK_FALSE(clairvoyant_possible(lan, lan, {1, false}));
}

TEST_CASE("a chain is as hard as its hardest box and lives as short as its shortest") {
  const auto s = effective(behind({"openwrt", "cgn_symmetric"}).chain);
  CHECK(s.kind == nat_class::blk);
  CHECK(s.mapping == mapping_kind::apdm);
  CHECK(s.filtering == filtering_kind::apdf);
  CHECK(s.port_count == 512);
  CHECK(s.timeout_new == 15s);
  CHECK(s.timeout_stream == 120s);
  CHECK(s.hops == 2);
  CHECK_FALSE(s.predictable);
  const auto kind = [](std::initializer_list<const char*> c) {
    return effective(behind(c).chain).kind;
  };
  CHECK(kind({}) == nat_class::pub);
  CHECK(kind({"open"}) == nat_class::pub);
  CHECK(kind({"stateful_firewall"}) == nat_class::fws);
  CHECK(kind({"fullcone"}) == nat_class::eif);
  CHECK(kind({"cone_restricted"}) == nat_class::adf);
  CHECK(kind({"openwrt", "cgn_eim"}) == nat_class::apdf);
  CHECK(kind({"linux_input_accept"}) == nat_class::lx);
  CHECK(kind({"mobile_sequential"}) == nat_class::seq);
  CHECK(kind({"aws_nat_gw"}) == nat_class::rnd);
  CHECK(kind({"map_e_port_saving"}) == nat_class::blk);
  CHECK(kind({"udp_blocked"}) == nat_class::udpb);
}

TEST_CASE(
    "a pair does directly through the boxes what the oracle says for every pair of profiles") {
  for (const auto& x : profiles())
    for (const auto& y : profiles()) {
      INFO(x.name << " and " << y.name);
      CHECK(meet(x.behaviour, y.behaviour) ==
            direct_possible({{&x.behaviour}, false}, {{&y.behaviour}, false}));
    }
}

TEST_CASE(
    "a pair does directly through the boxes what the oracle says of every mapping and filter") {
  std::vector<config> all;
  for (const auto mapping : {mapping_kind::eim, mapping_kind::adm, mapping_kind::apdm})
    for (const auto filter : {filtering_kind::eif, filtering_kind::adf, filtering_kind::apdf})
      for (const auto ports : {port_allocation::random, port_allocation::sequential})
        for (const auto pooling : {pooling_kind::paired, pooling_kind::arbitrary}) {
          // Whoever is reached by anybody must not send first, or his answers leave by another
          // port. No device known is like that.
          if (mapping != mapping_kind::eim && filter == filtering_kind::eif) continue;
          config c = *profile("symmetric");
          c.mapping = mapping;
          c.filtering = filter;
          c.ports = ports;
          c.pooling = pooling;
          c.external_addresses = pooling == pooling_kind::arbitrary ? 8 : 1;
          all.push_back(c);
        }
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < all.size(); ++j) {
      INFO(i << " and " << j);
      CHECK(meet(all[i], all[j]) == direct_possible({{&all[i]}, false}, {{&all[j]}, false}));
    }
}

TEST_CASE("every population parses and adds up and draws what it says") {
  CHECK(population_names().size() >= 2);
  for (const auto name : population_names()) {
    const auto* p = population(name);
    REQUIRE(p != nullptr);
    double total = 0;
    for (const auto& w : *p) total += w.share;
    CHECK(total == Approx(1));
  }
  CHECK(population("atlantis") == nullptr);
  const auto& p = *population("internet-2025");
  const auto share = [&](auto condition) {
    double sum = 0;
    for (const auto& w : p) {
      std::vector<const config*> chain;
      for (const auto* b : w.boxes) chain.push_back(&b->behaviour);
      if (condition(effective(chain))) sum += w.share * 100;
    }
    return sum;
  };
  // The totals that the population was made for.
  const auto of = [&](nat_class k) { return share([k](const summary& s) { return s.kind == k; }); };
  CHECK(of(nat_class::apdf) == Approx(60.5).margin(0.1));
  CHECK(of(nat_class::lx) == Approx(3.2).margin(0.1));
  CHECK(of(nat_class::adf) == Approx(2.9).margin(0.1));
  CHECK(of(nat_class::eif) == Approx(6.1).margin(0.1));
  CHECK(of(nat_class::fws) == Approx(4.0).margin(0.1));
  CHECK(of(nat_class::pub) == Approx(7.8).margin(0.1));
  CHECK(of(nat_class::seq) == Approx(1.4).margin(0.1));
  CHECK(of(nat_class::udpb) == Approx(4.1).margin(0.1));
  CHECK(of(nat_class::rnd) + of(nat_class::blk) == Approx(10.0).margin(0.1));

  seeded_rng random{seed{7}};
  std::size_t vps = 0;
  for (int i = 0; i < 20000; ++i) vps += draw(p, random).context == "vps";
  CHECK(vps > 2400 - 200);  // four standard deviations of 12 % of 20,000
  CHECK(vps < 2400 + 200);
}

TEST_CASE("a population file that is wrong is told where and what to do") {
  const std::string head = "context,profile,share,port_mapping,ipv6\n";
  const auto error = [&](const std::string& text) {
    const auto p = parse_population(text);
    REQUIRE_FALSE(p);
    CHECK_FALSE(p.error().message.empty());
    return p.error().line;
  };
  CHECK(parse_population("# a comment\n\n" + head + "home, openwrt + cgn_eim ,100,0,50 # all\r\n"));
  CHECK(error("") == 0);
  CHECK(error("home,openwrt,100,0,0\n") == 1);
  CHECK(error(head + "\nhome,nonesuch,100,0,0\n") == 3);
  CHECK(error(head + "home,openwrt,100,0\n") == 2);
  CHECK(error(head + "home,openwrt,100,0,0,0\n") == 2);
  CHECK(error(head + "home,openwrt,-1,0,0\n") == 2);
  CHECK(error(head + "home,openwrt,1e2,0,0\n") == 2);
  CHECK(error(head + "home,openwrt,101,0,0\n") == 2);
  CHECK(error(head + ",openwrt,100,0,0\n") == 2);
  CHECK(error(head + "home,openwrt,50,0,0\nhome,open,40,0,0\n") == 3);
  std::string many = head;
  for (int i = 0; i < 1001; ++i) many += "home,openwrt,0.1,0,0\n";
  CHECK(error(many) == 1002);
}

TEST_CASE("a network that lets UDP out to 53 and 443 only reaches whoever is open there") {
  const auto guest = behind({"udp_blocked_except_dns"});
  side server, other;
  server.open_port = 443;
  other.open_port = 4000;
  CHECK(direct(guest, server));
  CHECK_FALSE(direct(guest, other));
  CHECK_FALSE(direct(guest, guest));
  CHECK_FALSE(clairvoyant_possible(guest, other));
  CHECK(why_not_direct(guest, other) == obstacle::udp_blocked);
  CHECK_FALSE(direct(behind({"udp_blocked"}), server));

  sides alone;
  alone.v4 = guest;
  CHECK_FALSE(alone.udp());
  alone.servers = true;
  CHECK(alone.udp());
}

TEST_CASE("a network that lets no UDP out has a LAN all the same") {
  const auto office = behind({"udp_blocked"});
  CHECK(direct(office, office, {1, true}));
  CHECK_FALSE(direct(office, office, {1, false}));
}
