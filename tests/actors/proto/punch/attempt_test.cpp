#include "actors/proto/punch/attempt.hpp"

#include "actors/proto/punch/reason.hpp"
#include "tests/support/actions.hpp"
#include "transport/rng.hpp"

using namespace wh;
using namespace wh::punch;
using test::t0;
using kind = attempt::step::kind;

namespace {

/// What an attempt does when, from its first due time to its end.
std::vector<std::pair<duration, kind>> timeline(attempt& a) {
  std::vector<std::pair<duration, kind>> t;
  while (a.where() != attempt::phase::over) {
    const time_point now = a.due();
    t.emplace_back(now - t0, a.advance(now).what);
  }
  return t;
}

std::vector<std::pair<duration, kind>> opening_at(duration start) {
  std::vector<std::pair<duration, kind>> t{{start, kind::openers}};
  for (const duration d : {0ms, 50ms, 100ms, 200ms, 400ms, 800ms, 1600ms})
    t.emplace_back(start + 100ms + d, kind::pings);
  t.emplace_back(start + 100ms + 1600ms + 1500ms, kind::gave_up);
  return t;
}

}  // namespace

TEST_CASE("the offerer starts half a round trip after the answer") {
  attempt a(t0, 7, attempt::role::offerer, {});
  CHECK(a.answered(t0 + 120ms) == 60ms);
  CHECK(a.where() == attempt::phase::waiting);
  CHECK(timeline(a) == opening_at(180ms));
  CHECK(a.id() == 7);
}

TEST_CASE("the answerer starts when the offerer does") {
  attempt a(t0, 7, attempt::role::answerer, {});
  a.synced(t0 + 200ms, 100ms);
  CHECK(timeline(a) == opening_at(200ms));
}

TEST_CASE("an offer that waited for a session leaves both sides' starts at one instant") {
  // 50 ms one way; the offer left 100 ms after it was made.
  attempt o(t0, 7, attempt::role::offerer, {}), a(t0 + 150ms, 7, attempt::role::answerer, {});
  const duration start_in = o.answered(t0 + 200ms);
  a.synced(t0 + 250ms, start_in);
  CHECK(timeline(o) == opening_at(300ms));
  CHECK(timeline(a) == opening_at(300ms));
}

TEST_CASE(
    "a start that is past is one at once and one that is hours ahead is one in three seconds") {
  attempt late(t0, 7, attempt::role::answerer, {}), far(t0, 7, attempt::role::answerer, {});
  late.synced(t0 + 200ms, 10ms);
  CHECK(timeline(late) == opening_at(200ms));
  far.synced(t0 + 200ms, 1h);
  CHECK(timeline(far) == opening_at(3200ms));
}

TEST_CASE("without an agreement in three seconds it is over and nothing was sent") {
  for (const auto r : {attempt::role::offerer, attempt::role::answerer}) {
    attempt a(t0, 7, r, {});
    CHECK(a.advance(t0 + 2999ms).what == kind::nothing);
    CHECK(timeline(a) == std::vector<std::pair<duration, kind>>{{3s, kind::gave_up}});
    CHECK(a.advance(t0 + 1h).what == kind::nothing);
  }
}

TEST_CASE("a word of the other role or a repeated or a late one changes nothing") {
  attempt o(t0, 7, attempt::role::offerer, {});
  o.synced(t0, 0ms);
  CHECK(o.where() == attempt::phase::agreeing);
  o.answered(t0 + 100ms);
  o.answered(t0 + 110ms);
  CHECK(timeline(o) == opening_at(150ms));
  o.answered(t0 + 10s);
  CHECK(o.where() == attempt::phase::over);

  attempt a(t0, 7, attempt::role::answerer, {});
  a.answered(t0);
  CHECK(a.where() == attempt::phase::agreeing);
  a.synced(t0 + 10ms, 0ms);
  a.synced(t0 + 20ms, 0ms);
  CHECK(timeline(a) == opening_at(10ms));
}

TEST_CASE("an early timeout does nothing - a late one one step at a time") {
  attempt a(t0, 7, attempt::role::answerer, {});
  a.synced(t0, 0ms);
  CHECK(a.advance(t0 - 1ms).what == kind::nothing);
  int pings = 0;
  CHECK(a.advance(t0 + 1h).what == kind::openers);
  while (a.advance(t0 + 1h).what == kind::pings) ++pings;
  CHECK(pings == 7);
  CHECK(a.where() == attempt::phase::over);
}

TEST_CASE("each reason has a code and a sentence of its own") {
  std::vector<std::string_view> codes, sentences;
  for (int i = 0; i <= static_cast<int>(reason::lost); ++i) {
    codes.push_back(code(static_cast<reason>(i)));
    sentences.push_back(explain(static_cast<reason>(i)));
    CHECK(sentences.back().size() > 10);
  }
  for (auto* v : {&codes, &sentences}) {
    std::sort(v->begin(), v->end());
    CHECK(std::adjacent_find(v->begin(), v->end()) == v->end());
  }
}

TEST_CASE("why an attempt failed follows from the two classes whoever tells") {
  using wire::nat_class;
  const auto easy = nat_class::endpoint_independent, hard = nat_class::endpoint_dependent;
  CHECK(why_failed(hard, hard) == reason::both_mappings_vary);
  CHECK(why_failed(hard, easy) == reason::mapping_varies);
  CHECK(why_failed(easy, easy) == reason::no_answer);
  // An open peer's packets would be let in: no mapping is to blame.
  CHECK(why_failed(hard, nat_class::open) == reason::no_answer);
  for (int a = 0; a <= static_cast<int>(nat_class::last); ++a)
    for (int b = 0; b <= static_cast<int>(nat_class::last); ++b)
      CHECK(why_failed(static_cast<nat_class>(a), static_cast<nat_class>(b)) ==
            why_failed(static_cast<nat_class>(b), static_cast<nat_class>(a)));
}
