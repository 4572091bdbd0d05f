#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "sim/nat/box.hpp"
#include "sim/nat/chain.hpp"
#include "sim/nat/flow_table.hpp"
#include "sim/nat/profiles.hpp"

using namespace wh;
using namespace wh::sim::nat;

namespace {

const ip_address external = ip_address::v4(203, 0, 113, 1);
const endpoint a{ip_address::v4(192, 168, 1, 2), 4000};
const endpoint b{ip_address::v4(192, 168, 1, 3), 4001};
const endpoint x1{ip_address::v4(198, 51, 100, 1), 1000};
const endpoint x2{ip_address::v4(198, 51, 100, 1), 2000};
const endpoint z1{ip_address::v4(198, 51, 100, 2), 1000};
const time_point t0{1000s};

endpoint remote(std::uint32_t i) {
  return {ip_address::v4(0xc6336400 + (i >> 8)), static_cast<std::uint16_t>(1 + (i & 0xff))};
}
endpoint host(std::uint32_t i, std::uint16_t port = 4000) {
  return {ip_address::v4(0x0a000000 + i), port};
}
struct maker {
  config c;
  box operator()(std::uint64_t s = 1) const {
    return box{std::make_shared<const config>(c), external, seed{s}};
  }
};
std::uint16_t out(box& n, const endpoint& from, const endpoint& to, time_point now = t0) {
  const verdict v = n.outbound({from, to}, now);
  REQUIRE(v.kind == verdict::fate::forward);
  return v.out.src.port();
}

}  // namespace

TEST_CASE("the mapping kind says which remotes see the same port") {
  maker m;
  m.c.ports = port_allocation::random;
  SECTION("endpoint independent: all") {
    box n = m();
    const auto p = out(n, a, x1);
    CHECK(out(n, a, x2) == p);
    CHECK(out(n, a, z1) == p);
  }
  SECTION("address dependent: those on one address") {
    m.c.mapping = mapping_kind::adm;
    box n = m();
    const auto p = out(n, a, x1);
    CHECK(out(n, a, x2) == p);
    CHECK(out(n, a, z1) != p);
  }
  SECTION("address and port dependent: none") {
    m.c.mapping = mapping_kind::apdm;
    box n = m();
    const auto p = out(n, a, x1);
    CHECK(out(n, a, x2) != p);
    CHECK(out(n, a, z1) != p);
    CHECK(out(n, a, x1) == p);
  }
}

TEST_CASE("the filtering kind says whose packets come in whatever the mapping") {
  maker m;
  m.c.ports = port_allocation::random;
  m.c.mapping = GENERATE(mapping_kind::eim, mapping_kind::adm, mapping_kind::apdm);
  m.c.filtering = GENERATE(filtering_kind::eif, filtering_kind::adf, filtering_kind::apdf);
  box n = m();
  const endpoint mapped{external, out(n, a, x1)};
  CHECK(n.inbound({x1, mapped}, t0).out.dst == a);
  CHECK(n.inbound({x2, mapped}, t0).passed() == (m.c.filtering <= filtering_kind::adf));
  const verdict stranger = n.inbound({z1, mapped}, t0);
  CHECK(stranger.passed() == (m.c.filtering == filtering_kind::eif));
  if (stranger.passed()) {
    CHECK(stranger.out.dst == a);
    CHECK(out(n, a, z1) == mapped.port());  // and the answer leaves from where it was asked
  }
  CHECK(n.inbound({x1, {external, static_cast<std::uint16_t>(mapped.port() ^ 1)}}, t0).reason ==
        drop_reason::no_mapping);
  CHECK(n.inbound({x1, {z1.address, mapped.port()}}, t0).reason == drop_reason::not_ours);
}

TEST_CASE("a preserving box that finds the port taken draws or counts up or gives up") {
  maker m;
  const endpoint rival{b.address, a.port()};
  SECTION("draws") {
    box n = m();
    CHECK(out(n, a, x1) == 4000);
    const auto p = out(n, rival, x1);
    CHECK(p != 4000);
    CHECK(out(n, rival, z1) == p);
  }
  SECTION("counts up") {
    m.c.on_clash = clash::next;
    box n = m();
    CHECK(out(n, a, x1) == 4000);
    CHECK(out(n, rival, x1) == 4001);
  }
  SECTION("gives up") {
    m.c.on_clash = clash::drop;
    box n = m();
    CHECK(out(n, a, x1) == 4000);
    CHECK(n.outbound({rival, x1}, t0).reason == drop_reason::port_exhausted);
  }
  SECTION("shares the port where remotes differ, by endpoint or by address") {
    m.c.overload = GENERATE(overloading::per_remote, overloading::per_remote_address);
    box n = m();
    CHECK(out(n, a, x1) == 4000);
    CHECK(out(n, rival, z1) == 4000);
    CHECK((out(n, {ip_address::v4(192, 168, 1, 9), 4000}, x2) == 4000) ==
          (m.c.overload == overloading::per_remote));
  }
}

