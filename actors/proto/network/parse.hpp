#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/proto/network/network_file.hpp"
#include "transport/crypto.hpp"
#include "transport/expected.hpp"

namespace wh::network {

/// What is wrong with a file, where, and what to do about it.
struct parse_error {
  /// Both count from 1; the column counts bytes, as compilers do.
  unsigned line = 0;
  unsigned column = 0;
  /// Bytes to underline; at least 1.
  unsigned length = 1;
  std::string message;
  /// "did you mean `trust`?"; may be empty.
  std::string hint;
  /// The offending line without its end, as it stands in the file.
  std::string text;

  /// file:line:column: error: message; hint
  ///     text
  ///     ^~~~
  /// Ends with a newline. Safe to print: control characters and malformed UTF-8 come out as `?`.
  std::string render(std::string_view file) const;
};

/// More are not collected: whoever made these reads the first ones.
constexpr std::size_t errors_max = 20;

/// Reads a whole file. No name is resolved, nothing outside the text is looked at. `crypto` says
/// which keys are acceptable. Errors come in the order of lines, never none.
expected<network_file, std::vector<parse_error>> parse(std::string_view text,
                                                       const crypto_suite& crypto);

}  // namespace wh::network
