#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transport/bytes.hpp"

namespace wh {

/// An IPv4 or IPv6 address in 16 bytes; IPv4 is kept as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
class ip_address {
 public:
  constexpr ip_address() = default;
  static constexpr ip_address v4(std::uint32_t host_order) {
    ip_address a;
    a.b_[10] = a.b_[11] = 0xff;
    store_be(a.b_.data() + 12, host_order);
    return a;
  }
  static constexpr ip_address v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return v4(std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | std::uint32_t{c} << 8 | d);
  }
  static constexpr ip_address v6(const fixed_bytes<16>& raw) {
    ip_address a;
    a.b_ = raw;
    return a;
  }
  /// Numeric forms only; names are not resolved.
  static std::optional<ip_address> parse(std::string_view text);

  constexpr bool is_v4() const {
    for (std::size_t i = 0; i < 10; ++i)
      if (b_[i] != 0) return false;
    return b_[10] == 0xff && b_[11] == 0xff;
  }
  /// The unspecified address `::`, which a default-constructed one is.
  constexpr bool is_unspecified() const { return b_ == fixed_bytes<16>{}; }
  constexpr std::uint32_t v4_value() const { return load_be<std::uint32_t>(b_.data() + 12); }
  constexpr const fixed_bytes<16>& raw() const { return b_; }
  /// Private, loopback, link-local, shared (100.64/10), multicast or otherwise not to be met on the
  /// public internet.
  bool is_global() const;
  bool is_loopback() const;
  /// The first `bits` bits of the address, the rest zero; for IPv4 counted from its own first bit.
  ip_address prefix(unsigned bits) const;
  std::string to_string() const;

  friend constexpr auto operator<=>(const ip_address&, const ip_address&) = default;

 private:
  fixed_bytes<16> b_{};
};

/// A UDP endpoint: 18 bytes without padding.
struct endpoint {
  ip_address address;
  fixed_bytes<2> port_be{};

  constexpr endpoint() = default;
  constexpr endpoint(ip_address a, std::uint16_t p) : address(a) { store_be(port_be.data(), p); }
  constexpr std::uint16_t port() const { return load_be<std::uint16_t>(port_be.data()); }
  /// `1.2.3.4:5` or `[::1]:5`; both parts numeric.
  static std::optional<endpoint> parse(std::string_view text);
  std::string to_string() const;
  constexpr bool is_unspecified() const { return address.is_unspecified(); }
  friend constexpr auto operator<=>(const endpoint&, const endpoint&) = default;
};
static_assert(sizeof(endpoint) == 18);

/// The network that one owner easily has all addresses of, as a number: /24 for IPv4, /48 for IPv6.
/// The two families do not meet: the first 16 bits of a global IPv6 address are not zero.
inline std::uint64_t network_of(const ip_address& a) {
  if (a.is_v4()) return a.v4_value() >> 8;
  return std::uint64_t{1} << 63 | load_be<std::uint64_t>(a.raw().data()) >> 16;
}

/// The part of an address that one host easily has all of, as a number: an IPv4 address, the /64 of
/// an IPv6 address.
inline std::uint64_t site_of(const ip_address& a) {
  return a.is_v4() ? a.v4_value() : load_be<std::uint64_t>(a.raw().data());
}

/// The /24 or /48 of a site. IPv6 sites begin with other than 32 zero bits.
constexpr std::uint64_t network_of_site(std::uint64_t site) {
  return site >> 32 == 0 ? site >> 8 : std::uint64_t{1} << 63 | site >> 16;
}

}  // namespace wh