TEST_CASE("sequential ports go up by delta and wrap and skip what others take") {
  maker m;
  m.c.mapping = mapping_kind::apdm;
  m.c.ports = port_allocation::sequential;
  SECTION("plainly") {
    m.c.delta = GENERATE(as<std::int16_t>{}, 1, 2, -1, 7);
    m.c.port_lo = 2000;
    m.c.port_hi = 2999;
    box n = m();
    int last = out(n, a, remote(0));
    for (std::uint32_t i = 1; i < 50; ++i) {
      const int p = out(n, i % 2 ? b : a, remote(i));
      CHECK(((p - last - m.c.delta) % 1000 + 1000) % 1000 == 0);
      last = p;
    }
  }
  SECTION("with other users in between, at about their rate") {
    m.c.cross_traffic_per_s = 50;
    box n = m();
    const int first = out(n, a, remote(0));
    for (std::uint32_t i = 1; i <= 20; ++i) out(n, a, remote(i), t0 + i * 1s);
    const int last = out(n, a, remote(21), t0 + 21s);
    const int others = ((last - first) + 64512) % 64512 - 21;
    CHECK(others > 21 * 50 - 150);  // five standard deviations of a Poisson count of 1050
    CHECK(others < 21 * 50 + 150);
  }
}

TEST_CASE("random ports stay in their range and fill it") {
  maker m;
  m.c.mapping = mapping_kind::apdm;
  m.c.ports = port_allocation::random;
  m.c.port_lo = 3000;
  m.c.port_hi = 3099;
  box n = m();
  std::set<std::uint16_t> seen;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto p = out(n, a, remote(i));
    CHECK(p >= 3000);
    CHECK(p <= 3099);
    seen.insert(p);
  }
  CHECK(seen.size() == 100);
  CHECK(n.outbound({a, remote(100)}, t0).reason == drop_reason::port_exhausted);
}

TEST_CASE("a host stays within its port blocks which no other host shares") {
  maker m;
  m.c.mapping = mapping_kind::apdm;
  m.c.ports = port_allocation::block;
  m.c.block_size = 64;
  m.c.blocks_per_host_max = 2;
  box n = m();
  std::map<int, std::uint32_t> owner;
  for (std::uint32_t h = 0; h < 20; ++h) {
    std::set<int> blocks;
    for (std::uint32_t i = 0; i < 128; ++i) {
      const int block = (out(n, host(h), remote(i)) - 1024) / 64;
      blocks.insert(block);
      CHECK(owner.emplace(block, h).first->second == h);
      if (i < 64) CHECK(blocks.size() == 1);
    }
    CHECK(blocks.size() == 2);
    CHECK(n.outbound({host(h), remote(128)}, t0).reason == drop_reason::quota);
  }
  SECTION("and gives them back when its flows are gone") {
    CHECK(n.mappings(t0 + 31s) == 0);
    for (std::uint32_t h = 100; h < 1108; ++h) out(n, host(h), x1, t0 + 31s);  // all 1008 blocks
    CHECK(n.outbound({host(2000), x1}, t0 + 31s).reason == drop_reason::port_exhausted);
  }
}

TEST_CASE("a MAP-E port set has the size and shape of RFC 7597") {
  maker m;
  m.c.mapping = mapping_kind::apdm;
  m.c.ports = port_allocation::map_e;
  m.c.overload = overloading::none;
  struct shape {
    std::uint8_t offset, psid;
    std::size_t ports;
  };
  const auto s = GENERATE(shape{4, 8, 240}, shape{6, 6, 1008});
  m.c.psid_offset_bits = s.offset;
  m.c.psid_bits = s.psid;
  m.c.psid = 0x21;
  box n = m();
  std::set<std::uint16_t> seen;
  for (std::uint32_t i = 0; i < s.ports; ++i) seen.insert(out(n, a, remote(i)));
  CHECK(seen.size() == s.ports);
  CHECK(n.outbound({a, remote(5000)}, t0).reason == drop_reason::port_exhausted);
  for (const auto p : seen) {
    CHECK(p >= 1U << (16 - s.offset));
    CHECK(((p >> (16 - s.offset - s.psid)) & ((1 << s.psid) - 1)) == 0x21);
  }
}

