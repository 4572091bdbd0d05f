#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/fields.hpp"
#include "sim/scenario/reference.hpp"
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

/// Reads tables by their `fields`. What is absent leaves the target as it is; what has the wrong
/// type or range is a mistake and leaves it too; so is each key that the table does not know.
class reader final : public field_visitor {
 public:
  /// `known` are all tables, to tell which one a misplaced key belongs to.
  reader(const std::vector<table_reference>& known, mistakes& out) : known_(known), out_(out) {}

  /// A table, and what else may stand in it.
  template <class T>
  void read(const node& n, std::string_view name, T& target,
            const std::vector<std::string>& more = {}) {
    if (!enter(n, name)) return;
    target.fields(*this);
    for (const auto& k : more) levels_.back().seen.push_back(k);
    close();
  }

  void flag(key k, bool& v, const meaning& m) override;
  void word(key k, std::string& v, const meaning& m) override;
  void words(key k, std::vector<std::string>& v, const meaning& m) override;
  void number(key k, double& v, bounds b, const meaning& m) override;
  void whole(key k, std::uint64_t& v, std::uint64_t min, std::uint64_t max,
             const meaning& m) override;
  void signed_whole(key k, std::int64_t& v, std::int64_t min, std::int64_t max,
                    const meaning& m) override;
  void seeds(key k, std::vector<std::uint64_t>& v, const meaning& m) override;
  void choice(key k, std::size_t& v, wh::words texts, const meaning& m) override;
  void span(key k, duration& v, duration unit, bounds b, const meaning& m) override;
  bool maybe(key k, bool there) override;
  bool open(key k, bool there, const meaning& m) override;
  void close() override;
  void whole_or(key k, std::optional<unsigned>& v, unsigned min, unsigned max,
                std::string_view word, const meaning& m) override;
  using field_visitor::whole;

 private:
  struct level {
    const node* table;
    std::string name;
    std::vector<std::string> seen;
    std::vector<scenario_error> missing;
  };

  bool enter(const node& n, std::string_view name);
  /// Null when the key is absent, which is a mistake where it is needed.
  const node* find(key k, const meaning& m);
  void wrong(const node& n, std::string message, std::string hint = {});
  void wrong_type(key k, const node& n, std::string_view wanted);
  void number_into(key k, const node& n, double& v, bounds b);
  std::string hint_for(const std::string& wrong) const;

  const std::vector<table_reference>& known_;
  mistakes& out_;
  std::vector<level> levels_;
};

}  // namespace wh::sim::detail
