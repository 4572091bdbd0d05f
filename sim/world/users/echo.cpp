#include "sim/world/users/echo.hpp"

#include <algorithm>

namespace wh::sim {

bytes encode(const echo& e, std::size_t size) {
  bytes b(std::max(size, echo_size));
  b[0] = static_cast<std::uint8_t>(e.what);
  b[1] = e.relayed ? 1 : 0;
  store_be(b.data() + 2, e.pair);
  store_be(b.data() + 6, e.sequence);
  store_be(b.data() + 10, e.sent.time_since_epoch().count());
  return b;
}

std::optional<echo> decode_echo(byte_view b) {
  if (b.size() < echo_size || (b[0] != 1 && b[0] != 2)) return std::nullopt;
  return echo{static_cast<echo::kind>(b[0]), b[1] != 0, load_be<std::uint32_t>(b.data() + 2),
              load_be<std::uint32_t>(b.data() + 6),
              time_point{duration{load_be<std::int64_t>(b.data() + 10)}}};
}

}  // namespace wh::sim
