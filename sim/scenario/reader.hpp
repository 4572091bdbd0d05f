#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/scenario/tree.hpp"

namespace wh::sim::detail {

/// The mistakes of one file. They are found in the order of the keys we know, but a person reads
/// from the top: the first by place is the one reported, options before the file.
class mistakes {
 public:
  void add(scenario_error e) { list_.push_back(std::move(e)); }
  bool none() const { return list_.empty(); }
  const scenario_error& first() const;

 private:
  std::vector<scenario_error> list_;
};

/// Reads one table by the names of its keys. What is absent leaves the target as it is; what has
/// the wrong type or range is a mistake and leaves it too. `name` is as in `scenario_keys`.
class table_reader {
 public:
  /// Adds a mistake for each key that the table does not know, or when `n` is no table.
  table_reader(const node& n, std::string_view name, mistakes& out);

  const node* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// A mistake when absent, at the table's header.
  const node* need(std::string_view key, std::string_view meaning) const;

  struct bounds {
    double min, max;
    bool above_min = false;  ///< min itself is not allowed
  };
  void read(std::string_view key, bool& out) const;
  void read(std::string_view key, std::string& out) const;
  void read(std::string_view key, double& out, bounds b) const;
  void read(std::string_view key, std::optional<double>& out, bounds b) const;
  void read(std::string_view key, unsigned& out, unsigned min, unsigned max) const;
  void read(std::string_view key, std::optional<unsigned>& out, unsigned min, unsigned max) const;
  void read_seconds(std::string_view key, duration& out, bounds b) const;
  /// One string or a list of them.
  void read(std::string_view key, std::vector<std::string>& out) const;

  template <class E>
  void read(std::string_view key, E& out,
            std::initializer_list<std::pair<std::string_view, E>> choices) const {
    const auto* n = find(key);
    if (!n) return;
    std::vector<std::string> names;
    for (const auto& [name, value] : choices) {
      names.emplace_back(name);
      if (n->kind == node_kind::string && n->text == name) {
        out = value;
        return;
      }
    }
    no_choice(key, *n, names);
  }

  void wrong(const node& n, std::string message, std::string hint = {}) const {
    out_->add(error_at(n.value, std::move(message), std::move(hint)));
  }
  void wrong_type(std::string_view key, const node& n, std::string_view wanted) const;
  /// A mistake of the table as a whole, shown at its header. Not said of a table with an unknown
  /// key: what it lacks is most likely that key, written right.
  void wrong_table(std::string message, std::string hint = {}) const {
    if (!unknown_) wrong(*node_, std::move(message), std::move(hint));
  }
  const node& tree() const { return *node_; }

 private:
  std::optional<double> number(std::string_view key, bounds b) const;
  std::optional<unsigned> whole(std::string_view key, unsigned min, unsigned max) const;
  void no_choice(std::string_view key, const node& n, const std::vector<std::string>& names) const;

  const node* node_;
  std::string name_;
  mistakes* out_;
  bool unknown_ = false;
};

/// 0.5, 3, 1e+06: the shortest form that reads back.
std::string number_text(double v);

}  // namespace wh::sim::detail
