#include "transport/endpoint.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace wh {

std::optional<ip_address> ip_address::parse(std::string_view text) {
  // inet_pton would read up to a zero inside and take what stands before it.
  if (text.size() > INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  const std::string zero_terminated(text);
  fixed_bytes<16> raw{};
  if (inet_pton(AF_INET, zero_terminated.c_str(), raw.data()) == 1)
    return v4(load_be<std::uint32_t>(raw.data()));
  if (inet_pton(AF_INET6, zero_terminated.c_str(), raw.data()) == 1) return v6(raw);
  return std::nullopt;
}

bool ip_address::is_loopback() const {
  if (is_v4()) return b_[12] == 127;
  fixed_bytes<16> one{};
  one[15] = 1;
  return b_ == one;
}

bool ip_address::is_global() const {
  if (is_v4()) {
    // IANA IPv4 special-purpose registry; the documentation blocks (RFC 5737) count as global, for
    // simulations and laboratories use them as "the internet".
    const std::uint32_t a = v4_value();
    const auto in = [a](std::uint32_t net, unsigned bits) { return (a ^ net) >> (32 - bits) == 0; };
    return !(in(0, 8) || in(0x0a000000, 8) || in(0x64400000, 10) || in(0x7f000000, 8) ||
             in(0xa9fe0000, 16) || in(0xac100000, 12) || in(0xc0a80000, 16) || in(0xe0000000, 3));
  }
  return (b_[0] & 0xe0) == 0x20;  // 2000::/3, the only part handed out as global unicast
}

ip_address ip_address::prefix(unsigned bits) const {
  ip_address r = *this;
  const unsigned from = (is_v4() ? 96 : 0) + bits;
  for (unsigned i = from; i < 128; ++i)
    r.b_[i / 8] = static_cast<std::uint8_t>(r.b_[i / 8] & ~(0x80U >> (i % 8)));
  return r;
}

std::string ip_address::to_string() const {
  char text[INET6_ADDRSTRLEN];
  const bool four = is_v4();
  inet_ntop(four ? AF_INET : AF_INET6, four ? b_.data() + 12 : b_.data(), text, sizeof text);
  return text;
}

std::optional<endpoint> endpoint::parse(std::string_view text) {
  std::string_view host, port;
  if (!text.empty() && text.front() == '[') {
    const auto close = text.find("]:");
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    port = text.substr(close + 2);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
      return std::nullopt;
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  const auto address = ip_address::parse(host);
  if (!address) return std::nullopt;
  return endpoint{*address, number};
}

std::string endpoint::to_string() const {
  const std::string a = address.to_string();
  return (address.is_v4() ? a : "[" + a + "]") + ":" + std::to_string(port());
}

}  // namespace wh
