#include "sim/runtime/trace.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace {

using namespace wh;
using sim::trace;

const time_point noon{12h};

TEST_CASE("the hash is the same on every build") {
  trace t;
  t.record(noon, "recv", 7, endpoint{ip_address::v4(1, 2, 3, 4), 5}, byte_view{}, std::uint64_t{9});
  const bytes odd{1, 2, 3, 4, 5, 6, 7, 8, 9};
  t.record(noon + 1ns, "drop", 8, byte_view{odd});
  CHECK(t.records() == 2);
  CHECK(t.hash_text() == "d828c8627134c735");
}

TEST_CASE("whatever is recorded otherwise changes the hash") {
  const auto hash = [](time_point at, std::string_view kind, std::uint32_t host,
                       const auto&... parts) {
    trace t;
    t.record(at, kind, host, parts...);
    return t.hash();
  };
  const bytes ab{'a', 'b'};
  const bytes ab0{'a', 'b', 0};
  const auto base = hash(noon, "x", 1, byte_view{ab});
  CHECK(base == hash(noon, "x", 1, byte_view{ab}));
  CHECK(base != hash(noon + 1ns, "x", 1, byte_view{ab}));
  CHECK(base != hash(noon, "y", 1, byte_view{ab}));
  CHECK(base != hash(noon, "x", 2, byte_view{ab}));
  CHECK(base != hash(noon, "x", 1, byte_view{ab0}));
  CHECK(base != hash(noon, "x", 1, byte_view{ab}, 0));
  // Parts do not run together.
  CHECK(hash(noon, "x", 1, std::string_view{"ab"}, std::string_view{"c"}) !=
        hash(noon, "x", 1, std::string_view{"a"}, std::string_view{"bc"}));
}

TEST_CASE("the text says what happened and does not change the hash") {
  const std::string path = "trace_test." + std::to_string(::getpid());
  trace silent;
  std::uint64_t written = 0;
  const bytes payload(20, std::uint8_t{0xab});
  const auto fill = [&](trace& t) {
    t.record(noon + 5ms, "recv", 7, endpoint{ip_address::v4(1, 2, 3, 4), 5}, byte_view{payload});
    t.record(noon + 6ms, "drop", 7, std::string_view{"lost"}, 3);
  };
  fill(silent);
  {
    trace t{path};
    CHECK(t.has_text());
    fill(t);
    written = t.hash();
  }
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  std::remove(path.c_str());
  CHECK(written == silent.hash());
  CHECK(text.str() ==
        "43200.005000000 recv 7 1.2.3.4:5 20:abababababababababababababababab..\n"
        "43200.006000000 drop 7 lost 3\n");
}

TEST_CASE("a trace that cannot be written is an error that names the file") {
  CHECK_THROWS_WITH(trace{"/nonexistent/trace"}, Catch::Contains("/nonexistent/trace"));
}

}  // namespace
