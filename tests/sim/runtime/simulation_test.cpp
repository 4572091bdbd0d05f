#include "sim/runtime/simulation.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <caf/after.hpp>
#include <caf/event_based_actor.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <thread>

#include "actors/shell.hpp"
#include "sim/runtime/trace.hpp"
#include "transport/rng.hpp"

namespace {

struct question {
  std::uint64_t n;
};
struct tick {
  int n = 0;
};

}  // namespace

WH_ACTOR_MESSAGE(question)
WH_ACTOR_MESSAGE(tick)

namespace {

using namespace wh;
using actors::actor_if;
using actors::result;
using sim::simulation;

using oracle = actor_if<result<std::uint64_t>(question)>;

class doubler final : public actors::actor_base<oracle> {
 public:
  using actors::actor_base<oracle>::typed_event_based_actor;
  behavior_type make_behavior() override {
    return {[](const question& q) { return q.n * 2; }};
  }
};

/// An actor from a function. CAF's own way binds a null reference when there are no arguments,
/// which a sanitizer does not like.
class scripted final : public caf::event_based_actor {
 public:
  using script = std::function<caf::behavior(caf::event_based_actor*)>;
  scripted(caf::actor_config& config, script f)
      : caf::event_based_actor(config), script_(std::move(f)) {}
  caf::behavior make_behavior() override { return script_(this); }

 private:
  script script_;
};

caf::actor spawn(simulation& s, scripted::script f) {
  return s.system().spawn<scripted>(std::move(f));
}

/// Asks random others at random times, and waits for silence.
class gossip final : public caf::event_based_actor {
 public:
  gossip(caf::actor_config& config, std::vector<caf::actor>& all, seed s, sim::trace& t,
         actors::time_map clock)
      : caf::event_based_actor(config), all_(all), random_(s), trace_(t), clock_(clock) {}

  caf::behavior make_behavior() override {
    delayed_send(this, std::chrono::microseconds{random_.below(1'000'000)}, tick{});
    return {
        [this](const tick& t) {
          note("tick", static_cast<std::uint64_t>(t.n));
          delayed_send(this, std::chrono::microseconds{200'000 + random_.below(1000)},
                       tick{t.n + 1});
          request(all_[random_.below(all_.size())], std::chrono::milliseconds{50},
                  question{random_.below(1000)})
              .then([this](std::uint64_t answer) { note("answer", answer); },
                    [this](const caf::error& e) { note("failed", e.code()); });
        },
        [this](const question& q) -> caf::result<std::uint64_t> {
          note("question", q.n);
          if (random_.below(4) == 0) {
            unanswered_ = make_response_promise<std::uint64_t>();
            return unanswered_;
          }
          return q.n * 2;
        },
        caf::after(std::chrono::milliseconds{70}) >> [this] { note("idle", 0); },
    };
  }

  // A promise holds its actor.
  void on_exit() override { unanswered_ = {}; }

 private:
  void note(std::string_view what, std::uint64_t n) {
    trace_.record(clock_.now(system()), what, static_cast<std::uint32_t>(id()), n);
  }

  std::vector<caf::actor>& all_;
  seeded_rng random_;
  sim::trace& trace_;
  actors::time_map clock_;
  caf::typed_response_promise<std::uint64_t> unanswered_;
};

struct outcome {
  std::uint64_t hash;
  std::uint64_t records;
  sim::simulation_stats stats;
};

outcome gossip_for(duration d, std::uint64_t root) {
  sim::trace t;
  std::vector<caf::actor> all;
  simulation s;
  s.together([&] {
    for (std::uint64_t i = 0; i < 50; ++i)
      all.push_back(s.system().spawn<gossip>(std::ref(all), seed{root}.derive("g", i), std::ref(t),
                                             s.clock()));
  });
  s.run_for(d);
  // Everybody lives, with timers and requests pending: what goes away goes away as it stands.
  return {t.hash(), t.records(), s.stats()};
}

std::string thread_count() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("Threads:", 0) == 0) return line.substr(line.find_first_of("0123456789"));
  return "?";
}

TEST_CASE("the same seed gives the same trace twice in one process") {
  const outcome a = gossip_for(10s, 1);
  const outcome b = gossip_for(10s, 1);
  const outcome c = gossip_for(10s, 2);
  CHECK(a.records > 5000);
  CHECK(a.hash == b.hash);
  CHECK(a.records == b.records);
  CHECK(a.stats.events == b.stats.events);
  CHECK(a.stats.resumes == b.stats.resumes);
  CHECK(a.hash != c.hash);
}

