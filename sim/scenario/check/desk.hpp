#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/read.hpp"

namespace wh::sim::detail {

/// What all checks work with: the file's tree, the values that were read of it, and where mistakes
/// go. A check is a function that holds some tables against the rest of the scenario.
class desk {
 public:
  desk(const node& root, const scenario_context& context, scenario& what, mistakes& out)
      : tree(root), known(context), s(what), out_(out) {}

  /// The `i`th table of a list.
  const node& item(std::string_view list, std::size_t i) const;
  /// Where `key` stands, or else its table.
  static const place& place_of(const node& table, std::string_view key);

  void wrong(const place& p, std::string message, std::string hint = {});
  void wrong(const node& table, std::string_view key, std::string message, std::string hint = {}) {
    wrong(place_of(table, key), std::move(message), std::move(hint));
  }
  /// A key that is there and changes nothing, unless `applies`.
  void idle_key(const node& table, std::string_view key, bool applies, const std::string& why);
  void unknown_name(const place& p, const std::string& what, const std::string& name,
                    const std::vector<std::string>& all);

  /// Looks beside the scenario, then in the context's folders; what is found joins the scenario's
  /// inputs under the name that is returned.
  std::optional<std::filesystem::path> find_input(const place& at, const std::string& what,
                                                  const std::filesystem::path& wanted);
  /// A group of this name, or all; a mistake otherwise.
  bool group(const place& at, const std::string& name);
  /// Known profiles, not too many; a mistake otherwise.
  bool nat_chain(const place& at, const std::vector<std::string>& chain);
  /// A peer's name; a mistake otherwise.
  bool peer(const place& at, const std::string& name);
  std::uint64_t members_in(const std::string& group) const;

  const node& tree;
  const scenario_context& known;
  scenario& s;
  std::shared_ptr<nat::book> boxes = std::make_shared<nat::book>();
  /// Of the network file.
  std::vector<std::string> members;

 private:
  mistakes& out_;
};

/// Letters, digits, - and _.
bool is_plain_name(std::string_view name);

// The checks, in the order in which they build on each other.
void check_top(desk& d);
void check_network(desk& d);
void check_boxes(desk& d);
void check_peers(desk& d);
void check_workload(desk& d);
void check_events(desk& d);
void check_slices(desk& d);
void check_expectations(desk& d);

}  // namespace wh::sim::detail
