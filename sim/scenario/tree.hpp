#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.hpp"
#include "transport/expected.hpp"

/// A TOML document as a tree that knows where each key and value stands. It keeps toml11, a heavy
/// header, in one source file, and gives options of the command line the same shape as the file.
namespace wh::sim::detail {

struct place {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  unsigned width = 1;
  std::string text;  ///< the line
};

enum class node_kind : std::uint8_t { boolean, integer, real, string, list, table, other };

struct node {
  node_kind kind = node_kind::table;
  bool flag = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<node> items;    ///< list
  std::vector<node> members;  ///< table
  std::string name;           ///< of a table's member
  place key;                  ///< of a table's member
  place value;

  const node* find(std::string_view name) const;
};

/// "a number", "a list", ... for messages.
std::string_view describe(const node& n);

inline constexpr std::size_t file_size_max = 1 << 20;
inline constexpr unsigned nesting_max = 32;

/// `file` is what places say.
expected<node, scenario_error> parse_toml(std::string_view text, const std::string& file);
/// Puts the value of "a.b.0.c=value" into the tree. Items of a list go by number, or by their
/// `group`.
expected<void, scenario_error> apply_override(node& root, const std::string& option);

scenario_error error_at(const place& p, std::string message, std::string hint = {});

}  // namespace wh::sim::detail
