#include "sim/net/latency.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "sim/net/address_index.hpp"
#include "transport/check.hpp"

#include <map>

namespace {

using namespace wh;
using namespace wh::sim;

TEST_CASE("a pair's latency and hops are the same both ways and every time") {
  const auto model = latency_model::king_like(seed{1});
  seeded_rng random{seed{2}};
  for (int i = 0; i < 1000; ++i) {
    const auto a = static_cast<std::uint32_t>(random.below(1'000'000));
    const auto b = static_cast<std::uint32_t>(random.below(1'000'000));
    const duration d = model.one_way(a, b);
    CHECK(d == model.one_way(b, a));
    CHECK(d == model.one_way(a, b));
    CHECK(model.hops(a, b) == model.hops(b, a));
    CHECK(model.hops(a, b) >= (a == b ? 3 : 8));
    CHECK(model.hops(a, b) <= 20);
  }
}

TEST_CASE("king-like round trips have the median and the spread of King's") {
  const auto model = latency_model::king_like(seed{7});
  std::vector<double> rtt_ms;
  for (std::uint32_t i = 0; i < 20'000; i += 2)
    rtt_ms.push_back(2000 * to_seconds(model.one_way(i, i + 1)));
  std::sort(rtt_ms.begin(), rtt_ms.end());
  CHECK(rtt_ms[rtt_ms.size() / 2] > 130);
  CHECK(rtt_ms[rtt_ms.size() / 2] < 190);
  CHECK(rtt_ms[rtt_ms.size() / 20] < 60);
  CHECK(rtt_ms[rtt_ms.size() * 19 / 20] > 250);
  CHECK(rtt_ms.back() < 800);
}

TEST_CASE("the king-like model is stretched to any median") {
  for (const duration median : {duration{5ms}, duration{78ms}, duration{900ms}}) {
    const auto model = latency_model::king_like(seed{7}, median);
    std::vector<double> one_way_ms;
    for (std::uint32_t i = 0; i < 100'000; i += 2)
      one_way_ms.push_back(1000 * to_seconds(model.one_way(i, i + 1)));
    std::sort(one_way_ms.begin(), one_way_ms.end());
    CHECK(one_way_ms[one_way_ms.size() / 2] == Approx(1000 * to_seconds(median)).epsilon(0.01));
  }
}

TEST_CASE("another seed puts the sites elsewhere") {
  const auto a = latency_model::king_like(seed{1});
  const auto b = latency_model::king_like(seed{2});
  int same = 0;
  for (std::uint32_t i = 0; i < 100; ++i)
    same += a.one_way(i, i + 1) == b.one_way(i, i + 1) ? 1 : 0;
  CHECK(same < 5);
}

TEST_CASE("a matrix of round trips gives half of them each way") {
  const auto model = latency_model::matrix("# ms\n0 100\n\n120 0 # asymmetric\n", "m", seed{1});
  REQUIRE(model);
  bool near = false;
  bool far = false;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const duration d = model->one_way(0, i);
    CHECK((d == duration{0} || d == duration{55ms}));
    (d == duration{0} ? near : far) = true;
  }
  CHECK(near);
  CHECK(far);
}

TEST_CASE("a matrix that is none is refused with its place") {
  const auto error = [](const std::string& text) {
    const auto m = latency_model::matrix(text, "m", seed{1});
    return m ? std::string{} : m.error();
  };
  CHECK_THAT(error("0 1\n1 x\n"), Catch::Contains(":2: \"x\""));
  CHECK_THAT(error("0 1\n1\n"), Catch::Contains(":2: 1 values where the first line has 2"));
  CHECK_THAT(error("0 1\n"), Catch::Contains("square"));
  CHECK_THAT(error("0 -1\n-1 0\n"), Catch::Contains("\"-1\""));
  CHECK_THAT(error("# nothing\n"), Catch::Contains("no values"));
}

TEST_CASE("with detours a way over a third site is sometimes shorter than the direct one") {
  auto model = latency_model::king_like(seed{3});
  const auto violations = [&] {
    int n = 0;
    for (std::uint32_t i = 0; i < 3000; i += 3)
      n += model.one_way(i, i + 1) > model.one_way(i, i + 2) + model.one_way(i + 2, i + 1) ? 1 : 0;
    return n;
  };
  CHECK(violations() == 0);
  const duration straight = model.one_way(1, 2);
  model.add_detours(0.3, 3);
  CHECK(violations() > 50);
  int stretched = 0;
  for (std::uint32_t i = 0; i < 4000; i += 2) {
    const duration d = model.one_way(i, i + 1);
    CHECK(d == model.one_way(i + 1, i));
    stretched += d > 2 * latency_model::king_like(seed{3}).one_way(i, i + 1) ? 1 : 0;
  }
  CHECK(stretched > 500);
  CHECK(stretched < 700);
  CHECK((model.one_way(1, 2) == straight || model.one_way(1, 2) == 3 * straight));
}

TEST_CASE("the address index finds what a map finds whatever comes and goes") {
  for (std::uint64_t round = 0; round < 20; ++round) {
    seeded_rng random{seed{round}};
    address_index index;
    std::map<std::pair<std::uint32_t, ip_address>, std::uint32_t> model;
    for (int step = 0; step < 5000; ++step) {
      const auto realm = static_cast<std::uint32_t>(random.below(4));
      const auto a = ip_address::v4(static_cast<std::uint32_t>(random.below(300)));
      const auto there = model.find({realm, a});
      REQUIRE(index.find(realm, a) == (there == model.end() ? address_index::none : there->second));
      if (there == model.end() && random.chance(0.6)) {
        model[{realm, a}] = index.insert({a, realm, static_cast<std::uint32_t>(step)});
      } else if (there != model.end() && random.chance(0.6)) {
        index.erase(there->second);
        model.erase(there);
      }
      REQUIRE(index.size() == model.size());
    }
  }
}

}  // namespace
