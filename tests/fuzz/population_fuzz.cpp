#include "sim/nat/population.hpp"
#include "transport/check.hpp"

/// Whatever the file, there is a population whose shares make one, or a mistake that can be shown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh::sim::nat;
  const auto p = parse_population({reinterpret_cast<const char*>(data), size});
  if (!p) {
    WH_CHECK(!p.error().message.empty());
    return 0;
  }
  double shares = 0;
  for (const weighted_profile& w : *p) {
    WH_CHECK(!w.context.empty() && !w.boxes.empty() && w.share >= 0);
    WH_CHECK(w.port_mapping_ratio >= 0 && w.port_mapping_ratio <= 1);
    WH_CHECK(w.ipv6_ratio >= 0 && w.ipv6_ratio <= 1);
    shares += w.share;
  }
  WH_CHECK(shares > 0.999999 && shares < 1.000001);
  return 0;
}
