#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sim/net/pcap_writer.hpp"
#include "tests/sim/net/net_lab.hpp"

namespace {

using namespace wh;
using namespace wh::sim;
using namespace wh::sim::lab;

struct temporary_path {
  std::string path = "pcap_test." + std::to_string(::getpid()) + ".pcap";
  ~temporary_path() { std::filesystem::remove(path); }
};

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char part[4096];
  while (const std::size_t n = std::fread(part, 1, sizeof part, pipe)) text.append(part, n);
  ::pclose(pipe);
  return text;
}

bool have_tshark() { return std::system("tshark --version >/dev/null 2>&1") == 0; }

/// Time, source, destination, ports, TTL, length and what tshark says of the checksums (1: good).
std::string read_back(const std::string& path) {
  return output_of("tshark -r " + path +
                   " -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields"
                   " -e frame.time_epoch -e ip.src -e ipv6.src -e udp.srcport -e ip.dst -e ipv6.dst"
                   " -e udp.dstport -e ip.ttl -e udp.length -e ip.checksum.status"
                   " -e udp.checksum.status -E separator=' ' 2>/dev/null");
}

TEST_CASE("tshark reads the pcap of both levels: addresses on both sides of a NAT and checksums") {
  if (!have_tshark()) {
    WARN("skipped: tshark is not installed");
    return;
  }
  const temporary_path inside;
  temporary_path outside;
  outside.path += ".internet";
  std::uint8_t hops = 0;
  {
    world w{GENERATE(level::cloud, level::packets)};
    const host_id a = w.host("192.168.1.2", {w.box("5.0.0.1")}, 5000);
    const host_id b = w.host("2.2.2.2", {}, 2000);
    hops = w.net->topology().path_hops(a, b);
    w.net->capture_hosts(inside.path);
    w.net->capture_internet(outside.path);
    w.net->send(a, ep("2.2.2.2:2000"), bytes(33, std::uint8_t{0xff}));
    w.s.run_for(1s);
    w.net->send(b, ep("5.0.0.1:5000"), bytes(4));
    w.s.run_for(1s);
  }
  const auto ttl = [](int n) { return std::to_string(n); };
  CHECK(read_back(inside.path) ==
        "1735689600.000000000 192.168.1.2  5000 2.2.2.2  2000 64 41 1 1\n"
        "1735689600.040000000 5.0.0.1  5000 2.2.2.2  2000 " +
            ttl(63 - hops) +
            " 41 1 1\n"
            "1735689601.000000000 2.2.2.2  2000 5.0.0.1  5000 64 12 1 1\n"
            "1735689601.040000000 2.2.2.2  2000 192.168.1.2  5000 " +
            ttl(63 - hops) + " 12 1 1\n");
  CHECK(read_back(outside.path) == "1735689600.000000000 5.0.0.1  5000 2.2.2.2  2000 " +
                                       ttl(63 - hops) +
                                       " 41 1 1\n"
                                       "1735689601.000000000 2.2.2.2  2000 5.0.0.1  5000 " +
                                       ttl(64 - hops) + " 12 1 1\n");
}

TEST_CASE("tshark reads the pcap of one IPv6 host") {
  if (!have_tshark()) {
    WARN("skipped: tshark is not installed");
    return;
  }
  const temporary_path file;
  {
    world w{level::cloud};
    const host_id a = w.host("2001:db8::1");
    const host_id b = w.host("2001:db8::2");
    w.host("2001:db8::3");
    w.net->capture_host(b, file.path);
    w.net->send(a, ep("[2001:db8::2]:5000"), bytes(5));
    w.net->send(a, ep("[2001:db8::3]:5000"), bytes(5));
    w.s.run_for(1s);
  }
  CHECK(read_back(file.path) ==
        "1735689600.040000000  2001:db8::1 5000  2001:db8::2 5000  13  1\n");
}

TEST_CASE("a pcap file that cannot be written is an error that names it") {
  world w{level::cloud};
  CHECK_THROWS_WITH(w.net->capture_hosts("/nonexistent/x.pcap"),
                    Catch::Contains("/nonexistent/x.pcap"));
}

}  // namespace