TEST_CASE("paired pooling keeps a host on one address - arbitrary pooling does not") {
  maker m;
  m.c.mapping = mapping_kind::apdm;
  m.c.ports = port_allocation::random;
  m.c.pooling = GENERATE(pooling_kind::paired, pooling_kind::arbitrary);
  std::vector<ip_address> pool;
  for (std::uint8_t i = 0; i < 8; ++i) pool.push_back(ip_address::v4(203, 0, 113, i));
  box n{std::make_shared<const config>(m.c), pool, seed{1}};
  std::set<ip_address> all;
  for (std::uint32_t h = 0; h < 16; ++h) {
    std::set<ip_address> mine;
    for (std::uint32_t i = 0; i < 16; ++i) {
      const verdict v = n.outbound({host(h), remote(i)}, t0);
      REQUIRE(v.passed());
      CHECK(n.owns(v.out.src.address));
      CHECK(n.inbound({remote(i), v.out.src}, t0).out.dst == host(h));
      mine.insert(v.out.src.address);
    }
    CHECK((mine.size() == 1) == (m.c.pooling == pooling_kind::paired));
    all.insert(mine.begin(), mine.end());
  }
  CHECK(all.size() > 4);
}

TEST_CASE("hairpinning shows the sender's outside or its inside or nothing") {
  maker m;
  m.c.filtering = filtering_kind::eif;
  m.c.hairpin =
      GENERATE(hairpin_kind::none, hairpin_kind::internal_source, hairpin_kind::external_source);
  box n = m();
  const endpoint a_mapped{external, out(n, a, x1)};
  const verdict v = n.outbound({b, a_mapped}, t0);
  if (m.c.hairpin == hairpin_kind::none) {
    CHECK(v.reason == drop_reason::hairpin_refused);
  } else {
    REQUIRE(v.kind == verdict::fate::hairpin);
    CHECK(v.out.dst == a);
    CHECK(v.out.src ==
          (m.c.hairpin == hairpin_kind::internal_source ? b : endpoint{external, 4001}));
  }
  SECTION("and filters as it would anyone") {
    m.c.filtering = filtering_kind::apdf;
    box strict = m();
    out(strict, a, x1);
    const verdict refused = strict.outbound({b, a_mapped}, t0);
    CHECK_FALSE(refused.passed());
    CHECK(refused.out.src == b);
    // Both sides having sent, the filter is open for external sources.
    strict.outbound({a, {external, 4001}}, t0);
    CHECK(strict.outbound({b, a_mapped}, t0).passed() ==
          (m.c.hairpin == hairpin_kind::external_source));
  }
}

TEST_CASE("only the named direction prolongs a mapping") {
  maker m;
  m.c.timeout_stream = 30s;
  m.c.refresh = GENERATE(refresh_kind::outbound, refresh_kind::inbound, refresh_kind::both);
  box by_out = m(), by_in = m();
  out(by_out, a, x1);
  out(by_in, a, x1);
  by_out.outbound({a, x1}, t0 + 20s);
  by_in.inbound({x1, {external, 4000}}, t0 + 20s);
  CHECK((by_out.mappings(t0 + 40s) == 1) == (m.c.refresh != refresh_kind::inbound));
  CHECK((by_in.mappings(t0 + 40s) == 1) == (m.c.refresh != refresh_kind::outbound));
}

TEST_CASE("flows to port 53 live as long as the box allows them") {
  maker m;
  m.c.timeout_dns = 10s;
  box n = m();
  out(n, a, {x1.address, 53});
  out(n, a, x1);
  CHECK(n.mappings(t0 + 9s) == 2);
  CHECK(n.mappings(t0 + 10s) == 1);
}

