#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sim/nat/oracle.hpp"
#include "sim/nat/profiles.hpp"
#include "tests/sim/world/scene.hpp"
#include "transport/rng.hpp"

namespace {

using namespace wh;
using namespace wh::sim::test;
using wh::sim::path_kind;

/// What a seed decides: two NATs, how bad the network is, and what goes wrong.
struct drawn {
  std::string toml;
  bool direct_possible = false;
  bool udp = true;
};

drawn draw(std::uint64_t number) {
  seeded_rng random{seed{number}.derive("pair property")};
  const auto profiles = wh::sim::nat::profiles();
  drawn d;
  std::string nats[2];
  wh::sim::nat::side sides[2];
  for (int i = 0; i < 2; ++i) {
    const auto& p = profiles[random.below(profiles.size())];
    nats[i] = p.name;
    sides[i].chain = {&p.behaviour};
    d.udp = d.udp && wh::sim::nat::effective(sides[i].chain).udp;
  }
  d.direct_possible = wh::sim::nat::direct_possible(sides[0], sides[1]);
  // Faults between second 45 and 80; the end is 90 s after the last possible one.
  std::string events;
  for (std::uint64_t n = random.below(4); n > 0; --n) {
    static constexpr const char* kinds[] = {"nat_reboot", "address_change", "restart"};
    const std::string at = std::to_string(random.between(45, 80));
    const char* kind = kinds[random.below(std::size(kinds))];
    events += "[[events]]\nat_s = " + at + "\n" + kind + " = { group = \"" +
              (random.chance(0.5) ? "a" : "b") + "\" }\n";
  }
  const std::string loss = std::to_string(static_cast<double>(random.below(6)) / 100);
  d.toml =
      pair_scene{"170", "latency_ms = 40\nloss_ratio = " + loss, nats[0], nats[1], events}.toml();
  return d;
}

/// Which draws: 1 to 30, or what WH_SEEDS says, as in `WH_SEEDS=1-3000`.
std::pair<std::uint64_t, std::uint64_t> numbers() {
  const char* said = std::getenv("WH_SEEDS");
  unsigned long long from = 1, to = 30;
  if (said != nullptr && std::sscanf(said, "%llu-%llu", &from, &to) != 2)
    FAIL("WH_SEEDS is FROM-TO, not " << said);
  return {from, to};
}

TEST_CASE("a pair gets what its NATs allow within 90 s of whatever went wrong") {
  unsigned direct = 0;
  // Not yet true of every draw: of 600, 8 do not hold. Five are an address change and, within
  // seconds, a restart of the other member, who has only the stale record to go by (seeds 88, 174,
  // 385, 441, 506); three stay relayed for longer without such a reason (171, 425, 591).
  const auto [first, last] = numbers();
  for (std::uint64_t number = first; number <= last; ++number) {
    const drawn d = draw(number);
    const auto r = play(text(d.toml), number);
    const path_kind p = path(r);
    direct += p == path_kind::direct ? 1 : 0;
    const bool held = d.direct_possible ? p == path_kind::direct
                      : d.udp           ? p != path_kind::unreachable
                                        : true;
    if (held) continue;
    const auto file = std::filesystem::temp_directory_path() /
                      ("pair_property_" + std::to_string(number) + ".toml");
    std::ofstream(file) << d.toml;
    INFO(outcomes(r).front() << " of " << r.pairs.front().from_nat << " and "
                             << r.pairs.front().to_nat
                             << (d.direct_possible ? "; direct is possible" : "; UDP passes"));
    INFO("wh-sim run " << file.string() << " --seed " << number << " --flow a,b");
    CHECK(held);
  }
  // The draws reach both outcomes.
  CHECK(direct > (last - first) / 6);
  CHECK(direct <= last - first);
}

}  // namespace
