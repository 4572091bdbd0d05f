#include "real/host_rng.hpp"

#include <sodium.h>

#include "transport/check.hpp"

namespace wh::real {

host_rng::host_rng() { WH_CHECK(sodium_init() >= 0); }

std::uint64_t host_rng::next() {
  std::uint64_t v;
  randombytes_buf(&v, sizeof v);
  return v;
}

}  // namespace wh::real
