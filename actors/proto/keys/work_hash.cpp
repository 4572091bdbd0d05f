#include "actors/proto/keys/work_hash.hpp"

#include <algorithm>

#include "transport/check.hpp"

namespace wh::keys {

namespace {

constexpr unsigned width = 1;
using lanes = std::uint64_t;

#define WH_LANES [[gnu::always_inline]] static inline

WH_LANES lanes broadcast(std::uint64_t word) { return word; }
WH_LANES lanes load(const std::uint64_t* words) { return *words; }
template <unsigned N>
WH_LANES lanes rotated(lanes x) {
  return x >> N | x << (64 - N);
}
WH_LANES unsigned zero_lanes(lanes x) { return x == 0 ? 1 : 0; }

}  // namespace

}  // namespace wh::keys

#include "actors/proto/keys/blake2b_lanes.hpp"

namespace wh::keys {

work_message::work_message(std::string_view ns) : size(32 + ns.size()) {
  blocks.resize((size + 127) / 128, block{});
  for (std::size_t i = 0; i < ns.size(); ++i) {
    const std::size_t at = 32 + i;
    blocks[at / 128][at % 128 / 8] |= std::uint64_t{static_cast<std::uint8_t>(ns[i])}
                                      << (8 * (at % 8));
  }
}

std::uint64_t first_word_mask(unsigned workbit) {
  // Bits are counted from the first byte's most significant on, and the first byte is the word's
  // least significant.
  std::uint64_t mask = 0;
  for (unsigned bit = 0; bit < std::min(workbit, 64U); ++bit)
    mask |= std::uint64_t{0x80U >> (bit % 8)} << (8 * (bit / 8));
  return mask;
}

void detail::find_work_portable(const work_message& message, std::uint64_t mask,
                                const candidates& c, unsigned count, std::uint8_t* hits) {
  find_in_lanes(message, mask, c, count, hits);
}

void find_work(processor on, const work_message& message, std::uint64_t mask, const candidates& c,
               unsigned count, std::uint8_t* hits) {
  WH_CHECK(count % 8 == 0 && count <= std::size(c.word[0]));
#if defined(__x86_64__)
  if (on == processor::avx512 || on == processor::ifma)
    return detail::find_work_avx512(message, mask, c, count, hits);
  if (on == processor::avx2) return detail::find_work_avx2(message, mask, c, count, hits);
#endif
  WH_CHECK(on == processor::portable);
  detail::find_work_portable(message, mask, c, count, hits);
}

const std::vector<processor>& processors() {
  static const std::vector<processor> all = [] {
    std::vector<processor> found{processor::portable};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) found.push_back(processor::avx2);
    if (__builtin_cpu_supports("avx512f")) {
      found.push_back(processor::avx512);
      if (__builtin_cpu_supports("avx512ifma")) found.push_back(processor::ifma);
    }
#endif
    return found;
  }();
  return all;
}

std::string_view to_string(processor p) {
  switch (p) {
    case processor::portable:
      return "portable";
    case processor::avx2:
      return "avx2";
    case processor::avx512:
      return "avx512";
    case processor::ifma:
      return "avx512_ifma";
  }
  return "?";
}

}  // namespace wh::keys
