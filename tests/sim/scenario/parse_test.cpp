#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "sample.hpp"
#include "sim/scenario/reference.hpp"
#include "transport/rng.hpp"
#include "transport/text.hpp"

using namespace wh::sim;
using namespace wh::sim::test;
using namespace wh;

namespace {

/// Every key, none at its default.
const std::string everything = R"(
name = "everything"
question = "Is every key read?"
seeds = [7, 8]
duration_s = 0.5e3
crypto = "modelled"
[network]
detail = "packets"
latency = "constant"
latency_ms = 11
jitter_ms = 1.5
loss_ratio = 0.01
reorder_ratio = 0.02
duplicate_ratio = 0.03
mtu_bytes = 1280
[overlay]
namespace = "n"
workbit = 3
k = 16
alpha = 4
paths = 8
network_file = "scenarios/networks/announcement.wh"
[[peers]]
group = "named"
members = ["a.test", "b.test"]
nat = ["linux_masquerade", "cgn_eim"]
shared_nat = true
relay = true
mode = "nat"
publish = false
arrive_at_s = 0.1
arrive_over_s = 2
start_from_cache = true
workbit = 5
churn = { session = "constant", shape = 0.6, scale_s = 10, offline = "weibull", offline_shape = 0.7, offline_scale_s = 20, replace = false }
[[peers]]
group = "boot"
count = 3
role = "node"
boot = true
[[peers]]
group = "drawn"
population = "internet-2025"
[[peers]]
group = "open"
[[workload]]
from_s = 1
until_s = 400
connect = { pairs = 1, from = "named", to = "named" }
lookups = { per_s = 2.5, from = "named", to = "boot" }
ping_interval_s = 0.25
payload_bytes = 1000
[[events]]
at_s = 1
every_s = 50
nat_reboot = { group = "named", ratio = 0.5 }
[[events]]
at_s = 2
kill = { group = "boot", ratio = 0.25, role = "relay_in_use" }
[[events]]
at_s = 3
restart = { group = "boot", ratio = 0.75, lasts_s = 4 }
[[events]]
at_s = 4
address_change = { group = "named", ratio = 0.1 }
[[events]]
at_s = 5
partition = { group = "named", ratio = 0.2, lasts_s = 6 }
[[events]]
at_s = 6
nat_change = { group = "named", ratio = 0.3, nat = "symmetric" }
[[expect]]
metric = "paths.direct_ratio"
min = 0.5
max = 0.75
because = "one"
[[expect]]
metric = "paths.rtt_s.p95"
equals = 0.25
because = "two"
[[expect]]
pair = ["a.test", "boot-2"]
path = "unreachable"
because = "three"
)";

expected<scenario, scenario_error> parse_here(const std::string& text,
                                              const std::vector<std::string>& set = {}) {
  auto context = names();
  context.roots = {WH_SOURCE_DIR};
  return parse_scenario(text, "x.toml", set, context);
}

}  // namespace

