#pragma once

#include <tl/expected.hpp>

namespace wh {

/// A value, or the reason why there is none (std::expected of C++23).
template <class T, class E>
using expected = tl::expected<T, E>;
using tl::unexpected;

}  // namespace wh
