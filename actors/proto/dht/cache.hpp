#pragma once

#include <optional>
#include <vector>

#include "actors/proto/wire/messages.hpp"

namespace wh::dht {

constexpr std::size_t cache_contacts_max = 64;

/// The endpoint cache as it is kept between two runs:
///   version 1 (= 1) | contacts, each key 32 | family 1 (4 | 6) | address 4 | 16 | port 2
/// At most the first 64 contacts.
bytes encode_cache(const std::vector<wire::contact>& contacts);
/// Empty when it is not exactly that: a damaged cache costs a slower start, nothing else.
std::optional<std::vector<wire::contact>> decode_cache(byte_view b);

}  // namespace wh::dht
