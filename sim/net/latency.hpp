#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "transport/expected.hpp"
#include "transport/rng.hpp"
#include "transport/time.hpp"

namespace wh::sim {

/// How far apart two sites of the internet are: the same both ways and for all time. A site is a
/// host with a public address, or the outermost box of those behind one. No table of pairs: a
/// site's place follows from its number.
class latency_model {
 public:
  enum class kind : std::uint8_t { constant, king_like, matrix };

  /// Every pair alike.
  static latency_model constant(duration one_way);
  /// Sites on six continents in a plane, with a height for each site's access (the shape that
  /// Vivaldi found: Dabek et al., SIGCOMM 2004, 5.4), spread so that the median round trip is about
  /// 160 ms, as between the DNS servers of King (Gummadi et al., IMW 2002).
  /// `median_one_way` stretches or shrinks it all; zero leaves it.
  static latency_model king_like(seed s, duration median_one_way = duration{});
  /// N lines with N round-trip times in milliseconds each, `#` starting a comment. Each site is one
  /// of the N, drawn from the seed; the two directions are averaged. `name` is what errors call it.
  static expected<latency_model, std::string> matrix(std::string_view text, const std::string& name,
                                                     seed s);

  /// Some pairs, drawn by `ratio`, are `factor` times as far apart as the model says: routes that
  /// go a long way round, so that a message by way of a third site may overtake a direct one (Wang,
  /// Zhang and Ng, Towards Network Triangle Inequality Violation Aware Distributed Systems, IMC
  /// 2007). The other models keep the triangle inequality, but for a matrix that does not.
  void add_detours(double ratio, double factor);

  duration one_way(std::uint32_t a, std::uint32_t b) const;
  /// Routers between two sites, 8 to 20 (most paths of traceroute surveys lie in between), the same
  /// both ways. 3 between a site and itself.
  std::uint8_t hops(std::uint32_t a, std::uint32_t b) const;

 private:
  explicit latency_model(kind k, seed s)
      : kind_(k), sites_(s.derive("sites")), hops_(s.derive("hops")) {}
  std::uint32_t row(std::uint32_t site) const;
  duration straight(std::uint32_t a, std::uint32_t b) const;

  kind kind_;
  seed sites_;
  seed hops_;
  duration constant_{};  // or the king-like model's median; zero: its own
  double detour_ratio_ = 0;
  std::int64_t detour_percent_ = 100;
  std::uint32_t rows_ = 0;
  std::vector<std::uint32_t> one_way_us_;
};

}  // namespace wh::sim
