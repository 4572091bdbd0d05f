#include <map>
#include <set>

#include "sim/report/writers.hpp"
#include "sim/scenario/reference.hpp"
#include "tests/sim/world/scene.hpp"

/// Every key of the scenario language changes something: a run's trace, or what its report says.

namespace {

using namespace wh::sim::test;
using options = std::vector<std::string>;

constexpr const char* base = R"(
name = "keys"
question = "What does this key do?"
duration_s = 60
crypto = "modelled"
[[nats]]
name = "box"
[[nats]]
name = "carrier_box"
like = "cgn_eim"
hairpin = "none"
[[carriers]]
name = "telco"
nat = "carrier_box"
[[peers]]
group = "boot"
count = 3
role = "node"
boot = true
relay = true
[[peers]]
group = "nodes"
count = 6
role = "node"
relay = true
[[peers]]
group = "home"
count = 2
nat = "box"
arrive_at_s = 3
[[peers]]
group = "far"
count = 2
nat = "symmetric"
arrive_at_s = 3
[[peers]]
group = "open"
arrive_at_s = 3
[[workload]]
name = "talk"
from_s = 10
connect = { from = "home" }
[[workload]]
name = "find"
from_s = 10
lookups = { per_s = 1 }
[[slices]]
name = "late"
from_s = 30
[[expect]]
metric = "paths.connected_ratio"
min = 0.5
because = "relays consent"
)";

/// What the key's line of options changes when it joins the context's.
struct trial {
  std::string key;
  options context, change;
};

const options symmetric_box = {"nats.0.mapping=apdm"};
options symmetric_with(const std::string& ports) {
  return {"nats.0.mapping=apdm", "nats.0.ports=" + ports};
}
/// Two hosts behind one box at one port.
const options clash = {"peers.home.shared_nat=true", "peers.home.port=7000"};
const options one_lan = {"peers.home.shared_nat=true", "peers.home.isolated=true"};
const options forwarded = {"peers.home.forwarded=true"};
const options short_flows = {"nats.0.timeout_new_s=1", "nats.0.timeout_stream_s=1"};
const options carried = {"peers.home.carrier=telco"};
const options dual = {"peers.home.family=dual", "peers.boot.family=dual", "peers.open.family=dual"};
const options cities = {"network.latency=matrix", "network.matrix_file=latencies/cities.csv"};
const options office = {"overlay.network_file=networks/announcement.wh"};
const options long_run = {"duration_s=90"};
const options slow = {"peers.home.line.up_kbps=64"};
const options bursts = {"peers.home.line.burst.enter_ratio=0.1"};
const options churning = {"peers.nodes.churn={scale_s=15,offline_scale_s=5}"};
const options days = {"peers.nodes.churn={scale_s=15,offline_scale_s=5,day={period_s=40}}"};
options event(const std::string& what) { return {"events=[{at_s=30," + what + "}]"}; }
options set(const std::string& o) { return {o}; }

