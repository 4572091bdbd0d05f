#pragma once

#include <cstdint>
#include <string>

namespace wh::real {

/// How WireHub of 2019 searched for a key, as a measure for a faster search: a fresh Ed25519 pair
/// for each try, half of them dropped since the sign bit of their public key is set, the others
/// converted to X25519 and hashed, all by libsodium. Finds nothing that is kept.
class original_search {
 public:
  explicit original_search(std::string ns);
  /// Makes `n` pairs.
  void step(std::uint64_t n);
  /// Those that were hashed: half of them.
  std::uint64_t tries() const { return tries_; }
  /// The most work seen.
  unsigned best() const { return best_; }

 private:
  std::string ns_;
  std::uint64_t tries_ = 0;
  unsigned best_ = 0;
};

}  // namespace wh::real
