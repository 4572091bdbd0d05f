#include "transport/endpoint.hpp"

#include <catch2/catch.hpp>

#include "transport/rng.hpp"

using namespace wh;

namespace {

ip_address ip(std::string_view text) {
  const auto a = ip_address::parse(text);
  REQUIRE(a);
  return *a;
}

ip_address arbitrary_address(rng& random) {
  if (random.chance(0.5)) return ip_address::v4(static_cast<std::uint32_t>(random.next()));
  fixed_bytes<16> raw;
  random.fill(raw);
  // Runs of zeros are what the text form abbreviates.
  for (auto& b : raw)
    if (random.chance(0.5)) b = 0;
  return ip_address::v6(raw);
}

}  // namespace

TEST_CASE("addresses are read in their numeric forms") {
  CHECK(ip("1.2.3.4") == ip_address::v4(1, 2, 3, 4));
  CHECK(ip("1.2.3.4").is_v4());
  CHECK(ip("1.2.3.4").v4_value() == 0x01020304);
  CHECK_FALSE(ip("::1").is_v4());
  CHECK(ip("2001:DB8:0:0:0:0:0:1").to_string() == "2001:db8::1");
  CHECK(ip("::").is_unspecified());
  CHECK(ip_address{}.is_unspecified());
}

TEST_CASE("an IPv4 address written as IPv6 is the same address") {
  CHECK(ip("::ffff:1.2.3.4") == ip("1.2.3.4"));
  CHECK(ip("::ffff:102:304").to_string() == "1.2.3.4");
}

TEST_CASE("what is no numeric address is refused") {
  for (const char* wrong : {"",
                            " ",
                            "1.2.3",
                            "1.2.3.4.5",
                            "1.2.3.256",
                            "01.2.3.4",
                            "1.2.3.4 ",
                            " 1.2.3.4",
                            "0x1.2.3.4",
                            "1..2.3",
                            "-1.2.3.4",
                            ":",
                            ":::",
                            "1::2::3",
                            "1:2:3:4:5:6:7:8:9",
                            "12345::",
                            "fe80::1%eth0",
                            "[::1]",
                            "localhost",
                            "1.2.3.4/24",
                            "::ffff:1.2.3",
                            "1:2:3:4:5:6:7"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ip_address::parse(wrong));
  }
  CHECK_FALSE(ip_address::parse(std::string(1000, '1')));
}

TEST_CASE("a zero byte does not hide what stands behind it") {
  CHECK_FALSE(ip_address::parse(std::string_view{"1.2.3.4\0.evil", 13}));
  CHECK_FALSE(ip_address::parse(std::string_view{"::1\0", 4}));
  CHECK_FALSE(endpoint::parse(std::string_view{"1.2.3.4\0:5", 10}));
  CHECK_FALSE(endpoint::parse(std::string_view{"1.2.3.4:5\0", 10}));
}

TEST_CASE("every address and endpoint is read back from its text") {
  seeded_rng random{seed{1}.derive("endpoint")};
  for (int i = 0; i < 2000; ++i) {
    const endpoint e{arbitrary_address(random), static_cast<std::uint16_t>(random.below(65536))};
    CAPTURE(e.to_string());
    CHECK(ip_address::parse(e.address.to_string()) == e.address);
    CHECK(endpoint::parse(e.to_string()) == e);
  }
}

TEST_CASE("endpoints are an address and a port - IPv6 in brackets") {
  CHECK(endpoint::parse("1.2.3.4:5") == endpoint{ip_address::v4(1, 2, 3, 4), 5});
  CHECK(endpoint::parse("[::1]:65535") == endpoint{ip("::1"), 65535});
  CHECK(endpoint{ip("::1"), 80}.to_string() == "[::1]:80");
  CHECK(endpoint{ip("1.2.3.4"), 80}.to_string() == "1.2.3.4:80");
  for (const char* wrong : {"",           ":",           "1.2.3.4",
                            "1.2.3.4:",   ":5",          "1.2.3.4:65536",
                            "1.2.3.4:-1", "1.2.3.4:+5",  "1.2.3.4: 5",
                            "1.2.3.4:5 ", "1.2.3.4:5x",  "::1:5",
                            "[::1]",      "[::1]:",      "[::1:5",
                            "[]:5",       "[1.2.3.4]:5", "[::1]]:5",
                            "host:5",     "1.2.3.4:5:6", "1.2.3.4:99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(endpoint::parse(wrong));
  }
}

TEST_CASE("addresses that nobody meets on the internet are not global") {
  for (const char* local : {"0.0.0.0",
                            "0.1.2.3",
                            "10.0.0.1",
                            "10.255.255.255",
                            "100.64.0.1",
                            "100.127.255.255",
                            "127.0.0.1",
                            "169.254.1.1",
                            "172.16.0.1",
                            "172.31.255.255",
                            "192.168.0.1",
                            "224.0.0.1",
                            "255.255.255.255",
                            "::",
                            "::1",
                            "fe80::1",
                            "fd00::1",
                            "fc00::1",
                            "ff02::1",
                            "::ffff:10.0.0.1"}) {
    CAPTURE(local);
    CHECK_FALSE(ip(local).is_global());
  }
  for (const char* global :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
        "172.32.0.0", "192.167.255.255", "192.169.0.0", "203.0.113.1", "223.255.255.255",
        "2001:db8::1", "2a00::1", "3fff::1"}) {
    CAPTURE(global);
    CHECK(ip(global).is_global());
  }
}

TEST_CASE("loopback is 127/8 and ::1") {
  CHECK(ip("127.0.0.1").is_loopback());
  CHECK(ip("127.255.0.1").is_loopback());
  CHECK(ip("::1").is_loopback());
  CHECK_FALSE(ip("128.0.0.1").is_loopback());
  CHECK_FALSE(ip("::2").is_loopback());
}

TEST_CASE("a prefix keeps its bits and clears the rest - IPv4 by its own count") {
  CHECK(ip("10.20.30.40").prefix(24) == ip("10.20.30.0"));
  CHECK(ip("10.20.30.40").prefix(12) == ip("10.16.0.0"));
  CHECK(ip("10.20.30.40").prefix(0) == ip("0.0.0.0"));
  CHECK(ip("10.20.30.40").prefix(32) == ip("10.20.30.40"));
  CHECK(ip("2001:db8:ffff::1").prefix(33) == ip("2001:db8:8000::"));
  CHECK(ip("2001:db8::1").prefix(128) == ip("2001:db8::1"));
  CHECK(ip("2001:db8::1").prefix(0).is_unspecified());
}

TEST_CASE("prefixes nest") {
  seeded_rng random{seed{2}.derive("prefix")};
  for (int i = 0; i < 500; ++i) {
    const auto a = arbitrary_address(random);
    const unsigned bits = a.is_v4() ? 32 : 128;
    const auto m = static_cast<unsigned>(random.below(bits + 1));
    const auto n = static_cast<unsigned>(random.below(bits + 1));
    CHECK(a.prefix(m).prefix(n) == a.prefix(std::min(m, n)));
    CHECK(a.prefix(bits) == a);
  }
}
