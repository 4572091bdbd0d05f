#pragma once

#include <cstddef>
#include <cstdint>

#include "actors/proto/keys/work_hash.hpp"

/// BLAKE2b (RFC 7693) of many keys at once, for whatever `lanes` is: one to eight words of 64 bits
/// side by side, each of another key. A source file includes this once, after it has defined
///
///   WH_LANES           how a function is declared that runs on the processor it is about: each
///   must
///                      carry the target itself, since what is inlined brings its instructions
///                      along
///   lanes, width       the words, and how many they are
///   broadcast, load    a word in all lanes; `width` words in a row, aligned
///   rotated<N>         every lane to the right
///   zero_lanes         bit i set when lane i is zero
namespace wh::keys {

namespace {

constexpr std::uint8_t sigma[10][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                        {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                        {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                        {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                        {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                        {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

constexpr std::uint64_t iv[8] = {0x6a09e667f3bcc908U, 0xbb67ae8584caa73bU, 0x3c6ef372fe94f82bU,
                                 0xa54ff53a5f1d36f1U, 0x510e527fade682d1U, 0x9b05688c2b3e6c1fU,
                                 0x1f83d9abfb41bd6bU, 0x5be0cd19137e2179U};

/// The function G. Message words from `Used` on are zero and not added.
template <unsigned Used, unsigned Round, unsigned I>
WH_LANES void mix(lanes& a, lanes& b, lanes& c, lanes& d, const lanes* m) {
  constexpr unsigned first = sigma[Round % 10][2 * I], second = sigma[Round % 10][2 * I + 1];
  a += b;
  if constexpr (first < Used) a += m[first];
  d = rotated<32>(d ^ a);
  c += d;
  b = rotated<24>(b ^ c);
  a += b;
  if constexpr (second < Used) a += m[second];
  d = rotated<16>(d ^ a);
  c += d;
  b = rotated<63>(b ^ c);
}

template <unsigned Used, unsigned Round>
WH_LANES void mix_all(lanes* v, const lanes* m) {
  mix<Used, Round, 0>(v[0], v[4], v[8], v[12], m);
  mix<Used, Round, 1>(v[1], v[5], v[9], v[13], m);
  mix<Used, Round, 2>(v[2], v[6], v[10], v[14], m);
  mix<Used, Round, 3>(v[3], v[7], v[11], v[15], m);
  mix<Used, Round, 4>(v[0], v[5], v[10], v[15], m);
  mix<Used, Round, 5>(v[1], v[6], v[11], v[12], m);
  mix<Used, Round, 6>(v[2], v[7], v[8], v[13], m);
  mix<Used, Round, 7>(v[3], v[4], v[9], v[14], m);
}

/// The function F. `bytes` is the length up to the end of this block.
template <unsigned Used>
WH_LANES void compress(lanes* h, const lanes* m, std::uint64_t bytes, bool last) {
  lanes v[16];
  for (unsigned i = 0; i < 8; ++i) {
    v[i] = h[i];
    v[i + 8] = broadcast(iv[i]);
  }
  v[12] ^= broadcast(bytes);
  if (last) v[14] = ~v[14];
  mix_all<Used, 0>(v, m);
  mix_all<Used, 1>(v, m);
  mix_all<Used, 2>(v, m);
  mix_all<Used, 3>(v, m);
  mix_all<Used, 4>(v, m);
  mix_all<Used, 5>(v, m);
  mix_all<Used, 6>(v, m);
  mix_all<Used, 7>(v, m);
  mix_all<Used, 8>(v, m);
  mix_all<Used, 9>(v, m);
  mix_all<Used, 10>(v, m);
  mix_all<Used, 11>(v, m);
  for (unsigned i = 0; i < 8; ++i) h[i] ^= v[i] ^ v[i + 8];
}

/// For a namespace that leaves only the words before `Used` of one block other than zero (`Blocks`
/// is 1), or for any (0).
template <unsigned Used, unsigned Blocks>
WH_LANES void find_in_lanes(const work_message& message, std::uint64_t mask, const candidates& c,
                            unsigned count, std::uint8_t* hits) {
  for (unsigned s = 0; s < count; s += 8) {
    unsigned found = 0;
    for (unsigned part = 0; part < 8; part += width) {
      lanes h[8], m[16];
      for (unsigned i = 0; i < 8; ++i) h[i] = broadcast(iv[i]);
      h[0] ^= broadcast(0x01010000U ^ 32U);  // no key, fanout and depth 1, 32 bytes of digest
      for (unsigned i = 0; i < 4; ++i) m[i] = load(c.word[i] + s + part);
      for (unsigned i = 4; i < Used; ++i) m[i] = broadcast(message.blocks[0][i]);
      if constexpr (Blocks == 1) {
        compress<Used>(h, m, message.size, true);
      } else {
        const std::size_t blocks = message.blocks.size();
        for (std::size_t b = 0; b < blocks; ++b) {
          if (b > 0)
            for (unsigned i = 0; i < 16; ++i) m[i] = broadcast(message.blocks[b][i]);
          const bool last = b + 1 == blocks;
          compress<Used>(h, m, last ? message.size : 128 * (b + 1), last);
        }
      }
      found |= zero_lanes(h[0] & broadcast(mask)) << part;
    }
    hits[s / 8] = static_cast<std::uint8_t>(found);
  }
}

/// Most namespaces have at most eight characters, which saves a tenth.
WH_LANES void find_in_lanes(const work_message& message, std::uint64_t mask, const candidates& c,
                            unsigned count, std::uint8_t* hits) {
  if (message.size <= 40)
    find_in_lanes<5, 1>(message, mask, c, count, hits);
  else if (message.blocks.size() == 1)
    find_in_lanes<16, 1>(message, mask, c, count, hits);
  else
    find_in_lanes<16, 0>(message, mask, c, count, hits);
}

}  // namespace

}  // namespace wh::keys
