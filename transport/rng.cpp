#include "transport/rng.hpp"

#include "transport/check.hpp"

namespace wh {

namespace {

constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t rng::below(std::uint64_t n) {
  WH_CHECK(n > 0);
  // Values below `reject` would make small results likelier; n divides what is left.
  const std::uint64_t reject = (0 - n) % n;
  for (;;) {
    const std::uint64_t x = next();
    if (x >= reject) return x % n;
  }
}

std::uint64_t rng::between(std::uint64_t lo, std::uint64_t hi) {
  WH_CHECK(lo <= hi);
  const std::uint64_t more = hi - lo;
  // All 2^64 values are one more than `below` can be asked for.
  return more + 1 == 0 ? next() : lo + below(more + 1);
}

void rng::fill(byte_span out) {
  for (std::size_t i = 0; i < out.size(); i += 8) {
    const std::uint64_t x = next();
    for (std::size_t j = i; j < out.size() && j < i + 8; ++j)
      out[j] = static_cast<std::uint8_t>(x >> (8 * (j - i)));
  }
}

seed seed::derive(std::string_view name) const {
  std::uint64_t h = mix(root_ ^ 0x9e3779b97f4a7c15U);
  for (const char c : name) h = mix(h + 0x9e3779b97f4a7c15U + static_cast<std::uint8_t>(c));
  return seed{mix(h ^ name.size())};
}

seed seed::derive(std::string_view name, std::uint64_t index) const {
  return seed{mix(derive(name).root_ + 0x9e3779b97f4a7c15U * (index + 1))};
}

std::uint64_t seeded_rng::next() { return mix(state_ += 0x9e3779b97f4a7c15U); }

}  // namespace wh
