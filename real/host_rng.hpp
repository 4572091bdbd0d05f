#pragma once

#include "transport/rng.hpp"

namespace wh::real {

/// The operating system's generator, fit for keys. Holds no state: one per thread costs nothing,
/// one for all threads is safe.
class host_rng final : public rng {
 public:
  /// Ends the process when libsodium cannot start.
  host_rng();
  std::uint64_t next() override;
};

}  // namespace wh::real
