#include "real/runtime/reactor.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>

using namespace wh;
using namespace wh::real;

namespace {

/// Two ends of a line.
struct line {
  line() { REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd) == 0); }
  ~line() {
    ::close(fd[0]);
    ::close(fd[1]);
  }
  void say(char c) const { REQUIRE(::send(fd[1], &c, 1, 0) == 1); }
  char hear() const {
    char c = 0;
    return ::recv(fd[0], &c, 1, 0) == 1 ? c : '-';
  }
  int fd[2];
};

}  // namespace

TEST_CASE("timers ring in the order of their times - those of one instant in the order of asking") {
  reactor r;
  std::string order;
  const time_point t = r.now() + 5ms;
  r.at(t + 5ms, [&] {
    order += 'd';
    r.stop();
  });
  r.at(t, [&] { order += 'b'; });
  r.at(t, [&] { order += 'c'; });
  r.at(t - 1h, [&] { order += 'a'; });
  r.run();
  CHECK(order == "abcd");
  CHECK(r.now() >= t + 5ms);
}

TEST_CASE("a timer that sets itself for now does not keep the loop from its descriptors") {
  reactor r;
  const line l;
  int rung = 0;
  std::function<void()> again = [&] {
    ++rung;
    r.at(r.now() - 1s, again);
  };
  again();
  r.watch(l.fd[0], [&] { r.stop(); });
  r.at(r.now() + 2ms, [&] { l.say('x'); });
  r.run();
  CHECK(rung > 1);
}

TEST_CASE("a descriptor is asked again as long as something can be read") {
  reactor r;
  const line l;
  for (const char c : {'a', 'b', 'c'}) l.say(c);
  std::string heard;
  r.watch(l.fd[0], [&] {
    heard += l.hear();
    if (heard.size() == 3) r.stop();
  });
  r.run();
  CHECK(heard == "abc");
}

TEST_CASE("a descriptor that another callback of the same turn unwatches is not called") {
  reactor r;
  const line a, b;
  a.say('x');
  b.say('x');
  int calls = 0;
  const auto one = [&] {
    ++calls;
    r.unwatch(a.fd[0]);
    r.unwatch(b.fd[0]);
    r.stop();
  };
  r.watch(a.fd[0], one);
  r.watch(b.fd[0], one);
  r.run();
  CHECK(calls == 1);
}

TEST_CASE("a callback may unwatch itself and watch again") {
  reactor r;
  const line l;
  l.say('a');
  l.say('b');
  std::string heard;
  r.watch(l.fd[0], [&] {
    heard += l.hear();
    r.unwatch(l.fd[0]);
    r.watch(l.fd[0], [&] {
      heard += l.hear();
      r.stop();
    });
  });
  r.run();
  CHECK(heard == "ab");
}

TEST_CASE("writing is asked for apart from reading") {
  reactor r;
  const line l;
  std::string order;
  r.watch(l.fd[0], [&] {
    order += l.hear();
    r.stop();
  });
  r.watch_writable(l.fd[0], [&] {
    order += 'w';
    r.unwatch_writable(l.fd[0]);
    l.say('r');
  });
  r.run();
  CHECK(order == "wr");
}

TEST_CASE("functions posted from other threads run on the reactor's thread in order") {
  reactor r;
  std::vector<int> got;
  std::thread::id where;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) r.post([&got, i] { got.push_back(i); });
    r.post([&] {
      where = std::this_thread::get_id();
      r.stop();
    });
  });
  r.run();
  other.join();
  REQUIRE(got.size() == 100);
  CHECK(std::is_sorted(got.begin(), got.end()));
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE("each turn ends with the batch then the idle functions - before the loop sleeps") {
  reactor r;
  std::string order;
  r.on_batch([&] { order += 'B'; });
  r.on_idle([&] { order += 'I'; });
  r.on_idle([&] { order += 'J'; });
  r.post([&] {
    order += 'p';
    r.stop();
  });
  r.run();
  CHECK(order == "BIJpBIJ");
}

TEST_CASE("what a callback throws comes out of run and the reactor can run on") {
  reactor r;
  r.post([] { throw std::string("no"); });
  CHECK_THROWS_AS(r.run(), std::string);
  r.post([&] { r.stop(); });
  r.run();
  SUCCEED();
}

TEST_CASE("the time goes on from the wall clock's and never back") {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  reactor r;
  const time_point a = r.now();
  CHECK(std::chrono::abs(a.time_since_epoch() - wall) < 2s);
  for (int i = 0; i < 1000; ++i) CHECK(r.now() >= a);
}
