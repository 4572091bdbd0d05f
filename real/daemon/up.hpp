#pragma once

#include <span>
#include <string_view>

namespace wh::real {

/// `wh-real up`: from the words to the exit code. Returns when the daemon has ended; in the process
/// that the shell waits for it does not return.
int run_up(std::span<const std::string_view> words);

}  // namespace wh::real
