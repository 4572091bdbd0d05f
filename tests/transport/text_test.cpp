#include "transport/text.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "transport/words.hpp"

using namespace wh;

TEST_CASE("a name is known by some of its words - after any that is a typing slip away") {
  const std::vector<std::string> known{"cone_address_restricted", "cone_port_restricted",
                                       "cone_full", "ful"};
  CHECK(nearest_name("restricted", known) == "cone_port_restricted");
  CHECK(nearest_name("address", known) == "cone_address_restricted");
  CHECK(nearest_name("port_restricted", known) == "cone_port_restricted");
  CHECK(nearest_name("full", known) == "ful");
  CHECK(nearest_name("strict", known).empty());
}

TEST_CASE("the nearest name is a typing slip away or none") {
  const std::vector<std::string> known{"count", "duration_s", "loss_ratio", "seeds"};
  CHECK(nearest_name("cuont", known) == "count");
  CHECK(nearest_name("duration", known) == "duration_s");
  CHECK(nearest_name("loss", known) == "loss_ratio");
  CHECK(nearest_name("seed", known) == "seeds");
  CHECK(nearest_name("SEEDS", known) == "seeds");
  CHECK(nearest_name("zebra", known).empty());
  CHECK(nearest_name("", known).empty());
  CHECK(nearest_name(std::string(1000, 'x'), known).empty());
}

TEST_CASE("numbers are written for people") {
  CHECK(format_number(0.97312) == "0.9731");
  CHECK(format_number(123'456) == "123456");
  CHECK(format_number(0) == "0");
  CHECK(format_exact(0.1) == "0.1");
  CHECK(format_duration(0s) == "0 s");
  CHECK(format_duration(1500us) == "1.5 ms");
  CHECK(format_duration(12us) == "12 us");
  CHECK(format_duration(90s) == "90 s");
  CHECK(format_duration(250s) == "4 min 10 s");
  CHECK(format_duration(7500s) == "2 h 5 min");
  CHECK(format_duration(86'400s * 3) == "3 d");
  CHECK(format_duration(-90s) == "-90 s");
  CHECK(format_bytes(999) == "999 B");
  CHECK(format_bytes(1'500'000) == "1.5 MB");
  CHECK(format_bytes(std::uint64_t{5} * 1000 * 1000 * 1000 * 1000) == "5 TB");
  CHECK(format_count(950) == "950");
  CHECK(format_count(12'345) == "12.3 k");
  CHECK(format_count(1.2e6) == "1.2 M");
  CHECK(format_count(5e9) == "5 G");
}

namespace {

enum class colour { red, green };
constexpr std::string_view colour_words[] = {"red", "green"};
constexpr words words_of(colour) { return colour_words; }

}  // namespace

TEST_CASE("an enum's texts are read and written by one list") {
  CHECK(to_string(colour::green) == "green");
  CHECK(from_string<colour>("red") == colour::red);
  CHECK_FALSE(from_string<colour>("blue"));
  CHECK(to_string(static_cast<colour>(9)) == "?");
}

TEST_CASE("what would move the cursor is not printed") {
  CHECK(printable("a\x1b[2J\tb\n\x7f") == "a?[2J\tb\n?");
}
