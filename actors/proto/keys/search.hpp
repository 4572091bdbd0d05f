#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "transport/crypto.hpp"

namespace wh::keys {

/// Looks for a private key whose public key carries a proof of work, in portions, so that progress,
/// giving up and several threads are the caller's: each thread has a search and an rng of its own.
///
/// Expected cost: 2^workbit candidates; the search has no memory, so a portion more is never
/// "nearly there".
class search {
 public:
  /// `crypto` and `random` outlive the search. `workbit` is 0..256; from about 45 on, a search is
  /// hopeless but still a search.
  search(const crypto_suite& crypto, rng& random, unsigned workbit, std::string_view ns);

  /// Tries at most `n` candidates and stops at the first that holds.
  std::optional<private_key> step(std::uint64_t n);

  /// Candidates looked at so far.
  std::uint64_t tries() const { return tries_; }

 private:
  const crypto_suite& crypto_;
  rng& random_;
  unsigned workbit_;
  std::string ns_;
  std::uint64_t tries_ = 0;
};

/// A key with at least this proof of work. `go_on(tries)` is asked every few hundred candidates and
/// ends the search, without a key, by returning false; without it the search ends only by finding.
std::optional<private_key> genkey(const crypto_suite& crypto, rng& random, unsigned workbit,
                                  std::string_view ns,
                                  const std::function<bool(std::uint64_t)>& go_on = {});

}  // namespace wh::keys
