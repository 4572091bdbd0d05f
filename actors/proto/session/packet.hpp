#pragma once

#include <optional>

#include "actors/proto/wire/codec.hpp"
#include "actors/proto/wire/mtu.hpp"

/// Offsets and sizes of wire/SPEC.md, section 1.
namespace wh::session::packet {

constexpr std::uint8_t magic = 0xff;
enum class type : std::uint8_t { initiation = 1, response, cookie_reply, transport, reach };

/// Of a datagram with our header, of a type that we know.
constexpr std::optional<type> type_of(byte_view d) {
  if (d.size() < 4 || d[0] != magic || d[2] < 1 || d[2] > 5) return std::nullopt;
  return static_cast<type>(d[2]);
}

constexpr std::size_t header_size = 4;
constexpr std::size_t mac_size = 16;
constexpr std::size_t macs_size = 2 * mac_size;

constexpr std::size_t initiation_noise = header_size + 4;  // where Noise's message begins
constexpr std::size_t initiation_overhead = initiation_noise + 32 + 48 + 16 + macs_size;
constexpr std::size_t initiation_payload_min = 8 + 1 + 2;
/// 0.1.0 sends it; ours have a zero more.
constexpr std::size_t initiation_min = initiation_overhead + initiation_payload_min;
static_assert(initiation_min == 147);
/// Initiations that ask for contacts, less the zero that says what we read: three times this holds
/// twenty of them.
constexpr std::size_t initiation_padded = 400;
/// The zeros behind an initiation's message say by their number modulo this what the sender reads.
constexpr std::size_t padding_unit = 8;
constexpr std::size_t padding_reads_options = 1;
static_assert((initiation_padded - initiation_min - 37) % padding_unit == 0);

constexpr std::size_t response_noise = header_size + 8;
constexpr std::size_t response_overhead = response_noise + 32 + 16 + mac_size;
constexpr std::size_t response_payload_min = 1 + 2;
constexpr std::size_t response_min = response_overhead + response_payload_min;
static_assert(response_min == 79);

constexpr std::size_t cookie_size = 16;
constexpr std::size_t cookie_reply_size = header_size + 4 + 24 + cookie_size + 16;
static_assert(cookie_reply_size == 64);

constexpr std::size_t transport_sealed = header_size + 4 + 8;
constexpr std::size_t transport_overhead = transport_sealed + 16;
static_assert(transport_overhead == wire::session_overhead);
constexpr std::size_t transport_max = transport_overhead + wire::encoded_max;
static_assert(transport_max == 1519);

constexpr std::size_t reach_size = header_size + 8;

/// Flags in initiations and responses.
constexpr std::uint8_t flag_serves_dht = 1;
constexpr std::uint8_t flag_reads_options = 2;  // in responses only
/// In the place of an optional field's type: one zero of padding.
constexpr std::uint8_t no_option = 0;

/// First bytes of transport plaintexts that belong to this layer: from `layer_kinds` on.
constexpr std::uint8_t layer_kinds = 0xf0;
constexpr std::uint8_t path_challenge = 0xf0;
constexpr std::uint8_t path_echo = 0xf1;
constexpr std::size_t path_size = 1 + 8;

/// Three times the smallest request: what may go to any address in a session.
constexpr std::size_t probe_max = 111;
/// Bytes out for one byte in, to an address not proven.
constexpr std::size_t amplification_max = 3;

}  // namespace wh::session::packet
