#include <benchmark/benchmark.h>

#include "actors/proto/keys/incremental.hpp"
#include "actors/proto/keys/keys.hpp"

/// What a candidate of the key search costs: its point, its hash, by the processor's means.
namespace {

using namespace wh;
using namespace wh::keys;

point somewhere() {
  seeded_rng random{seed{1}.derive("bench")};
  private_key k;
  make_start(random, steps_max, k);
  return point_of(sodium_crypto(), k);
}

void candidates_are(benchmark::State& state, unsigned of_batch) {
  state.SetItemsProcessed(state.iterations() * of_batch);
}

void points(benchmark::State& state, processor on) {
  walk w(somewhere(), {.on = on, .half = static_cast<unsigned>(state.range(0))});
  const auto out = std::make_unique<candidates>();
  for (auto _ : state) benchmark::DoNotOptimize(w.next(*out));
  candidates_are(state, w.batch_size());
}

void hashes(benchmark::State& state, processor on, std::string_view ns) {
  walk w(somewhere());
  const auto c = std::make_unique<candidates>();
  w.next(*c);
  const work_message message(ns);
  std::vector<std::uint8_t> hits(std::size(c->word[0]) / 8);
  const unsigned count = w.batch_size() / 8 * 8;
  for (auto _ : state) {
    find_work(on, message, first_word_mask(60), *c, count, hits.data());
    benchmark::DoNotOptimize(hits.data());
  }
  candidates_are(state, count);
}

void search(benchmark::State& state, processor on) {
  seeded_rng random{seed{2}.derive("bench")};
  incremental_search s(sodium_crypto(), random, workbit_max, "public", {.on = on});
  private_key k;
  for (auto _ : state) benchmark::DoNotOptimize(s.step(1, k));
  state.SetItemsProcessed(static_cast<std::int64_t>(s.tries()));
}

[[maybe_unused]] const bool registered = [] {
  for (const processor on : processors()) {
    const std::string name(to_string(on));
    for (const int half : {64, 256, 512, 1024})
      benchmark::RegisterBenchmark(("points/" + name).c_str(), points, on)->Arg(half);
    benchmark::RegisterBenchmark(("hashes/" + name).c_str(), hashes, on, "public");
    benchmark::RegisterBenchmark(
        ("hashes/" + name + "/96_characters").c_str(), hashes, on,
        std::string_view(
            "a namespace of ninety-six characters: with a key before it, it fills one block"
            " to its last byte."));
    benchmark::RegisterBenchmark(("search/" + name).c_str(), search, on);
  }
  return true;
}();

}  // namespace