TEST_CASE("a full table refuses the new or forgets the oldest or the unanswered") {
  maker m;
  m.c.table_max = 10;
  m.c.on_full =
      GENERATE(full_policy::drop_new, full_policy::evict_oldest, full_policy::evict_unreplied);
  m.c.stream_after = 0s;
  box n = m();
  for (std::uint32_t i = 0; i < 10; ++i) out(n, host(i), x1, t0 + i * 1ms);
  // The oldest has been answered; the second oldest is then the oldest without answer.
  CHECK(n.inbound({x1, {external, 4000}}, t0 + 11ms).passed());
  out(n, host(0), x1, t0 + 12ms);
  const verdict v = n.outbound({host(10), x1}, t0 + 20ms);
  CHECK(n.mappings(t0 + 20ms) == 10);
  if (m.c.on_full == full_policy::drop_new) {
    CHECK(v.reason == drop_reason::table_full);
  } else {
    CHECK(v.passed());
    CHECK(n.outbound({host(0), x1}, t0 + 21ms).out.src.port() == 4000);  // known, so no room needed
    CHECK(n.mappings(t0 + 21ms) == 10);
  }
  SECTION("with nothing unanswered, evict_unreplied refuses") {
    for (std::uint32_t i = 0; i < 200; ++i) n.outbound({host(i), x1}, t0 + 30ms);
    CHECK(n.mappings(t0 + 30ms) == 10);
  }
}

TEST_CASE("no inside host has more flows than its quota and its neighbours keep theirs") {
  maker m;
  m.c.flows_per_host_max = 5;
  box n = m();
  for (std::uint32_t i = 0; i < 5; ++i) out(n, a, remote(i));
  CHECK(n.outbound({a, remote(5)}, t0).reason == drop_reason::quota);
  out(n, b, remote(5));
  out(n, a, remote(5), t0 + 30s);  // the old ones have gone
}

TEST_CASE("rates are limited to what the config says with a second's worth of burst") {
  maker m;
  SECTION("new flows") {
    m.c.new_flows_per_s = 10;
    box n = m();
    std::uint32_t passed = 0;
    for (std::uint32_t i = 0; i < 1000; ++i)
      passed += n.outbound({a, remote(i)}, t0 + i * 10ms).passed();
    CHECK(passed >= 100);
    CHECK(passed <= 110);
    CHECK(n.outbound({a, remote(1)}, t0 + 10s).passed());  // known flows are free
  }
  SECTION("packets, either way") {
    m.c.packets_per_s = 100;
    box n = m();
    std::uint32_t passed = 0;
    for (std::uint32_t i = 0; i < 1000; ++i) {
      passed += n.outbound({a, x1}, t0 + i * 1ms).passed();
      passed += n.inbound({x1, {external, 4000}}, t0 + i * 1ms).passed();
    }
    CHECK(passed >= 195);
    CHECK(passed <= 201);
  }
}

TEST_CASE("a box that blocks UDP lets through none or only to ports 53 and 443") {
  box none{borrow(*profile("udp_blocked")), external, seed{1}};
  box some{borrow(*profile("udp_blocked_except_dns")), external, seed{1}};
  const endpoint dns{x1.address, 53}, https{x1.address, 443};
  CHECK(none.outbound({a, dns}, t0).reason == drop_reason::udp_blocked);
  CHECK(some.outbound({a, dns}, t0).passed());
  CHECK(some.outbound({a, https}, t0).passed());
  CHECK(some.inbound({https, {external, 4000}}, t0).passed());
  CHECK(some.outbound({a, x1}, t0).reason == drop_reason::udp_blocked);
  CHECK(some.inbound({x1, {external, 4000}}, t0).reason == drop_reason::udp_blocked);
}

TEST_CASE("a reboot and a new address forget everything") {
  box n{borrow(*profile("fullcone")), external, seed{1}};
  out(n, a, x1);
  SECTION("reboot") {
    n.reboot();
    CHECK(n.mappings(t0) == 0);
    CHECK(n.inbound({x1, {external, 4000}}, t0).reason == drop_reason::no_mapping);
    CHECK(out(n, a, x1) == 4000);
  }
  SECTION("address") {
    const ip_address other = ip_address::v4(203, 0, 113, 77);
    n.set_external(other);
    CHECK(n.inbound({x1, {external, 4000}}, t0).reason == drop_reason::not_ours);
    CHECK(n.inbound({x1, {other, 4000}}, t0).reason == drop_reason::no_mapping);
    CHECK(n.outbound({a, x1}, t0).out.src == endpoint{other, 4000});
  }
}

