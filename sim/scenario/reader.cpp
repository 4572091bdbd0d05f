#include "sim/scenario/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>

#include "sim/scenario/nearest.hpp"
#include "sim/scenario/schema.hpp"
#include "transport/check.hpp"

namespace wh::sim::detail {
namespace {

std::string ticked(std::string_view key) { return "`" + std::string(key) + "`"; }

/// What to write instead of a key that this table does not know.
std::string hint_for(const std::string& wrong, const std::string& table) {
  const auto here = keys_of(table);
  if (const auto near = nearest_name(wrong, here); !near.empty())
    return "did you mean " + ticked(near) + "?";
  for (const auto& k : scenario_keys())
    if (k.key == wrong) return ticked(wrong) + " belongs to " + table_in_words(k.table);
  std::string all;
  for (const auto& k : here) all += (all.empty() ? "" : ", ") + k;
  return "keys of " + table_in_words(table) + ": " + all;
}

std::string range_text(const table_reader::bounds& b) {
  const std::string low =
      b.above_min ? "above " + number_text(b.min) : "at least " + number_text(b.min);
  if (std::isinf(b.max)) return std::isinf(b.min) ? "a finite number" : low;
  if (b.above_min) return low + " and at most " + number_text(b.max);
  return "between " + number_text(b.min) + " and " + number_text(b.max);
}

}  // namespace

std::string number_text(double v) {
  char buffer[32];
  const auto [end, bad] = std::to_chars(buffer, buffer + sizeof buffer, v);
  return bad == std::errc{} ? std::string(buffer, end) : std::string("?");
}

const scenario_error& mistakes::first() const {
  WH_CHECK(!list_.empty());
  return *std::min_element(list_.begin(), list_.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.line, a.column) < std::tuple(b.line, b.column);
  });
}

table_reader::table_reader(const node& n, std::string_view name, mistakes& out)
    : node_(&n), name_(name), out_(&out) {
  if (n.kind != node_kind::table) {
    wrong(n, table_in_words(name) + " is " + std::string(describe(n)) + "; expected a table");
    return;
  }
  const auto known = keys_of(name);
  for (const auto& member : n.members)
    if (std::find(known.begin(), known.end(), member.name) == known.end()) {
      unknown_ = true;
      out_->add(
          error_at(member.key, "unknown key " + ticked(member.name), hint_for(member.name, name_)));
    }
}

const node* table_reader::find(std::string_view key) const {
  // A key that is read but not listed would be refused in every file.
  const auto keys = scenario_keys();
  WH_CHECK(std::any_of(keys.begin(), keys.end(),
                       [&](const auto& k) { return k.table == name_ && k.key == key; }));
  return node_->find(key);
}

const node* table_reader::need(std::string_view key, std::string_view meaning) const {
  const auto* n = find(key);
  if (!n && node_->kind == node_kind::table)
    wrong_table(table_in_words(name_) + " needs " + ticked(key), std::string(meaning));
  return n;
}

void table_reader::wrong_type(std::string_view key, const node& n, std::string_view wanted) const {
  wrong(n, ticked(key) + " is " + std::string(describe(n)) + "; expected " + std::string(wanted));
}

void table_reader::no_choice(std::string_view key, const node& n,
                             const std::vector<std::string>& names) const {
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i)
    all += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + ("\"" + names[i] + "\"");
  if (n.kind != node_kind::string) return wrong_type(key, n, all);
  const auto near = nearest_name(n.text, names);
  wrong(n, ticked(key) + " cannot be \"" + n.text + "\"; expected " + all,
        near.empty() ? "" : "did you mean \"" + near + "\"?");
}

std::optional<double> table_reader::number(std::string_view key, bounds b) const {
  const auto* n = find(key);
  if (!n) return {};
  double v = 0;
  if (n->kind == node_kind::integer) {
    v = static_cast<double>(n->integer);
  } else if (n->kind == node_kind::real) {
    v = n->real;
  } else {
    wrong_type(key, *n, "a number");
    return {};
  }
  if (!std::isfinite(v) || v < b.min || v > b.max || (b.above_min && v == b.min)) {
    wrong(*n, ticked(key) + " is " + number_text(v) + "; expected " + range_text(b));
    return {};
  }
  return v;
}

std::optional<unsigned> table_reader::whole(std::string_view key, unsigned min,
                                            unsigned max) const {
  const auto* n = find(key);
  if (!n) return {};
  if (n->kind != node_kind::integer) {
    wrong_type(key, *n, "a whole number");
    return {};
  }
  if (n->integer < std::int64_t{min} || n->integer > std::int64_t{max}) {
    wrong(*n, ticked(key) + " is " + std::to_string(n->integer) + "; expected between " +
                  std::to_string(min) + " and " + std::to_string(max));
    return {};
  }
  return static_cast<unsigned>(n->integer);
}

void table_reader::read(std::string_view key, bool& out) const {
  const auto* n = find(key);
  if (!n) return;
  if (n->kind != node_kind::boolean) return wrong_type(key, *n, "true or false");
  out = n->flag;
}

void table_reader::read(std::string_view key, std::string& out) const {
  const auto* n = find(key);
  if (!n) return;
  if (n->kind != node_kind::string) return wrong_type(key, *n, "a string");
  if (n->text.empty()) return wrong(*n, ticked(key) + " is empty");
  out = n->text;
}

void table_reader::read(std::string_view key, double& out, bounds b) const {
  if (const auto v = number(key, b)) out = *v;
}
void table_reader::read(std::string_view key, std::optional<double>& out, bounds b) const {
  if (const auto v = number(key, b)) out = *v;
}
void table_reader::read(std::string_view key, unsigned& out, unsigned min, unsigned max) const {
  if (const auto v = whole(key, min, max)) out = *v;
}
void table_reader::read(std::string_view key, std::optional<unsigned>& out, unsigned min,
                        unsigned max) const {
  if (const auto v = whole(key, min, max)) out = *v;
}

void table_reader::read_seconds(std::string_view key, duration& out, bounds b) const {
  // The nearest nanosecond, so that 0.1 is 100 ms.
  if (const auto v = number(key, b)) out = duration{std::llround(*v * 1e9)};
}

void table_reader::read(std::string_view key, std::vector<std::string>& out) const {
  const auto* n = find(key);
  if (!n) return;
  if (n->kind == node_kind::string) {
    out = {n->text};
  } else if (n->kind == node_kind::list) {
    out.clear();
    for (const auto& item : n->items) {
      if (item.kind != node_kind::string)
        return wrong(item, "this item of " + ticked(key) + " is " + std::string(describe(item)) +
                               "; expected a string");
      out.push_back(item.text);
    }
  } else {
    return wrong_type(key, *n, "a string or a list of strings");
  }
  if (out.empty() || std::find(out.begin(), out.end(), std::string{}) != out.end())
    wrong(*n, ticked(key) + (out.empty() ? " is an empty list" : " holds an empty string"));
}

}  // namespace wh::sim::detail
