#if defined(__x86_64__)

#include <immintrin.h>

#include "actors/proto/keys/work_hash.hpp"

namespace wh::keys {

namespace {

constexpr unsigned width = 8;
typedef std::uint64_t lanes __attribute__((vector_size(64)));

#define WH_LANES __attribute__((target("avx512f"), always_inline)) static inline

WH_LANES lanes broadcast(std::uint64_t word) {
  return lanes{word, word, word, word, word, word, word, word};
}
WH_LANES lanes load(const std::uint64_t* words) { return (lanes)_mm512_load_si512(words); }
template <unsigned N>
WH_LANES lanes rotated(lanes x) {
  // The unmasked form draws a false warning from g++ 12 (GCC bug 105593); the code is the same.
  return (lanes)_mm512_maskz_ror_epi64(0xff, (__m512i)x, N);
}
WH_LANES unsigned zero_lanes(lanes x) { return _mm512_testn_epi64_mask((__m512i)x, (__m512i)x); }

}  // namespace

}  // namespace wh::keys

#include "actors/proto/keys/blake2b_lanes.hpp"

namespace wh::keys {

__attribute__((target("avx512f"))) void detail::find_work_avx512(const work_message& message,
                                                                 std::uint64_t mask,
                                                                 const candidates& c,
                                                                 unsigned count,
                                                                 std::uint8_t* hits) {
  find_in_lanes(message, mask, c, count, hits);
}

}  // namespace wh::keys

#endif