TEST_CASE("an IPv6 firewall translates nothing and lets in what was asked for") {
  box n{borrow(*profile("ipv6_firewall")), ip_address{}, seed{1}};
  const auto inside = *endpoint::parse("[2001:db8:1::5]:4000");
  const auto peer = *endpoint::parse("[2001:db8:2::7]:5000");
  CHECK(n.inbound({peer, inside}, t0).reason == drop_reason::no_mapping);
  const verdict v = n.outbound({inside, peer}, t0);
  CHECK(v.kind == verdict::fate::forward);
  CHECK(v.out.src == inside);
  CHECK(v.out.ttl == 63);
  CHECK(n.inbound({peer, inside}, t0 + 119s).out.dst == inside);
  auto other_port = peer;
  other_port.port_be[1] ^= 1;
  CHECK(n.inbound({other_port, inside}, t0 + 119s).reason == drop_reason::filtered);
  CHECK(n.inbound({peer, inside}, t0 + 119s + 120s).reason == drop_reason::no_mapping);
}

TEST_CASE("a plain router holds no state") {
  box n{borrow(*profile("open")), ip_address{}, seed{1}};
  CHECK(n.outbound({a, x1}, t0).out.src == a);
  CHECK(n.inbound({z1, b}, t0).out.dst == b);
  CHECK(n.mappings(t0) == 0);
  CHECK(n.inbound({z1, b, 1}, t0).reason == drop_reason::ttl_expired);
}

TEST_CASE("a granted port mapping lets anyone in - a lying box's does not") {
  maker m;
  m.c.port_mapping = port_mapping_kind::on;
  m.c.mapping = mapping_kind::apdm;
  m.c.ports = port_allocation::random;
  box n = m();
  const auto granted = n.map_port(a, 51820, 2h, t0);
  REQUIRE(granted);
  CHECK(*granted == endpoint{external, 51820});
  CHECK(n.inbound({z1, *granted}, t0).out.dst == a);
  CHECK(out(n, a, x1) == 51820);  // and our own packets leave from there
  const auto second = n.map_port(b, 51820, 1h, t0);
  REQUIRE(second);
  CHECK(second->port() != 51820);
  CHECK(n.map_port(a, 1, 3h, t0) == granted);  // asked again: renewed
  CHECK(n.inbound({z1, *second}, t0 + 1h).reason == drop_reason::no_mapping);
  CHECK(n.inbound({z1, *granted}, t0 + 2h).passed());
  n.unmap_port(a);
  CHECK_FALSE(n.inbound({z1, *granted}, t0 + 2h).passed());
  SECTION("64 at most") {
    for (std::uint32_t i = 0; i < 64; ++i) CHECK(n.map_port(host(i), 0, 1h, t0 + 3h));
    CHECK_FALSE(n.map_port(host(64), 0, 1h, t0 + 3h));
  }
  SECTION("a lie") {
    m.c.port_mapping = port_mapping_kind::lying;
    box liar = m();
    const auto lie = liar.map_port(a, 51820, 2h, t0);
    REQUIRE(lie);
    CHECK_FALSE(liar.inbound({z1, *lie}, t0).passed());
  }
  SECTION("off") {
    m.c.port_mapping = port_mapping_kind::off;
    box off = m();
    CHECK_FALSE(off.map_port(a, 51820, 2h, t0));
  }
}

TEST_CASE("a chain of home router and carrier behaves as both together") {
  const ip_address cpe = ip_address::v4(100, 64, 0, 9);
  const auto make = [&](const char* inner, const char* outer) {
    std::vector<box> boxes;
    boxes.emplace_back(borrow(*profile(inner)), cpe, seed{1});
    boxes.emplace_back(borrow(*profile(outer)), external, seed{2});
    return chain{std::move(boxes)};
  };
  SECTION("the outer one's address, both their filters") {
    chain c = make("openwrt", "cgn_eim");
    const verdict v = c.outbound({a, x1}, t0);
    REQUIRE(v.passed());
    CHECK(v.out.src.address == external);
    CHECK(v.out.ttl == 62);
    CHECK(c.outbound({a, z1}, t0).out.src == v.out.src);
    CHECK(c.inbound({x1, v.out.src}, t0).out.dst == a);
    CHECK(c.inbound({x2, v.out.src}, t0).reason == drop_reason::filtered);  // by the inner one
  }
  SECTION("a symmetric outer one makes it symmetric") {
    chain c = make("openwrt", "cgn_symmetric");
    CHECK(c.outbound({a, x1}, t0).out.src != c.outbound({a, z1}, t0).out.src);
  }
  SECTION("the outer one turns packets round to another customer of it") {
    box carrier{borrow(*profile("cgn_eim")), external, seed{2}};
    box home1{borrow(*profile("openwrt")), cpe, seed{1}};
    box home2{borrow(*profile("openwrt")), ip_address::v4(100, 64, 0, 10), seed{3}};
    const auto up = [&](box& home, const endpoint& from, const endpoint& to) {
      return carrier.outbound(home.outbound({from, to}, t0).out, t0);
    };
    const endpoint m1 = up(home1, a, x1).out.src, m2 = up(home2, b, x1).out.src;
    up(home1, a, m2);
    const verdict v = up(home2, b, m1);
    CHECK(v.kind == verdict::fate::hairpin);
    CHECK(home1.inbound(v.out, t0).out.dst == a);
  }
  SECTION("and within one chain it comes back to where it started") {
    chain c = make("fullcone", "cgn_eim");
    const endpoint mine = c.outbound({a, x1}, t0).out.src;
    const verdict v = c.outbound({b, mine}, t0);
    CHECK(v.kind == verdict::fate::hairpin);
    CHECK(v.out.dst == a);
  }
}

