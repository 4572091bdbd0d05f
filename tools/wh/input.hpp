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

/// The first line of standard input without blanks around it, at most `max` characters: for what is
/// longer than a key. As `read_key_line` otherwise.
std::optional<std::string> read_line(std::string_view what, std::size_t max);

/// All of a file, at most `max` bytes; `-` is standard input. Empty, with the reason on stderr,
/// when it cannot be read or is longer.
std::optional<std::string> read_file(std::string_view path, std::size_t max);

/// What the words `[NETWORK-FILE | workbit N] [namespace NS] [threads T]` and the like ask for.
struct selection {
  unsigned workbit = 8;
  bool workbit_said = false;
  std::string name_space = "public";
  /// 0 when not said.
  unsigned threads = 0;
  /// Said by a network file.
  bool from_file = false;
  /// `keep FILE`: where the private part of a delegated search is; `keys FILE`: what to judge.
  std::optional<std::string> keep, keys;
  bool force = false, json = false;
};

/// Which of the words a command takes besides NETWORK-FILE and `namespace`. `force` and `json` are
/// single words, with or without dashes before them; `json` only with.
struct selection_words {
  bool workbit = false;
  bool threads = false;
  bool keep = false;
  bool keys = false;
  bool force = false;
  bool json = false;
  /// NETWORK-FILE and `namespace`.
  bool place = true;
};

/// Empty, with the reason on stderr, when the words make no sense.
std::optional<selection> parse_selection(const command& c, arguments args, selection_words takes);

}  // namespace wh::cli
