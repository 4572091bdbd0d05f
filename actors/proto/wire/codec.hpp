#pragma once

#include <string>
#include <string_view>

#include "actors/proto/wire/messages.hpp"
#include "transport/expected.hpp"

/// Bytes from messages and back, driven by the field lists of messages.hpp. Every message has
/// exactly one encoding: decode(encode(x)) == x, and what decodes encodes to the same bytes, less
/// the optional fields that are not known.
namespace wh::wire {

enum class decode_error : std::uint8_t {
  truncated,     // ends inside a field
  trailing,      // goes on behind the last field, and not with optional fields
  unknown_kind,  // no such message
  over_bound,    // a list or blob longer than its type allows
  bad_enum,      // a value without a name
  bad_family,    // an endpoint's family is neither 4 nor 6
  mapped_v4,     // an IPv4 address written as IPv6
  bad_flag,      // an optional's first byte is neither 0 nor 1
};
std::string_view to_string(decode_error e);

/// The longest encoding of any message: `relay_to` with a full datagram.
constexpr std::size_t encoded_max = 1 + 32 + 2 + relayed_max;

/// Length of the encoding; may exceed `encoded_max` when a blob is over its bound, which is then
/// not to be encoded.
std::size_t encoded_size(const message& m);
/// How many of these bytes, from the first, are for a peer that reads no optional fields: all but
/// those fields; 0 when it does not know the kind.
std::size_t plain_size(const message& m);
/// Appends to `out`. Blobs must be within their bound.
void encode(const message& m, bytes& out);
/// Writes to the front of `out`, which holds encoded_size(m) bytes; returns how many.
std::size_t encode_to(const message& m, byte_span out);
expected<message, decode_error> decode(byte_view in);

/// A single record or contact, for caches.
void encode(const record& r, bytes& out);
void encode(const contact& c, bytes& out);
expected<record, decode_error> decode_record(byte_view in);
expected<contact, decode_error> decode_contact(byte_view in);
/// Decodes the contact at the front of `in` and removes it from there.
expected<contact, decode_error> take_contact(byte_view& in);

/// What a record's signature is over: a label, every field before the signature, the namespace.
bytes signed_part(const record& r, std::string_view name_space);

/// Drops contacts from the end, the farthest, until the encoding is at most `size_max` long. False
/// when that does not suffice; then nothing was dropped.
bool fit(message& m, std::size_t size_max);

/// `find_node`
std::string_view name_of(const message& m);
/// The same by a message's kind, the first byte of its encoding; "unknown" of none.
std::string_view name_of(std::uint8_t kind);
/// For logs and flow diagrams, one short line: `nodes{tx=7 observed=1.2.3.4:5 contacts=20}`.
std::string to_string(const message& m);
std::string to_string(const record& r);

}  // namespace wh::wire
