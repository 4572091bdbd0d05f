#pragma once

#include "actors/proto/session/packet.hpp"
#include "actors/proto/wire/route.hpp"
#include "transport/crypto.hpp"
#include "transport/time.hpp"

namespace wh::session {

using cookie = fixed_bytes<packet::cookie_size>;

/// Proofs that somebody receives at an address, without remembering whom they were given to.
class cookie_jar {
 public:
  static constexpr duration lifetime = 120s;
  ~cookie_jar() { wipe(secret_); }

  /// The cookie of whoever sends by `via`, now.
  cookie make(const crypto_suite& crypto, rng& random, time_point now, const wire::route& via) {
    if (!made_ || now - born_ >= lifetime) {
      random.fill(secret_);
      born_ = now;
      made_ = true;
    }
    cookie c;
    if (via.relay)
      crypto.hash(c, {view(*via.relay)}, secret_);
    else
      crypto.hash(c, {byte_view{via.where.address.raw()}, byte_view{via.where.port_be}}, secret_);
    return c;
  }

 private:
  fixed_bytes<32> secret_{};
  time_point born_{};
  bool made_ = false;
};

/// H16 of wire/SPEC.md.
inline fixed_bytes<16> mac_of(const crypto_suite& crypto, byte_view key, byte_view data) {
  fixed_bytes<16> m;
  crypto.hash(m, {data}, key);
  return m;
}

/// Equal, in a time that does not depend on where they differ.
inline bool same(byte_view a, byte_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace wh::session
