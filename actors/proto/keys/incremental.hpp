#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actors/proto/keys/work_hash.hpp"
#include "transport/crypto.hpp"
#include "transport/secret.hpp"

namespace wh::keys {

/// Searches among the points first + j * 8B, j = 0, 1, 2, ... for the first that carries a proof of
/// work as X25519 public key. Knows no secret: whose points they are, only the start's owner knows.
class offset_search {
 public:
  /// `workbit` is 0..256.
  offset_search(const point& first, unsigned workbit, std::string_view ns, const tuning& how = {});
  /// Wipes where it was: together with the start's private key that is the found one.
  ~offset_search();
  offset_search(const offset_search&) = delete;
  offset_search& operator=(const offset_search&) = delete;

  enum class outcome : std::uint8_t {
    nothing,
    /// `offset()` is the smallest j of the batch whose hash begins right. Only 64 bits were looked
    /// at, and only by this code: whoever uses the key looks again, by other means.
    hit,
    /// The start is a small multiple of 8B, or a miracle: no more batches.
    ended,
  };
  /// One batch.
  outcome step();
  std::uint64_t offset() const { return offset_; }
  unsigned batch_size() const { return walk_.batch_size(); }

 private:
  tuning how_;
  work_message message_;
  std::uint64_t mask_;
  walk walk_;
  std::unique_ptr<candidates> batch_;
  std::vector<std::uint8_t> hits_;
  /// j of the next batch's first.
  std::uint64_t base_ = 0;
  std::uint64_t offset_ = 0;
};

/// Start scalars leave room for this many steps below 2^255, unless chance is kinder than 2^-190.
constexpr std::uint64_t steps_max = std::uint64_t{1} << 60;

/// How many times 8 can be added to a clamped private key before it is 2^255, which has another
/// meaning when clamped; at most `steps_max`.
std::uint64_t steps_left(const private_key& k);
/// k + 8 * steps, as integers: the result is clamped as k is. Not modulo the group's order, which
/// would give the same public key and a private key that X25519 reads as another. `steps` is at
/// most `steps_left(k)`.
void add_steps(private_key& k, std::uint64_t steps);

/// A random private key with room for `steps` steps, clamped.
void make_start(rng& random, std::uint64_t steps, private_key& out);
/// The point k * B, its y such that eight_base() is 8B: of the two points with k's public key the
/// one that goes to k + 8's when 8B is added.
point point_of(const crypto_suite& crypto, const private_key& k);

/// Finds private keys whose public key carries a proof of work, at the speed of point additions:
/// see README. A value machine: threads, progress and Ctrl-C are the caller's, and each thread has
/// a search and an rng of its own.
///
/// Expected cost: 2^workbit candidates; there is no "nearly there".
class incremental_search {
 public:
  /// `crypto`, which must be real X25519 and BLAKE2b, and `random` outlive the search.
  incremental_search(const crypto_suite& crypto, rng& random, unsigned workbit, std::string_view ns,
                     const tuning& how = {});

  /// Tries `n` candidates, rounded up to batches, and stops at the first that holds: then returns
  /// true and `out` is its private key. Every key has a start of its own; a found key is recomputed
  /// by `crypto` before it is given out.
  bool step(std::uint64_t n, private_key& out);

  /// Candidates looked at so far, all of a batch.
  std::uint64_t tries() const { return tries_; }
  /// Random starts drawn so far.
  std::uint64_t starts() const { return starts_; }
  /// Finds that the recomputation did not confirm: not expected, ever.
  std::uint64_t refused() const { return refused_; }

 private:
  void begin();
  bool finish(private_key& out);

  const crypto_suite& crypto_;
  rng& random_;
  unsigned workbit_;
  std::string ns_;
  tuning how_;
  std::uint64_t tries_ = 0, starts_ = 0, refused_ = 0;

  locked<private_key> start_;
  std::optional<offset_search> search_;
  std::uint64_t left_ = 0;
};

}  // namespace wh::keys
