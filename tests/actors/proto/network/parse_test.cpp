#include "actors/proto/network/parse.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "actors/proto/keys/keys.hpp"

using namespace wh;
using network::network_file;
using network::role;

namespace {

const std::string key_a = "KJ7YGrBeqLLm_JJ1huIS26OnqAVFy57z5UJqjyMagW4";
const std::string key_b = "eIix5ldvqDzOIrG9ViKTe9TSBlF4g9nUwKi20C06hFM";
const std::string key_c = "kKZzuIm11zkBSHL9ETRwEthIBbLTvz840F_k4mhI_Hs";
const std::string key_d = "P17zMwXJFbBdJEn05RFIMADw9TX5_m2xgf31OgNKX3w";

network_file good(std::string_view text) {
  const auto r = network::parse(text, sodium_crypto());
  if (!r) FAIL(r.error().at(0).render("file"));
  return *r;
}

std::string addresses(const network_file& n) {
  std::string out;
  for (const auto& e : n.entries)
    out += (out.empty() ? "" : " ") + (e.address ? e.address->to_string() : "-");
  return out;
}

/// Any key that X25519 takes; different for different numbers.
std::string numbered_key(std::uint32_t i) {
  public_key k;
  k.value[0] = 9;
  store_be(k.value.data() + 8, i);
  return keys::to_text(k);
}

}  // namespace

TEST_CASE("the announcement's network file reads as it stands") {
  std::ifstream in(WH_SOURCE_DIR "/scenarios/networks/announcement.wh", std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  const auto n = good(text.str());
  CHECK(n.name == "test");
  CHECK(n.name_space == "public");
  CHECK(n.workbit == 8);
  CHECK(n.range->to_string() == "10.0.42.0/24");
  REQUIRE(n.entries.size() == 4);
  CHECK(addresses(n) == "- 10.0.42.2 10.0.42.3 10.0.42.254");
  CHECK(n.entries[0].kind == role::boot);
  CHECK(n.entries[0].where->to_string() == "bootstrap.wirehub.io:62096");
  CHECK_FALSE(n.entries[0].where->numeric());
  CHECK(n.entries[1].hostname == "a.test");
  CHECK_FALSE(n.entries[1].where);
  CHECK_FALSE(n.entries[1].address_fixed);
  CHECK(n.entries[2].where->numeric() == endpoint::parse("12.34.56.78:62096"));
  CHECK(n.entries[3].address_fixed);
  CHECK(keys::to_text(n.entries[3].key) == key_c);
  CHECK(n.entries[3].line == 7);
}

TEST_CASE("an empty file is a network with the defaults") {
  for (const char* text : {"", "\n", "# nothing\n", "\n\n  \t\n", "\r\n", "\xef\xbb\xbf"}) {
    const auto n = good(text);
    CHECK(n == network_file{});
    CHECK(n.name_space == "public");
    CHECK(n.workbit == 8);
    CHECK_FALSE(n.range);
  }
}

TEST_CASE("comments and blanks and line ends and a missing last newline do not matter") {
  const auto plain = good("name n\nworkbit 9\npeer " + key_a + "\n");
  CHECK(good("name n\r\nworkbit 9\r\npeer " + key_a + "\r\n") == plain);
  CHECK(good("name n\nworkbit 9\npeer " + key_a) == plain);
  CHECK(good("name n\nworkbit 9\npeer " + key_a + "\r") == plain);
  CHECK(good("# x\n  name\t n #y\n\nworkbit 9#z\n\t peer   " + key_a + "\t# trust nobody\n") ==
        plain);
  CHECK(good("\xef\xbb\xbfname n\nworkbit 9\npeer " + key_a) == plain);
  CHECK(good("name n # caf\xe9 in Latin-1\nworkbit 9\npeer " + key_a) == plain);
}

TEST_CASE("keys are read in both alphabets with or without padding") {
  CHECK(good("peer KJ7YGrBeqLLm/JJ1huIS26OnqAVFy57z5UJqjyMagW4=") == good("peer " + key_a));
}

TEST_CASE("hostname and address stand before the key in any order") {
  const auto n = good("subnet 10.0.0.0/24\ntrust a 10.0.0.9 " + key_a);
  CHECK(n == good("subnet 10.0.0.0/24\ntrust 10.0.0.9 a " + key_a));
  CHECK(n.entries[0].hostname == "a");
  CHECK(addresses(n) == "10.0.0.9");
}

TEST_CASE("all kinds of entries are read and only members have addresses") {
  const auto n = good("subnet 10.0.0.0/24\npeer p " + key_a + " 1.2.3.4:5\nalias x " + key_b +
                      "\nrouter r " + key_c + " [2001:db8::1]:7\nboot b " + key_d + " h:8\n");
  REQUIRE(n.entries.size() == 4);
  CHECK(addresses(n) == "- 10.0.0.2 10.0.0.3 -");
  CHECK(n.entries[2].kind == role::router);
  CHECK(n.entries[2].where->numeric() == endpoint::parse("[2001:db8::1]:7"));
  CHECK(n.entries[2].where->to_string() == "[2001:db8::1]:7");
}

TEST_CASE("endpoints are a name or an address with the default port or another") {
  const std::pair<const char*, const char*> cases[] = {{"h", "h:62096"},
                                                       {"h:1", "h:1"},
                                                       {"a.b-c.d:65535", "a.b-c.d:65535"},
                                                       {"1.2.3.4", "1.2.3.4:62096"},
                                                       {"1.2.3.4:80", "1.2.3.4:80"},
                                                       {"[::1]", "[::1]:62096"},
                                                       {"[2001:DB8:0::1]:80", "[2001:db8::1]:80"},
                                                       {"[::ffff:1.2.3.4]:80", "1.2.3.4:80"}};
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(good("boot " + key_a + " " + text).entries[0].where->to_string() == expected);
  }
}

