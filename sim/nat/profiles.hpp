#pragma once

#include <span>
#include <string_view>

#include "sim/nat/config.hpp"

namespace wh::sim::nat {

struct named_profile {
  std::string_view name;
  std::string_view about;   ///< one line, for people
  std::string_view source;  ///< where its behaviour is known from
  config behaviour;
};

/// Every device family known by name, in a fixed order; they live as long as the program.
std::span<const named_profile> profiles();

/// Null when there is none of that name.
const named_profile* find_profile(std::string_view name);
const config* profile(std::string_view name);

}  // namespace wh::sim::nat
