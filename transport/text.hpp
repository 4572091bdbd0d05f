#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "transport/time.hpp"

/// Words and numbers for people.
namespace wh {

/// The name of `known` that a person who typed `wrong` most likely meant: one that only adds or
/// changes a unit ("duration" for "duration_s"), or else the one of smallest edit distance, if that
/// is at most a third of the length (and 1 at least), or else the shortest that has `wrong` among
/// its words ("restricted" for "cone_port_restricted"). Upper and lower case are alike. Empty when
/// nothing is near; of equals the first.
std::string nearest_name(std::string_view wrong, std::span<const std::string> known);
std::string nearest_name(std::string_view wrong, std::span<const std::string_view> known);

/// Up to four significant digits, no exponent between 0.0001 and a billion: "0.9731", "12.5",
/// "1200".
std::string format_number(double v);
/// The shortest form that reads back to the same value: "0.5", "3", "1e+06".
std::string format_exact(double v);
/// "84 ms", "1.32 s", "4 min 10 s", "2 h 5 min".
std::string format_duration(duration d);
/// "512 B", "1.5 MB": powers of 1000.
std::string format_bytes(std::uint64_t n);
/// "950", "12.3 k", "1.2 M".
std::string format_count(double n);

/// Control characters would let a file draw on the terminal: they become `?`, but for tab and line
/// feed.
std::string printable(std::string_view text);

}  // namespace wh
