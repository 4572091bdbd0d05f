#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "real/wireguard/child.hpp"
#include "tests/real/wireguard_device/pair.hpp"

using namespace wh;
using namespace wh::real;
using wh::test::key_pair;
using wh::test::make_keys;
using wh::test::turn_until;
namespace fs = std::filesystem;

std::string wh::test::reason_to_skip() {
  if (find_program("wireguard-go").empty()) return "no wireguard-go on this machine";
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) return "no /dev/net/tun, or not for this user";
  return {};
}

namespace {

struct host {
  explicit host(std::uint16_t port = 51820) {
    c.interface = "wg0";
    c.secret = keys.secret;
    c.port = port;
    c.addresses = {{ip_address::v4(10, 7, 0, 1), 24}, {*ip_address::parse("fd07::1"), 64}};
    c.choice = device_choice::userspace;
    c.report = [this](std::string s) { said.push_back(std::move(s)); };
  }
  std::unique_ptr<device> open() {
    auto d = device::open(turn, c);
    if (!d) FAIL(d.error());
    return std::move(*d);
  }
  bool until(const std::function<bool()>& holds, duration limit = 5s) {
    return turn_until(turn, holds, limit);
  }
  std::optional<link_info> link() const {
    links l{std::move(*open_netlink(0))};
    return *l.find(c.interface);
  }
  std::vector<interface_address> addresses() const {
    links l{std::move(*open_netlink(0))};
    auto all = *l.addresses(link()->index);
    std::sort(all.begin(), all.end());
    return all;
  }
  key_pair keys = make_keys();
  reactor turn;
  device_config c;
  std::vector<std::string> said;
};

wireguard_peer peer(const public_key& k, std::uint8_t n) {
  return {k, {{ip_address::v4(10, 7, 0, n), 32}}, endpoint{ip_address::v4(192, 0, 2, n), 1000}, 0s};
}

pid_t process_of(const device& d) {
  return static_cast<pid_t>(std::stol(d.description().substr(d.description().rfind(' '))));
}

std::string routes() {
  std::ifstream f("/proc/net/route");
  return {std::istreambuf_iterator<char>(f), {}};
}

}  // namespace

TEST_CASE("wireguard-go keeps the contract of wireguard_device") {
  test::wireguard_device_contract(
      [] { return std::make_unique<test::real_pair>(device_choice::userspace); });
}

TEST_CASE("an interface comes up with its addresses and MTU and goes without a trace") {
  host h;
  const auto before = routes();
  {
    const auto d = h.open();
    CHECK_FALSE(d->adopted());
    const auto l = h.link();
    REQUIRE(l);
    CHECK(l->up);
    CHECK(l->mtu == 1344);
    CHECK(l->alias == "wirehub");
    CHECK(l->index == d->index());
    const auto a = h.addresses();
    for (const auto& own : h.c.addresses) CHECK(std::find(a.begin(), a.end(), own) != a.end());
    CHECK(fs::exists("/var/run/wireguard/wg0.sock"));
  }
  CHECK_FALSE(h.link());
  CHECK_FALSE(fs::exists("/var/run/wireguard/wg0.sock"));
  CHECK(routes() == before);
  CHECK(h.said.empty());
}

TEST_CASE("a wireguard-go that dies is started again with everything that was set") {
  host h;
  const auto d = h.open();
  const auto k = make_keys().known;
  d->set_peer(peer(k, 2));
  d->set_peer(peer(make_keys().known, 3));
  const pid_t first = process_of(*d);
  ::kill(first, SIGKILL);
  REQUIRE(h.until([&] { return process_of(*d) != first && d->status().size() == 2; }));
  REQUIRE(h.until([&] { return h.link() && h.link()->up; }));
  CHECK(h.link()->mtu == 1344);
  CHECK(h.addresses().size() >= 2);
  const auto s = d->status();
  const auto at = std::find_if(s.begin(), s.end(), [&](const auto& x) { return x.key == k; });
  REQUIRE(at != s.end());
  CHECK(at->where == endpoint{ip_address::v4(192, 0, 2, 2), 1000});
  REQUIRE(h.said.size() == 2);
  CHECK(h.said[0] == "wireguard-go ended (signal 9 (Killed)); it is started again in 100 ms");
  CHECK(h.said[1] == "interface wg0 is made anew, with 2 peers");
}

TEST_CASE("peers set while wireguard-go is away are there when it is back") {
  host h;
  const auto d = h.open();
  const pid_t first = process_of(*d);
  ::kill(first, SIGKILL);
  REQUIRE(h.until([&] { return !h.said.empty(); }));
  d->set_peer(peer(make_keys().known, 2));
  CHECK(d->status().empty());
  REQUIRE(h.until([&] { return d->status().size() == 1; }));
}

