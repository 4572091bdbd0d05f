// What the simulator costs: messages between actors, timers, datagrams, and memory.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <deque>
#include <vector>

#include "actors/shell.hpp"
#include "sim/net/network.hpp"
#include "sim/runtime/simulation.hpp"

namespace {

struct ball {
  std::uint32_t bounces;
};

}  // namespace

WH_ACTOR_MESSAGE(ball)

namespace {

using namespace wh;
using namespace wh::sim;

using player_if = actors::actor_if<actors::result<void>(ball)>;

class player final : public actors::actor_base<player_if> {
 public:
  using behavior_type = actors::behavior_of<player_if>;
  player(actors::actor_config& config, const player_if* next)
      : actors::actor_base<player_if>(config), next_(next) {}
  behavior_type make_behavior() override {
    return {[this](const ball& b) {
      if (b.bounces > 0) send(*next_, ball{b.bounces - 1});
    }};
  }

 private:
  const player_if* next_;
};

/// A ball round a ring of n actors; two are ping-pong.
void message(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  simulation s;
  std::vector<player_if> ring(n);
  s.together([&] {
    // A stride that is prime to n, so that neighbours in the ring are none in memory.
    for (std::size_t i = 0; i < n; ++i) ring[i] = s.system().spawn<player>(&ring[(i + 7919) % n]);
  });
  constexpr std::uint32_t bounces = 100'000;
  for (auto _ : state) s.post(ring[0], ball{bounces});
  state.SetItemsProcessed(state.iterations() * bounces);
}
BENCHMARK(message)->Arg(2)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// From an event of ns-3 into an idle actor.
void post_from_event(benchmark::State& state) {
  simulation s;
  player_if a;
  a = s.system().spawn<player>(&a);
  constexpr int events = 100'000;
  for (auto _ : state) {
    for (int i = 0; i < events; ++i) s.after(i * 1us, [&] { s.post(a, ball{0}); });
    s.run_for(events * 1us);
  }
  state.SetItemsProcessed(state.iterations() * events);
}
BENCHMARK(post_from_event)->Unit(benchmark::kMillisecond);

void function_event(benchmark::State& state) {
  simulation s;
  std::uint64_t n = 0;
  constexpr int events = 100'000;
  for (auto _ : state) {
    for (int i = 0; i < events; ++i) s.after(i * 1us, [&] { ++n; });
    s.run_for(events * 1us);
  }
  benchmark::DoNotOptimize(n);
  state.SetItemsProcessed(state.iterations() * events);
}
BENCHMARK(function_event)->Unit(benchmark::kMillisecond);

using clock_if = actors::actor_if<actors::result<void>(ball)>;

/// Re-arms its alarm each second.
class ticker final : public actors::shell<clock_if> {
 public:
  ticker(actors::actor_config& config, actors::time_map clock, duration first)
      : shell(config, clock), first_(first) {}
  behavior_type make_behavior() override {
    arm(now() + first_);
    return {alarm_clause(), [this](const ball&) { arm(now() + 1s); }};
  }

 private:
  void on_alarm(time_point now) override { arm(now + 1s); }
  duration first_;
};

std::size_t heap_bytes() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// n actors with one alarm each; the memory is the actor's and its pending alarm's.
void alarm_tick(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  simulation s;
  std::vector<clock_if> all;
  all.reserve(n);
  const std::size_t before = heap_bytes();
  s.together([&] {
    for (std::size_t i = 0; i < n; ++i)
      all.push_back(actor_cast<clock_if>(s.system().spawn<ticker>(
          s.clock(), duration{static_cast<int>(i * 7919 % 1'000'000) * 1us})));
  });
  state.counters["bytes_per_actor"] =
      static_cast<double>(heap_bytes() - before) / static_cast<double>(n);
  for (auto _ : state) s.run_for(1s);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(alarm_tick)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// An alarm that every message moves on: the usual case, without a timer of its own.
void alarm_moved(benchmark::State& state) {
  simulation s;
  const auto a = s.system().spawn<ticker>(s.clock(), 1s);
  for (auto _ : state) s.post(a, ball{0});
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(alarm_moved);

/// Sends what it gets on to a random other, so that n datagrams are always under way.
class juggler final : public receiver {
 public:
  juggler(network*& net, std::vector<endpoint>& all, seed s) : net_(net), all_(all), random_(s) {}
  void on_datagram(const endpoint&, const endpoint&, bytes&& payload) override {
    toss(std::move(payload));
  }
  void toss(bytes payload) {
    // Never to itself: that would be the end of it.
    const auto next = (self.value + 1 + random_.below(all_.size() - 1)) % all_.size();
    net_->send(self, all_[next], std::move(payload));
  }
  host_id self;

 private:
  network*& net_;
  std::vector<endpoint>& all_;
  seeded_rng random_;
};

enum class surroundings { open, nat };

void juggle(benchmark::State& state, bool packets, surroundings where) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  simulation s;
  path_options options;
  options.latency = latency_model::king_like(seed{1});
  std::unique_ptr<network> net =
      packets ? make_packets(s, options, seed{1}) : make_cloud(s, options, seed{1});
  network* net_now = net.get();
  std::vector<endpoint> all(n);
  std::deque<juggler> jugglers;
  nat::config full_cone;
  full_cone.filtering = nat::filtering_kind::eif;
  full_cone.timeout_new = full_cone.timeout_stream = 1h;
  const auto behaviour = std::make_shared<const nat::config>(full_cone);
  const std::size_t before = heap_bytes();
  for (std::uint32_t i = 0; i < n; ++i) {
    juggler& j = jugglers.emplace_back(net_now, all, seed{i});
    const auto outside = ip_address::v4(0x10000000 + i);
    host_spec spec;
    spec.port = 5000;
    if (where == surroundings::nat) {
      spec.address = ip_address::v4(192, 168, 1, 2);
      spec.boxes = {net->add_box({behaviour, {outside}, {}})};
    } else {
      spec.address = outside;
    }
    j.self = net->add_host(spec, &j);
    all[i] = {outside, 5000};
  }
  // Opens every NAT, so that no datagram is lost from here on.
  for (juggler& j : jugglers) net->send(j.self, {ip_address::v4(8, 8, 8, 8), 53}, {});
  state.counters["bytes_per_host"] =
      static_cast<double>(heap_bytes() - before) / static_cast<double>(n);
  for (juggler& j : jugglers) j.toss(bytes(100));
  const std::uint64_t first = net->stats().delivered;
  for (auto _ : state) s.run_for(100ms);
  state.SetItemsProcessed(static_cast<std::int64_t>(net->stats().delivered - first));
  s.shut_down();
}
BENCHMARK_CAPTURE(juggle, cloud, false, surroundings::open)
    ->Arg(1000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(juggle, cloud_nat, false, surroundings::nat)
    ->Arg(1000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(juggle, packets_nat, true, surroundings::nat)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