TEST_CASE("a peek tells the port that will be given and changes nothing") {
  maker m;
  m.c.mapping = mapping_kind::apdm;
  m.c.ports = GENERATE(port_allocation::random, port_allocation::sequential, port_allocation::block,
                       port_allocation::map_e);
  box n = m();
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto foreseen = n.peek({a, remote(i)}, t0 + i * 1ms);
    const verdict v = n.outbound({a, remote(i)}, t0 + i * 1ms);
    CHECK(foreseen == v.out.src);
  }
}

TEST_CASE("whatever happens tuples are unique and what comes in reaches who sent out") {
  seeded_rng random{seed{GENERATE(as<std::uint64_t>{}, 1, 2, 3, 4, 5, 6, 7, 8)}};
  for (const auto& p : profiles()) {
    config c = p.behaviour;
    if (c.mapping == mapping_kind::none || c.udp != udp_policy::allowed) continue;
    INFO(p.name);
    if (random.chance(0.5)) c.table_max = 40;
    c.on_full = static_cast<full_policy>(random.below(3));
    c.refresh = static_cast<refresh_kind>(random.below(3));
    c.pooling = static_cast<pooling_kind>(random.below(2));
    const auto shared = std::make_shared<const config>(c);
    box n{shared, {external, ip_address::v4(203, 0, 113, 2)}, seed{random.next()}};
    box twin = n;
    time_point t = t0;
    struct use {
      endpoint inside;
      time_point at;
    };
    std::map<std::pair<endpoint, endpoint>, use> owner;  // external, remote
    for (int step = 0; step < 600; ++step) {
      t += duration{random.below(400'000'000)};
      // One draw a statement: compilers differ in the order of a call's arguments.
      const auto who = static_cast<std::uint32_t>(random.below(5));
      const endpoint h = host(who, static_cast<std::uint16_t>(4000 + random.below(3)));
      const endpoint r = remote(static_cast<std::uint32_t>(random.below(30)));
      if (random.chance(0.6) || owner.empty()) {
        const verdict v = n.outbound({h, r}, t);
        CHECK(twin.outbound({h, r}, t).out.src == v.out.src);
        if (!v.passed()) continue;
        REQUIRE(n.owns(v.out.src.address));
        const auto back = n.inbound({r, v.out.src}, t);
        twin.inbound({r, v.out.src}, t);
        REQUIRE(back.passed());
        REQUIRE(back.out.dst == h);
        owner[{v.out.src, r}] = {h, t};
      } else {
        auto it = owner.begin();
        std::advance(it, static_cast<long>(random.below(owner.size())));
        const endpoint from = random.chance(0.5) ? it->first.second : r;
        const verdict v = n.inbound({from, it->first.first}, t);
        CHECK(twin.inbound({from, it->first.first}, t).passed() == v.passed());
        const auto known = owner.find({it->first.first, from});
        // Nothing else can have taken the tuple while its last user's packet is this fresh.
        if (v.passed() && known != owner.end() && t - known->second.at < 10s && c.table_max > 40)
          CHECK(v.out.dst == known->second.inside);
      }
      CHECK((c.table_max == 0 || n.mappings(t) <= c.table_max));
    }
    CHECK(n.mappings(t + 1h) == 0);
  }
}

TEST_CASE("a box without flows and a flow are small") {
  box n{borrow(*profile("openwrt")), external, seed{1}};
  CHECK(n.memory_bytes() <= 200);
  CHECK(sizeof(flow) + 8 <= 64);
  for (std::uint32_t i = 0; i < 20; ++i) out(n, a, remote(i));
  CHECK(n.memory_bytes() <= 200 + 500 + 20 * 96);  // table, slack of the vectors
}
