#include "sim/wireguard/messages.hpp"

#include <algorithm>

#include "sim/crypto/modelled.hpp"

namespace wh::sim::wireguard {

namespace {

using tag8 = fixed_bytes<8>;

tag8 tag_of(std::initializer_list<byte_view> parts) {
  tag8 t;
  modelled_crypto().hash(t, parts);
  return t;
}

bytes blank(message_type t, std::size_t size) {
  bytes b(size);
  b[0] = static_cast<std::uint8_t>(t);
  return b;
}

bool tagged(byte_view datagram, const tag8& t) {
  return std::equal(t.begin(), t.end(), datagram.end() - 8);
}

/// The tag of a data message is doubled to 16 bytes, the last of which gives way to the padding.
fixed_bytes<15> data_tag(byte_view header_and_text, std::uint8_t padding,
                         const session_secret& secret, bool initiator_sends) {
  const std::array<std::uint8_t, 2> extra{padding, initiator_sends};
  fixed_bytes<15> t;
  modelled_crypto().hash(t, {view(secret), extra, header_and_text});
  return t;
}

}  // namespace

std::optional<message_type> type_of(byte_view d) {
  if (d.size() < data_overhead || d[1] != 0 || d[2] != 0 || d[3] != 0) return std::nullopt;
  switch (d[0]) {
    case 1:
      return d.size() == initiation_size ? std::optional{message_type::initiation} : std::nullopt;
    case 2:
      return d.size() == response_size ? std::optional{message_type::response} : std::nullopt;
    case 3:
      return d.size() == 64 ? std::optional{message_type::cookie} : std::nullopt;
    case 4:
      return d.size() % 16 == 0 ? std::optional{message_type::data} : std::nullopt;
    default:
      return std::nullopt;
  }
}

bytes write(const initiation& m, const public_key& to) {
  bytes b = blank(message_type::initiation, initiation_size);
  store_be(b.data() + 4, m.sender);
  store_be(b.data() + 8, m.nonce);
  store_be(b.data() + 16, m.time);
  std::copy(m.from.value.begin(), m.from.value.end(), b.begin() + 24);
  const tag8 t = tag_of({byte_view{b}.first(initiation_size - 8), view(to)});
  std::copy(t.begin(), t.end(), b.end() - 8);
  return b;
}

std::optional<initiation> read_initiation(byte_view d, const public_key& to) {
  if (!tagged(d, tag_of({d.first(initiation_size - 8), view(to)}))) return std::nullopt;
  initiation m;
  m.sender = load_be<std::uint32_t>(d.data() + 4);
  m.nonce = load_be<std::uint64_t>(d.data() + 8);
  m.time = load_be<std::uint64_t>(d.data() + 16);
  std::copy_n(d.begin() + 24, 32, m.from.value.begin());
  return m;
}

bytes write(const response& m, const session_secret& secret) {
  bytes b = blank(message_type::response, response_size);
  store_be(b.data() + 4, m.sender);
  store_be(b.data() + 8, m.receiver);
  store_be(b.data() + 12, m.nonce);
  const tag8 t = tag_of({byte_view{b}.first(response_size - 8), view(secret)});
  std::copy(t.begin(), t.end(), b.end() - 8);
  return b;
}

response peek_response(byte_view d) {
  return {load_be<std::uint32_t>(d.data() + 4), load_be<std::uint32_t>(d.data() + 8),
          load_be<std::uint64_t>(d.data() + 12)};
}

bool authentic(byte_view d, const session_secret& secret) {
  return tagged(d, tag_of({d.first(response_size - 8), view(secret)}));
}

session_secret derive(const initiation& i, const public_key& responder, std::uint64_t nonce) {
  fixed_bytes<24> n;
  store_be(n.data(), i.nonce);
  store_be(n.data() + 8, i.time);
  store_be(n.data() + 16, nonce);
  return {tag_of({view(i.from), view(responder), n})};
}

std::uint32_t receiver_of_data(byte_view d) { return load_be<std::uint32_t>(d.data() + 4); }
std::uint64_t counter_of_data(byte_view d) { return load_be<std::uint64_t>(d.data() + 8); }

bytes write_data(std::uint32_t receiver, std::uint64_t counter, byte_view payload,
                 const session_secret& secret, bool initiator_sends) {
  const std::size_t padded = (payload.size() + 15) / 16 * 16;
  bytes b = blank(message_type::data, padded + data_overhead);
  store_be(b.data() + 4, receiver);
  store_be(b.data() + 8, counter);
  std::copy(payload.begin(), payload.end(), b.begin() + 16);
  const auto padding = static_cast<std::uint8_t>(padded - payload.size());
  const auto t = data_tag(byte_view{b}.first(16 + padded), padding, secret, initiator_sends);
  std::copy(t.begin(), t.end(), b.end() - 16);
  b.back() = padding;
  return b;
}

std::optional<byte_view> read_data(byte_view d, const session_secret& secret,
                                   bool initiator_sends) {
  const std::size_t padded = d.size() - data_overhead;
  const std::uint8_t padding = d.back();
  if (padding > std::min<std::size_t>(padded, 15)) return std::nullopt;
  const auto t = data_tag(d.first(16 + padded), padding, secret, initiator_sends);
  if (!std::equal(t.begin(), t.end(), d.end() - 16)) return std::nullopt;
  return d.subspan(16, padded - padding);
}

bool replay_window::accept(std::uint64_t counter) {
  // A ring of four words of which the newest is being filled: the three before it are whole.
  constexpr std::uint64_t certain = 192;
  if (counter >> 62 != 0) return false;  // REJECT_AFTER_MESSAGES is not far above
  if (counter >= next_) {
    const std::uint64_t newest = next_ == 0 ? 0 : (next_ - 1) / 64;
    for (std::uint64_t w = newest + 1; w <= counter / 64 && w <= newest + 4; ++w) seen_[w % 4] = 0;
    next_ = counter + 1;
  } else if (counter + certain < next_) {
    return false;
  }
  std::uint64_t& word = seen_[counter / 64 % 4];
  const std::uint64_t bit = std::uint64_t{1} << (counter % 64);
  if ((word & bit) != 0) return false;
  word |= bit;
  return true;
}

}  // namespace wh::sim::wireguard
