#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "transport/bytes.hpp"
#include "transport/time.hpp"

/// WireGuard's datagrams as the model writes them: sizes, first bytes and indices as in the white
/// paper (Donenfeld, WireGuard: Next Generation Kernel Network Tunnel, NDSS 2017, section 5.4),
/// what is in between made up. Tags are made from public keys: they tell a stray, stale or damaged
/// datagram from a good one, and keep out nobody who wants to get in.
///
///     initiation, 148: 1 000 | sender index 4 | nonce 8 | time 8 | initiator's key 32 | 0... | tag
///     8 response,    92: 2 000 | sender index 4 | receiver index 4 | nonce 8 | 0...        | tag 8
///     data, 32 + n   : 4 000 | receiver index 4 | counter 8 | payload, padded to 16 | tag 15,
///     padding 1
namespace wh::sim::wireguard {

constexpr std::size_t initiation_size = 148;
constexpr std::size_t response_size = 92;
constexpr std::size_t data_overhead = 32;

enum class message_type : std::uint8_t { initiation = 1, response = 2, cookie = 3, data = 4 };

/// By first bytes and length only; empty for what is not WireGuard's.
std::optional<message_type> type_of(byte_view datagram);

/// What a session's tags are made with.
using session_secret = strong<fixed_bytes<8>, struct session_secret_tag>;

struct initiation {
  std::uint32_t sender = 0;
  std::uint64_t nonce = 0;
  std::uint64_t time = 0;  ///< nanoseconds; grows with each initiation of a pair
  public_key from;
};
bytes write(const initiation& m, const public_key& to);
/// Empty when it was not made for `to`.
std::optional<initiation> read_initiation(byte_view datagram, const public_key& to);

struct response {
  std::uint32_t sender = 0;
  std::uint32_t receiver = 0;
  std::uint64_t nonce = 0;
};
/// `secret` is that of the session which the response begins, so it ties both keys and nonces.
bytes write(const response& m, const session_secret& secret);
response peek_response(byte_view datagram);
bool authentic(byte_view datagram, const session_secret& secret);

session_secret derive(const initiation& i, const public_key& responder, std::uint64_t nonce);

std::uint32_t receiver_of_data(byte_view datagram);
std::uint64_t counter_of_data(byte_view datagram);
/// `initiator_sends` keeps a datagram from being taken by the one who sent it.
bytes write_data(std::uint32_t receiver, std::uint64_t counter, byte_view payload,
                 const session_secret& secret, bool initiator_sends);
/// The payload without padding; empty when the tag is wrong.
std::optional<byte_view> read_data(byte_view datagram, const session_secret& secret,
                                   bool initiator_sends);

/// Which counters of a session have been seen: the newest and a window below it (RFC 6479). The
/// kernel keeps some 8,000; 192 at least are as good against what a path reorders, in 32 bytes.
class replay_window {
 public:
  /// False for a counter seen, or too old to tell.
  bool accept(std::uint64_t counter);

 private:
  std::array<std::uint64_t, 4> seen_{};
  std::uint64_t next_ = 0;
};

}  // namespace wh::sim::wireguard
