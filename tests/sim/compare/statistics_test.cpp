#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "sim/compare/comparison.hpp"
#include "sim/compare/correction.hpp"
#include "sim/compare/signed_rank.hpp"
#include "sim/compare/student.hpp"

using namespace wh::sim::compare;

namespace {

using numbers = std::vector<double>;
constexpr double never = std::numeric_limits<double>::infinity();

/// Against nothing, so that the differences are the values themselves.
signed_rank of_differences(const numbers& d) { return test(numbers(d.size(), 0), d); }

}  // namespace

TEST_CASE("quantiles of Student's t are those of R") {
  const auto close = [](double x) { return Approx(x).epsilon(1e-7); };
  CHECK(t_quantile(1) == close(12.7062047362));
  CHECK(t_quantile(5) == close(2.57058183564));
  CHECK(t_quantile(30) == close(2.0422724563));
  CHECK(t_quantile(31) == close(2.0395134464));
  CHECK(t_quantile(60) == close(2.00029782201));
  CHECK(t_quantile(199) == close(1.97195654425));
  CHECK(t_quantile(1000) == close(1.96233908083));
}

TEST_CASE("a mean's interval is that of R's t.test") {
  const auto e = mean_of(numbers{4.2, 5.1, 3.9, 4.8, 5.5});
  CHECK(e.mean == Approx(4.7));
  REQUIRE(e.range);
  CHECK(e.range->low == Approx(3.89053410765));
  CHECK(e.range->high == Approx(5.50946589235));
  CHECK_FALSE(mean_of(numbers{4.2}).range);
}

TEST_CASE("a share's interval is Newcombe's example of Wilson's") {
  // Statistics in Medicine 17 (1998), table I, method 3.
  const auto close = [](double x) { return Approx(x).margin(5e-5); };
  const auto a = wilson(15.0 / 148, 148), b = wilson(1.0 / 29, 29), c = wilson(0, 20);
  CHECK(a.low == close(0.0624));
  CHECK(a.high == close(0.1605));
  CHECK(b.low == close(0.0061));
  CHECK(b.high == close(0.1718));
  CHECK(c.low == 0);
  CHECK(c.high == close(0.1611));
  CHECK(wilson(1, 20).high == 1);
}

TEST_CASE("the signed rank test gives Hollander and Wolfe's figures of depression") {
  // Nonparametric Statistical Methods (1973), 3.1; the values of R's wilcox.test.
  const auto r = test(numbers{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30},
                      numbers{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29});
  CHECK(r.pairs == 9);
  CHECK(r.p == Approx(0.0390625));
  CHECK(r.difference == Approx(-0.46));
  REQUIRE(r.range);
  CHECK(r.range->low == Approx(-0.786));
  CHECK(r.range->high == Approx(-0.010));
}

TEST_CASE("the signed rank test gives the figures of Darwin's maize") {
  // Fisher, The Design of Experiments (1935), 17: eighths of an inch. R's p, estimate and interval.
  const auto r = of_differences({49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48});
  CHECK(r.p == Approx(0.0412597656));
  CHECK(r.difference == Approx(25));
  REQUIRE(r.range);
  CHECK(r.range->low == Approx(4.0));
  CHECK(r.range->high == Approx(41.5));
}

TEST_CASE("zeros take ranks and ties share them as in an enumeration of all signs") {
  const auto r = of_differences({0, 0, 1, 1, 2, -2, 3, 5, -1});
  CHECK(r.pairs == 9);
  CHECK(r.differing == 7);
  CHECK(r.p == Approx(0.265625));
  CHECK(r.p_least == Approx(2.0 / 128));
}

TEST_CASE("no difference is no evidence") {
  const auto r = of_differences({0, 0, 0});
  CHECK(r.differing == 0);
  CHECK(r.p == 1);
  CHECK(r.difference == 0);
}

TEST_CASE("what never comes ranks behind everything that came") {
  const auto r = test(numbers(8, 1), numbers(8, never));
  CHECK(r.p == Approx(2.0 / 256));
  CHECK(r.difference == never);
  const auto same = test(numbers(8, never), numbers(8, never));
  CHECK(same.differing == 0);
  CHECK(same.difference == 0);
}

TEST_CASE("differences of a rounding error are ties") {
  const auto r = test(numbers{0.3, 0.3, 0.3}, numbers{0.1 + 0.2, 0.3, 0.3});
  CHECK(r.differing == 0);
}

TEST_CASE("corrected p are Holm's where all can be told apart") {
  const auto c =
      correct(std::vector<hypothesis>{{0.01, 0}, {0.04, 0}, {0.03, 0}, {0.005, 0}}, 0.05);
  CHECK(c.testable == 4);
  CHECK(c.p[0] == Approx(0.03));
  CHECK(c.p[1] == Approx(0.06));
  CHECK(c.p[2] == Approx(0.06));
  CHECK(c.p[3] == Approx(0.02));
}

TEST_CASE("hypotheses that could not be rejected cost the others nothing") {
  std::vector<hypothesis> all(100, hypothesis{0.25, 0.25});
  all.push_back({0.004, 0.001});
  const auto c = correct(all, 0.01);
  CHECK(c.testable == 1);
  CHECK(c.p.back() == Approx(0.004));
  CHECK(c.p.front() == 1);
}

TEST_CASE("what makes no difference in practice") {
  using wh::sim::metric_kind;
  CHECK(negligible_below(metric_kind::ratio, plain, 0.5) == Approx(0.005));
  // A fifth of the way to all: from 99.9 % on, half a point would hide that all failures are new.
  CHECK(negligible_below(metric_kind::ratio, plain, 0.999) == Approx(0.0002));
  CHECK(negligible_below(metric_kind::ratio, plain, 1.0) == 0);
  CHECK(negligible_below(metric_kind::distribution, "p95", 2.0) == Approx(0.04));
  CHECK(negligible_below(metric_kind::counter, plain, never) == 0);
}