TEST_CASE("a device left behind is taken over with its peers' sessions and strangers go") {
  host h;
  const auto member = make_keys().known, stranger = make_keys().known;
  pid_t process = 0;
  {
    const auto d = h.open();
    d->set_peer(peer(member, 2));
    auto s = peer(stranger, 3);
    s.allowed.push_back({ip_address::v4(10, 99, 0, 0), 16});
    d->set_peer(s);
    CHECK(routes().find("0000630A") != std::string::npos);
    process = process_of(*d);
    d->leave_behind();
  }
  REQUIRE(h.link());
  h.c.members = {member};
  h.c.addresses = {{ip_address::v4(10, 7, 0, 1), 24}, {ip_address::v4(10, 8, 0, 1), 24}};
  {
    const auto d = h.open();
    CHECK(d->adopted());
    CHECK(process_of(*d) == process);
    const auto s = d->status();
    REQUIRE(s.size() == 1);
    CHECK(s[0].key == member);
    CHECK(routes().find("0000630A") == std::string::npos);
    const auto a = h.addresses();
    CHECK(std::find(a.begin(), a.end(), interface_address{*ip_address::parse("fd07::1"), 64}) ==
          a.end());
    CHECK(std::find(a.begin(), a.end(), h.c.addresses[1]) != a.end());
    // It is watched like one of our own.
    ::kill(process, SIGKILL);
    REQUIRE(h.until([&] { return process_of(*d) != process && h.link() && h.link()->up; }));
  }
  CHECK_FALSE(h.link());
}

TEST_CASE("a killed daemon's wireguard-go lives on even when it has something to say") {
  host h;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    host other;
    other.c.secret = h.c.secret;
    const auto d = other.open();
    const pid_t p = process_of(*d);
    (void)!::write(ready[1], &p, sizeof p);
    ::pause();
  }
  pid_t process = 0;
  REQUIRE(::read(ready[0], &process, sizeof process) == sizeof process);
  ::kill(daemon, SIGKILL);
  ::waitpid(daemon, nullptr, 0);
  // A refused request makes it write to its standard error, where nobody listens any more.
  (void)std::system(
      "printf 'set=1\\npublic_key=nonsense\\n\\n' | timeout 1 nc -N -U /run/wireguard/wg0.sock "
      "2>/dev/null >&2");
  const auto d = h.open();
  CHECK(d->adopted());
  CHECK(process_of(*d) == process);
  CHECK(h.link()->up);
}

