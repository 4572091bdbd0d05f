#include "real/wireguard/uapi_text.hpp"

#include <catch2/catch.hpp>

#include "transport/rng.hpp"

using namespace wh;
using namespace wh::real;

namespace {

// From the description of the interface, wireguard.com/xplatform.
const std::string example =
    "private_key=e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a\n"
    "listen_port=12912\n"
    "public_key=b85996fecc9c7f1fc6d2572a76eda11d59bcd20be8e543b15ce4bd85a8e75a33\n"
    "preshared_key=188515093e952f5f22e865cef3012e72f8b5f0b598ac0309d5dacce3b70fcf52\n"
    "allowed_ip=192.168.4.4/32\n"
    "endpoint=[abcd:23::33%2]:51820\n"
    "public_key=58402e695ba1772b1cc9309755f043251ea77fdcf10fbe63989ceb7e19321376\n"
    "tx_bytes=38333\n"
    "rx_bytes=2224\n"
    "allowed_ip=192.168.4.6/32\n"
    "persistent_keepalive_interval=111\n"
    "endpoint=182.122.22.19:3233\n"
    "last_handshake_time_sec=1700000000\n"
    "last_handshake_time_nsec=5\n"
    "a_word_of_the_future=1\n"
    "errno=0\n"
    "\n";

public_key key(std::uint8_t n) {
  public_key k;
  k.value.fill(n);
  return k;
}

}  // namespace

TEST_CASE("peers are set by the words of the interface") {
  device_change c{.port = std::uint16_t{51820}, .replace_peers = true};
  c.peers.push_back({.key = key(0xab),
                     .where = endpoint{*ip_address::parse("2001:db8::1"), 7},
                     .keepalive = 25s,
                     .allowed = std::vector<allowed_ip>{{ip_address::v4(10, 7, 0, 2), 32},
                                                        {*ip_address::parse("fd07::"), 16}}});
  c.peers.push_back({.key = key(2), .remove = true});
  CHECK(uapi::set_request(c) ==
        "set=1\nlisten_port=51820\nreplace_peers=true\n"
        "public_key=" +
            to_hex(bytes(32, 0xab)) +
            "\nendpoint=[2001:db8::1]:7\npersistent_keepalive_interval=25\n"
            "replace_allowed_ips=true\nallowed_ip=10.7.0.2/32\nallowed_ip=fd07::/16\n"
            "public_key=" +
            to_hex(bytes(32, 2)) + "\nremove=true\n\n");
  private_key secret;
  secret.value.fill(3);
  CHECK(uapi::set_request({.secret = secret}) ==
        "set=1\nprivate_key=" + to_hex(bytes(32, 3)) + "\n\n");
}

TEST_CASE("an answer is read peer by peer and words that are not known are passed over") {
  const auto s = uapi::parse_get(example);
  REQUIRE(s);
  CHECK(s->port == 12912);
  REQUIRE(s->secret);
  CHECK(to_hex(view(*s->secret)).starts_with("e84b5a6d"));
  REQUIRE(s->peers.size() == 2);
  CHECK_FALSE(s->peers[0].where);  // of a zone
  CHECK(s->peers[0].handshake_ns == 0);
  const peer_state& p = s->peers[1];
  CHECK(p.where == endpoint{ip_address::v4(182, 122, 22, 19), 3233});
  CHECK(p.sent_bytes == 38333);
  CHECK(p.received_bytes == 2224);
  CHECK(p.keepalive_s == 111);
  CHECK(p.handshake_ns == 1700000000000000005);
  CHECK(p.allowed == std::vector<allowed_ip>{{ip_address::v4(192, 168, 4, 6), 32}});
}

TEST_CASE("verdicts are numbers - of either sign") {
  CHECK(uapi::parse_verdict("errno=0\n\n") == 0);
  CHECK(uapi::parse_verdict("errno=-98\n\n") == 98);
  CHECK(uapi::parse_verdict("errno=22\n\n") == 22);
  for (const auto* bad :
       {"", "\n", "errno=\n\n", "errno=x\n\n", "errno=1", "errno=1\n", "errno=99999999999\n\n",
        "errno=-9223372036854775808\n\n", "error=1\n\n", "errno=0\n\nmore\n"})
    CHECK_FALSE(uapi::parse_verdict(bad));
}

