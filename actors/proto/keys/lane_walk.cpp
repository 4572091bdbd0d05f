#if defined(__x86_64__)

#include "actors/proto/keys/lane_walk.hpp"

#include <immintrin.h>

// Numbers are five limbs of 51 bits in each lane. The instructions multiply 52-bit words and add
// the low or the high 52 bits of the product, so factors must have limbs below 2^52: a product's,
// or a sum of two numbers whose limbs are below 2^51. Negative numbers are therefore brought below
// p first, which is done once a batch or once a process; the loops never subtract before they
// multiply.
//
// After Gueron and Krasnov, Software implementation of modular exponentiation, using advanced
// vector instructions architectures (WAIFI 2012), for the use of such instructions.

namespace wh::keys::detail {

namespace {

#define WH_LANES __attribute__((target("avx512f,avx512ifma"), always_inline)) static inline
#define WH_LANES_ENTRY __attribute__((target("avx512f,avx512ifma")))

typedef std::uint64_t words __attribute__((vector_size(64)));

struct field {
  words limb[5];
};

constexpr std::uint64_t mask51 = (std::uint64_t{1} << 51) - 1;

WH_LANES words broadcast(std::uint64_t v) { return words{v, v, v, v, v, v, v, v}; }
WH_LANES words low(words sum, words a, words b) {
  return (words)_mm512_madd52lo_epu64((__m512i)sum, (__m512i)a, (__m512i)b);
}
WH_LANES words high(words sum, words a, words b) {
  return (words)_mm512_madd52hi_epu64((__m512i)sum, (__m512i)a, (__m512i)b);
}
WH_LANES words times_19(words v) { return (v << 4) + (v << 1) + v; }

WH_LANES field load(const std::uint64_t (&limbs)[5][8]) {
  field r;
  for (int i = 0; i < 5; ++i) r.limb[i] = (words)_mm512_load_si512(limbs[i]);
  return r;
}
WH_LANES void store(std::uint64_t (&limbs)[5][8], const field& v) {
  for (int i = 0; i < 5; ++i) _mm512_store_si512(limbs[i], (__m512i)v.limb[i]);
}

WH_LANES field sum(const field& a, const field& b) {
  field r;
  for (int i = 0; i < 5; ++i) r.limb[i] = a.limb[i] + b.limb[i];
  return r;
}

/// From the sums of low and of high halves by weight: a high half weighs 2^52, twice the next limb.
/// Sums are below 5 * 2^52, so what is carried at the end is below 300 * 2^52. The result's limbs
/// are below 2^51 + 2^14.
WH_LANES field reduced(const words (&l)[9], const words (&h)[9]) {
  words all[10];
  all[0] = l[0];
  for (int i = 1; i < 9; ++i) all[i] = l[i] + (h[i - 1] << 1);
  all[9] = h[8] << 1;
  field r;
  for (int i = 0; i < 5; ++i) r.limb[i] = all[i] + times_19(all[i + 5]);
  const words mask = broadcast(mask51);
  for (int i = 0; i < 4; ++i) {
    r.limb[i + 1] += r.limb[i] >> 51;
    r.limb[i] &= mask;
  }
  r.limb[0] += times_19(r.limb[4] >> 51);
  r.limb[4] &= mask;
  return r;
}

WH_LANES field product(const field& a, const field& b) {
  words l[9] = {}, h[9] = {};
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j) {
      l[i + j] = low(l[i + j], a.limb[i], b.limb[j]);
      h[i + j] = high(h[i + j], a.limb[i], b.limb[j]);
    }
  return reduced(l, h);
}

WH_LANES field squared(const field& a) {
  words l[9] = {}, h[9] = {};
  for (int i = 0; i < 5; ++i)
    for (int j = i + 1; j < 5; ++j) {
      l[i + j] = low(l[i + j], a.limb[i], a.limb[j]);
      h[i + j] = high(h[i + j], a.limb[i], a.limb[j]);
    }
  for (int i = 1; i < 8; ++i) {
    l[i] <<= 1;
    h[i] <<= 1;
  }
  for (int i = 0; i < 5; ++i) {
    l[2 * i] = low(l[2 * i], a.limb[i], a.limb[i]);
    h[2 * i] = high(h[2 * i], a.limb[i], a.limb[i]);
  }
  return reduced(l, h);
}

/// square + known - x, below p, as the words of eight candidates. As field25519::to_words.
WH_LANES void put(const field& square, const field& known, const field& x, candidates& out,
                  unsigned slot) {
  const words mask = broadcast(mask51);
  field t;
  for (int i = 0; i < 5; ++i) {
    // 2p in limbs, so that none goes below zero.
    const words twice_p = broadcast(i == 0 ? 2 * (mask51 - 18) : 2 * mask51);
    t.limb[i] = square.limb[i] + known.limb[i] + (twice_p - x.limb[i]);
  }
  for (int i = 0; i < 4; ++i) {
    t.limb[i + 1] += t.limb[i] >> 51;
    t.limb[i] &= mask;
  }
  t.limb[0] += times_19(t.limb[4] >> 51);
  t.limb[4] &= mask;
  words q = (t.limb[0] + broadcast(19)) >> 51;
  for (int i = 1; i < 5; ++i) q = (t.limb[i] + q) >> 51;
  t.limb[0] += times_19(q);
  for (int i = 0; i < 4; ++i) {
    t.limb[i + 1] += t.limb[i] >> 51;
    t.limb[i] &= mask;
  }
  t.limb[4] &= mask;
  const words* const l = t.limb;
  const words word[4] = {l[0] | l[1] << 51, l[1] >> 13 | l[2] << 38, l[2] >> 26 | l[3] << 25,
                         l[3] >> 39 | l[4] << 12};
  for (int i = 0; i < 4; ++i) _mm512_store_si512(out.word[i] + slot, (__m512i)word[i]);
}

}  // namespace

