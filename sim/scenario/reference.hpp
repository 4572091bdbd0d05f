#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/event.hpp"

namespace wh::sim {

/// A key of the scenario file, as the reference shows it.
struct key_reference {
  std::string name;
  std::string by_default;  ///< "needed" where it has to be there
  std::string text;
};
/// A table and its keys, in the order of its `fields`. Tables are named "" (the top), "network",
/// "peers", "peers.churn", ..., "events.kill".
struct table_reference {
  std::string name;
  std::string about;
  std::vector<key_reference> keys;
};

/// Every table there is, with the kinds of events given.
std::vector<table_reference> scenario_reference(std::span<const event_kind* const> events);

/// The keys that a visit names, with the values it has as their defaults.
std::vector<key_reference> values_of(const std::function<void(field_visitor&)>& visit);

/// "[network]", "[[peers]]", "`churn` of [[peers]]", "the top of the file".
std::string table_in_words(std::string_view table);

/// The reference as Markdown: a heading and a table of keys for each table.
std::string to_markdown(const std::vector<table_reference>& tables);

}  // namespace wh::sim
