#include "sim/net/network.hpp"

#include <catch2/catch.hpp>

#include "tests/sim/net/net_lab.hpp"

namespace {

using namespace wh;
using namespace wh::sim;
using namespace wh::sim::lab;

level any_level() { return GENERATE(level::cloud, level::packets); }

nat::config hairpinning() {
  nat::config c;
  c.hairpin = nat::hairpin_kind::external_source;
  return c;
}

TEST_CASE("a datagram between public hosts takes the pair's latency") {
  world w{any_level()};
  const host_id a = w.host("1.1.1.1");
  const host_id b = w.host("2.2.2.2", {}, 2000);
  w.net->send(a, ep("2.2.2.2:2000"), {1, 2, 3}, 0);
  w.s.run_for(1s);
  REQUIRE(w.got(b).size() == 1);
  const datagram& d = w.got(b)[0];
  CHECK(d.at == w.s.epoch() + 40ms);
  CHECK(d.from == ep("1.1.1.1:5000"));
  CHECK(d.to == ep("2.2.2.2:2000"));
  CHECK(d.payload == bytes{1, 2, 3});
}

TEST_CASE("behind a NAT one can answer only who was written to") {
  world w{any_level()};
  const host_id a = w.host("192.168.1.2", {w.box("5.0.0.1")});
  const host_id b = w.host("2.2.2.2");
  const host_id c = w.host("3.3.3.3");
  w.send(b, "5.0.0.1:5000");
  w.s.run_for(1s);
  CHECK(w.got(a).empty());
  w.send(a, "2.2.2.2:5000");
  w.s.run_for(1s);
  REQUIRE(w.got(b).size() == 1);
  CHECK(w.got(b)[0].from == ep("5.0.0.1:5000"));
  w.send(b, "5.0.0.1:5000");
  w.send(c, "5.0.0.1:5000");
  w.s.run_for(1s);
  REQUIRE(w.got(a).size() == 1);
  CHECK(w.got(a)[0].from == ep("2.2.2.2:5000"));
  CHECK(w.got(a)[0].to == ep("192.168.1.2:5000"));
  CHECK(w.dropped(drop::box) == 2);
}

TEST_CASE("a datagram with a low TTL opens its own NAT and dies on the internet") {
  world w{any_level()};
  const host_id a = w.host("192.168.1.2", {w.box("5.0.0.1")});
  const host_id b = w.host("192.168.1.2", {w.box("6.0.0.1")});
  w.send(a, "6.0.0.1:5000", 5);
  w.s.run_for(1s);
  CHECK(w.dropped(drop::ttl_expired) == 1);
  // It never met the other NAT, which therefore holds nothing against its sender.
  CHECK(w.dropped(drop::box) == 0);
  w.send(b, "5.0.0.1:5000");
  w.s.run_for(1s);
  REQUIRE(w.got(a).size() == 1);
  CHECK(w.got(a)[0].from == ep("6.0.0.1:5000"));
}

TEST_CASE("the TTL lasts for the hops of the path and the boxes and not for one less") {
  world w{any_level()};
  const host_id a = w.host("192.168.1.2", {w.box("5.0.0.1")});
  const host_id b = w.host("2.2.2.2");
  const std::uint8_t hops = w.net->topology().path_hops(a, b);
  CHECK(hops >= 8);
  CHECK(hops <= 20);
  w.send(a, "2.2.2.2:5000", static_cast<std::uint8_t>(hops + 1));
  w.s.run_for(1s);
  CHECK(w.got(b).empty());
  w.send(a, "2.2.2.2:5000", static_cast<std::uint8_t>(hops + 2));
  w.s.run_for(1s);
  CHECK(w.got(b).size() == 1);
}

TEST_CASE("hosts behind one box reach each other by their private addresses at once") {
  world w{any_level(), {.loss_ratio = 1}};
  const box_id home = w.box("5.0.0.1");
  const host_id a = w.host("192.168.1.2", {home});
  const host_id b = w.host("192.168.1.3", {home});
  w.send(a, "192.168.1.3:5000", 1);
  w.s.run_for(1s);
  REQUIRE(w.got(b).size() == 1);
  CHECK(w.got(b)[0].from == ep("192.168.1.2:5000"));
  CHECK(w.got(b)[0].at == w.s.epoch() + 300us);
}

TEST_CASE("private addresses mean another host in another home") {
  world w{any_level()};
  const box_id home1 = w.box("5.0.0.1");
  const box_id home2 = w.box("6.0.0.1");
  const host_id a = w.host("192.168.1.2", {home1});
  w.host("192.168.1.3", {home2});
  const host_id b = w.host("192.168.1.2", {home2});
  w.send(a, "192.168.1.3:5000");
  w.s.run_for(1s);
  CHECK(w.dropped(drop::no_route) == 1);
  w.send(a, "6.0.0.1:5000");
  w.send(b, "5.0.0.1:5000");
  w.s.run_for(1s);
  // Each has opened for the other before the other's came.
  CHECK(w.got(a).size() == 1);
  CHECK(w.got(b).size() == 1);
}

TEST_CASE("a box turns a datagram to its own outside round if it is of that kind") {
  world w{any_level()};
  const bool turns = GENERATE(true, false);
  const box_id home = w.box("5.0.0.1", turns ? hairpinning() : nat::config{});
  const host_id a = w.host("192.168.1.2", {home}, 5000);
  const host_id b = w.host("192.168.1.3", {home}, 2000);
  w.host("2.2.2.2");
  w.send(b, "2.2.2.2:5000");
  w.send(b, "5.0.0.1:5000");
  w.send(a, "5.0.0.1:2000");
  w.s.run_for(1s);
  CHECK(w.got(b).size() == (turns ? 1 : 0));
}

TEST_CASE("a carrier's NAT stands behind the home's and homes of one carrier meet behind it") {
  world w{any_level()};
  nat::config open = hairpinning();
  open.filtering = nat::filtering_kind::eif;
  const box_id carrier = w.box("9.0.0.1", open);
  const box_id home1 = w.box("100.64.0.1");
  const box_id home2 = w.box("100.64.0.2");
  const host_id a = w.host("192.168.1.2", {home1, carrier});
  const host_id b = w.host("192.168.1.2", {home2, carrier}, 2000);
  const host_id c = w.host("2.2.2.2");
  w.send(a, "2.2.2.2:5000");
  w.send(b, "2.2.2.2:5000");
  w.s.run_for(1s);
  REQUIRE(w.got(c).size() == 2);
  CHECK(w.got(c)[0].from == ep("9.0.0.1:5000"));
  CHECK(w.got(c)[1].from == ep("9.0.0.1:2000"));
  // By the homes' outside addresses.
  w.send(a, "100.64.0.2:2000");
  w.s.run_for(1s);
  w.send(b, "100.64.0.1:5000");
  w.s.run_for(1s);
  REQUIRE(w.got(a).size() == 1);
  CHECK(w.got(a)[0].from == ep("100.64.0.2:2000"));
  // By the carrier's outside address, turned round there.
  w.send(a, "9.0.0.1:2000");
  w.send(b, "9.0.0.1:5000");
  w.s.run_for(1s);
  CHECK(w.got(a).size() == 2);
  CHECK(w.got(b).size() == 1);
}

TEST_CASE("what cannot arrive is dropped for a reason that is counted") {
  world w{any_level()};
  const host_id a = w.host("1.1.1.1");
  const host_id b = w.host("2.2.2.2");
  w.send(a, "7.7.7.7:5000");
  CHECK(w.dropped(drop::no_route) == 1);
  w.send(a, "1.1.1.1:5000");
  CHECK(w.dropped(drop::to_self) == 1);
  w.send(a, "2.2.2.2:5000", 0, 1473);
  CHECK(w.dropped(drop::too_big) == 1);
  w.send(a, "2.2.2.2:5000", 0, 1472);
  w.send(a, "2.2.2.2:4999");
  w.s.run_for(1s);
  CHECK(w.got(b).size() == 1);
  CHECK(w.dropped(drop::no_socket) == 1);
  w.send(a, "2.2.2.2:5000");
  w.net->set_online(b, false);
  w.s.run_for(1s);
  w.send(b, "1.1.1.1:5000");
  CHECK(w.dropped(drop::offline) == 2);
  w.net->set_online(b, true);
  w.send(b, "1.1.1.1:5000");
  w.net->set_receiver(a, nullptr);
  w.s.run_for(1s);
  CHECK(w.dropped(drop::no_socket) == 2);
  CHECK(w.net->stats().sent == 8);
  CHECK(w.net->stats().delivered == 1);
}

TEST_CASE("an empty datagram arrives") {
  world w{any_level()};
  const host_id a = w.host("1.1.1.1");
  const host_id b = w.host("2.2.2.2");
  w.net->send(a, ep("2.2.2.2:5000"), {});
  w.s.run_for(1s);
  REQUIRE(w.got(b).size() == 1);
  CHECK(w.got(b)[0].payload.empty());
}

TEST_CASE("a rebooted box has forgotten its mappings") {
  world w{any_level()};
  const box_id home = w.box("5.0.0.1");
  const host_id a = w.host("192.168.1.2", {home});
  const host_id b = w.host("2.2.2.2");
  w.send(a, "2.2.2.2:5000");
  w.s.run_for(1s);
  w.net->reboot_box(home);
  w.send(b, "5.0.0.1:5000");
  w.s.run_for(1s);
  CHECK(w.got(a).empty());
}

TEST_CASE("a box's new address is the one to write to and the old one is nobody's") {
  world w{any_level()};
  const box_id home = w.box("5.0.0.1");
  const host_id a = w.host("192.168.1.2", {home});
  const host_id b = w.host("2.2.2.2");
  w.send(b, "5.0.0.1:5000");
  w.net->change_address(home, {ip("5.0.0.2")});
  w.send(b, "5.0.0.1:5000");
  w.s.run_for(1s);
  CHECK(w.dropped(drop::no_route) == 2);
  w.send(a, "2.2.2.2:5000");
  w.s.run_for(1s);
  REQUIRE(w.got(b).size() == 1);
  CHECK(w.got(b)[0].from == ep("5.0.0.2:5000"));
  w.send(b, "5.0.0.2:5000");
  w.s.run_for(1s);
  CHECK(w.got(a).size() == 1);
}

TEST_CASE("a host that moves is found at its new place only") {
  world w{any_level()};
  const box_id cafe = w.box("5.0.0.1");
  const host_id a = w.host("1.1.1.1");
  const host_id b = w.host("2.2.2.2");
  w.send(b, "1.1.1.1:5000");
  w.net->move(a, {ip("10.0.0.7"), {cafe}});
  w.send(b, "1.1.1.1:5000");
  w.s.run_for(1s);
  CHECK(w.got(a).empty());
  CHECK(w.net->local_endpoint(a) == ep("10.0.0.7:5000"));
  CHECK(w.net->innermost_box(a) == cafe);
  w.send(a, "2.2.2.2:5000");
  w.s.run_for(1s);
  REQUIRE(w.got(b).size() == 1);
  CHECK(w.got(b)[0].from == ep("5.0.0.1:5000"));
  w.net->move(a, {ip("1.1.1.9"), {}});
  w.send(b, "1.1.1.9:5000");
  w.s.run_for(1s);
  REQUIRE(w.got(a).size() == 1);
  CHECK(w.got(a)[0].to == ep("1.1.1.9:5000"));
}

TEST_CASE("a line of 1 Mbit/s takes 10 ms for 1250 bytes and drops what waits too long") {
  world w{any_level()};
  host_spec slow;
  slow.address = ip("1.1.1.1");
  slow.port = 5000;
  slow.access.up_bps = slow.access.down_bps = 1'000'000;
  slow.access.delay = 5ms;
  const host_id a = w.host(slow);
  const host_id b = w.host("2.2.2.2");
  const bool up = GENERATE(true, false);
  for (int i = 0; i < 30; ++i)
    w.send(up ? a : b, up ? "2.2.2.2:5000" : "1.1.1.1:5000", 0, 1250 - 28);
  w.s.run_for(1s);
  const auto& got = w.got(up ? b : a);
  // One being sent and 100 ms of others.
  REQUIRE(got.size() == 11);
  CHECK(w.dropped(drop::queue_full) == 19);
  for (std::size_t i = 0; i < got.size(); ++i)
    CHECK(got[i].at == w.s.epoch() + 45ms + static_cast<int>(i + 1) * 10ms);
}

TEST_CASE("a box that takes time delays both directions") {
  world w{any_level()};
  const box_id slow = w.net->add_box({nat_of({}), {ip("5.0.0.1")}, 7ms});
  const host_id a = w.host("192.168.1.2", {slow});
  const host_id b = w.host("2.2.2.2");
  w.send(a, "2.2.2.2:5000");
  w.s.run_for(1s);
  w.send(b, "5.0.0.1:5000");
  w.s.run_for(1s);
  CHECK(w.got(b).at(0).at == w.s.epoch() + 47ms);
  CHECK(w.got(a).at(0).at == w.s.epoch() + 1s + 47ms);
}

TEST_CASE("the share of lost datagrams is the one asked for") {
  world w{any_level(), {.loss_ratio = 0.1}};
  const host_id a = w.host("1.1.1.1");
  const host_id b = w.host("2.2.2.2");
  constexpr int n = 10'000;
  for (int i = 0; i < n; ++i) w.send(a, "2.2.2.2:5000");
  w.s.run_for(1s);
  // Six standard deviations of a binomial count: sqrt(10^4 * 0.1 * 0.9) = 30.
  CHECK(w.got(b).size() > n - 1000 - 180);
  CHECK(w.got(b).size() < n - 1000 + 180);
  CHECK(w.dropped(drop::lost) + w.got(b).size() == n);
}

TEST_CASE("without jitter a pair's datagrams keep their order with reordering some do not") {
  const double ratio = GENERATE(0.0, 0.1);
  world w{any_level(), {.reorder_ratio = ratio}};
  const host_id a = w.host("1.1.1.1");
  const host_id b = w.host("2.2.2.2");
  for (std::uint8_t i = 0; i < 200; ++i) {
    w.net->send(a, ep("2.2.2.2:5000"), {i});
    w.s.run_for(1ms);
  }
  w.s.run_for(1s);
  REQUIRE(w.got(b).size() == 200);
  int overtaken = 0;
  for (std::size_t i = 1; i < 200; ++i)
    overtaken += w.got(b)[i].payload[0] < w.got(b)[i - 1].payload[0] ? 1 : 0;
  CHECK((overtaken > 0) == (ratio > 0));
}

TEST_CASE("a duplicated datagram comes twice and jitter stays within its bound") {
  world w{any_level(), {.jitter_max = 10ms, .duplicate_ratio = 0.5}};
  const host_id a = w.host("1.1.1.1");
  const host_id b = w.host("2.2.2.2");
  for (int i = 0; i < 1000; ++i) w.send(a, "2.2.2.2:5000");
  w.s.run_for(1s);
  CHECK(w.net->stats().duplicated > 400);
  CHECK(w.got(b).size() == 1000 + w.net->stats().duplicated);
  CHECK(w.got(b).front().at >= w.s.epoch() + 40ms);
  CHECK(w.got(b).back().at <= w.s.epoch() + 50ms);
  CHECK(w.got(b).back().at > w.got(b).front().at + 5ms);
}

TEST_CASE("one datagram more does not change what becomes of those of others") {
  const auto fate = [](bool one_more) {
    world w{level::cloud, {.loss_ratio = 0.5, .jitter_max = 10ms}};
    const host_id a = w.host("1.1.1.1");
    const host_id b = w.host("2.2.2.2");
    const host_id c = w.host("3.3.3.3");
    if (one_more) w.send(c, "1.1.1.1:5000");
    for (int i = 0; i < 100; ++i) w.send(a, "2.2.2.2:5000");
    w.s.run_for(1s);
    std::vector<time_point> at;
    for (const datagram& d : w.got(b)) at.push_back(d.at);
    return at;
  };
  CHECK(fate(false) == fate(true));
}

TEST_CASE("an IPv6 host behind a firewall keeps its address and hears only who it wrote to") {
  world w{level::cloud};
  nat::config c;
  c.mapping = nat::mapping_kind::none;
  const box_id wall = w.net->add_box({nat_of(c), {}, {}});
  host_spec dual;
  dual.address = ip("192.168.1.2");
  dual.port = 5000;
  dual.boxes = {w.box("5.0.0.1")};
  dual.other = attachment{ip("2001:db8::2"), {wall}};
  const host_id a = w.host(dual);
  host_spec neighbour;
  neighbour.address = ip("2001:db8::3");
  neighbour.port = 5000;
  neighbour.boxes = {wall};
  const host_id n = w.host(neighbour);
  const host_id b = w.host("2001:db8:1::1");
  w.send(b, "[2001:db8::2]:5000");
  w.s.run_for(1s);
  CHECK(w.got(a).empty());
  w.send(a, "[2001:db8:1::1]:5000");
  w.s.run_for(1s);
  REQUIRE(w.got(b).size() == 1);
  CHECK(w.got(b)[0].from == ep("[2001:db8::2]:5000"));
  w.send(b, "[2001:db8::2]:5000");
  w.send(n, "[2001:db8::2]:5000");
  w.s.run_for(1s);
  CHECK(w.got(a).size() == 2);
  CHECK(w.net->local_endpoint(a, false) == ep("[2001:db8::2]:5000"));
  // To IPv4 there is no way from a host that has none.
  w.send(b, "5.0.0.1:5000");
  CHECK(w.dropped(drop::no_route) == 1);
  // Renumbered: the old address is gone on both sides of the firewall.
  w.net->move(a, {ip("2001:db8::22"), {wall}});
  w.send(b, "[2001:db8::2]:5000");
  w.send(n, "[2001:db8::2]:5000");
  w.send(n, "[2001:db8::22]:5000");
  w.s.run_for(1s);
  CHECK(w.got(a).size() == 3);
}

TEST_CASE("the packets level says that it carries no IPv6") {
  world w{level::packets};
  CHECK_THROWS_WITH(w.host("2001:db8::1"),
                    Catch::Contains("IPv4 only") && Catch::Contains("2001:db8::1"));
}

TEST_CASE("a network may go with datagrams under way") {
  for (int i = 0; i < 20; ++i) {
    world w{any_level()};
    const host_id a = w.host("192.168.1.2", {w.box("5.0.0.1")});
    w.host("2.2.2.2");
    for (int j = 0; j < 100; ++j) w.send(a, "2.2.2.2:5000");
    w.s.run_for(1ms);
    CHECK(w.net->stats().delivered == 0);
  }
}

}  // namespace
