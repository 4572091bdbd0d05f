#include "sim/net/pcap_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "transport/check.hpp"

namespace wh::sim {

namespace {

constexpr std::uint8_t udp = 17;

std::uint32_t sum16(byte_view b, std::uint32_t sum = 0) {
  std::size_t i = 0;
  for (; i + 1 < b.size(); i += 2) sum += static_cast<std::uint32_t>(b[i] << 8 | b[i + 1]);
  if (i < b.size()) sum += static_cast<std::uint32_t>(b[i] << 8);
  return sum;
}

std::uint16_t folded(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// RFC 768 and RFC 8200, 8.1: over the addresses, the protocol, the length and the datagram. Zero
/// means "none", so it is sent as its complement.
void store_udp_checksum(byte_span datagram, byte_view addresses) {
  store_be<std::uint16_t>(datagram.data() + 6, 0);
  std::uint32_t sum = sum16(addresses, udp + static_cast<std::uint32_t>(datagram.size()));
  sum = sum16(datagram, sum);
  const std::uint16_t c = folded(sum);
  store_be<std::uint16_t>(datagram.data() + 6, c == 0 ? 0xffff : c);
}

void store_checksums_ipv4(byte_span packet) {
  store_be<std::uint16_t>(packet.data() + 10, 0);
  store_be<std::uint16_t>(packet.data() + 10, folded(sum16(packet.first(20))));
  store_udp_checksum(packet.subspan(20), packet.subspan(12, 8));
}

template <class Int>
void put_native(std::uint8_t*& p, Int v) {
  std::memcpy(p, &v, sizeof v);
  p += sizeof v;
}

}  // namespace

pcap_writer::pcap_writer(const std::string& path) : file_(std::fopen(path.c_str(), "wb")) {
  if (!file_) throw std::runtime_error{"pcap " + path + ": " + std::strerror(errno)};
  // In the byte order of the host; the magic number says which, and that times have nanoseconds.
  fixed_bytes<24> head{};
  std::uint8_t* p = head.data();
  put_native<std::uint32_t>(p, 0xa1b23c4d);
  put_native<std::uint16_t>(p, 2);
  put_native<std::uint16_t>(p, 4);
  put_native<std::uint64_t>(p, 0);
  put_native<std::uint32_t>(p, 65535);
  put_native<std::uint32_t>(p, 101);  // LINKTYPE_RAW
  std::fwrite(head.data(), 1, head.size(), file_.get());
}

void pcap_writer::write(time_point t, byte_view ip_packet) {
  const auto ns = static_cast<std::uint64_t>(t.time_since_epoch().count());
  fixed_bytes<16> head{};
  std::uint8_t* p = head.data();
  put_native(p, static_cast<std::uint32_t>(ns / 1'000'000'000));
  put_native(p, static_cast<std::uint32_t>(ns % 1'000'000'000));
  put_native(p, static_cast<std::uint32_t>(ip_packet.size()));
  put_native(p, static_cast<std::uint32_t>(ip_packet.size()));
  std::fwrite(head.data(), 1, head.size(), file_.get());
  std::fwrite(ip_packet.data(), 1, ip_packet.size(), file_.get());
}

bytes ip_packet(const nat::packet& p, byte_view payload) {
  const bool v4 = p.dst.address.is_v4();
  const std::size_t head = v4 ? 20 : 40;
  bytes out(head + 8 + payload.size());
  const auto udp_size = static_cast<std::uint16_t>(8 + payload.size());
  store_be<std::uint16_t>(out.data() + head + 4, udp_size);
  std::copy(payload.begin(), payload.end(), out.begin() + static_cast<std::ptrdiff_t>(head) + 8);
  if (v4) {
    out[0] = 0x45;
    store_be(out.data() + 2, static_cast<std::uint16_t>(out.size()));
    out[6] = 0x40;  // don't fragment
    out[9] = udp;
    rewrite_ipv4(out, p);
    return out;
  }
  out[0] = 0x60;
  store_be<std::uint16_t>(out.data() + 4, udp_size);
  out[6] = udp;
  out[7] = p.ttl;
  std::copy_n(p.src.address.raw().begin(), 16, out.begin() + 8);
  std::copy_n(p.dst.address.raw().begin(), 16, out.begin() + 24);
  store_be(out.data() + 40, p.src.port());
  store_be(out.data() + 42, p.dst.port());
  const byte_span all{out};
  store_udp_checksum(all.subspan(40), all.subspan(8, 32));
  return out;
}

void rewrite_ipv4(byte_span ip_packet, const nat::packet& p) {
  WH_CHECK(ip_packet.size() >= 28 && ip_packet[0] == 0x45);
  ip_packet[8] = p.ttl;
  store_be(ip_packet.data() + 12, p.src.address.v4_value());
  store_be(ip_packet.data() + 16, p.dst.address.v4_value());
  store_be(ip_packet.data() + 20, p.src.port());
  store_be(ip_packet.data() + 22, p.dst.port());
  store_checksums_ipv4(ip_packet);
}

}  // namespace wh::sim
