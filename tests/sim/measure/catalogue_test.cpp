#include "sim/measure/catalogue.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace wh;
using namespace wh::sim;

TEST_CASE("definitions are sorted and single and end in a full stop") {
  const auto all = metric_definitions();
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(all[i]->name);
    if (i > 0) CHECK(all[i - 1]->name < all[i]->name);
    CHECK(all[i]->sentence.ends_with('.'));
    CHECK(all[i]->name.find('.') != std::string_view::npos);
    CHECK(find_metric(all[i]->name) == all[i]);
    CHECK((all[i]->kind == metric_kind::ratio) ==
          (all[i]->name.find("ratio") != std::string_view::npos));
  }
  CHECK(find_metric("no.such") == nullptr);
  CHECK(find_metric("") == nullptr);
}

TEST_CASE("what may be expected is every metric and every statistic of a distribution") {
  std::set<std::string> set;
  for (const known_metric& m : expectable_metrics()) {
    CHECK(set.insert(m.name).second);
    CHECK((m.max == 1) == (find_metric(m.name) && find_metric(m.name)->kind == metric_kind::ratio));
  }
  CHECK(set.count("paths.direct_ratio") == 1);
  CHECK(set.count("paths.outage_s.max") == 1);
  CHECK(set.count("paths.direct_ratio.p95") == 0);
}
