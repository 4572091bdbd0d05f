#include "sim/measure/results.hpp"

#include <catch2/catch.hpp>

using namespace wh;
using namespace wh::sim;

TEST_CASE("what falls on the border of two slices is in the second alone") {
  constexpr time_point t0{1000s};
  const slice first{"first", {}, {}, t0, t0 + 60s};
  const slice second{"second", {}, {}, t0 + 60s, time_point::max()};
  CHECK(first.holds({t0}));
  CHECK_FALSE(first.holds({t0 + 60s}));
  CHECK(second.holds({t0 + 60s}));
  CHECK(second.holds({t0 + 120s}));
}
