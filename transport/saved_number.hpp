#pragma once

#include <optional>

#include "transport/ports.hpp"

namespace wh {

/// A number as it is kept: 8 bytes, big endian. Nothing when there is none, or no number.
inline std::optional<std::uint64_t> load_number(const state_store& s, std::string_view name) {
  const auto saved = s.load(name);
  if (!saved || saved->size() != 8) return std::nullopt;
  return load_be<std::uint64_t>(saved->data());
}

inline void save_number(state_store& s, std::string_view name, std::uint64_t n) {
  bytes b(8);
  store_be(b.data(), n);
  s.save(name, std::move(b));
}

}  // namespace wh
