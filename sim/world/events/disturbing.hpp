#pragma once

#include "sim/world/events/happening.hpp"

namespace wh::sim {

/// Whose datagrams an event is about, seen from those that it hits.
enum class traffic : std::uint8_t { both, out, in };
inline constexpr std::array<std::string_view, 3> traffic_words{"both", "out", "in"};
constexpr words words_of(traffic) { return traffic_words; }

/// For some time, what crosses the internet from or to some hosts is lost, or takes longer.
struct trouble {
  double loss_ratio = 0;
  duration delay{};
  duration lasts{};
  traffic which = traffic::both;

  void time_keys(field_visitor& v);
  void traffic_key(field_visitor& v);
  static void draw_traffic(event_draw& d);
  /// Between `hit` and everybody, itself included.
  void begin(stage& s, const std::vector<std::size_t>& hit) const;
  /// Between `hit` and `others`, which are other hosts.
  void begin(stage& s, const std::vector<std::size_t>& hit,
             const std::vector<std::size_t>& others) const;

 private:
  void add(stage& s, std::vector<bool> from, std::vector<bool> to) const;
};

}  // namespace wh::sim
