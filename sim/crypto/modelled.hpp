#pragma once

#include "transport/crypto.hpp"

namespace wh::sim {

/// Cryptography for large simulations: the same sizes and the same failures as the real one, some
/// hundred times cheaper, and no strength at all: a signature can be made from the public key, and
/// a shared secret from two of them. Packets carry version 0x81, which a real host refuses.
///
/// What holds as with the real suite: whatever is changed in key, counter, associated data or text
/// makes `open` fail, whatever is changed in key or message makes `verify` fail (but for one chance
/// in 2^64); Diffie-Hellman agrees; hashes are uniform, so that mining for workbits takes as many
/// tries; results are the same on every build.
const crypto_suite& modelled_crypto();

}  // namespace wh::sim
