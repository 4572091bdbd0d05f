#include "transport/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace wh::detail {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: internal error, this does not hold: %s\n", file, line, condition);
  std::abort();
}

}  // namespace wh::detail