TEST_CASE("every key is read into its field") {
  const auto parsed = parse_here(everything);
  INFO((parsed ? std::string{} : parsed.error().render()));
  REQUIRE(parsed);
  const auto& s = *parsed;
  CHECK(s.file == "x.toml");
  CHECK(s.name == "everything");
  CHECK(s.question == "Is every key read?");
  CHECK(s.seeds == std::vector<std::uint64_t>{7, 8});
  CHECK(s.length == 500s);
  CHECK(s.crypto == crypto_kind::modelled);
  CHECK(s.network == network_config{network_detail::packets, latency_kind::constant, 11.0, 1.5,
                                    0.01, 0.02, 0.03, 1280});
  CHECK(s.overlay.name_space == "n");
  CHECK(s.overlay.workbit == 3u);
  CHECK(s.overlay.k == 16);
  CHECK(s.overlay.alpha == 4);
  CHECK(s.overlay.paths == 8);
  CHECK(s.overlay.network_file->filename() == "announcement.wh");
  REQUIRE(s.peers.size() == 4);
  const auto& g = s.peers[0];
  CHECK(g.group == "named");
  CHECK(g.count == 2);
  CHECK(g.members == std::vector<std::string>{"a.test", "b.test"});
  CHECK(g.role == peer_role::member);
  CHECK(g.nat == std::vector<std::string>{"linux_masquerade", "cgn_eim"});
  CHECK(g.shared_nat);
  CHECK(g.relay);
  CHECK_FALSE(g.boot);
  CHECK(g.mode == peer_mode::nat);
  CHECK_FALSE(g.publish);
  CHECK(g.arrive_at == 100ms);
  CHECK(g.arrive_over == 2s);
  CHECK(g.start_from_cache);
  CHECK(g.workbit == 5u);
  CHECK(g.churn ==
        churn_config{{session_model::constant, 0.6, 10}, {session_model::weibull, 0.7, 20}, false});
  CHECK(s.peers[1].count == 3);
  CHECK(s.peers[1].role == peer_role::node);
  CHECK(s.peers[2].population == "internet-2025");
  CHECK(s.peers[1].boot);
  REQUIRE(s.workload.size() == 1);
  const auto& w = s.workload[0];
  CHECK(w.from == 1s);
  CHECK(w.until == 400s);
  CHECK(w.connect == connect_load{1, "named", "named"});
  CHECK(w.lookups == lookup_load{2.5, "named", "boot"});
  CHECK(w.ping_interval == 250ms);
  CHECK(w.payload_bytes == 1000);
  REQUIRE(s.events.size() == 6);
  CHECK(s.events[0].at == 1s);
  CHECK(s.events[0].every == 50s);
  CHECK(s.events[1].every == 0s);
  std::vector<std::string_view> kinds;
  for (const auto& e : s.events) kinds.push_back(e.what->kind().name);
  CHECK(kinds == std::vector<std::string_view>{"nat_reboot", "kill", "restart", "address_change",
                                               "partition", "nat_change"});
  CHECK(s.expect == std::vector<expectation>{
                        {"paths.direct_ratio", 0.5, 0.75, {}, {}, path_kind::connected, "one"},
                        {"paths.rtt_s.p95", {}, {}, 0.25, {}, path_kind::connected, "two"},
                        {"", {}, {}, {}, {"a.test", "boot-2"}, path_kind::unreachable, "three"}});
  CHECK(s.peer_count() == 7);
  CHECK(peer_name(s.peers[0], 1) == "b.test");
  CHECK(peer_name(s.peers[1], 2) == "boot-2");
}

TEST_CASE("the file above names every key there is") {
  for (const auto& t : scenario_reference(event_kinds()))
    for (const auto& k : t.keys) {
      INFO(t.name << " " << k.name);
      CHECK(everything.find(k.name) != std::string::npos);
    }
}

TEST_CASE("the reference in the README is the one that the keys give") {
  std::ifstream in(WH_SOURCE_DIR "/scenarios/README.md");
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (const auto& t : scenario_reference(event_kinds())) {
    const std::string part = to_markdown({t});
    INFO("scenarios/README.md is to have these lines, which `wh-sim keys --markdown` prints:\n"
         << part);
    CHECK(page.find(part) != std::string::npos);
  }
}

TEST_CASE("what is left out has the documented default") {
  const auto parsed = parse(least);
  REQUIRE(parsed);
  CHECK(parsed->file == "x.toml");
  CHECK(parsed->name == "least");
  CHECK(parsed->seeds == std::vector<std::uint64_t>{1});
  CHECK(parsed->length == 60s);
  CHECK(parsed->crypto == crypto_kind::real);
  CHECK(parsed->network == network_config{});
  CHECK(parsed->overlay == overlay_config{});
  peer_group boot;
  boot.group = "boot";
  boot.boot = true;
  CHECK(parsed->peers == std::vector<peer_group>{boot});
  CHECK((parsed->workload.empty() && parsed->events.empty() && parsed->expect.empty()));
  const auto with_load = parse(least + "[[workload]]\nlookups = { per_s = 1 }\n");
  REQUIRE(with_load);
  CHECK(with_load->workload[0].until == 60s);
  CHECK(with_load->workload[0].lookups->from == all_groups);
}

TEST_CASE("a churning peer comes back at once where the file does not say when") {
  const auto s = parse(least + "churn = { scale_s = 100 }\n");
  REQUIRE(s);
  CHECK(s->peers[0].churn->online == session_config{session_model::weibull, 0.5, 100});
  CHECK(s->peers[0].churn->offline.scale_s == 0);
}