TEST_CASE("a socket that nobody serves is in nobody's way") {
  host h;
  const pid_t child = ::fork();
  if (child == 0) {
    ::mkdir("/var/run/wireguard", 0700);
    const int s = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un u{AF_UNIX, "/var/run/wireguard/wg0.sock"};
    const bool good =
        ::bind(s, reinterpret_cast<const sockaddr*>(&u), sizeof u) == 0 && ::listen(s, 1) == 0;
    ::_exit(good ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  REQUIRE(status == 0);
  REQUIRE(fs::exists("/var/run/wireguard/wg0.sock"));
  const auto d = h.open();
  CHECK(d->status().empty());
}

TEST_CASE("an interface of somebody else is left alone and the error says what to do") {
  host h;
  links l{std::move(*open_netlink(0))};
  REQUIRE(l.create("wg0", "bridge"));
  auto d = device::open(h.turn, h.c);
  REQUIRE_FALSE(d);
  CHECK(d.error() ==
        "interface wg0: is there already and is not ours; choose another name, or remove it: ip "
        "link del wg0");
  CHECK(h.link());
  REQUIRE(l.remove(h.link()->index));
  // One of wireguard-go's that has a key, but not our mark.
  {
    const auto ours = h.open();
    REQUIRE(l.set(ours->index(), {.alias = "other"}));
    ours->leave_behind();
  }
  d = device::open(h.turn, h.c);
  REQUIRE_FALSE(d);
  CHECK(d.error().find("is not ours") != std::string::npos);
  REQUIRE(l.set(h.link()->index, {.alias = "wirehub"}));
  CHECK(h.open()->adopted());
}

TEST_CASE("what is missing is named with what to do about it") {
  host h;
  SECTION("a port in use") {
    host first;
    first.c.interface = "wg1";
    const auto d = first.open();
    const auto second = device::open(h.turn, h.c);
    REQUIRE_FALSE(second);
    CHECK(second.error().find("UDP port 51820 is in use") != std::string::npos);
  }
  SECTION("the program") {
    h.c.wireguard_go = "/nonexistent/wireguard-go";
    const auto d = device::open(h.turn, h.c);
    REQUIRE_FALSE(d);
    CHECK(d.error().find("/nonexistent/wireguard-go is no program: apt-get install wireguard-go") !=
          std::string::npos);
  }
  SECTION("a program that ends at once, in its own words") {
    const std::string path = "/run/not-wireguard";
    std::ofstream(path) << "#!/bin/sh\necho starting >&2\necho out of luck >&2\nexit 3\n";
    fs::permissions(path, fs::perms::owner_all);
    h.c.wireguard_go = path;
    const auto d = device::open(h.turn, h.c);
    REQUIRE_FALSE(d);
    CHECK(d.error().find("/run/not-wireguard ended: out of luck") != std::string::npos);
    CHECK(h.said.size() == 2);
  }
  SECTION("a name that is none") {
    for (const auto* name : {"", "a b", "../x", "sixteen-letters-", "."}) {
      h.c.interface = name;
      const auto d = device::open(h.turn, h.c);
      REQUIRE_FALSE(d);
      CHECK(d.error().find("cannot be an interface's name") != std::string::npos);
    }
  }
  SECTION("the right to change interfaces") {
    const pid_t child = ::fork();
    if (child == 0) {
      // User 1 has no number in this namespace, so the rights go another way.
      if (::unshare(CLONE_NEWUSER) != 0) ::_exit(77);
      const auto d = device::open(h.turn, h.c);
      ::_exit(!d && (d.error().find("CAP_NET_ADMIN") != std::string::npos ||
                     d.error().find("/dev/net/tun cannot be opened") != std::string::npos ||
                     d.error().find("not permitted") != std::string::npos)
                  ? 0
                  : 1);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    CHECK((WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77));
  }
}

TEST_CASE("the kernel is asked first and the reason for wireguard-go is told") {
  host h;
  h.c.choice = device_choice::automatic;
  const auto d = h.open();
  if (d->description() == "the kernel's")
    CHECK(d->why() == "the kernel's");
  else
    CHECK(d->why().find("wireguard-go, since this kernel has no WireGuard") == 0);
}

TEST_CASE("prefixes outside the interface's networks get routes while some peer has them") {
  host h;
  const auto d = h.open();
  const allowed_ip net{ip_address::v4(10, 99, 0, 0), 16}, one{ip_address::v4(10, 7, 0, 2), 32};
  wireguard_peer a{make_keys().known, {one, net}, std::nullopt, 0s};
  d->set_peer(a);
  CHECK(routes().find("0000630A") != std::string::npos);
  CHECK(routes().find("0200070A") == std::string::npos);
  wireguard_peer b{make_keys().known, {net}, std::nullopt, 0s};
  d->set_peer(b);
  d->remove_peer(b.key);
  CHECK(routes().find("0000630A") != std::string::npos);
  a.allowed = {one};
  d->set_peer(a);
  CHECK(routes().find("0000630A") == std::string::npos);
  a.allowed = {{ip_address{}.prefix(0), 0}, {ip_address::v4(0), 0}};
  d->set_peer(a);
  REQUIRE(h.said.size() == 1);
  CHECK(h.said[0].find("default route") != std::string::npos);
}

TEST_CASE("what comes to a tunnel from anyone but WireGuard is dropped and counted") {
  host h;
  std::size_t handed_out = 0;
  h.c.tunnelled = [&](const public_key&, bytes) { ++handed_out; };
  const auto d = h.open();
  const endpoint t = d->open_tunnel(make_keys().known);
  const int s = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(t.port());
  to.sin_addr.s_addr = htonl(t.address.v4_value());
  const bytes forged(148, 1);
  for (int i = 0; i < 100; ++i)
    REQUIRE(::sendto(s, forged.data(), forged.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                     sizeof to) == 148);
  ::close(s);
  REQUIRE(h.until([&] { return d->tunnel_counters().foreign == 100; }));
  CHECK(handed_out == 0);
}

TEST_CASE("two thousand peers with their tunnels") {
  host h;
  const auto d = h.open();
  std::set<endpoint> tunnels;
  real::host_rng random;
  for (int i = 0; i < 2000; ++i) {
    const auto k = random.make_bytes<public_key>();
    const endpoint t = d->open_tunnel(k);
    tunnels.insert(t);
    d->set_peer({k, {{ip_address::v4(0x0a070000 + static_cast<std::uint32_t>(i)), 32}}, t, 0s});
  }
  CHECK(d->status().size() == 2000);
  CHECK(tunnels.size() == 2000);
}