TEST_CASE("a value that cannot be is an error with its line") {
  const std::string peer = "public_key=" + std::string(64, 'a') + "\n";
  for (const std::string bad : {"private_key=00", "private_key=", "listen_port=65536",
                                "listen_port=-1", "listen_port=1x"}) {
    const auto s = uapi::parse_get(bad + "\n\n");
    REQUIRE_FALSE(s);
    CHECK(s.error() == "line 1 of the answer is not understood");
  }
  for (const std::string bad :
       {"public_key=zz", "endpoint=1.2.3.4", "endpoint=", "allowed_ip=10.0.0.0",
        "allowed_ip=10.0.0.0/33", "allowed_ip=::/129", "allowed_ip=/1",
        "rx_bytes=18446744073709551616", "tx_bytes=", "last_handshake_time_sec=-1",
        "persistent_keepalive_interval=65536", "no equals sign"}) {
    INFO(bad);
    const auto s = uapi::parse_get(peer + bad + "\n\n");
    REQUIRE_FALSE(s);
    CHECK(s.error() == "line 2 of the answer is not understood");
  }
  CHECK_FALSE(uapi::parse_get(""));
  CHECK_FALSE(uapi::parse_get("errno=0\n"));
}

TEST_CASE("a handshake at a time that cannot be is none") {
  const std::string peer = "public_key=" + std::string(64, 'a') + "\n";
  for (const auto* odd :
       {"last_handshake_time_sec=18446744073709551615", "last_handshake_time_sec=9999999999"}) {
    const auto s = uapi::parse_get(peer + odd + "\n\n");
    REQUIRE(s);
    CHECK(s->peers[0].handshake_ns == 0);
  }
  CHECK(uapi::parse_get(peer + "last_handshake_time_sec=1\nlast_handshake_time_nsec=1000000000\n\n")
            ->peers[0]
            .handshake_ns == 0);
}

TEST_CASE("an answer that is cut off is an error wherever it is") {
  for (std::size_t n = 0; n < example.size(); ++n) {
    CHECK_FALSE(uapi::whole(example.substr(0, n)));
    REQUIRE_FALSE(uapi::parse_get(example.substr(0, n)));
  }
  CHECK(uapi::whole(example));
}

TEST_CASE("what was set reads back the same") {
  for (std::uint64_t s = 0; s < 200; ++s) {
    seeded_rng r{seed{s}};
    INFO("seed " << s);
    device_change c{.secret = r.make_bytes<private_key>(),
                    .port = static_cast<std::uint16_t>(r.below(65536))};
    for (auto n = r.below(5); n > 0; --n) {
      peer_change p{.key = r.make_bytes<public_key>(),
                    .keepalive = std::chrono::seconds{r.below(65536)}};
      fixed_bytes<16> b;
      r.fill(b);
      p.where = endpoint{
          r.chance(0.5) ? ip_address::v6(b) : ip_address::v4(load_be<std::uint32_t>(b.data())),
          static_cast<std::uint16_t>(r.below(65536))};
      p.allowed.emplace();
      for (auto i = r.below(4); i > 0; --i)
        p.allowed->push_back({p.where->address, static_cast<std::uint8_t>(r.below(33))});
      c.peers.push_back(p);
    }
    // What is set has the words of what is got, and three more, which are passed over.
    const auto got = uapi::parse_get(uapi::set_request(c));
    REQUIRE(got);
    REQUIRE(got->secret == c.secret);
    REQUIRE(got->port == c.port);
    REQUIRE(got->peers.size() == c.peers.size());
    for (std::size_t i = 0; i < c.peers.size(); ++i) {
      REQUIRE(got->peers[i].key == c.peers[i].key);
      REQUIRE(got->peers[i].where == c.peers[i].where);
      REQUIRE(got->peers[i].keepalive_s == c.peers[i].keepalive->count());
      REQUIRE(got->peers[i].allowed == *c.peers[i].allowed);
    }
  }
}
