#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "actors/proto/keys/walk.hpp"

namespace wh::keys::detail {

/// The arithmetic of `walk` in eight lanes, with AVX-512 IFMA: lane k has the steps k, k + 8, ...
/// and multiplies up their differences, so that a batch has eight products to invert.
///
/// Only on a processor that has it.
class lane_walk {
 public:
  static constexpr unsigned lanes = 8;

  explicit lane_walk(unsigned half);

  /// The products of each lane's differences from `centre`.
  void forward(const point& centre, std::array<field25519, lanes>& products);
  /// The candidates around the centre of `forward`, given the products' inverses.
  void backward(const std::array<field25519, lanes>& inverses, candidates& out);

 private:
  /// A number of the field in each lane, limbs of 51 bits.
  struct alignas(64) numbers {
    std::uint64_t limb[5][lanes];
  };
  static numbers same(const field25519& v);

  friend struct lane_code;

  unsigned half_;
  numbers minus_x_, y_, minus_y_, minus_a_and_x_;
  std::vector<numbers> products_;
};

}  // namespace wh::keys::detail
