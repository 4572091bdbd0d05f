#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wh {

using bytes = std::vector<std::uint8_t>;
using byte_view = std::span<const std::uint8_t>;
using byte_span = std::span<std::uint8_t>;
template <std::size_t N>
using fixed_bytes = std::array<std::uint8_t, N>;

/// A value that does not mix with others of the same shape: `strong<fixed_bytes<32>, struct
/// x_tag>`.
template <class T, class Tag>
struct strong {
  using value_type = T;
  T value{};
  friend constexpr auto operator<=>(const strong&, const strong&) = default;
};

/// An X25519 public key: what names a peer.
using public_key = strong<fixed_bytes<32>, struct public_key_tag>;
/// An X25519 private key. Not to be logged, copied without need, or put in a message.
using private_key = strong<fixed_bytes<32>, struct private_key_tag>;
/// The hash of a public key and a namespace: a peer's place in the DHT.
using node_id = strong<fixed_bytes<32>, struct node_id_tag>;
/// XEdDSA over the identity key (64 bytes).
using signature = strong<fixed_bytes<64>, struct signature_tag>;

template <std::size_t N, class Tag>
byte_view view(const strong<fixed_bytes<N>, Tag>& s) {
  return {s.value.data(), N};
}
inline byte_view view(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

/// Big endian integers at `p`.
template <class Int>
constexpr void store_be(std::uint8_t* p, Int v) {
  for (std::size_t i = sizeof(Int); i-- > 0;
       v = static_cast<Int>(static_cast<std::uint64_t>(v) >> 8))
    p[i] = static_cast<std::uint8_t>(v & 0xff);
}
template <class Int>
constexpr Int load_be(const std::uint8_t* p) {
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i) v = v << 8 | p[i];
  return static_cast<Int>(v);
}

std::string to_hex(byte_view b);
/// Empty when `text` is not an even number of hexadecimal digits.
std::optional<bytes> from_hex(std::string_view text);

/// Standard base64 with padding, as `wg` writes keys.
std::string to_base64(byte_view b);
/// URL-safe base64 without padding, as WireHub writes public keys.
std::string to_base64_url(byte_view b);
/// Either alphabet, with or without padding; empty when malformed or not canonical.
std::optional<bytes> from_base64(std::string_view text);

/// First characters of the URL-safe form, for people.
std::string short_name(const public_key& k);

/// Overwrites memory in a way the compiler keeps.
void wipe(byte_span b);

}  // namespace wh
