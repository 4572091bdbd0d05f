#include "real/runtime/actor_loop.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "actors/shell.hpp"

namespace {

struct wake_at {
  wh::time_point t;
};
struct tell {
  int what;
};

}  // namespace

WH_ACTOR_MESSAGE(wake_at)
WH_ACTOR_MESSAGE(tell)

namespace {

using namespace wh;
using namespace wh::real;

using sleeper_if = actors::actor_if<actors::result<void>(wake_at), actors::result<void>(tell)>;

struct seen {
  std::vector<time_point> woken, told_at;
  std::vector<int> told;
  std::function<void()> then = [] {};
};

class sleeper final : public actors::shell<sleeper_if> {
 public:
  sleeper(actors::actor_config& config, actors::time_map clock, seen& s)
      : shell(config, clock), seen_(s) {}
  behavior_type make_behavior() override {
    return {
        alarm_clause(),
        [this](const wake_at& w) { arm(w.t); },
        [this](const tell& t) {
          seen_.told.push_back(t.what);
          seen_.told_at.push_back(now());
          seen_.then();
        },
    };
  }

 private:
  void on_alarm(time_point now) override {
    seen_.woken.push_back(now);
    seen_.then();
  }
  seen& seen_;
};

struct bedroom {
  reactor r;
  seen s;
  actor_loop loop{r};
  sleeper_if a = loop.system().spawn<sleeper>(loop.clock(), s);
};

}  // namespace

TEST_CASE("an actor's alarm comes at its time on the reactor's clock not before") {
  bedroom b;
  b.s.then = [&] { b.r.stop(); };
  const time_point t = b.r.now() + 10ms;
  b.loop.send(b.a, wake_at{t});
  b.r.run();
  REQUIRE(b.s.woken.size() == 1);
  CHECK(b.s.woken[0] >= t);
  CHECK(b.s.woken[0] <= b.r.now());
}

TEST_CASE("what one batch of events sends is handled at one instant in order - before idle") {
  bedroom b;
  std::size_t told_at_idle = 0;
  b.r.on_idle([&] { told_at_idle = b.s.told.size(); });
  b.r.post([&] {
    b.loop.send(b.a, tell{1});
    b.loop.send(b.a, tell{2});
  });
  b.r.post([&] {
    b.loop.send(b.a, tell{3});
    b.r.stop();
  });
  b.r.run();
  CHECK(told_at_idle == 3);
  CHECK(b.s.told == std::vector{1, 2, 3});
  CHECK(b.s.told_at[0] == b.s.told_at[2]);
}

TEST_CASE("an actor loop ends with alarms pending and handles still held") {
  reactor r;
  seen s;
  sleeper_if a;
  {
    actor_loop loop{r};
    a = loop.system().spawn<sleeper>(loop.clock(), s);
    loop.send(a, wake_at{r.now() + 1h});
    loop.drain();
    bool other = false;
    r.at(r.now() + 1h, [&] { other = true; });
  }
  // Other people's timers are still there, the actors' are not: nothing rings into a dead system.
  r.at(r.now() + 1ms, [&] { r.stop(); });
  r.run();
  CHECK(s.woken.empty());
}

TEST_CASE("a second actor loop runs on the same reactor after the first") {
  reactor r;
  for (int i = 0; i < 2; ++i) {
    seen s;
    s.then = [&] { r.stop(); };
    actor_loop loop{r};
    const auto a = loop.system().spawn<sleeper>(loop.clock(), s);
    loop.send(a, tell{i});
    r.run();
    CHECK(s.told == std::vector{i});
  }
}
