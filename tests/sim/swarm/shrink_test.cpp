#include "sim/swarm/shrink.hpp"

#include <catch2/catch.hpp>

using namespace wh::sim::swarm;

namespace {

document large() {
  document d;
  d.top = {{"name", "\"x\"", {}}, {"duration_s", "400", {}}};
  d.sections.push_back({"network", false, {{"loss_ratio", "0.0437", {}}, {"jitter_ms", "12", {}}}});
  for (const char* name : {"\"a\"", "\"b\"", "\"c\""})
    d.sections.push_back({"peers",
                          true,
                          {{"group", name, {}},
                           {"count", "9", {}},
                           {"nat", "[\"openwrt\", \"cgn_eim\"]", {}},
                           {"line", {}, {{"up_kbps", "100", {}}, {"mtu_bytes", "1400", {}}}}}});
  for (int i = 0; i < 8; ++i)
    d.sections.push_back({"events",
                          true,
                          {{"at_s", std::to_string(10 + i), {}},
                           {i == 5 ? "restart" : "kill", {}, {{"lasts_s", "17.25", {}}}}}});
  return d;
}

const section* with(const document& d, std::string_view name, std::string_view key) {
  for (const section& s : d.sections)
    if (s.name == name && find(s.items, key) != nullptr) return &s;
  return nullptr;
}

}  // namespace

TEST_CASE("a world becomes as small as what it fails by") {
  // It takes a restart that lasts 4 s, two of group b, its line's MTU, and 60 s.
  const auto fails = [](const document& d) {
    const section* restart = with(d, "events", "restart");
    if (restart == nullptr || with(d, "events", "at_s") == nullptr) return false;
    const item* lasts = find(find(restart->items, "restart")->table, "lasts_s");
    if (lasts == nullptr || std::stod(lasts->value) < 4) return false;
    if (std::stod(find(d.top, "duration_s")->value) < 60) return false;
    for (const section& s : d.sections) {
      const item* group = find(s.items, "group");
      if (group == nullptr || group->value != "\"b\"") continue;
      const item *count = find(s.items, "count"), *line = find(s.items, "line");
      return count != nullptr && std::stod(count->value) >= 2 && line != nullptr &&
             find(line->table, "mtu_bytes") != nullptr && find(s.items, "nat") != nullptr;
    }
    return false;
  };
  const auto small = shrink(large(), fails, 1000);
  CHECK(fails(small.what));
  CHECK(small.what.text() ==
        "name = \"x\"\n"
        "duration_s = 60\n"
        "\n[[peers]]\n"
        "group = \"b\"\n"
        "count = 2\n"
        "nat = \"linux_masquerade\"\n"
        "line = { mtu_bytes = 1 }\n"
        "\n[[events]]\n"
        "at_s = 1\n"
        "restart = { lasts_s = 4 }\n");
}

TEST_CASE("shrinking tries no more worlds than it may") {
  unsigned tried = 0;
  const auto small = shrink(
      large(), [&](const document&) { return ++tried, true; }, 10);
  CHECK(tried == 10);
  CHECK(small.trials == 10);
}

TEST_CASE("what fails in no smaller world stays as it is") {
  const std::string text = large().text();
  CHECK(shrink(
            large(), [&](const document& d) { return d.text() == text; }, 1000)
            .what.text() == text);
}