TEST_CASE(
    "automatic addresses go by the order of the file and skip fixed ones - wherever they stand") {
  const std::string head = "subnet 10.0.0.0/24\n";
  CHECK(addresses(good(head + "trust " + key_a + "\ntrust 10.0.0.3 " + key_b + "\ntrust " + key_c +
                       "\ntrust 10.0.0.2 " + key_d)) == "10.0.0.4 10.0.0.3 10.0.0.5 10.0.0.2");
  CHECK(addresses(good(head + "peer " + key_a + "\ntrust " + key_b)) == "- 10.0.0.2");
}

TEST_CASE("a large network counts beyond one byte") {
  std::string text = "subnet 10.1.0.0/16\n";
  for (std::uint32_t i = 0; i < 600; ++i) text += "trust " + numbered_key(i) + "\n";
  const auto n = good(text);
  CHECK(n.entries[253].address->to_string() == "10.1.0.255");
  CHECK(n.entries[254].address->to_string() == "10.1.1.0");
  CHECK(n.entries[599].address->to_string() == "10.1.2.89");
}

TEST_CASE("IPv6 subnets are assigned the same way") {
  const auto n = good("subnet fd00:1::/64\ntrust a " + key_a + "\ntrust fd00:1::2 " + key_b +
                      "\ntrust b " + key_c);
  CHECK(addresses(n) == "fd00:1::3 fd00:1::2 fd00:1::4");
  CHECK(n.range->to_string() == "fd00:1::/64");
}

