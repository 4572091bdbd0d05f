#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "actors/proto/keys/point.hpp"

namespace wh::keys {

/// Which instructions a search uses. All give the same keys for the same start.
enum class processor : std::uint8_t {
  portable,  // C++
  avx2,      // hashes in four lanes
  avx512,    // hashes in eight
  ifma,      // AVX-512 with IFMA: points in eight lanes as well
};

/// What this machine runs, the fastest last; `portable` is always there.
const std::vector<processor>& processors();
std::string_view to_string(processor p);

/// How a search works, not what it finds.
struct tuning {
  processor on = processors().back();
  /// A batch has 2 * half + 1 candidates; a multiple of 8 from 8 to `half_max`. The more, the less
  /// of the one inversion falls on each: at 1024, 3 % of a point alone, 15 % of one in lanes.
  unsigned half = half_max;
  static constexpr unsigned half_max = 1024;
};

/// The u coordinates of a batch, each cut into four words, least significant first: word i of
/// candidate s is word[i][s], so that lanes are loaded in a row. What is behind the batch, up to a
/// multiple of eight, is zero.
struct candidates {
  alignas(64) std::uint64_t word[4][2 * tuning::half_max + 8] = {};
};

namespace detail {
class lane_walk;
}

/// Walks over the points first + j * 8B, j = 0, 1, 2, ... in batches, seven multiplications for
/// two.
class walk {
 public:
  explicit walk(const point& first, const tuning& how = {});
  ~walk();
  walk(const walk&) = delete;
  walk& operator=(const walk&) = delete;

  unsigned batch_size() const { return 2 * half_ + 1; }
  /// The next `batch_size()` points. False when one of them is a small multiple of 8B, up to sign:
  /// then a difference of two points is zero, which has no inverse, and the walk has ended. For a
  /// random start this has a probability of about 2^-240 a batch.
  bool next(candidates& out);
  /// j of the candidate in a slot of a batch, less j of the batch's first. Slots are not in order.
  unsigned offset_of(unsigned slot) const;

 private:
  field25519 forward();
  void backward(field25519 inverse, const point& centre, candidates& out) const;

  unsigned half_;
  bool ended_ = false;
  point centre_;
  /// From one batch's centre to the next's.
  point stride_;
  /// products_[i]: of the differences before i.
  std::vector<field25519> products_;
  /// Does the same in lanes, where there are.
  std::unique_ptr<detail::lane_walk> lanes_;
};

}  // namespace wh::keys
