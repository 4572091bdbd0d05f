#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/sim/world/scene.hpp"

namespace {

using namespace wh;
using namespace wh::sim::test;
namespace fs = std::filesystem;

/// Chance everywhere: latencies, losses, reordering, duplicates, churn, random NATs, lookups.
constexpr const char* busy = R"(
name = "busy"
question = "Is everything that happens decided by the seed?"
duration_s = 150
crypto = "modelled"
[network]
loss_ratio = 0.02
reorder_ratio = 0.02
duplicate_ratio = 0.02
[[peers]]
group = "boot"
count = 2
role = "node"
boot = true
relay = true
[[peers]]
group = "strangers"
count = 40
role = "node"
population = "internet-2025"
relay = true
arrive_over_s = 20
churn = { scale_s = 60, offline_scale_s = 10 }
[[peers]]
group = "members"
count = 6
population = "internet-2025"
arrive_at_s = 20
arrive_over_s = 5
[[workload]]
from_s = 30
connect = { pairs = 8, from = "members", to = "members" }
[[workload]]
from_s = 60
lookups = { per_s = 1 }
[[events]]
at_s = 70
every_s = 20
nat_reboot = { group = "members", ratio = 0.4 }
[[events]]
at_s = 85
restart = { group = "members", ratio = 0.5, lasts_s = 5 }
[[events]]
at_s = 100
address_change = { group = "members", ratio = 0.3 }
)";

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

struct folder {
  fs::path path = fs::temp_directory_path() / ("wh_world_test_" + std::to_string(getpid()));
  folder() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~folder() { fs::remove_all(path); }
};

TEST_CASE("the same seed gives the same events - another seed others") {
  const auto s = text(busy);
  const auto first = play(s, 7), again = play(s, 7), other = play(s, 8);
  CHECK(first.trace_hash == again.trace_hash);
  CHECK(first.events == again.events);
  CHECK(first.trace_hash != other.trace_hash);
}

TEST_CASE("a run leaves nothing behind that the next one in the process could notice") {
  const auto a = text(busy), b = named("pair_symmetric");
  const auto first = play(a, 3).trace_hash;
  const auto between = play(b, 3).trace_hash;
  CHECK(play(a, 3).trace_hash == first);
  CHECK(play(b, 3).trace_hash == between);
}

TEST_CASE("what a run writes down does not change what happens") {
  const folder out;
  const auto s = named("pair_cone");
  wh::sim::run_options loud;
  loud.out = out.path;
  loud.pcap = true;
  loud.trace = true;
  loud.flow = {"a", "b"};
  const auto r = play(s, 5, loud);
  CHECK(r.trace_hash == play(s, 5).trace_hash);
  CHECK(!r.flow.empty());
  CHECK(fs::file_size(out.path / "trace") > 1000);
  CHECK(fs::file_size(out.path / "internet.pcap") > 1000);
}

TEST_CASE("equal runs write equal traces") {
  const folder out;
  const auto s = named("pair_symmetric");
  std::string traces[2];
  for (auto& t : traces) {
    wh::sim::run_options o;
    o.out = out.path;
    o.trace = true;
    play(s, 2, o);
    t = contents(out.path / "trace");
  }
  CHECK(traces[0].size() > 1000);
  CHECK((traces[0] == traces[1]));
}

TEST_CASE(
    "modelled cryptography leads pairs to the same paths for the same reasons as the real one") {
  for (const char* name : {"pair_open", "pair_cone", "pair_symmetric"})
    for (const std::uint64_t seed : {1U, 2U}) {
      INFO(name << " " << seed);
      const auto real = outcomes(play(named(name, {"crypto=real"}), seed));
      CHECK(!real.empty());
      CHECK(real == outcomes(play(named(name, {"crypto=modelled"}), seed)));
    }
}

TEST_CASE("packets of ns-3 lead pairs to the same paths as the cloud does") {
  for (const char* name : {"pair_open", "pair_cone", "pair_symmetric", "nat_reboot"}) {
    INFO(name);
    const std::vector<std::string> cloud = {"crypto=modelled", "network.detail=cloud"};
    const std::vector<std::string> packets = {"crypto=modelled", "network.detail=packets"};
    const auto a = play(named(name, cloud)), b = play(named(name, packets));
    CHECK(outcomes(a) == outcomes(b));
    // The levels differ in what carries a datagram, not in when it comes.
    CHECK(a.trace_hash == b.trace_hash);
  }
}

TEST_CASE("the announcement's network goes the same ways at both levels of detail") {
  const auto a = play(named("seed_network", {"crypto=modelled"}));
  const auto b = play(named("seed_network", {"crypto=modelled", "network.detail=packets"}));
  CHECK(outcomes(a) == outcomes(b));
  CHECK(a.trace_hash == b.trace_hash);
}

TEST_CASE("tshark reads what the packets level captured - every checksum right") {
  if (std::system("tshark --version >/dev/null 2>&1") != 0) {
    WARN("SKIPPED: there is no tshark here");
    return;
  }
  const folder out;
  wh::sim::run_options o;
  o.out = out.path;
  o.pcap = true;
  const auto r = play(named("pair_cone", {"network.detail=packets"}), 1, o);
  const auto tshark = [&](const std::string& filter) {
    const std::string lines = (out.path / "lines").string();
    const std::string command =
        "tshark -n -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -r " +
        (out.path / "internet.pcap").string() + " -Y '" + filter + "' -T fields -e frame.number >" +
        lines + " 2>" + lines + ".errors";
    CHECK(std::system(command.c_str()) == 0);
    const std::string all = contents(lines);
    return static_cast<double>(std::count(all.begin(), all.end(), '\n'));
  };
  CHECK(tshark("udp") > metric(r, "network.datagrams") / 2);
  CHECK(tshark("udp.checksum.status == \"Bad\" or ip.checksum.status == \"Bad\"") == 0);
  CHECK(tshark("wg") > 50);
}

}  // namespace
