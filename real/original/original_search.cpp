#include "real/original/original_search.hpp"

#include <sodium.h>

#include <algorithm>

#include "actors/proto/keys/keys.hpp"
#include "transport/check.hpp"

namespace wh::real {

original_search::original_search(std::string ns) : ns_(std::move(ns)) {
  WH_CHECK(sodium_init() >= 0);
}

void original_search::step(std::uint64_t n) {
  fixed_bytes<crypto_sign_PUBLICKEYBYTES> edwards;
  fixed_bytes<crypto_sign_SECRETKEYBYTES> secret;
  for (; n > 0; --n) {
    crypto_sign_keypair(edwards.data(), secret.data());
    if ((edwards[31] & 0x80) != 0) continue;
    public_key key;
    if (crypto_sign_ed25519_pk_to_curve25519(key.value.data(), edwards.data()) != 0) continue;
    ++tries_;
    best_ = std::max(best_, keys::workbit(sodium_crypto(), key, ns_));
  }
  sodium_memzero(secret.data(), secret.size());
}

}  // namespace wh::real
