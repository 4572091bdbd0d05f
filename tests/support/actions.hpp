#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/proto/note.hpp"
#include "transport/check.hpp"
#include "transport/endpoint.hpp"
#include "transport/time.hpp"

/// Words for tests of engines: a beginning of time, keys and endpoints by number, and what an
/// engine did by kind.
namespace wh::test {

constexpr time_point t0 = from_unix_seconds(1'700'000'000);

/// Keys sort as their numbers do.
constexpr public_key key(std::uint32_t n) {
  public_key k;
  store_be(k.value.data(), n);
  return k;
}

inline endpoint at(std::string_view text) {
  const auto e = endpoint::parse(text);
  WH_CHECK(e);  // also used before the first test runs
  return *e;
}

/// All actions of one kind, in order.
template <class T, class Action>
std::vector<T> all(const std::vector<Action>& out) {
  std::vector<T> r;
  for (const Action& a : out)
    if (const T* t = std::get_if<T>(&a)) r.push_back(*t);
  return r;
}

template <class Action>
std::size_t notes(const std::vector<Action>& out, note_kind what) {
  const auto found = all<note>(out);
  return static_cast<std::size_t>(
      std::count_if(found.begin(), found.end(), [&](const note& n) { return n.what == what; }));
}

/// Lets an engine's timeouts pass until `until`, each at its time; nothing may be due at the same
/// instant again, for a simulation would never leave it.
template <class Engine, class Actions>
time_point pass(Engine& e, time_point until, Actions& out) {
  while (const auto next = e.next_timeout()) {
    if (*next > until) break;
    e.handle_timeout(*next, out);
    if (const auto again = e.next_timeout()) REQUIRE(*again > *next);
  }
  return until;
}

}  // namespace wh::test
