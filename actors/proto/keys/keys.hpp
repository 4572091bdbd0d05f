#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transport/bytes.hpp"
#include "transport/crypto.hpp"
#include "transport/endpoint.hpp"

/// What a key is worth in a network: its text, its proof of work, its place. Everything here takes
/// any `crypto_suite`, so that a simulation may model the cryptography.
namespace wh::keys {

constexpr std::string_view namespace_default = "public";
constexpr unsigned workbit_default = 8;
/// All bits of the hash: no key meets more.
constexpr unsigned workbit_max = 256;

/// Standard base64 with padding, 44 characters: what `wg genkey` prints.
std::string to_text(const private_key& k);
/// URL-safe base64 without padding, 43 characters.
std::string to_text(const public_key& k);

/// Both alphabets, with or without padding; exactly 32 bytes and nothing around them. Every 32
/// bytes are a private key: X25519 clamps (RFC 7748, section 5).
std::optional<private_key> parse_private_key(std::string_view text);
/// As for private keys. Whether the protocol takes the key is `crypto_suite::acceptable`.
std::optional<public_key> parse_public_key(std::string_view text);

/// The number of zero bits before the first one, from the most significant bit of the first byte
/// on: 0 .. 8 * size.
unsigned leading_zero_bits(byte_view b);

/// The proof of work in a key: leading zero bits of BLAKE2b-256(key || namespace), 0..256. Worth
/// nothing in another namespace.
unsigned workbit(const crypto_suite& crypto, const public_key& k, std::string_view ns);

/// BLAKE2b-256(namespace || key), the first 16 bytes, with the first 20 bits set to 2001:1000::/20:
/// a name for people and scripts; never the address of an interface.
ip_address orchid(const crypto_suite& crypto, const public_key& k, std::string_view ns);

/// BLAKE2b-256("wh2-id" || key || namespace): the key's place in the DHT. Not the hash of the proof
/// of work, whose ids would all start with the same zeros.
node_id node_id_of(const crypto_suite& crypto, const public_key& k, std::string_view ns);

}  // namespace wh::keys
