#pragma once

namespace wh::detail {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

/// Ends the process with a message when `condition` is false. For our own mistakes only, never for
/// input; on in release builds too.
#define WH_CHECK(condition)                          \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::wh::detail::check_failed(#condition, __FILE__, __LINE__))
