#pragma once

#include <initializer_list>

#include "transport/bytes.hpp"
#include "transport/rng.hpp"

namespace wh {

using shared_secret = strong<fixed_bytes<32>, struct shared_secret_tag>;
using aead_key = strong<fixed_bytes<32>, struct aead_key_tag>;

constexpr std::size_t aead_tag_size = 16;

/// The primitives the protocol is built from. One binding is real (`sodium_crypto`), one is
/// modelled for large simulations: the same sizes and the same failures, no strength. A real host
/// refuses the modelled one's packets by their wire version.
class crypto_suite {
 public:
  virtual ~crypto_suite() = default;

  /// The version byte of every packet: 1 real, 0x81 modelled.
  virtual std::uint8_t wire_version() const = 0;

  /// A fresh key, clamped as RFC 7748 section 5 asks.
  virtual private_key make_private_key(rng& random) const = 0;
  virtual public_key to_public(const private_key& k) const = 0;
  /// False for keys that are not canonical (top bit set, or >= 2^255-19) or of low order, which the
  /// protocol refuses before anything else is computed with them.
  virtual bool acceptable(const public_key& k) const = 0;
  /// X25519. False when the result is all zero.
  virtual bool dh(const private_key& mine, const public_key& theirs, shared_secret& out) const = 0;

  /// BLAKE2b of the concatenation; `out` is 1..64 bytes, `key` empty or up to 64 bytes.
  virtual void hash(byte_span out, std::initializer_list<byte_view> parts,
                    byte_view key = {}) const = 0;
  /// HMAC-BLAKE2b with a block of 128 and a result of 64 bytes, as Noise's HKDF uses it.
  virtual fixed_bytes<64> hmac(byte_view key, std::initializer_list<byte_view> parts) const = 0;

  /// ChaCha20-Poly1305 (RFC 8439) with the nonce `0000 || counter as 64-bit little endian`, as
  /// Noise section 12.3. `out` holds plaintext.size() + 16 bytes and may not overlap the plaintext.
  virtual void seal(byte_span out, const aead_key& key, std::uint64_t counter, byte_view ad,
                    byte_view plaintext) const = 0;
  /// False when the tag does not match; then `out` is unspecified. `out` holds sealed.size() - 16.
  virtual bool open(byte_span out, const aead_key& key, std::uint64_t counter, byte_view ad,
                    byte_view sealed) const = 0;
  /// XChaCha20-Poly1305 with a 24-byte nonce, for cookies.
  virtual void seal_x(byte_span out, const aead_key& key, const fixed_bytes<24>& nonce,
                      byte_view ad, byte_view plaintext) const = 0;
  virtual bool open_x(byte_span out, const aead_key& key, const fixed_bytes<24>& nonce,
                      byte_view ad, byte_view sealed) const = 0;

  /// XEdDSA (Perrin, 2016, revision 1) over the X25519 key: the result verifies as Ed25519 under
  /// the Edwards form, with sign bit 0, of the public key. `random` hedges the nonce.
  virtual signature sign(const private_key& k, byte_view message, rng& random) const = 0;
  virtual bool verify(const public_key& k, byte_view message, const signature& s) const = 0;
};

/// libsodium. Never fails to construct; ends the process when libsodium cannot start.
const crypto_suite& sodium_crypto();

}  // namespace wh
