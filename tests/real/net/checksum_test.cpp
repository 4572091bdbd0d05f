#include "real/net/checksum.hpp"

#include <catch2/catch.hpp>

#include "transport/rng.hpp"

namespace {

using namespace wh;
using namespace wh::real;

/// As RFC 1071 writes it down: 16 bits at a time.
std::uint16_t by_the_book(const ip_address& from, const ip_address& to, const bytes& header,
                          const bytes& payload) {
  bytes all(12);
  store_be(all.data(), from.v4_value());
  store_be(all.data() + 4, to.v4_value());
  all[9] = 17;
  store_be(all.data() + 10, static_cast<std::uint16_t>(header.size() + payload.size()));
  for (const bytes* b : {&header, &payload})
    for (const std::uint8_t x : *b) all.push_back(x);
  if (all.size() % 2 == 1) all.push_back(0);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < all.size(); i += 2) {
    sum += load_be<std::uint16_t>(all.data() + i);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  const auto r = static_cast<std::uint16_t>(~sum);
  return r == 0 ? std::uint16_t{0xffff} : r;
}

TEST_CASE("the checksum is RFC 1071's for every length and content") {
  seeded_rng random{seed{1}.derive("checksums")};
  for (std::size_t size = 0; size < 1600; ++size) {
    bytes header(8), payload(size);
    random.fill(header);
    random.fill(payload);
    header[6] = header[7] = 0;
    const ip_address from = ip_address::v4(static_cast<std::uint32_t>(random.next()));
    const ip_address to = ip_address::v4(static_cast<std::uint32_t>(random.next()));
    REQUIRE(udp_checksum_v4(from, to, header, payload) == by_the_book(from, to, header, payload));
  }
}

TEST_CASE("a sum of zero is written as ones for zero means none") {
  bytes header(8), payload(4, 0);
  const ip_address from = ip_address::v4(1), to = ip_address::v4(2);
  // What completes the sum to 0xffff, whose complement is 0.
  const std::uint16_t rest = by_the_book(from, to, header, payload);
  store_be(payload.data(), rest);
  CHECK(by_the_book(from, to, header, payload) == 0xffff);
  CHECK(udp_checksum_v4(from, to, header, payload) == 0xffff);
}

}  // namespace
