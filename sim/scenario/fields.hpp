#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/time.hpp"
#include "transport/words.hpp"

namespace wh::sim {

/// What a number may be.
struct bounds {
  double min, max;
  bool above_min = false;  ///< `min` itself is not allowed
};
inline constexpr bounds any_share{0, 1};

/// What a key is for.
struct meaning {
  std::string_view text;  ///< for the reference, after the default: one line
  /// What the reference shows as the default where the value itself does not tell.
  std::string_view by_default = {};
  /// Not empty: the key must be there, and this is the hint where it is absent.
  std::string_view needed = {};
};

/// Goes through the keys of a table. Each table of the scenario file is a struct with a
/// `fields(field_visitor&)` that names every key once, with its place in the struct, its range and
/// its meaning. Reading a file, and the reference of all keys, are visitors.
class field_visitor {
 public:
  using key = std::string_view;
  virtual ~field_visitor() = default;

  virtual void flag(key k, bool& v, const meaning& m) = 0;
  /// Not empty.
  virtual void word(key k, std::string& v, const meaning& m) = 0;
  /// One string, or a list of them, none empty.
  virtual void words(key k, std::vector<std::string>& v, const meaning& m) = 0;
  virtual void number(key k, double& v, bounds b, const meaning& m) = 0;
  virtual void whole(key k, std::uint64_t& v, std::uint64_t min, std::uint64_t max,
                     const meaning& m) = 0;
  virtual void signed_whole(key k, std::int64_t& v, std::int64_t min, std::int64_t max,
                            const meaning& m) = 0;
  /// A list of different whole numbers, 0 or more.
  virtual void seeds(key k, std::vector<std::uint64_t>& v, const meaning& m) = 0;
  /// One of `texts`, by its number.
  virtual void choice(key k, std::size_t& v, wh::words texts, const meaning& m) = 0;
  /// A number of that unit (in nanoseconds), which ends the key: `_s`, `_ms`.
  virtual void span(key k, duration& v, duration unit, bounds b, const meaning& m) = 0;
  /// Whether to go on with a value that need not be there.
  virtual bool maybe(key k, bool there) = 0;
  /// Whether to go into a table inside of this one; then `close` ends it.
  virtual bool open(key k, bool there, const meaning& m) = 0;
  virtual void close() = 0;
  /// A whole number, or `word` for none.
  virtual void whole_or(key k, std::optional<unsigned>& v, unsigned min, unsigned max,
                        std::string_view word, const meaning& m) = 0;

  void seconds(key k, duration& v, bounds b, const meaning& m) {
    span(k, v, std::chrono::seconds{1}, b, m);
  }
  void milliseconds(key k, duration& v, bounds b, const meaning& m) {
    span(k, v, std::chrono::milliseconds{1}, b, m);
  }
  /// A whole number that may be negative.
  template <class N>
  void integer(key k, N& v, std::int64_t min, std::int64_t max, const meaning& m) {
    std::int64_t wide = v;
    signed_whole(k, wide, min, max, m);
    v = static_cast<N>(wide);
  }
  template <std::integral N>
  void whole(key k, N& v, std::uint64_t min, std::uint64_t max, const meaning& m) {
    std::uint64_t wide = static_cast<std::uint64_t>(v);
    whole(k, wide, min, max, m);
    v = static_cast<N>(wide);
  }
  template <worded E>
  void one_of(key k, E& v, const meaning& m) {
    auto i = static_cast<std::size_t>(v);
    choice(k, i, words_of(v), m);
    v = static_cast<E>(i);
  }
  /// A value that need not be there, visited by `visit(T&)` with this same key.
  template <class T, class F>
  void optional(key k, std::optional<T>& v, F visit) {
    if (!maybe(k, v.has_value())) return;
    if (!v) v.emplace();
    visit(*v);
  }
  template <class T>
  void table(key k, T& v, const meaning& m) {
    if (!open(k, true, m)) return;
    v.fields(*this);
    close();
  }
  template <class T>
  void table(key k, std::optional<T>& v, const meaning& m) {
    if (!open(k, v.has_value(), m)) return;
    if (!v) v.emplace();
    v->fields(*this);
    close();
  }
};

}  // namespace wh::sim
