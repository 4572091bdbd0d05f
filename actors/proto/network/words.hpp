#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/expected.hpp"

#include "actors/proto/network/network_file.hpp"

/// What a single word of a network file may be.
namespace wh::network {

/// A word and where it stands in its line, in bytes from 0.
struct word {
  std::string_view text;
  std::size_t at = 0;
};

/// What is wrong with a word: the part of it to underline, what, and what to do.
struct word_error {
  std::string message;
  std::string hint;
  std::size_t at = 0;
  std::size_t length = std::string_view::npos;
};

/// Words between blanks, up to `#`.
std::vector<word> split(std::string_view line);
/// Where the first byte sequence stands that is no UTF-8 (RFC 3629), npos when there is none.
std::size_t malformed_utf8(std::string_view text);

/// RFC 1123, 2.1: labels of letters, digits and inner hyphens, 1 to 63 each, 253 in all; and not
/// one of digits only at the end, for that reads as an address. `_` is taken as a letter: files of
/// the original use it, and resolvers take it.
std::optional<word_error> check_hostname(std::string_view text);
/// `host`, `host:port`, `[v6]`, `[v6]:port`.
expected<place, word_error> parse_place(std::string_view text);
/// `address/bits`.
expected<subnet, word_error> parse_subnet(std::string_view text);
/// Decimal digits, at most `max`.
std::optional<unsigned> parse_number(std::string_view text, unsigned max);
/// Digits and dots only: meant as an IPv4 address, whole or abbreviated.
bool looks_like_v4(std::string_view text);
/// What inet_aton made of an abbreviated address, as the original did (`10.1` is 10.0.0.1).
std::optional<ip_address> expand_v4(std::string_view text);

/// Lower case of ASCII letters.
std::string lower(std::string_view text);

}  // namespace wh::network
