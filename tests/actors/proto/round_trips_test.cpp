#include "actors/proto/round_trips.hpp"

#include <catch2/catch.hpp>

using namespace wh;

TEST_CASE("before anything is measured the usual patience holds") {
  const round_trips t;
  CHECK(t.line() == 0ms);
  CHECK(t.patience(500ms) == 500ms);
}

TEST_CASE("on a long line patience is one and a half of its round trips") {
  round_trips t;
  t.add(2s);
  CHECK(t.line() == 2s);
  CHECK(t.patience(500ms) == 3s);
  CHECK(t.patience(5s) == 5s);
}

TEST_CASE("the third fastest of the last eight is the line") {
  round_trips t;
  for (int i = 1; i <= 8; ++i) t.add(i * 100ms);
  CHECK(t.line() == 300ms);
  for (int i = 0; i < 6; ++i) t.add(50ms);
  CHECK(t.line() == 50ms);
}

TEST_CASE("who answers late makes nobody patient while three of eight are fast") {
  round_trips t;
  for (int i = 0; i < 100; ++i) t.add(i % 8 < 3 ? duration{40ms} : duration{60s});
  CHECK(t.patience(500ms) == 500ms);
  for (int i = 0; i < 100; ++i) t.add(60s);
  CHECK(t.line() == round_trips::longest);
}
