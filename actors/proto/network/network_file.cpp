#include "actors/proto/network/network_file.hpp"

#include <algorithm>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/network/words.hpp"

namespace wh::network {

static_assert(keys::workbit_default == 8 && keys::namespace_default == "public");

std::string_view to_string(role r) {
  switch (r) {
    case role::boot:
      return "boot";
    case role::peer:
      return "peer";
    case role::trust:
      return "trust";
    case role::router:
      return "router";
    case role::alias:
      return "alias";
  }
  return "?";
}

bool subnet::contains(const ip_address& a) const {
  return a.is_v4() == address.is_v4() && a.prefix(prefix_bits) == address;
}

bool subnet::usable(const ip_address& a) const {
  if (!contains(a)) return false;
  const unsigned host_bits = address_bits() - prefix_bits;
  if (host_bits <= 1) return true;
  if (a == address) return false;
  if (!a.is_v4()) return true;
  const std::uint32_t host_mask = host_bits == 32 ? ~0U : (1U << host_bits) - 1;
  return (a.v4_value() & host_mask) != host_mask;
}

std::optional<ip_address> subnet::host(std::uint32_t number) const {
  const unsigned host_bits = address_bits() - prefix_bits;
  if (host_bits < 32 && number >> host_bits != 0) return std::nullopt;
  fixed_bytes<16> raw = address.raw();
  store_be(raw.data() + 12, load_be<std::uint32_t>(raw.data() + 12) | number);
  const auto a = ip_address::v6(raw);
  if (!usable(a)) return std::nullopt;
  return a;
}

std::string subnet::to_string() const {
  return address.to_string() + "/" + std::to_string(prefix_bits);
}

std::optional<endpoint> place::numeric() const {
  const auto a = ip_address::parse(host);
  if (!a) return std::nullopt;
  return endpoint{*a, port};
}

std::string place::to_string() const {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

const entry* network_file::find(const public_key& k) const {
  for (const entry& e : entries)
    if (e.key == k) return &e;
  return nullptr;
}

const entry* network_file::find(std::string_view hostname) const {
  if (hostname.empty()) return nullptr;
  const std::string wanted = lower(hostname);
  for (const entry& e : entries)
    if (e.hostname.size() == wanted.size() && lower(e.hostname) == wanted) return &e;
  return nullptr;
}

std::string to_text(const network_file& n) {
  std::string out;
  const auto line = [&out](std::initializer_list<std::string_view> words) {
    std::size_t i = 0;
    for (const std::string_view w : words) {
      if (w.empty()) continue;
      if (i++ > 0) out += ' ';
      out += w;
    }
    out += '\n';
  };
  if (!n.name.empty()) line({"name", n.name});
  line({"namespace", n.name_space});
  line({"workbit", std::to_string(n.workbit)});
  if (n.range) line({"subnet", n.range->to_string()});
  for (const entry& e : n.entries)
    line({to_string(e.kind), e.hostname,
          e.address && e.address_fixed ? e.address->to_string() : std::string{},
          keys::to_text(e.key), e.where ? e.where->to_string() : std::string{}});
  return out;
}

}  // namespace wh::network