std::vector<trial> trials() {
  std::vector<trial> all = {
      {"name", {}, {"name=other"}},
      {"question", {}, {"question=Why?"}},
      {"duration_s", {}, {"duration_s=61"}},
      {"crypto", {}, {"crypto=real"}},
      {"nat_file", {}, {"nat_file=boxes/rented.toml", "peers.far.nat=two_addresses"}},

      {"network.detail", {}, {"network.detail=packets"}},
      {"network.latency", {}, {"network.latency=constant"}},
      {"network.latency_ms", {}, {"network.latency_ms=20"}},
      {"network.matrix_file", {}, cities},
      {"network.detour_ratio", {}, {"network.detour_ratio=0.3"}},
      {"network.detour_factor", {"network.detour_ratio=0.3"}, {"network.detour_factor=5"}},
      {"network.jitter_ms", {}, {"network.jitter_ms=9"}},
      {"network.loss_ratio", {}, {"network.loss_ratio=0.1"}},
      {"network.reorder_ratio", {}, {"network.reorder_ratio=0.1"}},
      {"network.duplicate_ratio", {}, {"network.duplicate_ratio=0.1"}},
      {"network.mtu_bytes", {"workload.0.payload_bytes=1000"}, {"network.mtu_bytes=700"}},

      {"overlay.namespace", {}, {"overlay.namespace=other"}},
      {"overlay.workbit", {}, {"overlay.workbit=4"}},
      {"overlay.k", {}, {"overlay.k=3"}},
      {"overlay.alpha", {}, {"overlay.alpha=1"}},
      {"overlay.paths", {}, {"overlay.paths=1"}},
      {"overlay.network_file", {}, office},

      {"nats.name", {}, {"nats.0.name=crate", "peers.home.nat=crate"}},
      {"nats.like", {}, {"nats.0.like=symmetric"}},
      {"nats.mapping", {}, symmetric_box},
      {"nats.filtering", {}, {"nats.0.filtering=eif"}},
      {"nats.ports", {}, {"nats.0.ports=random"}},
      {"nats.on_clash", {"nats.0.overload=none", clash[0], clash[1]}, {"nats.0.on_clash=next"}},
      {"nats.overload", {symmetric_box[0], clash[0], clash[1]}, {"nats.0.overload=none"}},
      {"nats.external_addresses", {}, {"nats.0.external_addresses=4"}},
      {"nats.pooling",
       {"nats.0.external_addresses=4", symmetric_box[0]},
       {"nats.0.pooling=arbitrary"}},
      {"nats.port_lo", {"nats.0.ports=random"}, {"nats.0.port_lo=50000"}},
      {"nats.port_hi", {"nats.0.ports=random"}, {"nats.0.port_hi=20000"}},
      {"nats.port_classes", {"peers.home.port=80"}, {"nats.0.port_classes=false"}},
      {"nats.delta", symmetric_with("sequential"), {"nats.0.delta=3"}},
      {"nats.cross_traffic_per_s", symmetric_with("sequential"), {"nats.0.cross_traffic_per_s=50"}},
      {"nats.block_size", symmetric_with("block"), {"nats.0.block_size=64"}},
      {"nats.blocks_per_host_max",
       {"nats.0.mapping=apdm", "nats.0.ports=block", "nats.0.block_size=8", "nats.0.overload=none"},
       {"nats.0.blocks_per_host_max=1"}},
      {"nats.psid_offset_bits", symmetric_with("map_e"), {"nats.0.psid_offset_bits=6"}},
      {"nats.psid_bits", symmetric_with("map_e"), {"nats.0.psid_bits=6"}},
      {"nats.psid", symmetric_with("map_e"), {"nats.0.psid=3"}},
      {"nats.hairpin", one_lan, {"nats.0.hairpin=external_source"}},
      {"nats.unsolicited", {}, {"nats.0.unsolicited=accept"}},
      {"nats.udp", {}, {"nats.0.udp=blocked"}},
      {"nats.port_mapping", forwarded, {"nats.0.port_mapping=lying"}},
      {"nats.ttl_decrement", {}, {"nats.0.ttl_decrement=false"}},
      {"nats.timeout_new_s", {}, {"nats.0.timeout_new_s=2"}},
      {"nats.timeout_stream_s", {}, {"nats.0.timeout_stream_s=2"}},
      {"nats.stream_after_s", {"nats.0.timeout_new_s=4"}, {"nats.0.stream_after_s=30"}},
      {"nats.timeout_dns_s", {"peers.boot.port=53"}, {"nats.0.timeout_dns_s=1"}},
      {"nats.refresh", short_flows, {"nats.0.refresh=inbound"}},
      {"nats.table_max", {}, {"nats.0.table_max=4"}},
      {"nats.on_full", {"nats.0.table_max=4"}, {"nats.0.on_full=evict_oldest"}},
      {"nats.flows_per_host_max", {}, {"nats.0.flows_per_host_max=4"}},
      {"nats.new_flows_per_s", {}, {"nats.0.new_flows_per_s=1"}},
      {"nats.packets_per_s", {}, {"nats.0.packets_per_s=2"}},

      {"carriers.name", carried, {"carriers.0.name=isp", "peers.home.carrier=isp"}},
      {"carriers.nat", carried, {"carriers.0.nat=cgn_symmetric"}},
      {"carriers.isolated", carried, {"carriers.0.isolated=true"}},

      {"peers.group", {}, {"peers.open.group=others"}},
      {"peers.count", {}, {"peers.nodes.count=7"}},
      {"peers.members", office, {"peers.home.members=[\"a.test\",\"b.test\"]"}},
      {"peers.role", {}, {"peers.nodes.role=member"}},
      {"peers.nat", {}, {"peers.home.nat=symmetric"}},
      {"peers.population", {}, {"peers.nodes.population=internet-2025"}},
      {"peers.shared_nat", {}, {"peers.home.shared_nat=true"}},
      {"peers.isolated", {"peers.home.shared_nat=true"}, {"peers.home.isolated=true"}},
      {"peers.carrier", {}, carried},
      {"peers.family", {}, dual},
      {"peers.nat6", dual, {"peers.home.nat6=ipv6_firewall"}},
      {"peers.forwarded", {}, forwarded},
      {"peers.per_24", {}, {"peers.nodes.per_24=3"}},
      {"peers.port", {}, {"peers.open.port=443"}},
      {"peers.work_ms", {}, {"peers.home.work_ms=3"}},
      {"peers.boot", {}, {"peers.nodes.boot=true"}},
      {"peers.relay", {}, {"peers.boot.relay=false"}},
      {"peers.relay_guests", {}, {"peers.boot.relay_guests=1"}},
      {"peers.relay_bytes_per_s", {"peers.nodes.relay=false"}, {"peers.boot.relay_bytes_per_s=40"}},
      {"peers.mode", {}, {"peers.open.mode=direct"}},
      {"peers.publish", {}, {"peers.nodes.publish=false"}},
      {"peers.arrive_at_s", {}, {"peers.open.arrive_at_s=5"}},
      {"peers.arrive_over_s", {}, {"peers.nodes.arrive_over_s=5"}},
      {"peers.clock_off_s", {}, {"peers.home.clock_off_s=7200"}},
      {"peers.start_from_cache", {}, {"peers.nodes.start_from_cache=true"}},
      {"peers.workbit", {}, {"peers.open.workbit=2"}},

      {"peers.line.up_kbps", {}, slow},
      {"peers.line.down_kbps", {}, {"peers.home.line.down_kbps=64"}},
      {"peers.line.delay_ms", {}, {"peers.home.line.delay_ms=30"}},
      {"peers.line.jitter_ms", {}, {"peers.home.line.jitter_ms=30"}},
      {"peers.line.queue_ms", {"peers.home.line.up_kbps=8"}, {"peers.home.line.queue_ms=2000"}},
      {"peers.line.loss_ratio", {}, {"peers.home.line.loss_ratio=0.1"}},
      {"peers.line.mtu_bytes",
       {"workload.0.payload_bytes=1000"},
       {"peers.home.line.mtu_bytes=700"}},
      {"peers.line.burst.enter_ratio", {"peers.home.line.burst={}"}, bursts},
      {"peers.line.burst.leave_ratio", bursts, {"peers.home.line.burst.leave_ratio=0.9"}},
      {"peers.line.burst.loss_ratio", bursts, {"peers.home.line.burst.loss_ratio=0.3"}},

      {"peers.churn.session", churning, {"peers.nodes.churn.session=constant"}},
      {"peers.churn.shape", churning, {"peers.nodes.churn.shape=0.9"}},
      {"peers.churn.scale_s", churning, {"peers.nodes.churn.scale_s=10"}},
      {"peers.churn.offline", churning, {"peers.nodes.churn.offline=constant"}},
      {"peers.churn.offline_shape",
       {churning[0], "peers.nodes.churn.offline=weibull"},
       {"peers.nodes.churn.offline_shape=0.5"}},
      {"peers.churn.offline_scale_s", churning, {"peers.nodes.churn.offline_scale_s=9"}},
      {"peers.churn.trace_file",
       {"peers.nodes.count=12", "duration_s=130"},
       {"peers.nodes.churn.trace_file=comings/office.csv"}},
      {"peers.churn.replace", churning, {"peers.nodes.churn.replace=true"}},
      {"peers.churn.day.period_s", days, {"peers.nodes.churn.day.period_s=20"}},
      {"peers.churn.day.swing", days, {"peers.nodes.churn.day.swing=3"}},
      {"peers.churn.day.busiest_s", days, {"peers.nodes.churn.day.busiest_s=10"}},

      {"workload.name", {}, {"workload.0.name=chat", "slices.0.workload=chat"}},
      {"workload.from_s", {}, {"workload.0.from_s=12"}},
      {"workload.until_s", {}, {"workload.0.until_s=40"}},
      {"workload.ping_interval_s", {}, {"workload.0.ping_interval_s=0.5"}},
      {"workload.payload_bytes", {}, {"workload.0.payload_bytes=1000"}},
      {"workload.connect.pairs", {}, {"workload.0.connect.pairs=2"}},
      {"workload.connect.from", {}, {"workload.0.connect.from=open"}},
      {"workload.connect.to", {}, {"workload.0.connect.to=far"}},
      {"workload.lookups.per_s", long_run, {"workload.1.lookups.per_s=2"}},
      {"workload.lookups.from", long_run, {"workload.1.lookups.from=open"}},
      {"workload.lookups.to", long_run, {"workload.1.lookups.to=open"}},
      {"workload.lookups.absent_ratio", long_run, {"workload.1.lookups.absent_ratio=0.5"}},

      {"events.at_s", event("nat_reboot={}"), {"events.0.at_s=31"}},
      {"events.every_s", event("nat_reboot={}"), {"events.0.every_s=10"}},
      {"events.clock.off_s",
       event("clock={group=\"home\"}},{at_s=35,restart={group=\"home\"}"),
       {"events.0.clock.off_s=7200"}},
      {"events.delay.extra_ms",
       event("delay={extra_ms=100,lasts_s=10}"),
       {"events.0.delay.extra_ms=200"}},
      {"events.delay.traffic",
       event("delay={group=\"home\",extra_ms=100,lasts_s=10}"),
       {"events.0.delay.traffic=out"}},
      {"events.delay.lasts_s",
       event("delay={extra_ms=100,lasts_s=10}"),
       {"events.0.delay.lasts_s=5"}},
      {"events.kill.role", event("kill={group=\"nodes\"}"), {"events.0.kill.role=relay_in_use"}},
      {"events.link.peers",
       event("link={peers=[\"home-0\",\"open\"],lasts_s=9}"),
       {"events.0.link.peers=[\"home-1\",\"open\"]"}},
      {"events.link.loss_ratio",
       event("link={peers=[\"home-0\",\"open\"],lasts_s=9}"),
       {"events.0.link.loss_ratio=0.5"}},
      {"events.link.extra_ms",
       event("link={peers=[\"home-0\",\"open\"],lasts_s=9,loss_ratio=0.2}"),
       {"events.0.link.extra_ms=50"}},
      {"events.link.traffic",
       event("link={peers=[\"home-0\",\"open\"],lasts_s=9}"),
       {"events.0.link.traffic=out"}},
      {"events.link.lasts_s",
       event("link={peers=[\"home-0\",\"open\"],lasts_s=9}"),
       {"events.0.link.lasts_s=5"}},
      {"events.relay_room.guests",
       {"events.+={at_s=5,relay_room={guests=200}}"},
       {"events.0.relay_room.guests=1"}},
      {"events.relay_room.bytes_per_s",
       {"peers.nodes.relay=false", "events.+={at_s=5,relay_room={bytes_per_s=90000}}"},
       {"events.0.relay_room.bytes_per_s=40"}},
      {"events.loss.loss_ratio", event("loss={lasts_s=9}"), {"events.0.loss.loss_ratio=0.6"}},
      {"events.loss.traffic",
       event("loss={group=\"home\",lasts_s=9}"),
       {"events.0.loss.traffic=in"}},
      {"events.loss.lasts_s", event("loss={lasts_s=9}"), {"events.0.loss.lasts_s=5"}},
      {"events.nat_change.nat",
       event("nat_change={group=\"home\",nat=\"symmetric\"}"),
       {"events.0.nat_change.nat=cone_full"}},
      {"events.partition.lasts_s",
       event("partition={group=\"home\",lasts_s=9}"),
       {"events.0.partition.lasts_s=5"}},
      {"events.reload.without",
       event("reload={group=\"home\",without=\"far\",lasts_s=9}"),
       {"events.0.reload.without=open"}},
      {"events.reload.lasts_s",
       event("reload={group=\"home\",without=\"far\",lasts_s=9}"),
       {"events.0.reload.lasts_s=5"}},
      {"events.restart.lasts_s", event("restart={group=\"home\"}"), {"events.0.restart.lasts_s=5"}},
      {"events.restart.state", event("restart={group=\"home\"}"), {"events.0.restart.state=none"}},

      {"slices.name", {}, {"slices.0.name=later"}},
      {"slices.group", {}, {"slices.0.group=home"}},
      {"slices.workload", {}, {"slices.0.workload=talk"}},
      {"slices.from_s", {}, {"slices.0.from_s=40"}},
      {"slices.until_s", {}, {"slices.0.until_s=45"}},

      {"expect.metric", {}, {"expect.0.metric=paths.direct_ratio"}},
      {"expect.slice", {}, {"expect.0.slice=late"}},
      {"expect.min", {}, {"expect.0.min=0.9"}},
      {"expect.max", {}, {"expect.0.max=1"}},
      {"expect.equals",
       {"expect.0={metric=\"peers.online\",equals=13,because=\"all\"}"},
       {"expect.0.equals=14"}},
      {"expect.pair",
       {},
       {"expect.0={pair=[\"home-0\",\"open\"],path=\"connected\",because=\"all\"}"}},
      {"expect.path",
       {"expect.0={pair=[\"home-0\",\"open\"],path=\"connected\",because=\"all\"}"},
       {"expect.0.path=direct"}},
      {"expect.because",
       {"expect.0={metric=\"peers.online\",equals=13,because=\"all\"}"},
       {"expect.0.because=none"}},
  };
  // Whom an event hits: the same two keys in most kinds.
  const std::map<std::string, std::string> bodies = {{"address_change", ""},
                                                     {"clock", "off_s=7200"},
                                                     {"delay", "extra_ms=100,lasts_s=9"},
                                                     {"kill", ""},
                                                     {"loss", "lasts_s=9"},
                                                     {"nat_change", "nat=\"cone_full\""},
                                                     {"nat_reboot", ""},
                                                     {"partition", "lasts_s=9"},
                                                     {"relay_room", "guests=1"},
                                                     {"reload", "without=\"far\",lasts_s=9"},
                                                     {"restart", ""}};
  for (const auto& [kind, body] : bodies) {
    const std::string then = kind == "clock" ? "},{at_s=35,restart={}" : "";
    const options happens = event(kind + "={" + body + "}" + then);
    all.push_back({"events." + kind + ".group", happens, set("events.0." + kind + ".group=home")});
    all.push_back({"events." + kind + ".ratio", happens, set("events.0." + kind + ".ratio=0.4")});
  }
  return all;
}

