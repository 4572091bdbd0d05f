#include <catch2/catch.hpp>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <functional>

#include "tests/real/net/host/real_world.hpp"

namespace {

using namespace wh;
using namespace wh::test;
using Catch::Contains;

/// What `f` returns in a process that lacks these capabilities, and so do its children.
std::string without(const std::vector<int>& capabilities, const std::function<std::string()>& f) {
  int out[2];
  REQUIRE(pipe(out) == 0);
  const pid_t child = fork();
  if (child == 0) {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    syscall(SYS_capget, &head, data);
    for (const int c : capabilities) {
      prctl(PR_CAPBSET_DROP, c);
      for (auto* set : {&data[0].effective, &data[0].permitted, &data[0].inheritable})
        *set &= ~(1U << c);
    }
    syscall(SYS_capset, &head, data);
    const std::string said = f();
    [[maybe_unused]] const ssize_t n = write(out[1], said.data(), said.size());
    _exit(0);
  }
  close(out[1]);
  std::string said;
  char room[256];
  for (ssize_t n; (n = read(out[0], room, sizeof room)) > 0;)
    said.append(room, static_cast<std::size_t>(n));
  close(out[0]);
  waitpid(child, nullptr, 0);
  return said;
}

std::string opened(machine& m, std::optional<capture> how = std::nullopt) {
  port_options o;
  o.port = 51820;
  o.wireguard = "wg0";
  o.how = how;
  try {
    return m.space.within([&] { return host_port(o, {}, {}).binding(); });
  } catch (const std::system_error& e) {
    return std::string("error: ") + e.what();
  }
}

TEST_CASE("beside the kernel's WireGuard raw sockets are chosen and it is said why") {
  machine m("alone");
  CHECK_THAT(opened(m), Contains("raw sockets") && Contains("need no rules"));
}

TEST_CASE("beside a WireGuard in userspace nftables is chosen") {
  machine m("alone");
  const userspace_wireguard wg0("wg0");
  CHECK_THAT(opened(m), Contains("nftables") && Contains("userspace"));
  CHECK_THAT(without({CAP_NET_ADMIN}, [&] { return opened(m); }),
             Contains("raw sockets") && Contains("not otherwise"));
}

TEST_CASE("without CAP_NET_RAW nftables is chosen") {
  machine m("alone");
  CHECK_THAT(without({CAP_NET_RAW}, [&] { return opened(m); }),
             Contains("nftables") && Contains("Operation not permitted"));
}

TEST_CASE("without capabilities the error says which are missing") {
  machine m("alone");
  CHECK_THAT(without({CAP_NET_RAW, CAP_NET_ADMIN}, [&] { return opened(m); }),
             Contains("error: ") && Contains("CAP_NET_RAW") && Contains("CAP_NET_ADMIN"));
}

TEST_CASE("the way that is asked for is taken or it is said why not") {
  machine m("alone");
  CHECK_THAT(opened(m, capture::pcap), Contains("libpcap") && Contains("as asked for"));
  CHECK_THAT(opened(m, capture::raw), Contains("raw sockets") && Contains("as asked for"));
  CHECK_THAT(opened(m, capture::nft), Contains("nftables") && Contains("as asked for"));
  CHECK_THAT(without({CAP_NET_RAW}, [&] { return opened(m, capture::raw); }),
             Contains("error: raw IPv4 socket: Operation not permitted"));
  CHECK_THAT(without({CAP_NET_RAW}, [&] { return opened(m, capture::pcap); }), Contains("error: "));
  CHECK_THAT(without({CAP_NET_ADMIN}, [&] { return opened(m, capture::nft); }),
             Contains("error: ") && Contains("Operation not permitted"));
}

TEST_CASE("a port is shared by one program alone and free again when that ends") {
  machine m("alone");
  m.open(capture::raw);
  CHECK_THAT(opened(m, capture::nft), Contains("another wh-real runs on UDP port 51820"));
  m.close();
  CHECK_THAT(opened(m, capture::nft), Contains("nftables"));
}

TEST_CASE("another network namespace may use the same port") {
  machine a("one"), b("two");
  a.open(capture::raw);
  CHECK_THAT(opened(b, capture::raw), Contains("raw sockets"));
}

TEST_CASE("a port that is in use is named") {
  machine m("alone");
  const plain_socket other(m.space, {ip_address::v4(0), 51820});
  CHECK_THROWS_WITH(m.open(std::nullopt),
                    Contains("UDP port 51820 over IPv4: Address already in use"));
}

TEST_CASE("a host without IPv6 has a port all the same") {
  machine m("alone");
  m.space.run("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6");
  m.space.ip("link add one type veth peer name two");
  m.space.ip("link set dev one up");
  m.space.ip("link set dev two up");
  m.space.ip("addr add 203.0.113.5/24 dev one");
  for (const auto how : {std::optional<capture>{}, std::optional{capture::raw},
                         std::optional{capture::nft}, std::optional{capture::pcap}}) {
    m.wireguard_v4.reset();
    m.wireguard_v6.reset();
    m.open(how);
    CHECK(m.port->local_endpoints() ==
          std::vector<endpoint>{{*ip_address::parse("203.0.113.5"), 51820}});
    m.close();
  }
}

TEST_CASE("a plain port that asks for none gets one the same for both families") {
  machine m("alone");
  m.space.within([] {
    host_port p({}, {}, {});
    CHECK(p.port() != 0);
    CHECK(p.descriptors().size() == 3);
  });
}

}  // namespace
