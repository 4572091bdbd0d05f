#pragma once

#include <chrono>
#include <cstdint>

namespace wh {

/// The one time scale: nanoseconds since the Unix epoch as this host believes, never going back
/// while a process runs. There is no `now()`: time is an argument.
struct host_clock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<host_clock>;
  static constexpr bool is_steady = true;
};

using duration = host_clock::duration;
using time_point = host_clock::time_point;

using namespace std::chrono_literals;

/// Whole seconds since the Unix epoch, for fields on the wire.
constexpr std::uint64_t unix_seconds(time_point t) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count());
}

constexpr time_point from_unix_seconds(std::uint64_t s) {
  return time_point{std::chrono::seconds{static_cast<std::int64_t>(s)}};
}

/// Seconds as a real number, for reports.
constexpr double to_seconds(duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace wh
