#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace wh {

using words = std::span<const std::string_view>;

/// An enum whose values, from 0 on, have texts: `words_of(E)` beside the enum gives them in the
/// enum's order. Reader, writer and page all take the texts from there.
template <class E>
concept worded = requires(E e) {
  { words_of(e) } -> std::convertible_to<words>;
};

template <worded E>
constexpr std::string_view to_string(E e) {
  const words all = words_of(e);
  const auto i = static_cast<std::size_t>(e);
  return i < all.size() ? all[i] : std::string_view{"?"};
}

/// Empty when no value has this text.
template <worded E>
constexpr std::optional<E> from_string(std::string_view text) {
  const words all = words_of(E{});
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] == text) return static_cast<E>(i);
  return std::nullopt;
}

}  // namespace wh
