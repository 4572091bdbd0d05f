#include <benchmark/benchmark.h>

#include "actors/proto/session/layer.hpp"
#include "tests/support/toy_crypto.hpp"

/// What the session layer costs, with cryptography that costs nothing (0) and with libsodium (1).
namespace {

using namespace wh;
using namespace wh::session;

const crypto_suite& suite(std::int64_t which) {
  static const test::toy_crypto toy;
  if (which == 0) return toy;
  return sodium_crypto();
}

const wire::route alice_route = wire::direct({ip_address::v4(9, 9, 9, 9), 9});
const wire::route bob_route = wire::direct({ip_address::v4(8, 8, 8, 8), 8});

struct side {
  seeded_rng random;
  layer engine;
  side(const crypto_suite& crypto, std::uint64_t root)
      : random{seed{root}},
        engine{{.secret = crypto.make_private_key(random), .name_space = "bench"}, crypto, random} {
  }
};

/// The last datagram among the actions.
bytes sent(const actions& all) {
  for (auto it = all.rbegin(); it != all.rend(); ++it)
    if (const auto* t = std::get_if<transmit>(&*it)) return t->datagram;
  return {};
}

void meet(time_point now, side& alice, side& bob) {
  actions out, reply, confirm, end;
  alice.engine.handle(now, send{bob.engine.key(), bob_route, wire::ping{}}, out);
  bob.engine.handle(now, received{alice_route, sent(out)}, reply);
  bob.engine.handle(now, send{alice.engine.key(), alice_route, wire::pong{}}, reply);
  alice.engine.handle(now, received{bob_route, sent(reply)}, confirm);
  bob.engine.handle(now, received{alice_route, sent(confirm)}, end);
}

void transport_out_and_in(benchmark::State& state) {
  side alice{suite(state.range(0)), 1}, bob{suite(state.range(0)), 2};
  const time_point now = from_unix_seconds(1'700'000'000);
  meet(now, alice, bob);
  actions out, in;
  for (auto _ : state) {
    out.clear();
    in.clear();
    alice.engine.handle(now, send{bob.engine.key(), std::nullopt, wire::ping{}}, out);
    bob.engine.handle(now, received{alice_route, std::get<transmit>(out[0]).datagram}, in);
    benchmark::DoNotOptimize(in.data());
  }
}
BENCHMARK(transport_out_and_in)->Arg(0)->Arg(1);

void handshake_both_sides(benchmark::State& state) {
  side alice{suite(state.range(0)), 1}, bob{suite(state.range(0)), 2};
  time_point now = from_unix_seconds(1'700'000'000);
  for (auto _ : state) {
    // Slower than any bucket, and without what was before.
    now += 1s;
    alice.engine.forget(bob.engine.key());
    bob.engine.forget(alice.engine.key());
    meet(now, alice, bob);
  }
  if (bob.engine.session_count() != 1) state.SkipWithError("no session");
}
BENCHMARK(handshake_both_sides)->Arg(0)->Arg(1);

void garbage_initiation(benchmark::State& state) {
  side bob{suite(state.range(0)), 2};
  seeded_rng random{seed{3}};
  bytes garbage(400);
  random.fill(garbage);
  garbage[0] = packet::magic;
  garbage[1] = suite(state.range(0)).wire_version();
  garbage[2] = 1;
  garbage[3] = 0;
  actions out;
  for (auto _ : state) {
    out.clear();
    bob.engine.handle(from_unix_seconds(1'700'000'000), received{alice_route, garbage}, out);
  }
}
BENCHMARK(garbage_initiation)->Arg(0)->Arg(1);

}  // namespace
