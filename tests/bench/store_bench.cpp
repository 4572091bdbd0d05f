#include <benchmark/benchmark.h>

#include "actors/proto/dht/store.hpp"

/// What a record costs at a full store of the DHT: of one network, of 64, or of as many as records.
namespace {

using namespace wh;

const time_point now = from_unix_seconds(1'800'000'000);

struct full_store {
  seeded_rng random{seed{1}};
  dht::record_store store{random.next(), {}};
  std::uint64_t networks;

  explicit full_store(std::int64_t n) : networks(static_cast<std::uint64_t>(n)) {
    while (store.size() < 2048) offer();
    for (int i = 0; i < 1000; ++i) offer();
  }
  bool offer() {
    wire::record r;
    r.sequence = 1;
    r.expires = unix_seconds(now + 1h);
    r.endpoints.push_back({});
    const dht::prefix where = random.next();
    const std::uint64_t site = 0x0b000000U + (random.below(networks) << 8);
    const bool taken = store.admits(now, where, r, site) == wire::store_result::stored;
    if (taken) store.put(where, r, site);
    return taken;
  }
};

/// Most are refused, as what a flood brings is.
void offered(benchmark::State& state) {
  full_store s{state.range(0)};
  std::size_t taken = 0;
  for (auto _ : state) taken += s.offer();
  state.counters["taken"] =
      benchmark::Counter(static_cast<double>(taken), benchmark::Counter::kAvgIterations);
}
BENCHMARK(offered)->Arg(1)->Arg(64)->Arg(1 << 20);

/// From ever new networks, so that each is taken and another one gives way.
void taken(benchmark::State& state) {
  full_store s{1};
  wire::record r;
  r.sequence = 1;
  r.expires = unix_seconds(now + 1h);
  r.endpoints.push_back({});
  std::uint64_t network = 0;
  for (auto _ : state) {
    const std::uint64_t site = 0x0c000000U + (++network % 1000 << 8);
    const dht::prefix where = s.random.next();
    if (s.store.admits(now, where, r, site) == wire::store_result::stored)
      s.store.put(where, r, site);
  }
}
BENCHMARK(taken);

}  // namespace
