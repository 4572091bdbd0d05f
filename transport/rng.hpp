#pragma once

#include <cstdint>
#include <string_view>

#include "transport/bytes.hpp"

namespace wh {

/// A stream of chance. Engines take one by reference; what is behind it is the host's choice: a
/// named seeded stream in a simulation, the system's generator on a real host.
class rng {
 public:
  virtual ~rng() = default;
  virtual std::uint64_t next() = 0;

  /// Uniform in [0, n), without bias; n > 0.
  std::uint64_t below(std::uint64_t n);
  /// Uniform in [lo, hi]; lo <= hi.
  std::uint64_t between(std::uint64_t lo, std::uint64_t hi);
  /// Uniform in [0, 1), from 53 bits.
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double p) { return p > 0 && unit() < p; }
  void fill(byte_span out);
  template <class T>
  T make_bytes() {
    T t;
    fill(t.value);
    return t;
  }
};

/// The root of named streams: the same root and name give the same stream, on every build.
class seed {
 public:
  explicit constexpr seed(std::uint64_t root) : root_(root) {}
  seed derive(std::string_view name) const;
  seed derive(std::string_view name, std::uint64_t index) const;
  constexpr std::uint64_t value() const { return root_; }

 private:
  std::uint64_t root_;
};

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): eight bytes of state, so that each of a million
/// peers affords its own stream. Not for secrets outside a simulation.
class seeded_rng final : public rng {
 public:
  explicit seeded_rng(seed s) : state_(s.value()) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

}  // namespace wh