/// The loops, which see the lanes' memory.
struct lane_code {
  struct step {
    lane_walk::numbers x, y;
  };

  /// The steps 8B, 2 * 8B, ..., eight beside each other, every limb below 2^51.
  static const std::vector<step>& steps() {
    static const std::vector<step> all = [] {
      const auto points = multiples_of_eight_base(tuning::half_max);
      std::vector<step> made(points.size() / lane_walk::lanes);
      for (std::size_t p = 0; p < points.size(); ++p) {
        const auto x = points[p].x.to_limbs(), y = points[p].y.to_limbs();
        for (std::size_t i = 0; i < 5; ++i) {
          made[p / 8].x.limb[i][p % 8] = x[i];
          made[p / 8].y.limb[i][p % 8] = y[i];
        }
      }
      return made;
    }();
    return all;
  }

  WH_LANES_ENTRY static void forward(const step* t, unsigned count,
                                     const lane_walk::numbers& minus_x,
                                     lane_walk::numbers* products, lane_walk::numbers& all) {
    const field c = load(minus_x.limb);
    field so_far{};
    so_far.limb[0] = broadcast(1);
    for (unsigned i = 0; i < count; ++i) {
      store(products[i].limb, so_far);
      so_far = product(so_far, sum(load(t[i].x.limb), c));
    }
    store(all.limb, so_far);
  }

  WH_LANES_ENTRY static void backward(const step* t, unsigned count, const lane_walk& w,
                                      const lane_walk::numbers& inverses, candidates& out) {
    const field c = load(w.minus_x_.limb), y = load(w.y_.limb), minus_y = load(w.minus_y_.limb);
    const field known = load(w.minus_a_and_x_.limb);
    field inverse = load(inverses.limb);
    for (unsigned i = count; i-- > 0;) {
      const field tx = load(t[i].x.limb), ty = load(t[i].y.limb);
      const field mine = product(inverse, load(w.products_[i].limb));
      inverse = product(inverse, sum(tx, c));
      const field plus = product(mine, sum(ty, minus_y)), minus = product(mine, sum(ty, y));
      put(squared(plus), known, tx, out, 8 * i);
      put(squared(minus), known, tx, out, 8 * (count + i));
    }
  }
};

lane_walk::numbers lane_walk::same(const field25519& v) {
  const auto limbs = v.to_limbs();
  numbers r;
  for (std::size_t i = 0; i < 5; ++i)
    for (auto& lane : r.limb[i]) lane = limbs[i];
  return r;
}

lane_walk::lane_walk(unsigned half)
    : half_(half), minus_x_{}, y_{}, minus_y_{}, minus_a_and_x_{}, products_(half / lanes) {}

void lane_walk::forward(const point& centre, std::array<field25519, lanes>& products) {
  const field25519 zero;
  minus_x_ = same(zero - centre.x);
  y_ = same(centre.y);
  minus_y_ = same(zero - centre.y);
  minus_a_and_x_ = same(zero - centre.x - field25519::small(486662));
  numbers all;
  lane_code::forward(lane_code::steps().data(), half_ / lanes, minus_x_, products_.data(), all);
  for (std::size_t k = 0; k < lanes; ++k)
    products[k] = field25519::from_limbs(
        {all.limb[0][k], all.limb[1][k], all.limb[2][k], all.limb[3][k], all.limb[4][k]});
}

void lane_walk::backward(const std::array<field25519, lanes>& inverses, candidates& out) {
  numbers all;
  for (std::size_t k = 0; k < lanes; ++k) {
    const auto limbs = inverses[k].to_limbs();
    for (std::size_t i = 0; i < 5; ++i) all.limb[i][k] = limbs[i];
  }
  lane_code::backward(lane_code::steps().data(), half_ / lanes, *this, all, out);
}

}  // namespace wh::keys::detail

#endif
