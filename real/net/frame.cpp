#include "real/net/frame.hpp"

namespace wh::real {

namespace {

constexpr std::uint16_t ether_v4 = 0x0800, ether_v6 = 0x86dd, ether_vlan = 0x8100,
                        ether_service_vlan = 0x88a8;
constexpr std::uint8_t protocol_udp = 17, protocol_fragment = 44;

/// The IP packet in a frame; `protocol` an EtherType, 0 where the packet itself must tell.
struct packet {
  std::uint16_t protocol = 0;
  unsigned interface = 0;
  byte_view content;
};

std::variant<packet, refusal> strip_link(link_type t, byte_view f) {
  const auto head = [&](std::size_t n) { return f.size() >= n; };
  switch (t) {
    case link_type::ethernet: {
      std::size_t at = 12;
      if (!head(14)) return refusal::malformed;
      std::uint16_t protocol = load_be<std::uint16_t>(f.data() + at);
      while (protocol == ether_vlan || protocol == ether_service_vlan) {
        at += 4;
        if (!head(at + 2)) return refusal::malformed;
        protocol = load_be<std::uint16_t>(f.data() + at);
      }
      return packet{protocol, 0, f.subspan(at + 2)};
    }
    case link_type::sll:
      if (!head(16)) return refusal::malformed;
      return packet{load_be<std::uint16_t>(f.data() + 14), 0, f.subspan(16)};
    case link_type::sll2:
      if (!head(20)) return refusal::malformed;
      return packet{load_be<std::uint16_t>(f.data()), load_be<std::uint32_t>(f.data() + 4),
                    f.subspan(20)};
    case link_type::raw:
      return packet{0, 0, f};
    case link_type::loopback:
      if (!head(4)) return refusal::malformed;
      return packet{0, 0, f.subspan(4)};
  }
  return refusal::malformed;
}

std::variant<captured, refusal> parse_udp(captured c, byte_view d) {
  if (d.size() < 8) return refusal::malformed;
  const std::size_t length = load_be<std::uint16_t>(d.data() + 4);
  if (length < 8 || length > d.size()) return refusal::malformed;
  store_be(c.from.port_be.data(), load_be<std::uint16_t>(d.data()));
  store_be(c.to.port_be.data(), load_be<std::uint16_t>(d.data() + 2));
  c.payload = d.subspan(8, length - 8);
  return c;
}

std::variant<captured, refusal> parse_v4(captured c, byte_view p) {
  if (p.size() < 20) return refusal::malformed;
  const std::size_t header = std::size_t{p[0] & 0xfU} * 4;
  const std::size_t total = load_be<std::uint16_t>(p.data() + 2);
  if (header < 20 || total < header) return refusal::malformed;
  if (p[9] != protocol_udp) return refusal::not_ours;
  // "More fragments", or an offset.
  if ((load_be<std::uint16_t>(p.data() + 6) & 0x3fff) != 0) return refusal::fragment;
  if (total > p.size()) return refusal::malformed;
  c.from.address = ip_address::v4(load_be<std::uint32_t>(p.data() + 12));
  c.to.address = ip_address::v4(load_be<std::uint32_t>(p.data() + 16));
  return parse_udp(c, p.subspan(header, total - header));
}

std::variant<captured, refusal> parse_v6(captured c, byte_view p) {
  if (p.size() < 40) return refusal::malformed;
  const std::size_t length = load_be<std::uint16_t>(p.data() + 4);
  if (p[6] == protocol_fragment) return refusal::fragment;
  // Other extension headers do not occur in front of UDP; the filter asks for none either.
  if (p[6] != protocol_udp) return refusal::not_ours;
  if (length > p.size() - 40) return refusal::malformed;
  fixed_bytes<16> a;
  std::memcpy(a.data(), p.data() + 8, a.size());
  c.from.address = ip_address::v6(a);
  std::memcpy(a.data(), p.data() + 24, a.size());
  c.to.address = ip_address::v6(a);
  return parse_udp(c, p.subspan(40, length));
}

}  // namespace

std::variant<captured, refusal> parse_frame(link_type t, byte_view frame) {
  const auto stripped = strip_link(t, frame);
  if (const auto* r = std::get_if<refusal>(&stripped)) return *r;
  const packet& p = std::get<packet>(stripped);
  if (p.content.empty()) return refusal::malformed;
  const unsigned version = p.content[0] >> 4;
  captured c;
  c.interface = p.interface;
  if (version == 4 && (p.protocol == ether_v4 || p.protocol == 0)) return parse_v4(c, p.content);
  if (version == 6 && (p.protocol == ether_v6 || p.protocol == 0)) return parse_v6(c, p.content);
  return p.protocol == 0 || p.protocol == ether_v4 || p.protocol == ether_v6 ? refusal::malformed
                                                                             : refusal::not_ours;
}

}  // namespace wh::real
