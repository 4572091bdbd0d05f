#include "sim/measure/results.hpp"

#include "transport/check.hpp"

namespace wh::sim {

results::results(std::vector<slice> slices) {
  WH_CHECK(!slices.empty());
  for (slice& s : slices) parts_.push_back({std::move(s), {}});
}

}  // namespace wh::sim
