#include "sim/scenario/reader.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "sim/scenario/limits.hpp"
#include "transport/check.hpp"
#include "transport/text.hpp"

namespace wh::sim::detail {
namespace {

std::string ticked(std::string_view key) { return "`" + std::string(key) + "`"; }

std::string range_text(const bounds& b) {
  const std::string low =
      b.above_min ? "above " + format_exact(b.min) : "at least " + format_exact(b.min);
  if (std::isinf(b.max)) return std::isinf(b.min) ? "a finite number" : low;
  if (b.above_min) return low + " and at most " + format_exact(b.max);
  return "between " + format_exact(b.min) + " and " + format_exact(b.max);
}

}  // namespace

const scenario_error& mistakes::first() const {
  WH_CHECK(!list_.empty());
  return *std::min_element(list_.begin(), list_.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.line, a.column) < std::tuple(b.line, b.column);
  });
}

bool reader::enter(const node& n, std::string_view name) {
  if (n.kind != node_kind::table) {
    wrong(n, table_in_words(name) + " is " + std::string(describe(n)) + "; expected a table");
    return false;
  }
  levels_.push_back({&n, std::string(name), {}, {}});
  return true;
}

void reader::close() {
  const level done = std::move(levels_.back());
  levels_.pop_back();
  bool unknown = false;
  for (const auto& member : done.table->members)
    if (std::find(done.seen.begin(), done.seen.end(), member.name) == done.seen.end()) {
      unknown = true;
      levels_.push_back(done);
      out_.add(error_at(member.key, "unknown key " + ticked(member.name), hint_for(member.name)));
      levels_.pop_back();
    }
  // What a table with an unknown key lacks is most likely that key, written right.
  if (unknown) return;
  for (const auto& e : done.missing) out_.add(e);
}

/// What to write instead of a key that this table does not know.
std::string reader::hint_for(const std::string& wrong) const {
  const level& here = levels_.back();
  if (const auto near = nearest_name(wrong, here.seen); !near.empty())
    return "did you mean " + ticked(near) + "?";
  for (const auto& t : known_)
    for (const auto& k : t.keys)
      if (k.name == wrong) return ticked(wrong) + " belongs to " + table_in_words(t.name);
  std::string all;
  for (const auto& k : here.seen) all += (all.empty() ? "" : ", ") + k;
  return "keys of " + table_in_words(here.name) + ": " + all;
}

const node* reader::find(key k, const meaning& m) {
  level& here = levels_.back();
  // A key of two parts in the struct is seen twice.
  if (std::find(here.seen.begin(), here.seen.end(), k) == here.seen.end())
    here.seen.emplace_back(k);
  const node* n = here.table->find(k);
  if (!n && !m.needed.empty())
    here.missing.push_back(error_at(here.table->value,
                                    table_in_words(here.name) + " needs " + ticked(k),
                                    std::string(m.needed)));
  return n;
}

void reader::wrong(const node& n, std::string message, std::string hint) {
  out_.add(error_at(n.value, std::move(message), std::move(hint)));
}

void reader::wrong_type(key k, const node& n, std::string_view wanted) {
  wrong(n, ticked(k) + " is " + std::string(describe(n)) + "; expected " + std::string(wanted));
}

void reader::flag(key k, bool& v, const meaning& m) {
  const auto* n = find(k, m);
  if (!n) return;
  if (n->kind != node_kind::boolean) return wrong_type(k, *n, "true or false");
  v = n->flag;
}

void reader::word(key k, std::string& v, const meaning& m) {
  const auto* n = find(k, m);
  if (!n) return;
  if (n->kind != node_kind::string) return wrong_type(k, *n, "a string");
  if (n->text.empty()) return wrong(*n, ticked(k) + " is empty");
  v = n->text;
}

void reader::words(key k, std::vector<std::string>& v, const meaning& m) {
  const auto* n = find(k, m);
  if (!n) return;
  if (n->kind == node_kind::string) {
    v = {n->text};
  } else if (n->kind == node_kind::list) {
    v.clear();
    for (const auto& item : n->items) {
      if (item.kind != node_kind::string)
        return wrong(item, "this item of " + ticked(k) + " is " + std::string(describe(item)) +
                               "; expected a string");
      v.push_back(item.text);
    }
  } else {
    return wrong_type(k, *n, "a string or a list of strings");
  }
  if (v.empty() || std::find(v.begin(), v.end(), std::string{}) != v.end())
    wrong(*n, ticked(k) + (v.empty() ? " is an empty list" : " holds an empty string"));
}

