#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "transport/bytes.hpp"
#include "transport/endpoint.hpp"

/// The network file: what a person writes down of a network, the same on every member's machine.
namespace wh::network {

constexpr std::uint16_t port_default = 62096;

/// Bounds of a file; one step over any of them is an error with a line.
constexpr std::size_t file_bytes_max = 4 << 20;
constexpr std::size_t line_bytes_max = 4096;
constexpr std::size_t entries_max = 65536;

/// The word that an entry's line begins with.
enum class role : std::uint8_t {
  boot,    // known to strangers by key and endpoint: where a newcomer asks first
  peer,    // another node of the DHT, perhaps with a name; no member, no address in the subnet
  trust,   // a member: has an address in the subnet
  router,  // a member that routes for others
  alias,   // a member whose real key becomes known when it authenticates with this one
};
std::string_view to_string(role r);
/// Members have addresses in the subnet: trust, router, alias.
constexpr bool is_member(role r) { return r >= role::trust; }

/// An address range by its first address; the bits behind the prefix are zero.
struct subnet {
  ip_address address;
  std::uint8_t prefix_bits = 0;

  /// 32 or 128.
  unsigned address_bits() const { return address.is_v4() ? 32 : 128; }
  bool contains(const ip_address& a) const;
  /// An address that a member may have: inside, and neither the network's own nor IPv4's broadcast,
  /// but for ranges of one or two addresses, which have neither (RFC 3021, RFC 6164).
  bool usable(const ip_address& a) const;
  /// The address with this host number, when it is usable.
  std::optional<ip_address> host(std::uint32_t number) const;
  std::string to_string() const;
  friend bool operator==(const subnet&, const subnet&) = default;
};

/// Where an entry says it can be reached: a name, which somebody else resolves, or an address.
struct place {
  /// As written, without brackets; an address in its canonical form.
  std::string host;
  std::uint16_t port = port_default;

  /// The endpoint, when `host` is an address.
  std::optional<endpoint> numeric() const;
  /// `host:port`, with brackets around an IPv6 address; always with the port.
  std::string to_string() const;
  friend bool operator==(const place&, const place&) = default;
};

struct entry {
  role kind = role::trust;
  /// Empty when it has none.
  std::string hostname;
  /// Every member has one; given in the file (`address_fixed`) or assigned in its order.
  std::optional<ip_address> address;
  bool address_fixed = false;
  public_key key;
  std::optional<place> where;
  /// Where in the file; not part of what the entry is.
  unsigned line = 0;

  friend bool operator==(const entry& a, const entry& b) {
    const auto all = [](const entry& e) {
      return std::tie(e.kind, e.hostname, e.address, e.address_fixed, e.key, e.where);
    };
    return all(a) == all(b);
  }
};

struct network_file {
  /// What people call the network; no protocol reads it. May be empty.
  std::string name;
  /// What the proof of work is for, and which nodes meet at all.
  std::string name_space = "public";
  /// The least workbit a key must have to be talked to.
  unsigned workbit = 8;
  std::optional<subnet> range;
  /// In the order of the file, which decides about addresses.
  std::vector<entry> entries;

  const entry* find(const public_key& k) const;
  /// Upper and lower case are the same (RFC 1123, 2.1 and RFC 4343).
  const entry* find(std::string_view hostname) const;
  friend bool operator==(const network_file&, const network_file&) = default;
};

/// The file that `parse` reads back to an equal value. Fixed addresses are written, assigned ones
/// are not: they come out the same by the order.
std::string to_text(const network_file& n);

}  // namespace wh::network
