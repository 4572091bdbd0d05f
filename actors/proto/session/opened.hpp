#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "transport/bytes.hpp"

namespace wh::session {

/// The initiations that were opened last, by their mac1: a copy of one can win nothing.
class opened_initiations {
 public:
  static constexpr std::size_t max = 256;

  void add(byte_view mac1) {
    const std::uint64_t word = load_be<std::uint64_t>(mac1.data());
    if (words_.size() < max) {
      words_.push_back(word);
    } else {
      words_[oldest_] = word;
      oldest_ = (oldest_ + 1) % max;
    }
  }

  bool has(byte_view mac1) const {
    return std::find(words_.begin(), words_.end(), load_be<std::uint64_t>(mac1.data())) !=
           words_.end();
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t oldest_ = 0;
};

}  // namespace wh::session