/// What of a run could differ; a fingerprint is taken once for each line of options.
std::string outcome(const options& o) {
  static std::map<options, std::string> known;
  auto& text_of = known[o];
  if (text_of.empty()) {
    auto s = text(base, o);
    auto r = play(s);
    judge(r, s.expect);
    r.source = {};
    text_of = to_json(r, false);
  }
  return text_of;
}

/// Keys that one run cannot show.
const std::map<std::string, std::string> elsewhere = {
    {"seeds", "which runs there are: the tests of sim/main"},
};

TEST_CASE("every key of the scenario language changes the run or its report") {
  std::set<std::string> tried;
  for (const trial& t : trials()) {
    INFO(t.key);
    CHECK(tried.insert(t.key).second);
    options changed = t.context;
    changed.insert(changed.end(), t.change.begin(), t.change.end());
    CHECK((outcome(t.context) != outcome(changed)));
  }
  std::set<std::string> tables, keys;
  const auto reference = wh::sim::scenario_reference(wh::sim::event_kinds());
  for (const auto& t : reference) tables.insert(t.name);
  for (const auto& t : reference)
    for (const auto& k : t.keys) {
      const auto key = t.name.empty() ? k.name : t.name + "." + k.name;
      if (tables.count(key) == 0) keys.insert(key);
    }
  for (const auto& key : keys) {
    INFO(key << " has a trial");
    CHECK(tried.count(key) + elsewhere.count(key) == 1);
  }
  for (const auto& key : tried) {
    INFO(key << " is a key");
    CHECK(keys.count(key) == 1);
  }
}

}  // namespace
