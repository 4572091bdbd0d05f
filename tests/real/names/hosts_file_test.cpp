#include "real/names/hosts_file.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace wh;
using namespace wh::real;
namespace fs = std::filesystem;

namespace {

const std::vector<host_name> names{{"b.test", ip_address::v4(10, 7, 0, 2)}};
const std::string old = "127.0.0.1 localhost\n192.0.2.7 printer";

struct folder {
  folder() {
    std::string t = (fs::temp_directory_path() / "wh-names-XXXXXX").string();
    REQUIRE(::mkdtemp(t.data()) != nullptr);
    path = t;
    hosts = path + "/hosts";
    write(old);
  }
  ~folder() { fs::remove_all(path); }
  void write(const std::string& text) const { std::ofstream(hosts) << text; }
  std::string read() const {
    std::ifstream f(hosts);
    return {std::istreambuf_iterator<char>(f), {}};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
  }
  std::string path, hosts;
};

struct stat stat_of(const std::string& path) {
  struct stat s {};
  REQUIRE(::stat(path.c_str(), &s) == 0);
  return s;
}

}  // namespace

TEST_CASE(
    "the file is replaced as a whole and keeps its mode and owner and nothing is left beside it") {
  const folder d;
  REQUIRE(::chmod(d.hosts.c_str(), 0640) == 0);
  if (::geteuid() == 0) REQUIRE(::chown(d.hosts.c_str(), 12, 34) == 0);
  const auto before = stat_of(d.hosts);
  hosts_file h{d.hosts, "wg0"};
  REQUIRE(h.publish(names));
  const auto after = stat_of(d.hosts);
  CHECK(after.st_ino != before.st_ino);
  CHECK(after.st_mode == before.st_mode);
  CHECK(after.st_uid == before.st_uid);
  CHECK(after.st_gid == before.st_gid);
  CHECK(d.read().starts_with(old + "\n"));
  CHECK(d.read().find("10.7.0.2 b.test") != std::string::npos);
  CHECK(d.files() == 1);
  REQUIRE(h.publish(names));
  CHECK(stat_of(d.hosts).st_ino == after.st_ino);  // unchanged means unwritten
  REQUIRE(h.withdraw());
  CHECK(d.read() == old);
}

TEST_CASE("what a killed process left is taken over") {
  const folder d;
  REQUIRE(hosts_file(d.hosts, "wg0").publish({{"gone.test", ip_address::v4(10, 7, 0, 9)}}));
  std::ofstream(d.path + "/.hosts.wirehub-new") << "half";
  hosts_file h{d.hosts, "wg0"};
  REQUIRE(h.publish(names));
  CHECK(d.read().find("gone.test") == std::string::npos);
  CHECK(d.files() == 1);
  REQUIRE(hosts_file(d.hosts, "wg0").withdraw());
  CHECK(d.read() == old);
}

TEST_CASE("a link stays a link") {
  const folder d;
  fs::rename(d.hosts, d.path + "/target");
  fs::create_symlink("target", d.hosts);
  hosts_file h{d.hosts, "wg0"};
  REQUIRE(h.publish(names));
  CHECK(fs::is_symlink(d.hosts));
  CHECK(d.read().find("b.test") != std::string::npos);
}

TEST_CASE("a file that was not there comes and goes") {
  const folder d;
  fs::remove(d.hosts);
  hosts_file h{d.hosts, "wg0"};
  REQUIRE(h.withdraw());
  CHECK(d.files() == 0);
  REQUIRE(h.publish(names));
  CHECK((stat_of(d.hosts).st_mode & 0777) == 0644);
  REQUIRE(h.withdraw());
  CHECK(d.files() == 0);
}

TEST_CASE("a name that is none is refused and the file stays") {
  const folder d;
  hosts_file h{d.hosts, "wg0"};
  const auto r = h.publish({{"b.test\n6.6.6.6 bank.example", ip_address::v4(10, 7, 0, 2)}});
  REQUIRE_FALSE(r);
  CHECK(r.error().find("cannot be a host's name") != std::string::npos);
  CHECK(d.read() == old);
}

TEST_CASE("a missing folder is named in the error") {
  hosts_file h{"/nonexistent-wirehub/netns/hosts", "wg0"};
  const auto r = h.publish(names);
  REQUIRE_FALSE(r);
  CHECK(r.error().find("/nonexistent-wirehub/netns") != std::string::npos);
  CHECK(h.withdraw());
}

TEST_CASE("interfaces that write at the same time do not lose each other's names") {
  const folder d;
  std::vector<std::thread> all;
  for (int i = 0; i < 4; ++i)
    all.emplace_back([&d, i] {
      hosts_file h{d.hosts, "wg" + std::to_string(i)};
      for (std::uint8_t n = 0; n < 20; ++n)
        (void)h.publish({{"h" + std::to_string(n) + ".test", ip_address::v4(10, 0, 0, n)}});
    });
  for (auto& t : all) t.join();
  for (int i = 0; i < 4; ++i)
    CHECK(d.read().find("10.0.0.19 h19.test  # wirehub wg" + std::to_string(i) + "\n") !=
          std::string::npos);
  CHECK(d.read().starts_with(old + "\n"));
}

TEST_CASE("a bind mount is written in place") {
  const folder d;
  // In a child: the mount is in namespaces of its own and goes with it.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const unsigned uid = ::geteuid();
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ::_exit(77);
    std::ofstream("/proc/self/uid_map") << "0 " << uid << " 1";
    const std::string shown = d.path + "/shown";
    std::ofstream(shown) << "";
    if (::mount(d.hosts.c_str(), shown.c_str(), nullptr, MS_BIND, nullptr) != 0) ::_exit(77);
    hosts_file h{shown, "wg0"};
    if (!h.publish({names[0], {"c.test", ip_address::v4(10, 7, 0, 3)}})) ::_exit(1);
    if (d.read().find("c.test") == std::string::npos) ::_exit(2);
    if (!h.publish(names)) ::_exit(3);
    if (d.read().find("c.test") != std::string::npos) ::_exit(4);
    if (!h.withdraw()) ::_exit(5);
    ::_exit(d.read() == old ? 0 : 6);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77)
    WARN("skipped: no user and mount namespaces here");
  else
    CHECK(WEXITSTATUS(status) == 0);
}
