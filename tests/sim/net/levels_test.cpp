#include <catch2/catch.hpp>

#include "tests/sim/net/net_lab.hpp"
#include "transport/rng.hpp"

namespace {

using namespace wh;
using namespace wh::sim;
using namespace wh::sim::lab;

struct outcome {
  std::uint64_t hash;
  std::uint64_t records;
  net_stats stats;
};

nat::config random_nat(rng& random) {
  nat::config c;
  c.mapping = static_cast<nat::mapping_kind>(1 + random.below(3));
  c.filtering = static_cast<nat::filtering_kind>(1 + random.below(3));
  c.ports = static_cast<nat::port_allocation>(random.below(3));
  c.hairpin = static_cast<nat::hairpin_kind>(random.below(3));
  c.timeout_new = 2s;
  c.timeout_stream = 4s;
  return c;
}

/// Everything the network can do, to about 40 hosts that write to random addresses and answer.
outcome chaos(level l, std::uint64_t root) {
  path_options o;
  o.latency = latency_model::king_like(seed{root});
  o.loss_ratio = 0.02;
  o.jitter_max = 2ms;
  o.reorder_ratio = 0.01;
  o.duplicate_ratio = 0.01;
  world w{l, o, root};
  seeded_rng random{seed{root}.derive("chaos")};
  const box_id carrier = w.box("9.0.0.1", random_nat(random));
  std::vector<box_id> boxes;
  std::vector<endpoint> known;
  for (std::uint8_t i = 0; i < 40; ++i) {
    host_spec spec;
    spec.port = static_cast<std::uint16_t>(5000 + i % 3);
    if (i % 4 == 0) {
      spec.address = ip_address::v4(1, 1, 1, static_cast<std::uint8_t>(i + 1));
      known.push_back({spec.address, spec.port});
    } else {
      spec.address = ip_address::v4(192, 168, 1, static_cast<std::uint8_t>(i % 4));
      if (i % 4 == 1) {
        const bool inner = random.chance(0.3);
        boxes.push_back(
            w.net->add_box({nat_of(random_nat(random)),
                            {inner ? ip_address::v4(100, 64, 0, i) : ip_address::v4(5, 0, 0, i)},
                            1ms * (i % 2)}));
        spec.boxes = {boxes.back()};
        if (inner) spec.boxes.push_back(carrier);
      } else {
        // The same home as the host before.
        spec.boxes = {boxes.back()};
        if (w.net->box(boxes.back()).pool()[0].v4_value() >> 24 == 100)
          spec.boxes.push_back(carrier);
      }
      known.push_back({w.net->box(boxes.back()).pool()[0], spec.port});
      known.push_back({spec.address, spec.port});
    }
    if (random.chance(0.2))
      spec.access = {2'000'000, 2'000'000, 3ms, 50ms, 1400, 1ms, 0.02, {0.05, 0.3, 0.8}};
    w.host(spec);
  }
  std::vector<std::size_t> answered(w.mailboxes.size());
  for (int step = 0; step < 2000; ++step) {
    w.s.run_for(std::chrono::microseconds{random.below(10'000)});
    const host_id h{static_cast<std::uint32_t>(random.below(w.mailboxes.size()))};
    auto& inbox = w.mailboxes[h.value].got;
    endpoint to = known[random.below(known.size())];
    if (!inbox.empty() && random.chance(0.7)) to = inbox[random.below(inbox.size())].from;
    bytes payload(random.below(random.chance(0.05) ? 1480 : 200));
    random.fill(payload);
    w.net->send(h, to, std::move(payload), random.chance(0.1) ? std::uint8_t{4} : std::uint8_t{0});
    if (random.chance(0.01)) w.net->reboot_box(boxes[random.below(boxes.size())]);
    if (random.chance(0.02)) w.net->set_online(h, random.chance(0.7));
    if (step % 500 == 499) {
      const auto n = static_cast<std::uint8_t>(step / 500);
      w.net->move(host_id{0}, {ip_address::v4(1, 1, 2, n), {}});
      w.net->change_address(boxes[0], {ip_address::v4(5, 0, 1, n)});
    }
  }
  w.s.run_for(2s);
  return {w.log.hash(), w.log.records(), w.net->stats()};
}

TEST_CASE("both levels of detail give the same trace") {
  const auto root = static_cast<std::uint64_t>(GENERATE(range(1, 9)));
  const outcome cloud = chaos(level::cloud, root);
  const outcome packets = chaos(level::packets, root);
  CHECK(cloud.records == packets.records);
  CHECK(cloud.hash == packets.hash);
  CHECK(cloud.stats.delivered == packets.stats.delivered);
  CHECK(cloud.stats.dropped == packets.stats.dropped);
  CHECK(cloud.stats.nat_dropped == packets.stats.nat_dropped);
  // Not because nothing happened.
  CHECK(cloud.stats.delivered > 500);
  CHECK(cloud.stats.duplicated > 0);
  for (const drop d : {drop::offline, drop::no_route, drop::ttl_expired, drop::lost, drop::box})
    CHECK(cloud.stats.dropped[static_cast<std::size_t>(d)] > 0);
}

TEST_CASE("the same seed gives the same traffic - another seed another") {
  const level l = GENERATE(level::cloud, level::packets);
  const outcome once = chaos(l, 1);
  CHECK(once.hash == chaos(l, 1).hash);
  CHECK(once.hash != chaos(l, 2).hash);
}

}  // namespace
