#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "sim/nat/box.hpp"
#include "transport/bytes.hpp"
#include "transport/time.hpp"

namespace wh::sim {

/// A pcap file of raw IP packets (LINKTYPE_RAW) with nanoseconds, as Wireshark opens it.
class pcap_writer {
 public:
  /// Throws std::runtime_error when the file cannot be written.
  explicit pcap_writer(const std::string& path);
  void write(time_point t, byte_view ip_packet);

 private:
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  std::unique_ptr<std::FILE, closer> file_;
};

/// The IPv4 or IPv6 packet that carries `payload` as UDP, checksums and all.
bytes ip_packet(const nat::packet& p, byte_view payload);

/// Rewrites addresses, ports and TTL of an IPv4 packet without options that carries UDP.
void rewrite_ipv4(byte_span ip_packet, const nat::packet& p);

}  // namespace wh::sim
