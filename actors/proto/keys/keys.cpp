#include "actors/proto/keys/keys.hpp"

#include <algorithm>
#include <bit>

namespace wh::keys {

namespace {

/// 32 bytes in padded base64. Longer text is not worth decoding.
constexpr std::size_t text_max = 44;

template <class Key>
std::optional<Key> parse(std::string_view text) {
  if (text.size() > text_max) return std::nullopt;
  auto raw = from_base64(text);
  if (!raw) return std::nullopt;
  std::optional<Key> out;
  if (raw->size() == 32) {
    out.emplace();
    std::copy(raw->begin(), raw->end(), out->value.begin());
  }
  wipe(*raw);
  return out;
}

fixed_bytes<32> blake2b(const crypto_suite& crypto, std::initializer_list<byte_view> parts) {
  fixed_bytes<32> out;
  crypto.hash(out, parts);
  return out;
}

}  // namespace

std::string to_text(const private_key& k) { return to_base64(view(k)); }
std::string to_text(const public_key& k) { return to_base64_url(view(k)); }

std::optional<private_key> parse_private_key(std::string_view text) {
  return parse<private_key>(text);
}
std::optional<public_key> parse_public_key(std::string_view text) {
  return parse<public_key>(text);
}

unsigned leading_zero_bits(byte_view b) {
  unsigned bits = 0;
  for (const std::uint8_t byte : b) {
    if (byte != 0) return bits + static_cast<unsigned>(std::countl_zero(byte));
    bits += 8;
  }
  return bits;
}

unsigned workbit(const crypto_suite& crypto, const public_key& k, std::string_view ns) {
  return leading_zero_bits(blake2b(crypto, {view(k), view(ns)}));
}

ip_address orchid(const crypto_suite& crypto, const public_key& k, std::string_view ns) {
  const auto hash = blake2b(crypto, {view(ns), view(k)});
  fixed_bytes<16> raw;
  std::copy_n(hash.begin(), raw.size(), raw.begin());
  raw[0] = 0x20;
  raw[1] = 0x01;
  raw[2] = static_cast<std::uint8_t>((raw[2] & 0x0f) | 0x10);
  return ip_address::v6(raw);
}

node_id node_id_of(const crypto_suite& crypto, const public_key& k, std::string_view ns) {
  return {blake2b(crypto, {view(std::string_view{"wh2-id"}), view(k), view(ns)})};
}

}  // namespace wh::keys
