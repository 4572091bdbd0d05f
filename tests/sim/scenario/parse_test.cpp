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
detour_ratio = 0.1
detour_factor = 2
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
[[nats]]
name = "mine"
like = "symmetric"
port_lo = 2000
[[carriers]]
name = "tower"
nat = ["cgn_eim", "mine"]
isolated = true
[[peers]]
group = "named"
members = ["a.test", "b.test"]
nat = ["linux_masquerade", "cgn_eim"]
shared_nat = true
isolated = true
forwarded = true
carrier = "tower"
work_ms = 1.25
clock_off_s = 7200
line = { up_kbps = 1000, down_kbps = 8000, delay_ms = 6, jitter_ms = 3, queue_ms = 50, loss_ratio = 0.005, mtu_bytes = 1400, burst = { enter_ratio = 0.02, leave_ratio = 0.2, loss_ratio = 0.9 } }
relay = true
relay_guests = 40
relay_bytes_per_s = 50000
mode = "nat"
publish = false
arrive_at_s = 0.1
arrive_over_s = 2
start_from_cache = true
workbit = 5
churn = { session = "weibull", shape = 0.6, scale_s = 10, offline = "weibull", offline_shape = 0.7, offline_scale_s = 20, replace = false, day = { period_s = 3600, swing = 2, busiest_s = 900 } }
[[peers]]
group = "boot"
count = 3
per_24 = 3
port = 443
role = "node"
boot = true
[[peers]]
group = "drawn"
population = "internet-2025"
[[peers]]
group = "open"
[[workload]]
name = "first"
from_s = 1
until_s = 400
connect = { pairs = 1, from = "named", to = "named" }
lookups = { per_s = 2.5, from = "named", to = "boot", absent_ratio = 0.125 }
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
restart = { group = "boot", ratio = 0.75, lasts_s = 4, state = "none" }
[[events]]
at_s = 4
address_change = { group = "named", ratio = 0.1 }
[[events]]
at_s = 5
partition = { group = "named", ratio = 0.2, lasts_s = 6 }
[[events]]
at_s = 6
nat_change = { group = "named", ratio = 0.3, nat = "symmetric" }
[[events]]
at_s = 7
loss = { group = "named", ratio = 0.3, loss_ratio = 0.4, traffic = "in", lasts_s = 1 }
[[events]]
at_s = 8
delay = { group = "named", ratio = 0.3, extra_ms = 40, traffic = "out", lasts_s = 1 }
[[events]]
at_s = 9
link = { peers = ["a.test", "open"], loss_ratio = 0.5, extra_ms = 40, traffic = "out", lasts_s = 1 }
[[events]]
at_s = 10
clock = { group = "named", ratio = 0.5, off_s = -3600 }
[[events]]
at_s = 11
reload = { group = "open", ratio = 0.5, without = "named", lasts_s = 5 }
[[events]]
at_s = 12
relay_room = { group = "named", ratio = 0.5, guests = 3, bytes_per_s = 9000 }
[[slices]]
name = "late"
group = "named"
workload = "first"
from_s = 100
until_s = 300
[[expect]]
metric = "paths.direct_ratio"
slice = "late"
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

/// Those that do not go with the keys above, and files that a scenario names.
const std::string others = R"(
name = "others"
question = "And those that exclude others?"
duration_s = 100
nat_file = "boxes.toml"
[network]
latency = "matrix"
matrix_file = "sites.txt"
[[peers]]
group = "boot"
boot = true
family = "dual"
[[peers]]
group = "six"
family = "ipv6"
nat6 = "ipv6_firewall"
[[peers]]
group = "recorded"
count = 2
churn = { trace_file = "days.csv" }
[[peers]]
group = "drawn"
population = "town.csv"
)";