void reader::number_into(key k, const node& n, double& v, bounds b) {
  double x = 0;
  if (n.kind == node_kind::integer)
    x = static_cast<double>(n.integer);
  else if (n.kind == node_kind::real)
    x = n.real;
  else
    return wrong_type(k, n, "a number");
  if (!std::isfinite(x) || x < b.min || x > b.max || (b.above_min && x == b.min))
    return wrong(n, ticked(k) + " is " + format_exact(x) + "; expected " + range_text(b));
  v = x;
}

void reader::number(key k, double& v, bounds b, const meaning& m) {
  if (const auto* n = find(k, m)) number_into(k, *n, v, b);
}

void reader::span(key k, duration& v, duration unit, bounds b, const meaning& m) {
  const auto* n = find(k, m);
  if (!n) return;
  // Of a number that is refused nothing is taken.
  double x = static_cast<double>(v.count()) / static_cast<double>(unit.count());
  const double before = x;
  number_into(k, *n, x, b);
  // The nearest nanosecond, so that 0.1 is 100 ms.
  if (x != before) v = duration{std::llround(x * static_cast<double>(unit.count()))};
}

void reader::whole(key k, std::uint64_t& v, std::uint64_t min, std::uint64_t max,
                   const meaning& m) {
  // TOML has no larger ones.
  auto x = static_cast<std::int64_t>(v);
  signed_whole(k, x, static_cast<std::int64_t>(min), static_cast<std::int64_t>(max), m);
  v = static_cast<std::uint64_t>(x);
}

void reader::signed_whole(key k, std::int64_t& v, std::int64_t min, std::int64_t max,
                          const meaning& m) {
  const auto* n = find(k, m);
  if (!n) return;
  if (n->kind != node_kind::integer) return wrong_type(k, *n, "a whole number");
  if (n->integer < min || n->integer > max)
    return wrong(*n, ticked(k) + " is " + std::to_string(n->integer) + "; expected between " +
                         std::to_string(min) + " and " + std::to_string(max));
  v = n->integer;
}

void reader::seeds(key k, std::vector<std::uint64_t>& v, const meaning& m) {
  const auto* n = find(k, m);
  if (!n) return;
  if (n->kind != node_kind::list) return wrong_type(k, *n, "a list of whole numbers");
  if (n->items.empty()) return wrong(*n, ticked(k) + " is an empty list");
  if (n->items.size() > seeds_max)
    return wrong(*n, ticked(k) + " holds more than " + std::to_string(seeds_max));
  v.clear();
  for (const auto& item : n->items) {
    if (item.kind != node_kind::integer || item.integer < 0)
      return wrong(item, "a seed is a whole number, 0 or more");
    const auto seed = static_cast<std::uint64_t>(item.integer);
    if (std::find(v.begin(), v.end(), seed) != v.end())
      return wrong(item, "seed " + std::to_string(seed) + " is listed twice");
    v.push_back(seed);
  }
}

void reader::choice(key k, std::size_t& v, wh::words texts, const meaning& m) {
  const auto* n = find(k, m);
  if (!n) return;
  std::string all;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (n->kind == node_kind::string && n->text == texts[i]) {
      v = i;
      return;
    }
    all += (i == 0                  ? ""
            : i + 1 == texts.size() ? " or "
                                    : ", ") +
           ("\"" + std::string(texts[i]) + "\"");
  }
  if (n->kind != node_kind::string) return wrong_type(k, *n, all);
  const auto near = nearest_name(n->text, texts);
  wrong(*n, ticked(k) + " cannot be \"" + n->text + "\"; expected " + all,
        near.empty() ? "" : "did you mean \"" + near + "\"?");
}

bool reader::maybe(key k, bool) { return find(k, {}) != nullptr; }

bool reader::open(key k, bool, const meaning& m) {
  const auto* n = find(k, m);
  if (!n) return false;
  const auto& outer = levels_.back().name;
  return enter(*n, outer.empty() ? std::string(k) : outer + "." + std::string(k));
}

void reader::whole_or(key k, std::optional<unsigned>& v, unsigned min, unsigned max,
                      std::string_view word, const meaning& m) {
  const auto* n = find(k, m);
  if (!n) return;
  if (n->kind == node_kind::string && n->text == word) {
    v.reset();
  } else if (n->kind != node_kind::integer) {
    wrong_type(k, *n, "a whole number or \"" + std::string(word) + "\"");
  } else {
    std::uint64_t x = v.value_or(min);
    whole(k, x, min, max, m);
    v = static_cast<unsigned>(x);
  }
}

}  // namespace wh::sim::detail
