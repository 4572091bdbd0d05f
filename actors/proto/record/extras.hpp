#pragma once

#include <optional>
#include <vector>

#include "actors/proto/wire/messages.hpp"

/// What a record says beyond its fields: optional fields in the form of endpoints where nothing can
/// be sent to. SPEC.md draws them, and says why they stand there.
namespace wh::record {

/// Bytes of optional fields in one such endpoint: all of its address but the first, and its port.
constexpr std::size_t extra_size = 17;

/// Whether this entry of a record's list is a piece of optional fields, and no endpoint.
bool is_extra(const endpoint& e);

/// The endpoints of a record.
std::vector<endpoint> endpoints_of(const wire::record& r);

/// An optional field: `value` is as long as it came.
struct extra {
  std::uint8_t type = 0;
  bytes value;
  friend bool operator==(const extra&, const extra&) = default;
};

/// A record's optional fields, known or not, up to the first that is cut short.
std::vector<extra> extras_of(const wire::record& r);

/// Adds optional fields behind the record's endpoints, before it is signed. Types are from 1 and
/// ascend. False, and nothing added, when there is no room for all.
bool add_extras(wire::record& r, const std::vector<extra>& all);

}  // namespace wh::record
