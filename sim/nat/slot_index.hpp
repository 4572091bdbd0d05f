#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wh::sim::nat {

/// An ordered sequence of slot numbers in chunks: four bytes an element, one allocation while
/// small, and no insertion that moves more than a chunk when a carrier's box holds half a million
/// flows. The order is the caller's: it says for a slot whether its key lies below the wanted one.
class slot_index {
 public:
  struct position {
    std::size_t chunk = 0;
    std::size_t at = 0;
  };

  /// The first position whose slot is not `below` the wanted key.
  template <class Below>
  position lower_bound(Below below) const {
    const auto chunk = std::partition_point(chunks_.begin(), chunks_.end(),
                                            [&](const auto& c) { return below(c.back()); });
    if (chunk == chunks_.end()) return {chunks_.size(), 0};
    const auto at = std::partition_point(chunk->begin(), chunk->end(), below);
    return {static_cast<std::size_t>(chunk - chunks_.begin()),
            static_cast<std::size_t>(at - chunk->begin())};
  }

  bool at_end(position p) const { return p.chunk == chunks_.size(); }
  std::uint32_t operator[](position p) const { return chunks_[p.chunk][p.at]; }
  position after(position p) const {
    if (++p.at == chunks_[p.chunk].size()) p = {p.chunk + 1, 0};
    return p;
  }

  void insert(position p, std::uint32_t slot) {
    if (at_end(p)) {
      if (chunks_.empty()) chunks_.emplace_back();
      p = {chunks_.size() - 1, chunks_.back().size()};
    }
    auto& chunk = chunks_[p.chunk];
    chunk.insert(chunk.begin() + static_cast<std::ptrdiff_t>(p.at), slot);
    if (chunk.size() < chunk_max) return;
    const auto middle = chunk.begin() + chunk_max / 2;
    std::vector<std::uint32_t> upper(middle, chunk.end());
    chunk.erase(middle, chunk.end());
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(p.chunk) + 1, std::move(upper));
  }

  void erase(position p) {
    auto& chunk = chunks_[p.chunk];
    chunk.erase(chunk.begin() + static_cast<std::ptrdiff_t>(p.at));
    const auto here = chunks_.begin() + static_cast<std::ptrdiff_t>(p.chunk);
    if (chunk.empty()) {
      chunks_.erase(here);
    } else if (const auto next = here + 1;
               next != chunks_.end() && chunk.size() + next->size() < chunk_max / 2) {
      chunk.insert(chunk.end(), next->begin(), next->end());
      chunks_.erase(next);
    }
  }

  std::size_t memory_bytes() const {
    std::size_t n = chunks_.capacity() * sizeof(decltype(chunks_)::value_type);
    for (const auto& c : chunks_) n += c.capacity() * sizeof(std::uint32_t);
    return n;
  }

 private:
  // 2 KB: a move that stays within the first-level cache.
  static constexpr std::size_t chunk_max = 512;
  std::vector<std::vector<std::uint32_t>> chunks_;
};

}  // namespace wh::sim::nat
