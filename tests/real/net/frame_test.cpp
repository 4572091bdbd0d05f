#include "real/net/frame.hpp"

#include <catch2/catch.hpp>

#include "transport/rng.hpp"

namespace {

using namespace wh;
using namespace wh::real;

const endpoint from_v4{ip_address::v4(203, 0, 113, 2), 1111};
const endpoint to_v4{ip_address::v4(198, 51, 100, 2), 51820};
const endpoint from_v6{*ip_address::parse("2001:db8::2"), 1111};
const endpoint to_v6{*ip_address::parse("2001:db8::3"), 51820};

bytes operator+(bytes a, const bytes& b) {
  const std::size_t n = a.size();
  a.resize(n + b.size());
  std::copy(b.begin(), b.end(), a.begin() + static_cast<std::ptrdiff_t>(n));
  return a;
}

bytes udp(const bytes& payload) {
  bytes b(8);
  store_be(b.data(), from_v4.port());
  store_be(b.data() + 2, to_v4.port());
  store_be(b.data() + 4, static_cast<std::uint16_t>(8 + payload.size()));
  return b + payload;
}

bytes v4(const bytes& payload, std::size_t options = 0, std::uint16_t fragment = 0x4000) {
  bytes b(20 + options);
  b[0] = static_cast<std::uint8_t>(0x40 | b.size() / 4);
  store_be(b.data() + 2, static_cast<std::uint16_t>(b.size() + 8 + payload.size()));
  store_be(b.data() + 6, fragment);
  b[8] = 64;
  b[9] = 17;
  store_be(b.data() + 12, from_v4.address.v4_value());
  store_be(b.data() + 16, to_v4.address.v4_value());
  return b + udp(payload);
}

bytes v6(const bytes& payload, std::uint8_t next = 17) {
  bytes b(40);
  b[0] = 0x60;
  store_be(b.data() + 4, static_cast<std::uint16_t>(8 + payload.size()));
  b[6] = next;
  const auto from = from_v6.address.raw(), to = to_v6.address.raw();
  std::copy(from.begin(), from.end(), b.begin() + 8);
  std::copy(to.begin(), to.end(), b.begin() + 24);
  return b + udp(payload);
}

/// In front of an IP packet.
bytes link_header(link_type t, std::uint16_t protocol) {
  bytes b;
  switch (t) {
    case link_type::ethernet:
      b.resize(14);
      store_be(b.data() + 12, protocol);
      break;
    case link_type::sll:
      b.resize(16);
      store_be(b.data() + 14, protocol);
      break;
    case link_type::sll2:
      b.resize(20);
      store_be(b.data(), protocol);
      store_be(b.data() + 4, std::uint32_t{7});
      break;
    case link_type::raw:
      break;
    case link_type::loopback:
      b = {2, 0, 0, 0};
  }
  return b;
}

constexpr link_type all_links[] = {link_type::ethernet, link_type::sll, link_type::sll2,
                                   link_type::raw, link_type::loopback};

refusal refused(link_type t, const bytes& frame) {
  const auto r = parse_frame(t, frame);
  REQUIRE(std::holds_alternative<refusal>(r));
  return std::get<refusal>(r);
}

TEST_CASE("a datagram is found in a frame of every link type - over both families") {
  const bytes payload{0xff, 1, 2, 3};
  for (const link_type t : all_links)
    for (const bool four : {true, false}) {
      const bytes frame =
          link_header(t, four ? 0x0800 : 0x86dd) + (four ? v4(payload) : v6(payload));
      const auto r = parse_frame(t, frame);
      const auto* c = std::get_if<captured>(&r);
      REQUIRE(c != nullptr);
      CHECK(c->from == (four ? from_v4 : from_v6));
      CHECK(c->to == (four ? to_v4 : to_v6));
      CHECK(bytes(c->payload.begin(), c->payload.end()) == payload);
      CHECK(c->interface == (t == link_type::sll2 ? 7 : 0));
    }
}

TEST_CASE("options of IPv4 and VLAN tags and padding of Ethernet are not payload") {
  const bytes payload{0xff, 9};
  const bytes frames[] = {
      link_header(link_type::ethernet, 0x0800) + v4(payload, 24),
      bytes(12) + bytes{0x81, 0, 0, 5, 0x08, 0} + v4(payload),
      bytes(12) + bytes{0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 0x86, 0xdd} + v6(payload),
      link_header(link_type::ethernet, 0x0800) + v4(payload) + bytes(16),
  };
  for (const bytes& f : frames) {
    const auto r = parse_frame(link_type::ethernet, f);
    const auto* c = std::get_if<captured>(&r);
    REQUIRE(c != nullptr);
    CHECK(bytes(c->payload.begin(), c->payload.end()) == payload);
  }
}

TEST_CASE("fragments and other protocols and short frames are told apart") {
  const bytes payload{0xff, 1, 2, 3};
  CHECK(refused(link_type::raw, v4(payload, 0, 0x2000)) == refusal::fragment);
  CHECK(refused(link_type::raw, v4(payload, 0, 0x0001)) == refusal::fragment);
  CHECK(refused(link_type::raw, v6(payload, 44)) == refusal::fragment);
  CHECK(refused(link_type::raw, v6(payload, 6)) == refusal::not_ours);
  bytes tcp = v4(payload);
  tcp[9] = 6;
  CHECK(refused(link_type::raw, tcp) == refusal::not_ours);
  CHECK(refused(link_type::ethernet, link_header(link_type::ethernet, 0x0806) + bytes(28)) ==
        refusal::not_ours);
  // The protocol in front contradicts the packet's version.
  CHECK(refused(link_type::sll, link_header(link_type::sll, 0x0800) + v6(payload)) ==
        refusal::malformed);
  for (const bytes& whole : {v4(payload), v6(payload)})
    for (std::size_t n = 0; n < whole.size(); ++n)
      CHECK(refused(link_type::raw, {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(
                                                                        n)}) == refusal::malformed);
}

TEST_CASE("lengths that lie are refused") {
  bytes b = v4({0xff, 1});
  store_be(b.data() + 24, std::uint16_t{11});  // of UDP: more than there is
  CHECK(refused(link_type::raw, b) == refusal::malformed);
  store_be(b.data() + 24, std::uint16_t{7});  // less than its header
  CHECK(refused(link_type::raw, b) == refusal::malformed);
  b = v4({0xff, 1});
  b[0] = 0x44;  // a header of 16 bytes
  CHECK(refused(link_type::raw, b) == refusal::malformed);
  b = v4({0xff, 1});
  store_be(b.data() + 2, std::uint16_t{8});  // a packet shorter than its header
  CHECK(refused(link_type::raw, b) == refusal::malformed);
}

TEST_CASE("random and damaged frames are never read beyond their end") {
  seeded_rng random{seed{1}.derive("frames")};
  for (int round = 0; round < 200000; ++round) {
    const auto t = all_links[random.below(5)];
    bytes frame;
    if (random.below(2) == 0) {
      frame.resize(random.below(120));
      random.fill(frame);
    } else {
      const bool four = random.below(2) == 0;
      const bytes payload(random.below(40), 0xff);
      frame = link_header(t, four ? 0x0800 : 0x86dd) + (four ? v4(payload) : v6(payload));
      for (auto n = random.below(4); n > 0; --n)
        frame[random.below(frame.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
      frame.resize(random.below(frame.size() + 1));
      // Nothing behind it that could be read by mistake unnoticed.
      frame.shrink_to_fit();
    }
    const auto r = parse_frame(t, frame);
    if (const auto* c = std::get_if<captured>(&r)) {
      REQUIRE(c->payload.data() >= frame.data());
      REQUIRE(c->payload.data() + c->payload.size() <= frame.data() + frame.size());
    }
  }
}

}  // namespace
