#include "real/daemon/plan.hpp"

#include <catch2/catch.hpp>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/keys/search.hpp"
#include "actors/proto/network/parse.hpp"

using namespace wh;
using namespace wh::real;

namespace {

/// Keys with 8 bits of work, always the same ones.
struct people {
  people() {
    for (std::uint64_t i = 0; i < 4; ++i) {
      seeded_rng random(seed{i});
      keys.push_back(
          sodium_crypto().to_public(*keys::genkey(sodium_crypto(), random, 8, "public")));
    }
  }
  std::string text(std::size_t i) const { return keys::to_text(keys[i]); }
  std::vector<public_key> keys;
};

network::network_file file_of(const std::string& text) {
  auto n = network::parse(text, sodium_crypto());
  if (!n) FAIL(n.error().front().render("network"));
  return *n;
}

struct sample : people {
  std::string text_of_file = "name t\nworkbit 8\nsubnet 10.0.42.0/24\nboot boot " + text(0) +
                             " 192.0.2.1:5\ntrust a.test " + text(1) + "\ntrust b.test " + text(2) +
                             " b.example:77\n";
  node_plan plan(std::size_t self, const std::string& more = "") const {
    auto p = make_plan(file_of(text_of_file + more), keys[self], sodium_crypto());
    if (!p) FAIL(p.error());
    return *p;
  }
};

}  // namespace

TEST_CASE("a member has its address and the others and everybody whose endpoint is known to ask") {
  const sample s;
  const node_plan p = s.plan(1);
  CHECK(p.is_member);
  CHECK(p.own_name == "a.test");
  CHECK(p.own_address.to_string() == "10.0.42.2");
  CHECK(p.prefix_bits == 24);
  CHECK_FALSE(p.own_place);
  REQUIRE(p.members.size() == 1);
  CHECK(p.members[0].name == "b.test");
  CHECK(p.members[0].address.to_string() == "10.0.42.3");
  REQUIRE(p.contacts.size() == 2);
  CHECK(p.contacts[0].where.to_string() == "192.0.2.1:5");
  CHECK(p.contacts[1].where.host == "b.example");
  CHECK(p.warnings.empty());
}

TEST_CASE("a boot node and a stranger and a file without a subnet make nodes without WireGuard") {
  const sample s;
  const node_plan boot = s.plan(0);
  CHECK_FALSE(boot.is_member);
  CHECK(boot.members.empty());
  CHECK(boot.own_place->port == 5);
  CHECK(boot.contacts.size() == 1);  // not itself
  CHECK_FALSE(s.plan(3).is_member);
  const auto bare =
      make_plan(file_of("boot " + s.text(0) + " 192.0.2.1\n"), s.keys[1], sodium_crypto());
  REQUIRE(bare);
  CHECK_FALSE(bare->is_member);
  CHECK(bare->contacts.size() == 1);
}

TEST_CASE("a key with too little work is refused with what to do - somebody else's is a warning") {
  const people p;
  const std::string head = "workbit 60\nsubnet 10.0.0.0/24\n";
  const auto own =
      make_plan(file_of(head + "trust a " + p.text(1) + "\n"), p.keys[1], sodium_crypto());
  REQUIRE_FALSE(own);
  CHECK(own.error().find("wh genkey") != std::string::npos);
  // In another namespace a key's work is worth nothing.
  const auto other =
      make_plan(file_of("namespace x\nsubnet 10.0.0.0/24\n"), p.keys[1], sodium_crypto());
  CHECK_FALSE(other);
}

TEST_CASE("members are found by name in any case and by key and by its beginning and by address") {
  const sample s;
  const node_plan p = s.plan(1);
  const auto* b = &p.members[0];
  CHECK(p.find("b.test") == b);
  CHECK(p.find("B.Test") == b);
  CHECK(p.find(s.text(2)) == b);
  CHECK(p.find(to_base64(view(s.keys[2]))) == b);
  CHECK(p.find(s.text(2).substr(0, 6)) == b);
  CHECK(p.find("10.0.42.3") == b);
  for (const char* nobody : {"", "b", "b.tes", "10.0.42.2", "a.test", "boot", ".*", "%s"})
    CHECK(p.find(nobody) == nullptr);
  CHECK(p.find(s.text(2).substr(0, 3)) == nullptr);
}

TEST_CASE("keys are found by the names of all whether members or not") {
  const sample s;
  const node_plan p = s.plan(1);
  CHECK(p.key_of("boot") == s.keys[0]);
  CHECK(p.key_of("a.test") == s.keys[1]);
  CHECK(p.key_of("B.TEST") == s.keys[2]);
  CHECK(p.key_of(s.text(3)) == s.keys[3]);
  CHECK_FALSE(p.key_of("nobody"));
  CHECK(p.name_of(s.keys[0]) == "boot");
  CHECK(p.name_of(s.keys[1]) == "a.test");
  CHECK(p.name_of(s.keys[3]).empty());
}

TEST_CASE("a reload may bring and take members but not change the network or ourselves") {
  const sample s;
  const node_plan before = s.plan(1);
  const node_plan more = s.plan(1, "trust c.test " + s.text(3) + "\n");
  CHECK(reload_obstacle(before, more).empty());
  CHECK(describe_change(before, more) == "1 added");
  CHECK(describe_change(more, before) == "1 removed");
  CHECK(describe_change(before, before) == "no member changed");
  node_plan moved = more;
  moved.members[0].address = ip_address::v4(10, 0, 42, 99);
  CHECK(describe_change(more, moved) == "1 changed");

  node_plan other = before;
  other.name_space = "x";
  CHECK(reload_obstacle(before, other).find("namespace") != std::string::npos);
  other = before;
  other.workbit = 9;
  CHECK(reload_obstacle(before, other).find("workbit") != std::string::npos);
  CHECK(reload_obstacle(before, s.plan(3)).find("no member") != std::string::npos);
  other = before;
  other.own_address = ip_address::v4(10, 0, 42, 7);
  CHECK(reload_obstacle(before, other).find("10.0.42.7") != std::string::npos);
}
