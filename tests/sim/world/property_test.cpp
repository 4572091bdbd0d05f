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
  bool loses = false;
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
  const std::uint64_t percent = random.below(6);
  d.loses = percent > 0;
  const std::string loss = std::to_string(static_cast<double>(percent) / 100);
  d.toml = pair_scene{"170", "loss_ratio = " + loss, nats[0], nats[1], events}.toml();
  return d;
}

/// Which draws: 1 to 150, or what WH_SEEDS says, as in `WH_SEEDS=1-3000`.
std::pair<std::uint64_t, std::uint64_t> numbers() {
  const char* said = std::getenv("WH_SEEDS");
  unsigned long long from = 1, to = 150;
  if (said != nullptr && std::sscanf(said, "%llu-%llu", &from, &to) != 2)
    FAIL("WH_SEEDS is FROM-TO, not " << said);
  return {from, to};
}

/// Whether the pair has what its NATs allow, this long after the start.
bool has_its_path(const drawn& d, std::uint64_t number, const std::string& at_s,
                  std::string& told) {
  const auto r = play(text(d.toml, {"duration_s=" + at_s}), number);
  const path_kind p = path(r);
  told += " after " + at_s + " s: " + outcomes(r).front() + ";";
  return d.direct_possible ? p == path_kind::direct : !d.udp || p != path_kind::unreachable;
}

TEST_CASE("a pair gets what its NATs allow within 90 s of whatever went wrong") {
  unsigned possible = 0;
  const auto [first, last] = numbers();
  for (std::uint64_t number = first; number <= last; ++number) {
    const drawn d = draw(number);
    possible += d.direct_possible ? 1 : 0;
    std::string told;
    // Two pings lost in a row send payload by the relay for a second, and loss may do that at any
    // moment: a pair that is there must be there 5 s before or after.
    if (has_its_path(d, number, "170", told)) continue;
    if (d.loses && (has_its_path(d, number, "165", told) || has_its_path(d, number, "175", told)))
      continue;
    const auto file = std::filesystem::temp_directory_path() /
                      ("pair_property_" + std::to_string(number) + ".toml");
    std::ofstream(file) << d.toml;
    INFO(told << (d.direct_possible ? " direct is possible" : " UDP passes"));
    FAIL_CHECK("wh-sim run " << file.string() << " --seed " << number << " --flow a,b");
  }
  // The draws reach both outcomes.
  CHECK(possible > (last - first) / 6);
  CHECK(possible <= last - first);
}

}  // namespace