/// Every parameter of a box.
const std::string boxes = R"(
[[nats]]
name = "theirs"
mapping = "adm"
filtering = "adf"
ports = "map_e"
overload = "per_remote"
external_addresses = 2
pooling = "arbitrary"
psid_offset_bits = 6
psid_bits = 6
psid = 33
hairpin = "internal_source"
unsolicited = "accept"
udp = "only_53_443"
port_mapping = "lying"
ttl_decrement = false
timeout_new_s = 20
timeout_stream_s = 100
stream_after_s = 1
timeout_dns_s = 10
refresh = "outbound"
table_max = 512
on_full = "evict_oldest"
flows_per_host_max = 100
new_flows_per_s = 50
packets_per_s = 1000
[[nats]]
name = "keeps"
on_clash = "next"
port_lo = 2000
port_hi = 3000
port_classes = false
[[nats]]
name = "counts"
ports = "sequential"
delta = -2
cross_traffic_per_s = 1.5
[[nats]]
name = "blocks"
ports = "block"
block_size = 64
blocks_per_host_max = 2
)";

std::optional<std::string> file_here(const std::filesystem::path& p) {
  const std::string name = p.filename();
  if (name == "boxes.toml") return boxes;
  if (name == "sites.txt") return "0 20\n20 0\n";
  if (name == "days.csv") return "0,1,20\n1,5,80\n0,30,40\n";
  if (name == "town.csv")
    return "context,profile,share,port_mapping,ipv6\nhome,theirs,50,0,0\nhome,symmetric,50,0,0\n";
  std::ifstream in(p);
  if (!in) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

expected<scenario, scenario_error> parse_here(const std::string& text,
                                              const std::vector<std::string>& set = {}) {
  auto context = names();
  context.roots = {WH_SOURCE_DIR};
  context.read = file_here;
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
  CHECK(s.network == network_config{network_detail::packets, latency_kind::constant, 11.0, "", 0.1,
                                    2, 1.5, 0.01, 0.02, 0.03, 1280});
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
  CHECK((g.relay_guests == 40 && g.relay_bytes_per_s == 50'000));
  CHECK_FALSE(g.boot);
  CHECK(g.mode == peer_mode::nat);
  CHECK_FALSE(g.publish);
  CHECK(g.arrive_at == 100ms);
  CHECK(g.arrive_over == 2s);
  CHECK(g.start_from_cache);
  CHECK(g.workbit == 5u);
  CHECK(g.isolated);
  CHECK(g.forwarded);
  CHECK(g.carrier == "tower");
  CHECK(g.work == 1250us);
  CHECK(g.clock_off_s == 7200);
  CHECK(g.line == line_config{1000, 8000, 6, 3, 50, 0.005, burst_config{0.02, 0.2, 0.9}, 1400u});
  CHECK(g.churn == churn_config{{session_model::weibull, 0.6, 10},
                                {session_model::weibull, 0.7, 20},
                                false,
                                "",
                                day_config{3600, 2, 900}});
  CHECK((s.peers[1].per_24 == 3 && s.peers[1].port == 443));
  REQUIRE(s.carriers.size() == 1);
  CHECK(s.carriers[0] == carrier_config{"tower", {"cgn_eim", "mine"}, true});
  REQUIRE(s.boxes->profile("mine"));
  CHECK(s.boxes->profile("mine")->behaviour.port_lo == 2000);
  CHECK(s.boxes->profile("mine")->behaviour.mapping == nat::profile("symmetric")->mapping);
  CHECK(s.peers[1].count == 3);
  CHECK(s.peers[1].role == peer_role::node);
  CHECK(s.peers[2].population == "internet-2025");
  CHECK(s.peers[1].boot);
  REQUIRE(s.workload.size() == 1);
  const auto& w = s.workload[0];
  CHECK(w.from == 1s);
  CHECK(w.until == 400s);
  CHECK(w.connect == connect_load{1, "named", "named"});
  CHECK(w.lookups == lookup_load{2.5, "named", "boot", 0.125});
  CHECK(w.ping_interval == 250ms);
  CHECK(w.payload_bytes == 1000);
  REQUIRE(s.events.size() == 12);
  CHECK(s.events[0].at == 1s);
  CHECK(s.events[0].every == 50s);
  CHECK(s.events[1].every == 0s);
  std::vector<std::string_view> kinds;
  for (const auto& e : s.events) kinds.push_back(e.what->kind().name);
  CHECK(kinds == std::vector<std::string_view>{"nat_reboot", "kill", "restart", "address_change",
                                               "partition", "nat_change", "loss", "delay", "link",
                                               "clock", "reload", "relay_room"});
  CHECK(s.slices == std::vector<slice_config>{{"late", "named", "first", 100s, 300s}});
  CHECK(s.expect ==
        std::vector<expectation>{
            {"paths.direct_ratio", "late", 0.5, 0.75, {}, {}, path_kind::connected, "one"},
            {"paths.rtt_s.p95", "", {}, {}, 0.25, {}, path_kind::connected, "two"},
            {"", "", {}, {}, {}, {"a.test", "boot-2"}, path_kind::unreachable, "three"}});
  CHECK(s.peer_count() == 7);
  CHECK(peer_name(s.peers[0], 1) == "b.test");
  CHECK(peer_name(s.peers[1], 2) == "boot-2");
}

TEST_CASE("the keys that exclude others are read too") {
  const auto parsed = parse_here(others);
  INFO((parsed ? std::string{} : parsed.error().render()));
  REQUIRE(parsed);
  const auto& s = *parsed;
  CHECK(s.network.latency == latency_kind::matrix);
  CHECK(s.input(s.network.matrix_file) == "0 20\n20 0\n");
  CHECK(s.peers[0].family == address_family::dual);
  CHECK(s.peers[1].family == address_family::ipv6);
  CHECK(s.peers[1].nat6 == std::vector<std::string>{"ipv6_firewall"});
  CHECK(s.input(s.peers[2].churn->trace_file) == "0,1,20\n1,5,80\n0,30,40\n");
  REQUIRE(s.boxes->profile("theirs"));
  const nat::config& c = s.boxes->profile("theirs")->behaviour;
  CHECK(c.mapping == nat::mapping_kind::adm);
  CHECK(c.filtering == nat::filtering_kind::adf);
  CHECK(c.ports == nat::port_allocation::map_e);
  CHECK(c.overload == nat::overloading::per_remote);
  CHECK((c.external_addresses == 2 && c.pooling == nat::pooling_kind::arbitrary));
  CHECK((c.psid_offset_bits == 6 && c.psid_bits == 6 && c.psid == 33));
  CHECK(c.hairpin == nat::hairpin_kind::internal_source);
  CHECK(c.unsolicited == nat::unsolicited_kind::accept);
  CHECK(c.udp == nat::udp_policy::only_53_443);
  CHECK(c.port_mapping == nat::port_mapping_kind::lying);
  CHECK_FALSE(c.ttl_decrement);
  CHECK((c.timeout_new == 20s && c.timeout_stream == 100s && c.stream_after == 1s));
  CHECK(c.timeout_dns == 10s);
  CHECK(c.refresh == nat::refresh_kind::outbound);
  CHECK((c.table_max == 512 && c.on_full == nat::full_policy::evict_oldest));
  CHECK((c.flows_per_host_max == 100 && c.new_flows_per_s == 50 && c.packets_per_s == 1000));
  REQUIRE(s.boxes->population(s.peers[3].population));

  const auto box = [&](const char* name) { return s.boxes->profile(name)->behaviour; };
  const auto keeps = box("keeps"), counts = box("counts"), blocks = box("blocks");
  CHECK(keeps.on_clash == nat::clash::next);
  CHECK((keeps.port_lo == 2000 && keeps.port_hi == 3000 && !keeps.port_classes));
  CHECK((counts.delta == -2 && counts.cross_traffic_per_s == 1.5));
  CHECK((blocks.block_size == 64 && blocks.blocks_per_host_max == 2));
}

TEST_CASE("the files above name every key there is") {
  for (const auto& t : scenario_reference(event_kinds()))
    for (const auto& k : t.keys) {
      INFO(t.name << " " << k.name);
      CHECK((everything + others + boxes).find(k.name) != std::string::npos);
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
        "--set: error: `peers` has no item `1`; it has 0 (`boot`); `+` adds one\n"
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