TEST_CASE("every usable address of a small subnet can be given") {
  // Host number 1 is not assigned by itself, as in the original, but may be fixed.
  const std::string three =
      "trust " + key_a + "\ntrust " + key_b + "\ntrust 10.0.0.1 " + key_c + "\n";
  CHECK(addresses(good("subnet 10.0.0.0/29\n" + three)) == "10.0.0.2 10.0.0.3 10.0.0.1");
  CHECK(addresses(good("subnet 10.0.0.0/30\ntrust " + key_a)) == "10.0.0.2");
  // RFC 3021: a /31 has neither a network nor a broadcast address.
  CHECK(addresses(good("subnet 10.0.0.0/31\ntrust 10.0.0.0 " + key_a + "\ntrust 10.0.0.1 " +
                       key_b)) == "10.0.0.0 10.0.0.1");
  CHECK(addresses(good("subnet 10.0.0.7/32\ntrust 10.0.0.7 " + key_a)) == "10.0.0.7");
  // IPv6 has no broadcast.
  CHECK(addresses(good("subnet fd00::/126\ntrust " + key_a + "\ntrust " + key_b)) ==
        "fd00::2 fd00::3");
}

TEST_CASE("the last name counts as in the original") { CHECK(good("name a\nname b").name == "b"); }

TEST_CASE("workbit goes from 0 to 256") {
  CHECK(good("workbit 0").workbit == 0);
  CHECK(good("workbit 256").workbit == 256);
}

TEST_CASE("entries are found by key and by name in any case") {
  const auto n = good("subnet 10.0.0.0/24\ntrust A.Test " + key_a + "\ntrust " + key_b);
  CHECK(n.find("a.tesT") == &n.entries[0]);
  CHECK(n.find(n.entries[1].key) == &n.entries[1]);
  CHECK_FALSE(n.find("b"));
  CHECK_FALSE(n.find(""));
  CHECK_FALSE(n.find(public_key{}));
}

TEST_CASE("a printed file reads back equal") {
  seeded_rng random{seed{1}.derive("network")};
  for (int i = 0; i < 300; ++i) {
    const bool six = random.chance(0.3);
    std::string text;
    if (random.chance(0.8)) text += "name n" + std::to_string(random.below(10)) + "\n";
    if (random.chance(0.5)) text += "namespace test\n";
    if (random.chance(0.5)) text += "workbit " + std::to_string(random.below(257)) + "\n";
    text += six ? "subnet fd00:1234::/48\n" : "subnet 10.20.0.0/16\n";
    const auto count = static_cast<std::uint32_t>(random.below(40));
    for (std::uint32_t j = 0; j < count; ++j) {
      const char* const words[] = {"boot", "peer", "trust", "router", "alias"};
      const auto kind = random.below(5);
      text += words[kind];
      if (random.chance(0.5)) text += " Host-" + std::to_string(j) + ".x_y";
      if (kind >= 2 && random.chance(0.3))
        text += (six ? " fd00:1234::" : " 10.20.3.") + std::to_string(j + 1);
      text += " " + numbered_key(j);
      const char* const where[] = {" h.example", " h:9", " 192.0.2.1", " 192.0.2.1:9",
                                   " [2001:db8::1]:9"};
      if (kind == 0 || (kind < 4 && random.chance(0.5))) text += where[random.below(5)];
      text += random.chance(0.2) ? " # comment\r\n" : "\n";
    }
    CAPTURE(text);
    const auto n = good(text);
    CHECK(good(network::to_text(n)) == n);
    CHECK(network::to_text(good(network::to_text(n))) == network::to_text(n));
  }
}

TEST_CASE("equality sees every field but the line") {
  const auto n = good("subnet 10.0.0.0/24\ntrust a " + key_a);
  CHECK(n == good("\n\nsubnet 10.0.0.0/24\n\ntrust a " + key_a));
  CHECK_FALSE(n == good("subnet 10.0.0.0/24\nrouter a " + key_a));
  CHECK_FALSE(n == good("subnet 10.0.0.0/24\ntrust b " + key_a));
  CHECK_FALSE(n == good("subnet 10.0.0.0/24\ntrust a " + key_b));
  CHECK_FALSE(n == good("subnet 10.0.0.0/24\ntrust a 10.0.0.2 " + key_a));
  CHECK_FALSE(n == good("subnet 10.0.0.0/24\ntrust a " + key_a + " h"));
  CHECK_FALSE(n == good("subnet 10.0.0.0/25\ntrust a " + key_a));
}
