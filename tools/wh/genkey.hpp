#pragma once

#include <optional>
#include <string>

#include "transport/bytes.hpp"

namespace wh::cli {

/// Searches on `threads` threads (0: one per processor) and shows progress on stderr when that is a
/// terminal. SIGINT clears the progress line and ends the process as it would have without it.
std::optional<private_key> search_in_threads(unsigned workbit, const std::string& ns,
                                             unsigned threads);

}  // namespace wh::cli
