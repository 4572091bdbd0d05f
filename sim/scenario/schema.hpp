#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wh::sim {

/// Every key of the scenario file. Tables are named "" (the top), "network", "peers",
/// "peers.churn", ... Whatever is not listed here is an error in a file.
struct scenario_key {
  std::string_view table;
  std::string_view key;
};
std::span<const scenario_key> scenario_keys();

/// The keys of one table.
std::vector<std::string> keys_of(std::string_view table);
/// "[network]", "[[peers]]", "churn = {...} in [[peers]]", "the top of the file".
std::string table_in_words(std::string_view table);

}  // namespace wh::sim
