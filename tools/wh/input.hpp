#pragma once

#include <optional>
#include <string>

#include "actors/proto/network/network_file.hpp"
#include "tools/wh/command.hpp"

namespace wh::cli {

/// Reads and parses a network file; `-` is standard input. Errors go to stderr, each with its line
/// underlined.
std::optional<network::network_file> load_network(std::string_view path);

/// The first line of standard input without blanks around it. Empty, with the reason on stderr,
/// when there is none or it cannot be a key. `what` names it in the message.
std::optional<std::string> read_key_line(std::string_view what);

/// What the words `[NETWORK-FILE | workbit N] [namespace NS] [threads T]` ask for.
struct selection {
  unsigned workbit = 8;
  std::string name_space = "public";
  /// 0 when not said.
  unsigned threads = 0;
};

/// Which of the words a command takes besides NETWORK-FILE and `namespace`.
struct selection_words {
  bool workbit = false;
  bool threads = false;
};

/// Empty, with the reason on stderr, when the words make no sense.
std::optional<selection> parse_selection(const command& c, arguments args, selection_words takes);

}  // namespace wh::cli
