#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wh::sim::swarm {

/// A key and its value, or a table of keys.
struct item {
  std::string key;
  std::string value;        ///< TOML; empty for a table
  std::vector<item> table;  ///< of a table
};

/// Null when there is none of that key.
const item* find(const std::vector<item>& items, std::string_view key);
item* find(std::vector<item>& items, std::string_view key);

/// `[network]`, or one of `[[peers]]`.
struct section {
  std::string name;
  bool listed = false;
  std::vector<item> items;
};

/// A scenario as a person types it: what is drawn, made smaller, and written.
struct document {
  std::vector<std::string> comment;  ///< lines at its top
  std::vector<item> top;
  std::vector<section> sections;

  /// Ends in a newline.
  std::string text() const;
};

}  // namespace wh::sim::swarm