TEST_CASE("a simulation and its actors run in one thread") {
  simulation s;
  const auto a = spawn(s, [](caf::event_based_actor* self) -> caf::behavior {
    self->delayed_send(self, 1s, tick{});
    return {[](const tick&) {}};
  });
  s.run_for(2s);
  CHECK(thread_count() == "1");
}

TEST_CASE("a hundred simulations end with living actors and pending timers") {
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(gossip_for(300ms, i).records > 0);
}

TEST_CASE("an actor handle may outlive the simulation") {
  caf::actor survivor;
  {
    simulation s;
    survivor = spawn(s, [](caf::event_based_actor* self) -> caf::behavior {
      self->delayed_send(self, 1h, tick{});
      return {[](const tick&) {}};
    });
    s.run_for(1s);
  }
  caf::anon_send(survivor, tick{});
  CHECK(survivor != nullptr);
}

TEST_CASE("shutting down before destruction ends the actors and lets them say goodbye") {
  struct farewell final : caf::event_based_actor {
    farewell(caf::actor_config& config, int& n) : caf::event_based_actor(config), count(n) {}
    caf::behavior make_behavior() override {
      return {[](const tick&) {}};
    }
    void on_exit() override { ++count; }
    int& count;
  };
  int goodbyes = 0;
  simulation s;
  std::vector<caf::actor> held;
  s.together([&] {
    for (int i = 0; i < 10; ++i) held.push_back(s.system().spawn<farewell>(goodbyes));
  });
  s.shut_down();
  CHECK(goodbyes == 10);
  s.shut_down();
  CHECK(goodbyes == 10);
}

TEST_CASE("what happens at one instant happens in the order it was scheduled") {
  simulation s;
  std::string order;
  s.after(2s, [&] { order += 'd'; });
  s.after(1s, [&] {
    order += 'a';
    s.after(0s, [&] { order += 'c'; });
  });
  s.after(1s, [&] { order += 'b'; });
  s.run_for(1s);
  // All of the instant at which it stops, what that instant itself scheduled included.
  CHECK(order == "abc");
  CHECK(s.now() == simulation::epoch_default + 1s);
  s.run_for(1s);
  CHECK(order == "abcd");
}

TEST_CASE("running in pieces gives the same as running at once") {
  const auto run = [](std::vector<duration> pieces) {
    sim::trace t;
    std::vector<caf::actor> all;
    simulation s;
    s.together([&] {
      for (std::uint64_t i = 0; i < 20; ++i)
        all.push_back(s.system().spawn<gossip>(std::ref(all), seed{7}.derive("g", i), std::ref(t),
                                               s.clock()));
    });
    for (const duration d : pieces) s.run_for(d);
    return t.hash();
  };
  CHECK(run({3s}) == run({1s, 1s, 1s}));
  CHECK(run({3s}) == run({0s, 123456789ns, 3s - 123456789ns}));
}

TEST_CASE("a delayed message comes at its virtual time") {
  simulation s;
  std::vector<time_point> at;
  s.together([&] {
    spawn(s, [&](caf::event_based_actor* self) -> caf::behavior {
      self->delayed_send(self, 1500ms, tick{});
      return {[&, self](const tick& t) {
        at.push_back(s.clock().now(s.system()));
        if (t.n == 0) self->delayed_send(self, 1h, tick{1});
      }};
    });
  });
  s.run_for(2h);
  CHECK(at == std::vector{s.epoch() + 1500ms, s.epoch() + 1500ms + 1h});
}

TEST_CASE("a request is answered at the same instant and times out at its virtual time") {
  simulation s;
  std::uint64_t answer = 0;
  duration failed_after{};
  caf::response_promise unanswered;
  s.together([&] {
    const oracle good = s.system().spawn<doubler>();
    const auto silent = spawn(s, [&](caf::event_based_actor* self) -> caf::behavior {
      return {[&, self](const question&) {
        unanswered = self->make_response_promise();
        return caf::delegated<std::uint64_t>{};
      }};
    });
    spawn(s, [&, good, silent](caf::event_based_actor* self) -> caf::behavior {
      self->request(good, caf::infinite, question{21}).then([&](std::uint64_t x) { answer = x; });
      self->request(silent, 250ms, question{1})
          .then([](std::uint64_t) {},
                [&](const caf::error& e) {
                  CHECK(e == caf::sec::request_timeout);
                  failed_after = s.now() - s.epoch();
                });
      return {};
    });
  });
  CHECK(answer == 42);
  s.run_for(1s);
  CHECK(failed_after == duration{250ms});
}

