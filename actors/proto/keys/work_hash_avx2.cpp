#if defined(__x86_64__)

#include <immintrin.h>

#include "actors/proto/keys/work_hash.hpp"

namespace wh::keys {

namespace {

constexpr unsigned width = 4;
typedef std::uint64_t lanes __attribute__((vector_size(32)));

#define WH_LANES __attribute__((target("avx2"), always_inline)) static inline

WH_LANES lanes broadcast(std::uint64_t word) { return lanes{word, word, word, word}; }
WH_LANES lanes load(const std::uint64_t* words) {
  return (lanes)_mm256_load_si256(reinterpret_cast<const __m256i*>(words));
}
template <unsigned N>
WH_LANES lanes rotated(lanes x) {
  // By whole bytes it is one shuffle of them.
  if constexpr (N == 32)
    return (lanes)_mm256_shuffle_epi32((__m256i)x, 0xb1);
  else if constexpr (N == 24)
    return (lanes)_mm256_shuffle_epi8(
        (__m256i)x, _mm256_broadcastsi128_si256(
                        _mm_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10)));
  else if constexpr (N == 16)
    return (lanes)_mm256_shuffle_epi8(
        (__m256i)x, _mm256_broadcastsi128_si256(
                        _mm_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9)));
  else
    return (x + x) ^ (x >> 63);
}
WH_LANES unsigned zero_lanes(lanes x) {
  const auto zero = _mm256_cmpeq_epi64((__m256i)x, _mm256_setzero_si256());
  return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(zero)));
}

}  // namespace

}  // namespace wh::keys

#include "actors/proto/keys/blake2b_lanes.hpp"

namespace wh::keys {

__attribute__((target("avx2"))) void detail::find_work_avx2(const work_message& message,
                                                            std::uint64_t mask, const candidates& c,
                                                            unsigned count, std::uint8_t* hits) {
  find_in_lanes(message, mask, c, count, hits);
}

}  // namespace wh::keys

#endif
