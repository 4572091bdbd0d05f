#include "real/state/state_directory.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

using namespace wh;
using namespace wh::real;
namespace fs = std::filesystem;

namespace {

bytes value(std::string_view text) { return {text.begin(), text.end()}; }

struct folder {
  folder() {
    std::string t = (fs::temp_directory_path() / "wh-state-XXXXXX").string();
    REQUIRE(::mkdtemp(t.data()) != nullptr);
    top = t;
    path = top + "/some/where";
  }
  ~folder() { fs::remove_all(top); }
  std::unique_ptr<state_directory> open() {
    auto d = state_directory::open(path, {.report = [this](std::string s) { said.push_back(s); }});
    if (!d) FAIL(d.error());
    return std::move(*d);
  }
  std::string file(std::string_view name) const {
    return path + "/" + state_directory::file_name(name);
  }
  std::string raw(std::string_view name) const {
    std::ifstream f(file(name));
    return {std::istreambuf_iterator<char>(f), {}};
  }
  std::string top, path;
  std::vector<std::string> said;
};

mode_t mode_of(const std::string& path) {
  struct stat s {};
  REQUIRE(::stat(path.c_str(), &s) == 0);
  return s.st_mode & 07777;
}

}  // namespace

TEST_CASE("a value is there again after the process and only its owner may read it") {
  folder d;
  {
    const auto s = d.open();
    CHECK_FALSE(s->load("endpoints"));
    s->save("endpoints", value("abc"));
    s->save("empty", {});
    CHECK(s->load("endpoints") == value("abc"));
  }
  const auto s = d.open();
  CHECK(s->load("endpoints") == value("abc"));
  CHECK(s->load("empty") == bytes{});
  CHECK(mode_of(d.path) == 0700);
  CHECK(mode_of(d.file("endpoints")) == 0600);
  s->save("endpoints", bytes(100000, 7));
  s->save("endpoints", value("x"));
  CHECK(s->load("endpoints") == value("x"));
  CHECK(d.said.empty());
}

TEST_CASE("a process killed before any step of a write leaves the old value or the new one") {
  folder d;
  d.open()->save("n", value("0"));
  std::string last = "0";
  unsigned steps = 0;
  for (;; ++steps) {
    const std::string next = std::to_string(steps + 1) + std::string(5000, 'x');
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      unsigned left = steps;
      auto s = state_directory::open(d.path, {.report = [](std::string) { ::_exit(3); },
                                              .step =
                                                  [&](std::string_view) {
                                                    if (left-- == 0) ::kill(::getpid(), SIGKILL);
                                                  }});
      if (!s) ::_exit(4);
      (*s)->save("n", value(next));
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const auto s = d.open();  // its lock is gone with it
    const auto found = s->load("n");
    REQUIRE(found);
    CHECK((found == value(last) || found == value(next)));
    last.assign(found->begin(), found->end());
    if (WIFEXITED(status)) {
      CHECK(WEXITSTATUS(status) == 0);
      CHECK(found == value(next));
      break;
    }
  }
  CHECK(steps == 6);
  CHECK(d.said.empty());
  // What the killed ones left beside was taken away by the next.
  CHECK_FALSE(fs::exists(d.file("n") + ".new"));
}

TEST_CASE("a file that is cut off anywhere counts as absent and says so") {
  folder d;
  d.open()->save("sequence", value("0123456789"));
  const std::string whole = d.raw("sequence");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    std::ofstream(d.file("sequence")) << whole.substr(0, n);
    d.said.clear();
    REQUIRE_FALSE(d.open()->load("sequence"));
    REQUIRE(d.said.size() == 1);
    REQUIRE(d.said[0].find("damaged") != std::string::npos);
  }
  std::ofstream(d.file("sequence")) << whole + "x";
  CHECK_FALSE(d.open()->load("sequence"));
  std::ofstream(d.file("sequence")) << whole;
  CHECK(d.open()->load("sequence") == value("0123456789"));
}

TEST_CASE("a file with any byte changed counts as absent") {
  folder d;
  d.open()->save("sequence", value("01"));
  const std::string whole = d.raw("sequence");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    std::string other = whole;
    other[n] = static_cast<char>(other[n] ^ 0x10);
    std::ofstream(d.file("sequence")) << other;
    REQUIRE_FALSE(d.open()->load("sequence"));
  }
}

TEST_CASE("a file under another value's name counts as absent") {
  folder d;
  d.open()->save("a", value("1"));
  fs::copy(d.file("a"), d.file("b"));
  CHECK_FALSE(d.open()->load("b"));
}

TEST_CASE("any name has a file of its own inside the directory") {
  folder d;
  const std::vector<std::string> names{"",
                                       ".",
                                       "..",
                                       "../x",
                                       "a/b",
                                       "a b",
                                       "A",
                                       "a",
                                       "%41",
                                       "a%2Fb",
                                       "lock",
                                       ".lock",
                                       "n.new",
                                       "n",
                                       std::string("a\0b", 3),
                                       "\xff",
                                       std::string(150, 'q'),
                                       std::string(1000, 'q'),
                                       std::string(1001, 'q'),
                                       std::string(90, '/')};
  {
    const auto s = d.open();
    for (const auto& n : names) s->save(n, value("<" + n + ">"));
  }
  const auto s = d.open();
  for (const auto& n : names) CHECK(s->load(n) == value("<" + n + ">"));
  const auto files = std::distance(fs::directory_iterator(d.path), {});
  CHECK(static_cast<std::size_t>(files) == names.size() + 1);
  CHECK(d.said.empty());
}

TEST_CASE("two processes never share a directory and the second learns who has it") {
  folder d;
  auto first = d.open();
  const auto second = state_directory::open(d.path, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().find("process " + std::to_string(::getpid())) != std::string::npos);
  first.reset();
  CHECK(state_directory::open(d.path, {}));
}

TEST_CASE("a disk that takes no more keeps the old value and is reported once until it is over") {
  folder d;
  const auto s = d.open();
  s->save("n", value("old"));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit none = before;
  none.rlim_cur = 20;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  s->save("n", value("new"));
  s->save("n", value("newer"));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(s->load("n") == value("old"));
  REQUIRE(d.said.size() == 1);
  CHECK(d.said[0].find("n cannot be written: File too large") != std::string::npos);
  s->save("n", value("old"));  // equal, and yet not skipped: what failed is tried again
  REQUIRE(d.said.size() == 2);
  CHECK(d.said[1].find("written again") != std::string::npos);
}

TEST_CASE("a directory that goes away while it is used ends nothing") {
  folder d;
  const auto s = d.open();
  fs::remove_all(d.path);
  s->save("n", value("1"));
  CHECK_FALSE(s->load("n"));
  CHECK(d.said.size() == 1);
}

TEST_CASE("a directory that others may read is closed to them and one that is a file is refused") {
  folder d;
  fs::create_directories(d.path);
  REQUIRE(::chmod(d.path.c_str(), 0755) == 0);
  d.open();
  CHECK(mode_of(d.path) == 0700);
  std::ofstream(d.top + "/file") << "x";
  const auto s = state_directory::open(d.top + "/file", {});
  REQUIRE_FALSE(s);
  CHECK(s.error().find(d.top + "/file") != std::string::npos);
  if (::geteuid() == 0) {
    REQUIRE(::chown(d.path.c_str(), 12, 34) == 0);
    const auto other = state_directory::open(d.path, {});
    REQUIRE_FALSE(other);
    CHECK(other.error().find("user 12") != std::string::npos);
  }
}
