#include "real/control/server.hpp"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "real/control/client.hpp"
#include "real/control/instance.hpp"
#include "real/control/paths.hpp"
#include "real/control/unix_address.hpp"

using namespace wh;
using namespace wh::real;

namespace {

struct folder {
  folder() {
    char name[] = "/tmp/wh-control-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~folder() {
    for (const char* f : {"/wg0.sock", "/wg0.lock", "/wg1.sock"}) ::unlink((path + f).c_str());
    ::rmdir(path.c_str());
  }
  std::string path;
};

/// A server on a thread of its own that answers `echo X` with X, and `never` never.
struct running {
  explicit running(std::string p) : path(std::move(p)) {
    server.emplace(loop, path, [this](const std::string& q, control_server::answer a) {
      if (q == "late")
        loop.at(loop.now() + 50ms, [a] { a("late"); });
      else if (q == "twice")
        a("one"), a("two");
      else if (q.starts_with("big "))
        a(std::string(std::stoul(q.substr(4)), 'x'));
      else if (q != "never")
        a(q);
    });
    thread = std::thread([this] { loop.run(); });
  }
  ~running() {
    loop.stop();
    thread.join();
    server.reset();
  }
  reactor loop;
  std::string path;
  std::optional<control_server> server;
  std::thread thread;
};

descriptor raw_client(const std::string& path) {
  descriptor s(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto a = unix_address(path);
  REQUIRE(::connect(s.get(), reinterpret_cast<const sockaddr*>(&*a), sizeof *a) == 0);
  const timeval wait{10, 0};
  ::setsockopt(s.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  return s;
}

std::string read_all(const descriptor& s) {
  std::string all;
  char b[4096];
  for (ssize_t n; (n = ::recv(s.get(), b, sizeof b, 0)) > 0;)
    all.append(b, static_cast<std::size_t>(n));
  return all;
}

}  // namespace

TEST_CASE("a request is answered with one line however late and large the answer is") {
  const folder f;
  const running r(f.path + "/wg0.sock");
  CHECK(ask_daemon(r.path, "hello", 5s).value() == "hello");
  CHECK(ask_daemon(r.path, "late", 5s).value() == "late");
  CHECK(ask_daemon(r.path, "twice", 5s).value() == "one");
  CHECK(ask_daemon(r.path, "big 20000000", 20s).value() == std::string(20000000, 'x'));
}

TEST_CASE("the control socket is its owner's alone and gone with the server") {
  const folder f;
  {
    const running r(f.path + "/wg0.sock");
    struct stat s {};
    REQUIRE(::stat(r.path.c_str(), &s) == 0);
    CHECK((s.st_mode & 0777) == 0600);
  }
  CHECK(::access((f.path + "/wg0.sock").c_str(), F_OK) != 0);
}

TEST_CASE("who says too much is told so and others are served meanwhile") {
  const folder f;
  const running r(f.path + "/wg0.sock");
  const descriptor silent = raw_client(r.path);
  const descriptor half = raw_client(r.path);
  REQUIRE(::send(half.get(), "hel", 3, 0) == 3);
  const descriptor waits = raw_client(r.path);
  REQUIRE(::send(waits.get(), "never\n", 6, 0) == 6);
  const descriptor deaf = raw_client(r.path);
  REQUIRE(::send(deaf.get(), "big 50000000\n", 13, 0) == 13);
  CHECK(ask_daemon(r.path, "hello", 5s).value() == "hello");
  CHECK(ask_daemon(r.path, std::string(100'000, 'y'), 5s).value().find("too long") !=
        std::string::npos);
  CHECK(ask_daemon(r.path, "hello", 5s).value() == "hello");
  REQUIRE(::send(half.get(), "lo\nmore\n", 8, 0) == 8);
  CHECK(read_all(half) == "hello\n");
}

TEST_CASE("above the bound of clients the next one is told so and served when one has left") {
  const folder f;
  const running r(f.path + "/wg0.sock");
  std::vector<descriptor> all;
  for (std::size_t i = 0; i < control_server::clients_max; ++i) all.push_back(raw_client(r.path));
  const descriptor more = raw_client(r.path);
  CHECK(read_all(more).find("too many") != std::string::npos);
  all.pop_back();
  std::string got;
  for (int i = 0; i < 100 && got != "hello"; ++i) got = ask_daemon(r.path, "hello", 5s).value();
  CHECK(got == "hello");
}

TEST_CASE("who does not say what he wants is not waited for", "[slow]") {
  const folder f;
  const running r(f.path + "/wg0.sock");
  const descriptor silent = raw_client(r.path);
  CHECK(read_all(silent).empty());  // closed after request_time
}

TEST_CASE("another user is told that he may not ask even where the socket lets him connect") {
  if (::geteuid() != 0) {
    WARN("not run: only root can be another user");
    return;
  }
  const folder f;
  const running r(f.path + "/wg0.sock");
  REQUIRE(::chmod(f.path.c_str(), 0755) == 0);
  REQUIRE(::chmod(r.path.c_str(), 0666) == 0);
  // A thread of its own has, by this call of the kernel's, an identity of its own.
  std::string got;
  std::thread stranger([&] {
    if (::syscall(SYS_setresuid, 65534, 65534, 65534) != 0) return;
    got = ask_daemon(r.path, "hello", 5s).value_or("nothing");
  });
  stranger.join();
  CHECK(got.find("only root") != std::string::npos);
  CHECK(ask_daemon(r.path, "hello", 5s).value() == "hello");
}

TEST_CASE("a socket that a killed process left is replaced") {
  const folder f;
  const std::string path = f.path + "/wg0.sock";
  {
    descriptor left(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto a = unix_address(path);
    REQUIRE(::bind(left.get(), reinterpret_cast<const sockaddr*>(&*a), sizeof *a) == 0);
  }
  CHECK_FALSE(somebody_listens(path));
  CHECK(running_interfaces(f.path).empty());
  CHECK(ask_daemon(path, "hello", 1s).error().find("no daemon") != std::string::npos);
  const running r(path);
  CHECK(ask_daemon(path, "hello", 5s).value() == "hello");
  CHECK(running_interfaces(f.path) == std::vector<std::string>{"wg0"});
}

TEST_CASE("an interface has one daemon - the next one is told who it is and follows when it ends") {
  const folder f;
  {
    auto first = instance::take(f.path, "wg0");
    REQUIRE(first);
    const auto second = instance::take(f.path, "wg0");
    REQUIRE_FALSE(second);
    CHECK(second.error().find(std::to_string(::getpid())) != std::string::npos);
  }
  CHECK(instance::take(f.path, "wg0"));
}

TEST_CASE("whatever the umask others may see that a daemon runs") {
  const folder f;
  const std::string run_dir = f.path + "/run";
  const auto mask = ::umask(077);
  const auto taken = instance::take(run_dir, "wg0");
  ::umask(mask);
  REQUIRE(taken);
  struct stat s {};
  REQUIRE(::stat(run_dir.c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0755);
  ::unlink(lock_path(run_dir, "wg0").c_str());
  ::rmdir(run_dir.c_str());
}

TEST_CASE("a run directory that cannot be made is told with what to do") {
  const folder f;
  const auto taken = instance::take(f.path + "/no/run", "wg0");
  REQUIRE_FALSE(taken);
  CHECK(taken.error().find("/no/run cannot be made: No such file") != std::string::npos);
  CHECK(taken.error().find("WH_RUN_DIR") != std::string::npos);
}

TEST_CASE("interface names are those that Linux and a shell and a path take") {
  CHECK(valid_interface_name("wh-pMV56BY1"));
  CHECK(valid_interface_name("wg0"));
  for (const char* bad : {"", ".", "..", "a/b", "-rf", "sixteen-letters1", "a b", "a;b", "a\nb"})
    CHECK_FALSE(valid_interface_name(bad));
}
