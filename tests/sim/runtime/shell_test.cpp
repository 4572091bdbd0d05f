#include "actors/shell.hpp"

#include <catch2/catch.hpp>

#include "sim/runtime/simulation.hpp"
#include "transport/rng.hpp"

namespace {

/// "Be woken at these times": each call moves the deadline.
struct wake_at {
  std::optional<wh::time_point> t;
};
struct unknown {};

}  // namespace

WH_ACTOR_MESSAGE(wake_at)
WH_ACTOR_MESSAGE(unknown)

namespace {

using namespace wh;
using actors::alarm;

using sleeper_if = actors::actor_if<actors::result<void>(wake_at)>;

class sleeper final : public actors::shell<sleeper_if> {
 public:
  sleeper(actors::actor_config& config, actors::time_map clock, std::vector<time_point>& woken)
      : shell(config, clock), woken_(woken) {}

  behavior_type make_behavior() override {
    return {alarm_clause(), [this](const wake_at& w) { arm(w.t); }};
  }
  const char* name() const override { return "SLEEPER"; }

 private:
  void on_alarm(time_point now) override { woken_.push_back(now); }
  std::vector<time_point>& woken_;
};

struct bedroom {
  sim::simulation s;
  std::vector<time_point> woken;
  sleeper_if a = s.system().spawn<sleeper>(s.clock(), woken);
  time_point in(duration d) const { return s.epoch() + d; }
  std::uint64_t timers() const { return s.stats().timers; }
};

TEST_CASE("an alarm comes once and at its time") {
  bedroom b;
  b.s.post(b.a, wake_at{b.in(3s)});
  b.s.run_for(10s);
  CHECK(b.woken == std::vector{b.in(3s)});
}

TEST_CASE("an alarm for the past comes at once") {
  bedroom b;
  b.s.run_for(5s);
  b.s.post(b.a, wake_at{b.in(3s)});
  b.s.run_for(0s);
  CHECK(b.woken == std::vector{b.in(5s)});
}

TEST_CASE("a later alarm replaces an earlier one without a new timer until that rings") {
  bedroom b;
  b.s.post(b.a, wake_at{b.in(3s)});
  const auto before = b.timers();
  for (int i = 0; i < 100; ++i) b.s.post(b.a, wake_at{b.in(4s + i * 1ms)});
  CHECK(b.timers() == before);
  b.s.run_for(10s);
  CHECK(b.woken == std::vector{b.in(4s + 99ms)});
  CHECK(b.timers() == before + 1);
}

TEST_CASE("an earlier alarm comes in time and the later one does not come") {
  bedroom b;
  b.s.post(b.a, wake_at{b.in(3s)});
  b.s.post(b.a, wake_at{b.in(1s)});
  b.s.run_for(10s);
  CHECK(b.woken == std::vector{b.in(1s)});
}

TEST_CASE("a disarmed alarm does not come") {
  bedroom b;
  b.s.post(b.a, wake_at{b.in(3s)});
  b.s.post(b.a, wake_at{});
  b.s.run_for(10s);
  CHECK(b.woken.empty());
}

TEST_CASE("a message outside the interface is dropped") {
  bedroom b;
  b.s.post(b.a, unknown{});
  b.s.post(b.a, wake_at{b.in(1s)});
  b.s.run_for(2s);
  CHECK(b.woken.size() == 1);
}

TEST_CASE("whatever is armed the alarm comes at the deadline then armed and never else") {
  for (std::uint64_t round = 0; round < 200; ++round) {
    seeded_rng random{seed{round}};
    // The timers under way, as a host that rings each once, exactly.
    std::vector<time_point> timers;
    std::optional<time_point> wanted;
    alarm a;
    time_point now{1s};
    const auto start = [&](std::optional<time_point> t) {
      if (t) timers.push_back(std::max(*t, now));
    };
    for (int step = 0; step < 500; ++step) {
      const bool arm = random.chance(0.5) || timers.empty();
      const auto next = std::min_element(timers.begin(), timers.end());
      // Whatever is wanted, some timer comes in time.
      if (wanted) {
        REQUIRE(next != timers.end());
        REQUIRE(*next <= std::max(*wanted, now));
      }
      if (arm) {
        if (next != timers.end())
          now = std::min<time_point>(now + static_cast<int>(random.below(1000)) * 1ms, *next);
        wanted.reset();
        if (random.chance(0.9)) wanted = now + static_cast<int>(random.below(5000)) * 1ms;
        start(a.arm(wanted));
      } else {
        now = *next;
        const time_point at = *next;
        timers.erase(next);
        const bool rang = a.ring(now, at);
        REQUIRE(rang == (wanted && *wanted <= now));
        if (rang) wanted.reset();
        start(a.timer());
      }
      REQUIRE(a.deadline() == wanted);
    }
  }
}

TEST_CASE("an actor that keeps a slow and a fast deadline has two timers under way") {
  // What a retransmission at 1 s before a refresh at 100 s does, again and again.
  alarm a;
  time_point now{};
  std::vector<time_point> timers;
  for (int i = 0; i < 50; ++i) {
    if (const auto t = a.arm(now + 100s)) timers.push_back(*t);
    if (const auto t = a.arm(now + 1s)) timers.push_back(*t);
    const auto next = std::min_element(timers.begin(), timers.end());
    now = *next;
    timers.erase(next);
    a.ring(now, now);
    CHECK(timers.size() <= 2);
  }
}

}  // namespace