TEST_CASE("options reach every value") {
  const auto s = parse(
      least, {"duration_s=5", "network.loss_ratio=0.25", "network.detail=packets",
              "peers.0.count=4", "peers.boot.relay=true", "seeds=[3, 4]",
              "peers.+={ group = \"c\", nat = [\"symmetric\", 'cgn_eim'] }", "name=\"other\""});
  INFO((s ? std::string{} : s.error().render()));
  REQUIRE(s);
  CHECK(s->length == 5s);
  CHECK(s->network.loss_ratio == 0.25);
  CHECK(s->network.detail == network_detail::packets);
  CHECK(s->peers[0].count == 4);
  CHECK(s->peers[0].relay);
  CHECK(s->peers[1].nat.size() == 2);
  CHECK(s->seeds == std::vector<std::uint64_t>{3, 4});
  CHECK(s->name == "other");
}

TEST_CASE("nodes may come back as others") {
  const auto s = parse(least +
                       "[[peers]]\ngroup = \"n\"\nrole = \"node\"\n"
                       "churn = { scale_s = 5, replace = true }\n");
  REQUIRE(s);
  CHECK(s->peers[1].churn->replace);
}

TEST_CASE("a later option wins and an option may replace a whole table") {
  const auto s = parse(least, {"network.loss_ratio=0.5", "network={ jitter_ms = 9 }",
                               "network.mtu_bytes=600", "network.mtu_bytes=700"});
  REQUIRE(s);
  CHECK(s->network.loss_ratio == 0);
  CHECK(s->network.jitter_ms == 9);
  CHECK(s->network.mtu_bytes == 700);
}

TEST_CASE("an option may add a table to a list") {
  const auto s = parse(least, {"events.+={ at_s = 5, kill = {} }", "peers.+={ group = \"more\" }",
                               "events.+={ at_s = 6, kill = { group = \"more\" } }"});
  INFO((s ? std::string{} : s.error().render()));
  REQUIRE(s);
  CHECK(s->events.size() == 2);
  CHECK(s->peers.size() == 2);
}

TEST_CASE("a mistake in an option is shown in the option") {
  CHECK(complaint(least, {"network.loss=0.5"}) ==
        "--set: error: unknown key `loss`; did you mean `loss_ratio`?\n"
        "    network.loss=0.5\n"
        "            ^~~~\n");
  CHECK(complaint(least, {"network.loss_ratio=many"}) ==
        "--set: error: `loss_ratio` is a string; expected a number\n"
        "    network.loss_ratio=many\n"
        "                       ^~~~\n");
  CHECK(complaint(least, {"peers.1.count=2"}) ==
        "--set: error: `peers` has no item `1`; items are numbered 0 to 0, or named by their "
        "`group`; `+` adds one\n"
        "    peers.1.count=2\n"
        "          ^\n");
  CHECK(complaint(least, {"name.x=2"}).find("it holds no keys") != std::string::npos);
  CHECK(complaint(least, {"name"}).find("expected table.key=value") != std::string::npos);
  CHECK(complaint(least, {"a..b=1"}).find("a name is missing here") != std::string::npos);
  CHECK(complaint(least, {"network={ los_ratio = 1 }"}) ==
        "--set: error: unknown key `los_ratio`; did you mean `loss_ratio`?\n"
        "    network={ los_ratio = 1 }\n"
        "              ^~~~~~~~~\n");
}

TEST_CASE("any file with any damage is read or refused and refused with words") {
  seeded_rng random{seed{5}};
  unsigned refused = 0;
  for (int round = 0; round < 400; ++round) {
    auto text = everything;
    for (auto n = random.between(1, 4); n > 0; --n) {
      const auto at = random.below(text.size());
      switch (random.below(4)) {
        case 0:
          text.erase(at, random.between(1, 20));
          break;
        case 1:
          text[at] = static_cast<char>(random.below(256));
          break;
        case 2:
          text.insert(at, text.substr(random.below(text.size()), random.below(40)));
          break;
        default:
          text.insert(at, 1, "[]{}=\"'#\n.,"[random.below(11)]);
          break;
      }
    }
    const auto s = parse_here(text);
    if (s) continue;
    ++refused;
    CHECK_FALSE(s.error().message.empty());
    CHECK(s.error().render().back() == '\n');
  }
  CHECK(refused > 200);
}
