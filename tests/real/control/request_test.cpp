#include "real/control/request.hpp"

#include <catch2/catch.hpp>

using namespace wh::real;

TEST_CASE("a request has a command and may name somebody") {
  const auto show = parse_control_request(R"({"command": "show"})");
  REQUIRE(show);
  CHECK(show->command == "show");
  CHECK_FALSE(show->who);
  const auto why = parse_control_request(R"({"who": "b.test", "more": [1], "command": "why"})");
  REQUIRE(why);
  CHECK(why->command == "why");
  CHECK(why->who == "b.test");
}

TEST_CASE("somebody who is no text is nobody") {
  for (const char* line : {R"({"command":"why","who":7})", R"({"command":"why","who":["b"]})",
                           R"({"command":"why","who":null})"}) {
    CAPTURE(line);
    const auto r = parse_control_request(line);
    REQUIRE(r);
    CHECK_FALSE(r->who);
  }
}

TEST_CASE("a line that is no object with a command is no request") {
  for (const std::string& line :
       {std::string(), std::string("show"), std::string("\"show\""), std::string("[\"show\"]"),
        std::string("{}"), std::string(R"({"command":7})"), std::string(R"({"command":"show")"),
        std::string("{\"command\":\"\xff\"}"), std::string(16384, '[')}) {
    CAPTURE(line.substr(0, 20));
    CHECK_FALSE(parse_control_request(line));
  }
}
