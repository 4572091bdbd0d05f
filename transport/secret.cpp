#include "transport/secret.hpp"

#include <sodium.h>

#include "transport/check.hpp"

namespace wh::detail {

void* allocate_locked(std::size_t size) {
  WH_CHECK(sodium_init() >= 0);
  void* const p = sodium_malloc(size);
  WH_CHECK(p != nullptr);
  return p;
}

void free_locked(void* p) { sodium_free(p); }

}  // namespace wh::detail