TEST_CASE("an idle timeout comes after silence and not before") {
  simulation s;
  std::vector<duration> idle;
  caf::actor a;
  s.together([&] {
    a = spawn(s, [&](caf::event_based_actor*) -> caf::behavior {
      return {[](const tick&) {},
              caf::after(100ms) >> [&] { idle.push_back(s.now() - s.epoch()); }};
    });
  });
  for (int i = 1; i <= 5; ++i) s.after(i * 60ms, [&] { s.post(a, tick{}); });
  s.run_for(550ms);
  CHECK(idle == std::vector<duration>{400ms, 500ms});
}

TEST_CASE("a message posted from outside of events is dealt with before post returns") {
  simulation s;
  int seen = 0;
  const auto a = spawn(s, [&](caf::event_based_actor*) -> caf::behavior {
    return {[&](const tick& t) { seen += t.n; }};
  });
  s.post(a, tick{3});
  CHECK(seen == 3);
  s.together([&] {
    s.post(a, tick{4});
    CHECK(seen == 3);
  });
  CHECK(seen == 7);
}

TEST_CASE("a message sent without the simulation's help is dealt with at the next step") {
  simulation s;
  int seen = 0;
  const auto a = spawn(
      s, [&](caf::event_based_actor*) -> caf::behavior { return {[&](const tick&) { ++seen; }}; });
  caf::anon_send(a, tick{});
  CHECK(seen == 0);
  s.run_for(0s);
  CHECK(seen == 1);
}

TEST_CASE("actors that never settle are reported with the virtual time") {
  simulation s;
  s.set_instant_limit(1000);
  const auto a = spawn(s, [](caf::event_based_actor* self) -> caf::behavior {
    return {[self](const tick&) { self->send(self, tick{}); }};
  });
  s.after(12s, [&] { s.post(a, tick{}); });
  try {
    s.run_for(1min);
    FAIL("it settled");
  } catch (const sim::simulation_error& e) {
    CHECK(std::string{e.what()}.find("12.000000000 s") != std::string::npos);
  }
}

TEST_CASE("a loop of timers without delay is reported too") {
  simulation s;
  s.set_instant_limit(1000);
  const auto a = spawn(s, [](caf::event_based_actor* self) -> caf::behavior {
    return {[self](const tick&) { self->delayed_send(self, 0s, tick{}); }};
  });
  s.after(1s, [&] { s.post(a, tick{}); });
  CHECK_THROWS_AS(s.run_for(1min), sim::simulation_error);
}

TEST_CASE("many turns at different instants are no loop") {
  simulation s;
  s.set_instant_limit(100);
  int seen = 0;
  spawn(s, [&](caf::event_based_actor* self) -> caf::behavior {
    self->send(self, tick{});
    return {[&, self](const tick&) {
      ++seen;
      self->delayed_send(self, 1ms, tick{});
    }};
  });
  s.run_for(1s);
  CHECK(seen == 1001);
}

TEST_CASE("what an event throws comes out of run_until and the simulation can go on") {
  simulation s;
  bool later = false;
  s.after(1s, [] { throw std::runtime_error{"x"}; });
  s.after(2s, [&] { later = true; });
  CHECK_THROWS_WITH(s.run_for(3s), "x");
  CHECK(s.now() == s.epoch() + 1s);
  s.run_for(2s);
  CHECK(later);
}

TEST_CASE("stop ends a run early") {
  simulation s;
  s.after(1s, [&] { s.stop(); });
  s.run_for(1h);
  CHECK(s.stopped());
  CHECK(s.now() == s.epoch() + 1s);
  s.run_for(1s);
  CHECK_FALSE(s.stopped());
  CHECK(s.now() == s.epoch() + 2s);
}

TEST_CASE("a message from a foreign thread ends the process") {
  const pid_t child = ::fork();
  if (child == 0) {
    // Not the test framework's: the parent reports.
    ::signal(SIGABRT, SIG_DFL);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(1);
    simulation s;
    const auto a =
        spawn(s, [](caf::event_based_actor*) -> caf::behavior { return {[](const tick&) {}}; });
    s.run_for(1s);
    std::thread{[&] { caf::anon_send(a, tick{}); }}.join();
    ::_exit(0);
  }
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

}  // namespace
