#include "sim/swarm/judge.hpp"

#include <functional>

#include "tests/sim/world/scene.hpp"

namespace {

using namespace wh;
using namespace wh::sim;
using namespace wh::sim::test;

/// A boot node that relays, two members behind NATs, and a relay that is away for a second.
const scenario& calm_world() {
  static const scenario s = text(R"(name = "calm"
question = "Is all well again in the end?"
crypto = "modelled"
duration_s = 240
[network]
latency_ms = 20
[[peers]]
group = "boot"
count = 2
role = "node"
boot = true
relay = true
[[peers]]
group = "a"
nat = "linux_masquerade"
arrive_at_s = 4
[[peers]]
group = "b"
nat = "linux_masquerade"
arrive_at_s = 4
[[workload]]
from_s = 10
connect = { }
[[workload]]
from_s = 45
lookups = { per_s = 0.5 }
[[events]]
at_s = 20
restart = { group = "boot", ratio = 0.5, lasts_s = 1 }
)");
  return s;
}

const report& calm_report() {
  static const report r = play(calm_world());
  return r;
}

/// The rules that a run breaks once something is planted in what it reports.
std::vector<std::string> broken(const std::function<void(report&)>& plant,
                                const scenario& s = calm_world()) {
  report r = calm_report();
  plant(r);
  std::vector<std::string> rules;
  for (const auto& f : swarm::judge(s, r)) {
    CHECK_FALSE(f.told.empty());
    rules.push_back(f.rule);
  }
  return rules;
}

using names_of_rules = std::vector<std::string>;

TEST_CASE("a world in which all is well breaks no rule") {
  CHECK(broken([](report&) {}).empty());
  CHECK(calm_report().pairs.size() == 1);
  CHECK(calm_report().lookups.size() > 30);
}

TEST_CASE("each rule sees the fault that it is for") {
  const auto pair = [](report& r) -> pair_row& { return r.pairs.front(); };
  // Payload that never comes, comes too late, or stops.
  CHECK(broken([&](report& r) { pair(r).time_to_first_payload.reset(); }) ==
        names_of_rules{"path"});
  CHECK(broken([&](report& r) { pair(r).time_to_first_payload = 60s; }) == names_of_rules{"path"});
  CHECK(broken([&](report& r) {
          pair(r).outages.push_back({15s, 60s, false});
        }) == names_of_rules{"path"});
  CHECK(broken([&](report& r) {
          pair(r).outages.push_back({18s, {}, false});
        }) == names_of_rules{"path"});
  CHECK(broken([&](report& r) {
          pair(r).outages.push_back({150s, 171s, false});
        }) == names_of_rules{"steady"});
  CHECK(broken([&](report& r) {
          pair(r).outages.push_back({150s, {}, false});
        }) == names_of_rules{"steady"});
  // A path that stays relayed.
  CHECK(broken([&](report& r) {
          pair(r).path = path_kind::relayed;
          pair(r).stays = {{10s, "relayed"}};
          pair(r).reason = "mapping_varies";
        }) == names_of_rules{"direct"});
  CHECK(broken([&](report& r) {
          pair(r).path = path_kind::relayed;
          pair(r).stays = {{10s, "relayed"}};
          pair(r).oracle.o1 = false;
          pair(r).reason = "no_answer";
        }) == names_of_rules{"reason"});
  CHECK(broken([](report& r) { r.hosts.back().joined.reset(); }) == names_of_rules{"joined"});
  CHECK(broken([](report& r) { r.hosts.back().homes = 0; }) == names_of_rules{"home"});
  CHECK(broken([](report& r) { r.hosts.front().own.back().packets = 500; }) ==
        names_of_rules{"idle"});
  CHECK(broken([](report& r) {
          for (lookup_row& l : r.lookups)
            if (l.sought == "b") l.outcome = "not_found";
        }) == names_of_rules{"record"});
}

TEST_CASE("an invariant that a run broke is a broken rule of the same name") {
  for (std::size_t i = 0; i < invariant_texts.size(); ++i)
    CHECK(broken([&](report& r) {
            r.invariants.emplace();
            (*r.invariants)[i] = {10, 2, "a host did it"};
          }) == names_of_rules{std::string(invariant_texts[i].name)});
}

TEST_CASE("nothing is held against a world that it could not have") {
  const auto gone = [](report& r) { r.pairs.front().time_to_first_payload.reset(); };
  // Nobody relays.
  CHECK(broken([&](report& r) {
          gone(r);
          for (host_row& h : r.hosts)
            if (h.group == "boot") h.online = false;
        }).empty());
  // One of the two was stopped, or has no UDP.
  CHECK(broken([&](report& r) {
          gone(r);
          r.pairs.front().online = false;
        }).empty());
  CHECK(broken([&](report& r) {
          gone(r);
          r.pairs.front().oracle.to_class = "UDPB";
        }).empty());
  // An outage that a stop ended, or short ones, as loss makes them.
  CHECK(broken([](report& r) {
          r.pairs.front().outages.push_back({18s, 60s, true});
          r.pairs.front().outages.push_back({150s, 155s, false});
        }).empty());
  // It was direct a moment ago.
  CHECK(broken([](report& r) {
          pair_row& p = r.pairs.front();
          p.path = path_kind::relayed;
          p.stays = {{20s, "direct"}, {235s, "relayed"}};
          p.reason = "opening";
        }).empty());
  CHECK(broken([&](report& r) {
          gone(r);
          r.partial = true;
        }).empty());
}

TEST_CASE("a rule waits until all should be well") {
  const auto shorter = [](const char* s) {
    return text(calm_world().inputs.front().text, {std::string("duration_s=") + s});
  };
  const auto gone = [](report& r) { r.pairs.front().time_to_first_payload.reset(); };
  CHECK(broken(gone, shorter("50")).empty());
  CHECK(broken(gone, shorter("60")) == names_of_rules{"path"});
  // A relay without room for all, and a clock that is wrong, excuse it.
  CHECK(
      broken(gone, text(calm_world().inputs.front().text,
                        {"events.+={ at_s = 30, relay_room = { group = \"boot\", guests = 1 } }"}))
          .empty());
  CHECK(broken(gone, text(calm_world().inputs.front().text,
                          {"events.+={ at_s = 30, clock = { group = \"a\", off_s = 3000 } }"}))
            .empty());
}

TEST_CASE("every rule has a name and a sentence of its own") {
  for (const auto& r : swarm::rules()) {
    CHECK_FALSE(r.name.empty());
    CHECK(r.about.ends_with('.'));
    for (const auto& o : swarm::rules()) CHECK((&o == &r || o.name != r.name));
  }
}

}  // namespace
