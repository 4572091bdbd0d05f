#pragma once

#include <cstdint>
#include <optional>

#include "transport/bytes.hpp"
#include "transport/time.hpp"

namespace wh::sim {

/// What users send each other inside the tunnel: a request, which the other side's host answers.
///
///     kind 1 | leg 1 | pair 4 | sequence 4 | sent 8 | zeros up to the payload's size
struct echo {
  enum class kind : std::uint8_t { request = 1, reply = 2 };
  kind what = kind::request;
  bool relayed = false;  ///< the request's leg, told by the reply
  std::uint32_t pair = 0;
  std::uint32_t sequence = 0;
  time_point sent;
  friend bool operator==(const echo&, const echo&) = default;
};
inline constexpr std::size_t echo_size = 18;

/// At least `echo_size` bytes.
bytes encode(const echo& e, std::size_t size);
std::optional<echo> decode_echo(byte_view b);

}  // namespace wh::sim
