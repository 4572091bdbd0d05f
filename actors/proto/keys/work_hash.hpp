#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "actors/proto/keys/walk.hpp"

namespace wh::keys {

/// BLAKE2b-256(key || namespace) as far as it is the same for all keys.
struct work_message {
  using block = std::array<std::uint64_t, 16>;

  explicit work_message(std::string_view ns);

  /// At least one; the first four words of the first are the key's.
  std::vector<block> blocks;
  std::uint64_t size;
};

/// The bits of a hash's first word, as a little endian machine reads it, that are zero in a key
/// with this proof of work; above 64 bits all of them.
std::uint64_t first_word_mask(unsigned workbit);

/// Hashes the first `count` candidates (a multiple of eight) and sets bit s % 8 of hits[s / 8] for
/// each s whose first word has none of the bits of `mask`. `on` is one of `processors()`.
void find_work(processor on, const work_message& message, std::uint64_t mask, const candidates& c,
               unsigned count, std::uint8_t* hits);

namespace detail {
void find_work_portable(const work_message&, std::uint64_t, const candidates&, unsigned,
                        std::uint8_t*);
void find_work_avx2(const work_message&, std::uint64_t, const candidates&, unsigned, std::uint8_t*);
void find_work_avx512(const work_message&, std::uint64_t, const candidates&, unsigned,
                      std::uint8_t*);
}  // namespace detail

}  // namespace wh::keys
