#include "sim/report/metrics.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "transport/rng.hpp"

using namespace wh;
using namespace wh::sim;

namespace {

constexpr counter_metric datagrams{"network.datagrams", better::less, "Datagrams."};
constexpr ratio_metric direct_ratio{"paths.direct_ratio", better::more, "Direct pairs."};
constexpr distribution_metric rtt{"paths.rtt_s", better::less, "s", "Round trips."};

}  // namespace

TEST_CASE("quantiles of few samples are samples - by nearest rank") {
  distribution d;
  for (const double v : {5.0, 1.0, 4.0, 2.0, 3.0}) d.observe(v);
  CHECK(d.exact());
  CHECK(d.count() == 5);
  CHECK(d.mean() == 3);
  CHECK(d.min() == 1);
  CHECK(d.max() == 5);
  CHECK(d.quantile(0) == 1);
  CHECK(d.quantile(0.2) == 1);
  CHECK(d.quantile(0.21) == 2);
  CHECK(d.quantile(0.5) == 3);
  CHECK(d.quantile(0.99) == 5);
  CHECK(d.quantile(1) == 5);
  d.observe(0.5);
  CHECK(d.quantile(0.2) == 1);
  CHECK(d.quantile(0.1) == 0.5);
}

TEST_CASE("an empty distribution is zero") {
  const distribution d;
  CHECK(d.count() == 0);
  CHECK(d.mean() == 0);
  CHECK(d.quantile(0.5) == 0);
}

TEST_CASE("quantiles of many samples are off by at most 0.8 percent") {
  // Over twelve powers of ten, so that buckets of many sizes take part.
  seeded_rng random{seed{1}};
  distribution d;
  std::vector<double> exact;
  for (int i = 0; i < 200'000; ++i) {
    const double v = std::pow(10, random.unit() * 12 - 6);
    d.observe(v);
    exact.push_back(v);
  }
  CHECK_FALSE(d.exact());
  std::sort(exact.begin(), exact.end());
  CHECK(d.min() == exact.front());
  CHECK(d.max() == exact.back());
  for (const double q : {0.001, 0.01, 0.1, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999}) {
    const double truth = exact[static_cast<std::size_t>(std::ceil(q * 200'000)) - 1];
    CHECK(std::fabs(d.quantile(q) - truth) <= truth * 0.008);
  }
}

TEST_CASE("a distribution takes any number") {
  distribution d;
  for (std::size_t i = 0; i < distribution::exact_max; ++i) d.observe(1);
  for (const double v : {0.0, -1.0, std::nan(""), 1e300, 1e-300, HUGE_VAL}) d.observe(v);
  CHECK_FALSE(d.exact());
  CHECK(d.count() == distribution::exact_max + 6);
  CHECK(d.min() == 0);
  CHECK(d.max() == HUGE_VAL);
  CHECK(d.quantile(0.5) == Approx(1).epsilon(0.008));
}

TEST_CASE("the same samples give the same result on both sides of the bound") {
  seeded_rng a{seed{3}}, b{seed{3}};
  distribution x, y;
  for (int i = 0; i < 70'000; ++i) {
    x.observe(a.unit());
    y.observe(b.unit());
    if (i % 10'000 == 0) CHECK(y.quantile(0.5) <= 1);  // asking in between changes nothing
  }
  for (const double q : {0.1, 0.5, 0.9}) CHECK(x.quantile(q) == y.quantile(q));
  CHECK(x.mean() == y.mean());
}

TEST_CASE("metrics are read by name and statistic") {
  metrics m;
  m.add(datagrams, 3);
  m.add(datagrams);
  m.tally(direct_ratio, true);
  m.tally(direct_ratio, false);
  m.observe(rtt, 0.1);
  m.observe(rtt, 0.3);
  CHECK(m.read("network.datagrams") == 4.0);
  CHECK(m.read("paths.direct_ratio") == 0.5);
  CHECK(*m.read("paths.rtt_s") == Approx(0.2));
  CHECK(m.read("paths.rtt_s.max") == 0.3);
  CHECK(m.read("paths.rtt_s.p50") == 0.1);
  CHECK(m.read("paths.rtt_s.n") == 2.0);
  CHECK_FALSE(m.read("paths.rtt_s.p51"));
  CHECK_FALSE(m.read("paths.direct_ratio.p50"));
  CHECK_FALSE(m.read("no.such"));
  CHECK_FALSE(m.read(""));
}

TEST_CASE("nothing measured is no value but for the number of samples") {
  metrics m;
  m.set(direct_ratio, ratio{0, 0});
  m.touch(rtt);
  CHECK_FALSE(m.read("paths.direct_ratio"));
  CHECK_FALSE(m.read("paths.rtt_s"));
  CHECK_FALSE(m.read("paths.rtt_s.p95"));
  CHECK(m.read("paths.rtt_s.n") == 0.0);
}

TEST_CASE("a time that never came ranks behind all that did") {
  metrics m;
  for (const double v : {1.0, 2.0, 3.0}) m.observe(rtt, v);
  m.censor(rtt);
  CHECK(m.read("paths.rtt_s.n") == 4.0);
  CHECK(m.read("paths.rtt_s.censored") == 1.0);
  CHECK(m.read("paths.rtt_s.p50") == 2.0);
  CHECK(m.read("paths.rtt_s.min") == 1.0);
  for (const char* never :
       {"paths.rtt_s.max", "paths.rtt_s.p90", "paths.rtt_s.mean", "paths.rtt_s"})
    CHECK(std::isinf(*m.read(never)));
  metrics none;
  none.censor(rtt);
  CHECK(std::isinf(*none.read("paths.rtt_s.min")));
}

TEST_CASE("a ratio may be counted one by one and in lots") {
  metrics m;
  m.tally(direct_ratio, true);
  m.count(direct_ratio, {2, 9});
  CHECK(m.read("paths.direct_ratio") == 0.3);
}

TEST_CASE("a quantile is the nearest rank even where the product is not exact") {
  distribution d;
  for (int i = 1; i <= 100; ++i) d.observe(i);
  CHECK(d.quantile(0.07) == 7);
  CHECK(d.quantile(0.28) == 28);
}
