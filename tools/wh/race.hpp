#pragma once

#include <cstdint>
#include <functional>
#include <memory>

/// A search on several threads at once, as a person at a terminal wants it.
namespace wh::cli {

/// What one thread does. Made, run and, unless it wins, destroyed in that thread.
class runner {
 public:
  virtual ~runner() = default;
  /// A few milliseconds of search; true when it has found.
  virtual bool step() = 0;
  /// Nothing more to do.
  virtual bool ended() const { return false; }
  virtual std::uint64_t tries() const = 0;
};

/// Runs `threads` runners, made by `make(0)`, `make(1)`, ..., until one has found, and returns
/// that; nothing when all have ended. Fewer threads than asked for search as well. Shows progress
/// on stderr when that is a terminal. SIGINT, SIGTERM and SIGHUP destroy all runners, clear the
/// progress and end the process as they would have without this.
std::unique_ptr<runner> race(unsigned threads, unsigned workbit,
                             const std::function<std::unique_ptr<runner>(unsigned)>& make);

}  // namespace wh::cli
