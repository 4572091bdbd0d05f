#include "real/net/checksum.hpp"

#include <arpa/inet.h>

namespace wh::real {

namespace {

// The sum of 16-bit words is the same in either byte order, but for the order of its bytes (RFC
// 1071), so whole words are added as they lie in memory: four bytes at a time into eight.
std::uint64_t add(std::uint64_t sum, byte_view b) {
  std::size_t i = 0;
  for (; i + 4 <= b.size(); i += 4) {
    std::uint32_t word;
    std::memcpy(&word, b.data() + i, 4);
    sum += word;
  }
  std::uint8_t rest[4] = {};
  for (std::size_t k = 0; i + k < b.size(); ++k) rest[k] = b[i + k];
  std::uint32_t word;
  std::memcpy(&word, rest, 4);
  return sum + word;
}

}  // namespace

std::uint16_t udp_checksum_v4(const ip_address& from, const ip_address& to, byte_view header,
                              byte_view payload) {
  std::uint8_t pseudo[12] = {};
  store_be(pseudo, from.v4_value());
  store_be(pseudo + 4, to.v4_value());
  pseudo[9] = 17;
  store_be(pseudo + 10, static_cast<std::uint16_t>(header.size() + payload.size()));
  std::uint64_t sum = add(add(add(0, pseudo), header), payload);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  const auto folded = static_cast<std::uint16_t>(~sum & 0xffff);
  return folded == 0 ? std::uint16_t{0xffff} : ntohs(folded);
}

}  // namespace wh::real
